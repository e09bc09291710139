/** Views and score of windows of series are the same in plain Python, native and in WebAssembly. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seriesFromWindows } from "../../../src/data/index.js";
import { Contrast, Kmeans, type Model, Pca } from "../../../src/index.js";
import { createRandom } from "../../../src/math/random.js";
import { nodeBackend } from "../../../src/runtime/node/backend.js";
import { DataFolder } from "../../data-files.js";

const python = process.env["HYPERSPHERE_PYTHON"];

let data: DataFolder;
beforeAll(async () => {
  data = await DataFolder.make();
});
afterAll(() => data.remove());

const PROGRAM = `
import json, sys
import numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
windows = numpy.fromfile(sys.argv[2], "float32").reshape(-1, *map(int, sys.argv[3:5])).astype("float64")
names = [output.name for output in session.get_outputs()]
print(json.dumps(dict(zip(names, (value.tolist() for value in session.run(None, {"numeric": windows}))))))
`;

const [STEPS, CHANNELS] = [12, 2];
/** Swings with noise; every fourth is higher up or of another shape. */
function windows(count: number, seed: number, odd = false) {
  const random = createRandom(seed).stream("windows");
  const values = Float32Array.from({ length: count * STEPS * CHANNELS }, (_, k) => {
    const [window, step] = [Math.floor(k / STEPS / CHANNELS), Math.floor(k / CHANNELS) % STEPS];
    const faster = odd && window % 4 === 1 ? 2 : 1;
    const level = odd && window % 4 === 0 ? 3 : 0;
    return level + Math.sin((faster * step) / 2 + window + (k % CHANNELS)) + 0.1 * random.normal();
  });
  return { data: values, windows: count, steps: STEPS, channels: CHANNELS };
}

/** The largest difference, in parts of the larger of 1 and the score. */
const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, k) => Math.abs(value - b[k]!) / Math.max(1, Math.abs(value))));

test.for([
  ["contrast", () => new Contrast({ filters: 8, steps: 10, batchSize: 32 })],
  ["kmeans", () => new Kmeans({ clusters: 5 })],
  ["pca", () => new Pca({ normalise: "window" })],
] as const)("%s", async ([name, create], { skip }) => {
  const model: Model = await create().fit(seriesFromWindows(windows(120, 1)));
  const seen = windows(40, 2, true);
  const score = (runtime: "native" | "wasm") =>
    model.score(seriesFromWindows(seen), { backend: nodeBackend({ runtime }) });
  const [native, wasm] = [await score("native"), await score("wasm")];
  expect(difference(native.scores, wasm.scores)).toBeLessThan(1e-5);
  for (const view of model.card.views!)
    expect(difference(native.views![view]!, wasm.views![view]!), view).toBeLessThan(2e-5);
  skip(python === undefined, "HYPERSPHERE_PYTHON names no Python with numpy and onnxruntime");
  const file = `${data.path}/${name}.onnx`;
  await model.save(file);
  const values = await data.put(`${name}.bin`, Buffer.from(seen.data.buffer));
  const out = execFileSync(python!, ["-c", PROGRAM, file, values, `${STEPS}`, `${CHANNELS}`], {
    encoding: "utf8",
  });
  const there = JSON.parse(out) as Record<string, number[]>;
  expect(difference(there["score"]!, native.scores)).toBeLessThan(1e-5);
  expect(difference(there["p_value"]!, native.pValues)).toBeLessThan(1e-6);
  for (const view of model.card.views!)
    expect(difference(there[`view_${view}`]!, native.views![view]!), view).toBeLessThan(2e-5);
});
