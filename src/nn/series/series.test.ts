import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { oneClassLoss } from "../../detectors/centre/deep-svdd/objectives.js";
import { reconstructionLoss } from "../../detectors/networks/batch.js";
import type { Tensor } from "../../graph/index.js";
import { createRandom } from "../../math/random.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { Forward } from "../../train/forward.js";
import { optimizer } from "../../train/optimizers.js";
import type { StepContext } from "../../train/program.js";
import { Trainer } from "../../train/trainer.js";
import { refuseConstantPaths } from "../constant-paths.js";
import type { EncoderDesign } from "../encoder.js";
import { designEncoder, type EncoderName, type EncoderOptions } from "../encoders.js";
import { ParameterLayout, type ParameterSpec, type Parameters } from "../parameters.js";

const NAMES = ["conv1d", "tcn", "lstm", "transformer"] as const satisfies readonly EncoderName[];

const options: EncoderOptions = {
  hiddenDims: [],
  latentDim: 5,
  activation: "leaky-relu",
  slope: 0.1,
  bias: false,
  initialization: "he",
  inputsPerUnit: 0,
  reconstruction: "linear",
};

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(() => runtime.close());

const random = createRandom(3);
const start = (specs: readonly ParameterSpec[]): Float32Array<ArrayBuffer> =>
  new ParameterLayout(specs).initialize((name) => random.stream(name));

/** One function of a network on flat rows of `columns` numbers. */
async function evaluate(
  specs: readonly ParameterSpec[],
  compute: (x: Tensor, parameters: Parameters) => Tensor,
  columns: number,
  data: Float32Array<ArrayBuffer>,
  parameters = start(specs),
): Promise<Float32Array> {
  const forward = await Forward.open(runtime, new ParameterLayout(specs), columns, compute);
  try {
    return await forward.run(parameters, { rows: data.length / columns, columns, data });
  } finally {
    await forward.close();
  }
}

const encode = (
  { encoder, inputShape }: EncoderDesign,
  data: Float32Array<ArrayBuffer>,
): Promise<Float32Array> =>
  evaluate(encoder.parameters, encoder.forward, inputShape[0]! * inputShape[1]!, data);

function noise(length: number, name = "noise"): Float32Array<ArrayBuffer> {
  const data = new Float32Array(length);
  random.stream(name).fillNormal(data);
  return data;
}

it("the first of them is the default for windows", () => {
  const [byDefault, named] = (["auto", "conv1d"] as const).map((name) =>
    designEncoder(name, [30, 2], options),
  );
  expect(byDefault!.encoder.parameters.map(({ name, shape }) => [name, shape])).toEqual(
    named!.encoder.parameters.map(({ name, shape }) => [name, shape]),
  );
  expect(() => designEncoder("lstm", [30], options)).toThrow("windows of a series");
});

