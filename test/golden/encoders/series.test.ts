import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { oneClassLoss } from "../../../src/detectors/centre/deep-svdd/objectives.js";
import type { RandomStream } from "../../../src/math/random.js";
import { designEncoder, type EncoderName } from "../../../src/nn/encoders.js";
import { ParameterLayout } from "../../../src/nn/parameters.js";
import { float32, type Runtime } from "../../../src/runtime/index.js";
import { loadNativeRuntime } from "../../../src/runtime/node/native.js";
import { loadWasmRuntime } from "../../../src/runtime/web/wasm.js";
import { Forward } from "../../../src/train/forward.js";
import { optimizer } from "../../../src/train/optimizers.js";
import { Trainer } from "../../../src/train/trainer.js";

interface Case {
  encoder: EncoderName;
  steps: number;
  center: number[];
  losses: number[];
  latent: number[];
  /** Some entries of each parameter, evenly spread. */
  parameters: Record<string, number[]>;
}
const golden = JSON.parse(readFileSync(new URL("./series_trajectories.json", import.meta.url), "utf8")) as {
  rows: number;
  batchSize: number;
  epochs: number;
  latentDim: number;
  channels: number;
  slope: number;
  learningRate: number;
  weightDecay: number;
  cases: Case[];
};
const { rows, batchSize, epochs, latentDim, channels, slope, learningRate, weightDecay } = golden;

/**
 * Relative to the largest entry of each list. Measured: 7e-7 at most, native and WebAssembly alike, where PyTorch's own
 * float32 ends within 1e-6 of its float64 (stored with each case). The limit leaves room for other processors.
 */
const LIMIT = 2e-5;

/** Largest difference relative to the largest entry. */
function deviation(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, k) => Math.abs(found[k]! - value))) / scale;
}

/** The generator of make_series_trajectories.py: numbers between -1 and 1. */
function uniform(seed: number): (count: number, factor: number) => Float32Array<ArrayBuffer> {
  let state = seed;
  return (count, factor) =>
    Float32Array.from({ length: count }, () => {
      state = (Math.imul(1664525, state) + 1013904223) >>> 0;
      return factor * (state / 2 ** 31 - 1);
    });
}

const inOrder = (): RandomStream =>
  ({ permutation: (count: number) => Uint32Array.from({ length: count }, (_, k) => k) }) as RandomStream;

async function trajectory(runtime: Runtime, { encoder: name, steps, center }: Case) {
  const design = designEncoder(name, [steps, channels], {
    hiddenDims: [],
    latentDim,
    activation: "leaky-relu",
    slope,
    bias: false,
    initialization: "pytorch",
    inputsPerUnit: 0,
    reconstruction: "linear",
  });
  const columns = steps * channels;
  const draw = uniform(1);
  const x = draw(rows * columns, 1.5);
  const layout = new ParameterLayout(design.encoder.parameters);
  const start = new Float32Array(layout.size);
  for (const { spec, view } of layout.views(start))
    view.set(draw(view.length, 1 / Math.sqrt(spec.shape[0]!)));

  const trainer = await Trainer.open(
    runtime,
    {
      layout,
      optimizer: optimizer({ name: "adam", weightDecay }),
      batchSize,
      data: {
        features: { dtype: "float32", shape: [rows, columns] },
        center: { dtype: "float32", shape: [latentDim] },
      },
      loss: (context) => oneClassLoss(design, context),
    },
    { features: float32([rows, columns], x), center: float32([latentDim], Float32Array.from(center)) },
    {
      rowCount: rows,
      batchSize,
      learningRate: { base: learningRate, milestones: [], factor: 0.1 },
      shuffle: inOrder,
    },
  );
  const { state, losses } = await trainer.epochs(trainer.start(start), epochs);
  await trainer.close();
  const forward = await Forward.open(runtime, layout, columns, design.encoder.forward);
  const latent = await forward.run(state.parameters, { rows, columns, data: x });
  await forward.close();
  return { layout, losses, latent, parameters: state.parameters };
}

/** WebAssembly does the same in several times as long. */
const short = golden.cases.filter(({ steps }) => steps <= 20);

describe.each([
  ["native", loadNativeRuntime, golden.cases],
  ["WebAssembly", loadWasmRuntime, short],
] as const)("fifteen steps against PyTorch, %s", (_, load, cases) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await load();
  });
  afterAll(() => runtime.close());

  it.each(cases)("$encoder, windows of $steps steps", async (which) => {
    const found = await trajectory(runtime, which);
    const perEpoch = rows / batchSize;
    const epochLosses = Array.from({ length: epochs }, (_, epoch) =>
      which.losses
        .slice(epoch * perEpoch, (epoch + 1) * perEpoch)
        .reduce((sum, loss) => sum + loss / perEpoch, 0),
    );
    expect(deviation(found.losses, epochLosses)).toBeLessThan(LIMIT);
    expect(deviation(found.latent, which.latent)).toBeLessThan(LIMIT);
    const views = found.layout.views(found.parameters);
    expect(views.map(({ spec }) => spec.name).sort()).toEqual(Object.keys(which.parameters).sort());
    for (const { spec, view } of views) {
      const expected = which.parameters[spec.name]!;
      const picked = expected.map((_, k) => view[Math.floor((k * view.length) / expected.length)]!);
      expect(deviation(picked, expected), spec.name).toBeLessThan(LIMIT);
    }
  });
});
