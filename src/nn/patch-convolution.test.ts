import { expect, it } from "vitest";
import { evaluateNumbers } from "../../test/graph/evaluate.js";
import { conv, Graph, gradients, mul, sum, transpose } from "../graph/index.js";
import { createRandom } from "../math/random.js";
import { convolvePatches } from "./patch-convolution.js";

it.each([
  { name: "a stem of few channels", x: [3, 1, 6, 7], outputs: 4, taps: 3, pad: 1, stride: 1 },
  { name: "half of an even side", x: [2, 3, 8, 6], outputs: 5, taps: 3, pad: 1, stride: 2 },
  { name: "half of an odd side", x: [2, 2, 7, 5], outputs: 3, taps: 3, pad: 1, stride: 2 },
  { name: "a shortcut", x: [2, 3, 7, 4], outputs: 4, taps: 1, pad: 0, stride: 2 },
  { name: "down to one pixel", x: [2, 3, 2, 1], outputs: 4, taps: 3, pad: 1, stride: 2 },
])("agrees with ONNX Runtime's convolution and its derivatives: $name", async (each) => {
  const { x: shape, outputs, taps, pad, stride } = each;
  const stream = createRandom(5).stream(each.name);
  const graph = new Graph();
  const constant = (lengths: readonly number[]) => {
    const data = new Float32Array(lengths.reduce((product, length) => product * length, 1));
    stream.fillNormal(data);
    return graph.constant("float32", lengths, data);
  };
  const [x, weight] = [constant(shape), constant([outputs, shape[1]!, taps, taps])];
  const expected = conv(x, weight, { pads: pad, strides: stride });
  const found = transpose(convolvePatches(transpose(x, [2, 3, 1, 0]), weight, { pad, stride }), [3, 2, 0, 1]);
  expect(found.shape).toEqual(expected.shape);
  const factors = constant(expected.shape as number[]);
  for (const [name, y] of Object.entries({ expected, found })) {
    const [dx, dw] = gradients(sum(mul(y, factors)), [x, weight]);
    for (const [suffix, value] of Object.entries({ "": y, _dx: dx!, _dw: dw! }))
      graph.output(`${name}${suffix}`, value);
  }
  const results = await evaluateNumbers(graph);
  for (const suffix of ["", "_dx", "_dw"]) {
    const [own, theirs] = [results[`found${suffix}`]!, results[`expected${suffix}`]!];
    const scale = Math.max(...theirs.map(Math.abs));
    theirs.forEach((value, k) => {
      expect(Math.abs(own[k]! - value)).toBeLessThan(1e-5 * scale);
    });
  }
});