describe.each(NAMES)("%s", (name) => {
  it("maps a window of zeros to exactly zero, whatever its weights, and no other", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom("leaky-relu" as const, "relu" as const),
        async (steps, channels, activation) => {
          const design = designEncoder(name, [steps, channels], { ...options, activation });
          const columns = steps * channels;
          const rows = new Float32Array(2 * columns);
          rows.set(noise(columns), columns);
          const latent = await encode(design, rows);
          expect([...latent.slice(0, 5)].map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
          expect(Math.max(...latent.slice(5).map(Math.abs))).toBeGreaterThan(0);
          expect(latent.every(Number.isFinite)).toBe(true);
        },
      ),
      { numRuns: 12 },
    );
  });

  it("passes the lint without biases, and is refused with them and with bounded activations", () => {
    for (const steps of [1, 7, 100])
      expect(() => refuseConstantPaths(designEncoder(name, [steps, 3], options))).not.toThrow();
    expect(() => refuseConstantPaths(designEncoder(name, [40, 3], { ...options, bias: true }))).toThrow(
      /with encoder\.\S*bias adds a constant/,
    );
    // The LSTM has no activation but its own.
    if (name === "lstm") return;
    for (const activation of ["tanh", "sigmoid", "elu"] as const) {
      expect(() => refuseConstantPaths(designEncoder(name, [40, 3], { ...options, activation }))).toThrow(
        "is bounded",
      );
    }
  });

  it.each([1, 2, 5, 25, 26, 33, 100, 131])("takes windows of %i steps and gives them back", async (steps) => {
    const { encoder, decoder, latentDim, inputShape } = designEncoder(name, [steps, 2], options);
    expect([latentDim, inputShape]).toEqual([5, [steps, 2]]);
    const decoded = await evaluate(decoder.parameters, decoder.forward, latentDim, noise(3 * latentDim));
    expect(decoded.length).toBe(3 * steps * 2);
    // The detectors' whitening relies on it.
    expect(encoder.parameters.at(-1)!.name).toBe("encoder.latent.weight");
    expect(encoder.parameters.at(-1)!.shape.at(-1)).toBe(latentDim);
  });

  it("reads every step of its window, and their order", async () => {
    const [steps, channels] = [61, 2];
    const design = designEncoder(name, [steps, channels], options);
    const columns = steps * channels;
    const row = noise(columns);
    const rows = new Float32Array((steps + 2) * columns);
    for (let k = 0; k <= steps + 1; k++) rows.set(row, k * columns);
    for (let step = 0; step < steps; step++) rows[step * columns + step * channels]! += 3;
    // Backwards in time.
    for (let step = 0; step < steps; step++) {
      const from = (steps - 1 - step) * channels;
      rows.set(row.subarray(from, from + channels), (steps + 1) * columns + step * channels);
    }
    const latent = await encode(design, rows);
    const original = [...latent.slice(steps * 5, (steps + 1) * 5)];
    for (let k = 0; k < steps + 2; k++) {
      // What the pools of the 1D-CNN leave over at the end is not read.
      if (k === steps || (name === "conv1d" && k < steps && k >= steps - 3)) continue;
      expect([...latent.slice(k * 5, (k + 1) * 5)], `row ${k}`).not.toEqual(original);
    }
  });

  it("shows its blocks, the last of them the latent space", async () => {
    const { encoder } = designEncoder(name, [40, 2], options);
    const rows = noise(3 * 80);
    const count: number[] = [];
    await evaluate(
      encoder.parameters,
      (x, parameters) => {
        const blocks = encoder.blocks(x, parameters);
        for (const block of blocks) {
          expect(block.shape.length).toBe(2);
          expect(block.shape[0]).toBe("rows");
        }
        count.push(blocks.length);
        return blocks.at(-1)!;
      },
      80,
      rows,
    );
    expect(count[0]).toBeGreaterThanOrEqual(2);
    for (let k = 0; k < count[0]!; k++) {
      const values = await evaluate(encoder.parameters, (x, p) => encoder.blocks(x, p)[k]!, 80, rows);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(new Set(values).size).toBeGreaterThan(3);
    }
    const last = await evaluate(encoder.parameters, (x, p) => encoder.blocks(x, p).at(-1)!, 80, rows);
    expect(last).toEqual(await evaluate(encoder.parameters, encoder.forward, 80, rows));
  });

  it("learns: five epochs of pretraining, five of compactness", async () => {
    const [rows, steps, channels, batchSize] = [70, 30, 2, 16];
    const columns = steps * channels;
    const design = designEncoder(name, [steps, channels], options);
    const { encoder, decoder, latentDim } = design;
    const phases = noise(rows, "phases");
    const data = Float32Array.from({ length: rows * columns }, (_, k) => {
      const [row, step, channel] = [
        Math.floor(k / columns),
        Math.floor((k % columns) / channels),
        k % channels,
      ];
      return Math.sin(step * (0.3 + 0.2 * channel) + phases[row]!);
    });
    const train = async (
      layout: ParameterLayout,
      parameters: Float32Array,
      base: number,
      loss: (context: StepContext) => Tensor,
      center?: Float32Array,
    ) => {
      const trainer = await Trainer.open(
        runtime,
        {
          layout,
          optimizer: optimizer({ name: "adam", weightDecay: 1e-6 }),
          batchSize,
          data: {
            features: { dtype: "float32", shape: [rows, columns] },
            ...(center && { center: { dtype: "float32", shape: [latentDim] } }),
          },
          loss,
        },
        {
          features: float32([rows, columns], data),
          ...(center && { center: float32([latentDim], center) }),
        },
        {
          rowCount: rows,
          batchSize,
          learningRate: { base, milestones: [], factor: 0.1 },
          shuffle: (epoch) => random.stream("epoch", epoch),
        },
      );
      const result = await trainer.epochs(trainer.start(parameters), 5);
      await trainer.close();
      return { parameters: result.state.parameters, losses: result.losses };
    };
    const encoderLayout = new ParameterLayout(encoder.parameters);
    const both = new ParameterLayout([...encoder.parameters, ...decoder.parameters]);
    const begun = both.initialize((each) => random.stream(each));
    const pretrained = await train(both, begun, 3e-3, (context) => reconstructionLoss(design, context));
    expect(pretrained.losses.at(-1)!).toBeLessThan(pretrained.losses[0]!);
    for (const { spec, view } of both.views(pretrained.parameters)) {
      const before = both.views(begun).find((each) => each.spec === spec)!.view;
      expect(
        view.some((value, k) => value !== before[k]),
        `${spec.name} moves`,
      ).toBe(true);
      expect(view.every(Number.isFinite), spec.name).toBe(true);
    }

    const own = pretrained.parameters.slice(0, encoderLayout.size);
    const latentOf = (parameters: Float32Array) =>
      evaluate(encoder.parameters, encoder.forward, columns, data, Float32Array.from(parameters));
    const before = await latentOf(own);
    const center = Float32Array.from({ length: latentDim }, (_, dim) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += before[row * latentDim + dim]!;
      return sum / rows + 0.1;
    });
    const trained = await train(encoderLayout, own, 1e-3, (context) => oneClassLoss(design, context), center);
    expect(trained.losses.at(-1)!).toBeLessThan(trained.losses[0]!);
    const after = await latentOf(trained.parameters);
    const distinct = new Set(Array.from({ length: rows }, (_, row) => after[row * latentDim]));
    expect(distinct.size).toBe(rows);
  });
});
