import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Graph, serialize } from "../../graph/index.js";
import { createRandom } from "../../math/random.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import type { EncoderDesign, EncoderNetwork } from "../encoder.js";
import { ParameterLayout } from "../parameters.js";
import { cnn, guideCnn } from "./general.js";
import type { ImageLayer } from "./layers.js";
import { type ImageOptions, imageDesign } from "./network.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(async () => {
  await runtime.close();
});

const options: ImageOptions = {
  latentDim: 5,
  activation: "leaky-relu",
  slope: 0.2,
  bias: false,
  initialization: "he",
  reconstruction: "linear",
};
const random = createRandom("sliding");

const convolution = (outputs: number, taps: number, pooled: boolean): ImageLayer => ({
  kind: "convolution",
  ...{ outputs, taps, padding: 0, normalized: true, activated: true, pooled },
});
/** Poolings that leave a line over, and a dense layer before the last. */
const odd = imageDesign(
  [2, 15, 14],
  [
    convolution(3, 3, true),
    convolution(4, 2, true),
    { kind: "dense", outputs: 6, normalized: true, activated: true },
  ],
  [{ kind: "fold", shape: [5, 1, 1] }],
  { ...options, bias: true },
);

/** Blocks of the encoder for every row, one after the other. */
async function blocksOf(
  { encoder: { parameters: specs } }: EncoderDesign,
  network: EncoderNetwork,
  rows: Float32Array,
  count: number,
): Promise<Float32Array[]> {
  const graph = new Graph();
  const layout = new ParameterLayout(specs);
  const values = layout.initialize((name) => random.stream(name));
  // Running statistics that are not those of the start.
  for (const { spec, view } of layout.views(values)) {
    if (spec.statistic) random.stream("statistics", spec.name).fillUniform(view, 0.2, 1);
  }
  const x = graph.input("x", "float32", ["rows", rows.length / count]);
  const blocks = network.blocks(x, layout.tensors(graph.constant("float32", [layout.size], values)));
  blocks.forEach((block, k) => {
    graph.output(`${k}`, block);
  });
  const session = await runtime.createSession(serialize(graph));
  const results = await session.run({ x: float32([count, rows.length / count], rows) });
  await session.release();
  return blocks.map((_, k) => results[`${k}`]!.data as Float32Array);
}

describe.each([
  ["the guide's network", guideCnn([1, 32, 32], options), [1, 45, 38]],
  ["the guide's network on larger crops", guideCnn([1, 50, 44], options), [1, 59, 48]],
  ["a network whose poolings leave lines over", odd, [2, 29, 18]],
  ["a single crop", odd, [2, 15, 14]],
] as const)("%s", (_, design, image) => {
  it("answers for every crop of an image what it answers for that crop alone", async () => {
    const [channels, height, width] = image;
    const [, cropHeight, cropWidth] = design.inputShape as [number, number, number];
    const { stride, over } = design.sliding!;
    const { positions, encoder } = over(image);
    expect(positions).toEqual([
      Math.floor((height - cropHeight) / stride) + 1,
      Math.floor((width - cropWidth) / stride) + 1,
    ]);
    const size = channels * height * width;
    const data = new Float32Array(2 * size);
    random.stream("images").fillUniform(data, 0, 1);
    const crops: number[] = [];
    for (let row = 0; row < 2; row++)
      for (let down = 0; down < positions[0]; down++)
        for (let across = 0; across < positions[1]; across++)
          for (let channel = 0; channel < channels; channel++)
            for (let y = 0; y < cropHeight; y++) {
              const line = row * size + (channel * height + down * stride + y) * width + across * stride;
              crops.push(...data.subarray(line, line + cropWidth));
            }
    const count = 2 * positions[0] * positions[1];
    const alone = await blocksOf(design, design.encoder, Float32Array.from(crops), count);
    const sliding = await blocksOf(design, encoder, data, 2);
    expect(sliding.map(({ length }) => length)).toEqual(alone.map(({ length }) => length));
    sliding.forEach((block, k) => {
      const most = alone[k]!.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      const far = block.reduce((worst, value, at) => Math.max(worst, Math.abs(value - alone[k]![at]!)), 0);
      expect(far).toBeLessThan(1e-5 * most);
    });
  });
});

it("does not slide where convolutions look past the edges of a crop", () => {
  expect(cnn([1, 32, 32], options).sliding).toBeUndefined();
  expect(guideCnn([1, 28, 28], options).sliding).toBeUndefined();
});
