/** A model with a network of the user's own scores the same in plain Python, native and in WebAssembly. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DeepSvdd, imagesFrom, Knn, type Model } from "../../../src/index.js";
import { createRandom } from "../../../src/math/random.js";
import { nodeBackend } from "../../../src/runtime/node/backend.js";
import { exceeds } from "../../../src/scoring/index.js";
import { DataFolder } from "../../data-files.js";

const python = process.env["HYPERSPHERE_PYTHON"];
const bytes = readFileSync(new URL("../backbones/residual-20.onnx", import.meta.url));

let data: DataFolder;
beforeAll(async () => {
  data = await DataFolder.make();
});
afterAll(() => data.remove());

const PROGRAM = `
import json, sys
import numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
images = numpy.fromfile(sys.argv[2], "uint8").reshape(-1, *map(int, sys.argv[3:6]))
score, p_value = session.run(["score", "p_value"], {"image": images})
print(json.dumps({"score": score.tolist(), "p": p_value.tolist()}))
`;

const [HEIGHT, WIDTH] = [40, 56];
/** Grey of any brightness with noise; every fourth is tinted. */
function images(count: number, seed: number, height = HEIGHT, width = WIDTH) {
  const random = createRandom(seed).stream("images");
  return Array.from({ length: count }, (_, row) => {
    const tint = seed > 1 && row % 4 === 0 ? [60, -30, 0] : [0, 0, 0];
    const level = 50 + random.int(110);
    const pixels = Uint8Array.from(
      { length: height * width * 3 },
      (_each, k) => level + tint[k % 3]! + random.int(30),
    );
    return { height, width, data: pixels };
  });
}

/** The largest difference, in parts of the larger of 1 and the score. */
const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, k) => Math.abs(value - b[k]!) / Math.max(1, Math.abs(value))));

test.for([
  ["knn", () => new Knn({ imageSize: 48 })],
  ["deep-svdd", () => new DeepSvdd({ members: 2, hiddenDims: [16], latentDim: 4, steps: 60, imageSize: 48 })],
] as const)("%s on a backbone", async ([name, create], { skip }) => {
  const model: Model = await create().fit(imagesFrom(images(60, 1)), {
    backbone: { bytes, name: "residual-20.onnx" },
  });
  const seen = images(12, 2);
  const score = (runtime: "native" | "wasm") =>
    model.score(imagesFrom(seen), { backend: nodeBackend({ runtime }) });
  const [native, wasm] = [await score("native"), await score("wasm")];
  expect(difference(native.scores, wasm.scores)).toBeLessThan(1e-5);
  // Whichever score is the threshold, nobody is above it in one build and not in the other.
  native.scores.forEach((score, row) => {
    expect(exceeds(wasm.scores[row]!, score, model.ties)).toBe(false);
    expect(exceeds(score, wasm.scores[row]!, model.ties)).toBe(false);
  });
  expect(wasm.pValues).toEqual(native.pValues);
  const median = native.scores.toSorted()[6]!;
  const strict = await model.withThreshold({ ...model.card.threshold, threshold: median });
  const decided = async (runtime: "native" | "wasm") =>
    (await strict.score(imagesFrom(seen), { backend: nodeBackend({ runtime }) })).isAnomaly;
  expect(await decided("wasm")).toEqual(await decided("native"));
  skip(python === undefined, "HYPERSPHERE_PYTHON names no Python with numpy and onnxruntime");
  const file = `${data.path}/${name}.onnx`;
  await model.save(file);
  const pixels = await data.put(`${name}.bin`, Buffer.concat(seen.map((image) => image.data)));
  const out = execFileSync(python!, ["-c", PROGRAM, file, pixels, `${HEIGHT}`, `${WIDTH}`, "3"], {
    encoding: "utf8",
  });
  const there = JSON.parse(out) as { score: number[]; p: number[] };
  expect(there.score).toHaveLength(12);
  expect(difference(there.score, native.scores)).toBeLessThan(1e-5);
  expect(difference(there.p, native.pValues)).toBeLessThan(1e-6);
});
