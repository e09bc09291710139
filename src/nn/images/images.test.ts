import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { oneClassLoss } from "../../detectors/centre/deep-svdd/objectives.js";
import { reconstructionLoss } from "../../detectors/networks/batch.js";
import { Graph, gradients, serialize, square, sum, type Tensor } from "../../graph/index.js";
import { createRandom } from "../../math/random.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { Forward } from "../../train/forward.js";
import { optimizer } from "../../train/optimizers.js";
import type { StepContext } from "../../train/program.js";
import { Trainer } from "../../train/trainer.js";
import { refuseConstantPaths } from "../constant-paths.js";
import { type EncoderDesign, sizeOf } from "../encoder.js";
import { designEncoder, type EncoderName, type EncoderOptions } from "../encoders.js";
import { ParameterLayout } from "../parameters.js";

/** Every image encoder, with a shape that it takes and latent dimensions. */
const ENCODERS = [
  ["cnn", [3, 17, 12], 6],
  ["guide-cnn", [1, 28, 25], 6],
  ["mnist-lenet", [1, 28, 28], 32],
  ["fashion-mnist-lenet", [1, 28, 28], 20],
  ["cifar10-lenet", [3, 32, 32], 32],
  ["resnet-small", [3, 17, 12], 6],
] as const satisfies readonly [EncoderName, number[], number][];

const options: EncoderOptions = {
  hiddenDims: [],
  latentDim: 16,
  activation: "leaky-relu",
  slope: 0.1,
  bias: false,
  initialization: "he",
  inputsPerUnit: 0,
  reconstruction: "sigmoid",
};

const ROWS = 13;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(async () => {
  await runtime.close();
});

const random = createRandom(5);
const designed = (name: EncoderName, shape: readonly number[], changes: Partial<EncoderOptions> = {}) =>
  designEncoder(name, shape, { ...options, ...changes });
const layoutOf = ({ encoder, decoder }: EncoderDesign): ParameterLayout =>
  new ParameterLayout([...encoder.parameters, ...decoder.parameters]);
const started = (layout: ParameterLayout) => layout.initialize((name) => random.stream(name));

/** Blurred blobs in places of their own on a dark background. */
function blobs(rows: number, [channels, height, width]: readonly number[]): Float32Array<ArrayBuffer> {
  const stream = random.stream("blobs");
  const data = new Float32Array(rows * channels! * height! * width!);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const [top, left] = [stream.uniform() * height!, stream.uniform() * width!];
    for (let channel = 0; channel < channels!; channel++)
      for (let y = 0; y < height!; y++)
        for (let x = 0; x < width!; x++, at++)
          data[at] = Math.exp(-((y - top) ** 2 + (x - left) ** 2) / (10 + 5 * channel));
  }
  return data;
}

async function train(
  design: EncoderDesign,
  layout: ParameterLayout,
  data: Float32Array,
  loss: (context: StepContext) => Tensor,
  from: Float32Array,
  { center = new Float32Array(design.latentDim), epochs = 5, batchSize = 5 } = {},
) {
  const columns = sizeOf(design.inputShape);
  const rows = data.length / columns;
  const trainer = await Trainer.open(
    runtime,
    {
      layout,
      optimizer: optimizer({ name: "adam", weightDecay: 1e-6 }),
      batchSize,
      data: {
        features: { dtype: "float32", shape: [rows, columns] },
        center: { dtype: "float32", shape: [design.latentDim] },
      },
      loss,
    },
    { features: float32([rows, columns], data), center: float32([design.latentDim], center) },
    {
      rowCount: rows,
      batchSize,
      learningRate: { base: 2e-3, milestones: [], factor: 0.1 },
      shuffle: (epoch) => random.stream("shuffle", epoch),
    },
  );
  const result = await trainer.epochs(trainer.start(from), epochs);
  await trainer.close();
  return result;
}

async function latentOf(design: EncoderDesign, parameters: Float32Array, data: Float32Array<ArrayBuffer>) {
  const columns = sizeOf(design.inputShape);
  const layout = new ParameterLayout(design.encoder.parameters);
  const forward = await Forward.open(runtime, layout, columns, (x, values) =>
    design.encoder.forward(x, values),
  );
  const latent = await forward.run(parameters, { rows: data.length / columns, columns, data });
  await forward.close();
  return latent;
}

describe.each(ENCODERS)("%s", (name, shape, latentDim) => {
  const design = designed(name, shape, { latentDim });

  it("learns in 5 + 5 epochs: losses fall, weights and statistics move, images stay apart", async () => {
    const data = blobs(ROWS, shape);
    const layout = layoutOf(design);
    const initial = started(layout);
    const pretrained = await train(design, layout, data, (step) => reconstructionLoss(design, step), initial);
    expect(pretrained.losses[4]!).toBeLessThan(pretrained.losses[0]!);

    const encoderLayout = new ParameterLayout(design.encoder.parameters);
    const encoder = pretrained.state.parameters.slice(0, encoderLayout.size);
    const latent = await latentOf(design, encoder, data);
    const center = Float32Array.from({ length: latentDim }, (_, k) => {
      let total = 0;
      for (let row = 0; row < ROWS; row++) total += latent[row * latentDim + k]! / ROWS;
      return total;
    });
    const trained = await train(design, encoderLayout, data, (step) => oneClassLoss(design, step), encoder, {
      center,
    });
    expect(trained.losses[4]!).toBeLessThan(trained.losses[0]!);
    const [before, after] = [encoderLayout.views(initial), encoderLayout.views(trained.state.parameters)];
    for (const [k, { spec, view }] of after.entries()) {
      expect(view.every(Number.isFinite), spec.name).toBe(true);
      expect(view, spec.name).not.toEqual(before[k]!.view);
    }
    const end = await latentOf(design, trained.state.parameters, data);
    const distinct = new Set(
      Array.from({ length: ROWS }, (_, row) => end.subarray(row * latentDim, (row + 1) * latentDim).join()),
    );
    expect(distinct.size).toBe(ROWS);
  });

  it("has no constant path, and says so where it has one", () => {
    expect(() => refuseConstantPaths(design)).not.toThrow();
    expect(() => refuseConstantPaths(designed(name, shape, { latentDim, bias: true }))).toThrow("bias");
    expect(() => refuseConstantPaths(designed(name, shape, { latentDim, activation: "tanh" }))).toThrow(
      "Tanh is bounded",
    );
  });

  it("ends in a weight without bias, to the latent space, last of its parameters", () => {
    const last = design.encoder.parameters.at(-1)!;
    expect(last.name).toMatch(/\.weight$/);
    expect(last.shape).toEqual([last.shape[0], latentDim]);
    expect(design.latentDim).toBe(latentDim);
    expect(design.inputShape).toEqual(shape);
    expect(design.encoder.parameters.some(({ name: each }) => each.endsWith("bias"))).toBe(false);
  });

  it("shows its blocks, the last of them what it answers, and decodes as many numbers as an image has", async () => {
    const columns = sizeOf(shape);
    const layout = layoutOf(design);
    const graph = new Graph();
    const x = graph.input("x", "float32", ["rows", columns]);
    const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
    const blocks = design.encoder.blocks(x, parameters);
    const decoded = design.decoder.forward(blocks.at(-1)!, parameters);
    for (const block of blocks) expect(block.shape).toEqual(["rows", expect.any(Number)]);
    expect(blocks.at(-1)!.shape).toEqual(["rows", latentDim]);
    expect(decoded.shape).toEqual(["rows", columns]);
    graph.output("forward", design.encoder.forward(x, parameters));
    for (const [k, block] of blocks.entries()) graph.output(`block_${k}`, block);
    graph.output("decoded", decoded);
    const session = await runtime.createSession(serialize(graph));
    const results = await session.run({
      x: float32([3, columns], blobs(3, shape)),
      parameters: float32([layout.size], started(layout)),
    });
    await session.release();
    expect(results[`block_${blocks.length - 1}`]!.data).toEqual(results["forward"]!.data);
    expect((results["decoded"]!.data as Float32Array).every((value) => value > 0 && value < 1)).toBe(true);
  });
});

describe("batch normalisation", () => {
  const design = designed("cnn", [1, 9, 8], { latentDim: 4 });
  const layout = new ParameterLayout(design.encoder.parameters);

  /** One training step's answers for a batch with these weights, and the statistics that it leaves. */
  async function step(data: Float32Array, weights: readonly number[], parameters = started(layout)) {
    const graph = new Graph();
    const rows = weights.length;
    const values = layout.tensors(graph.input("parameters", "float32", [layout.size]));
    const latent = design.encoder.forward(graph.input("x", "float32", [rows, 72]), values, {
      weights: graph.input("weights", "float32", [rows]),
      record: (name, value) => graph.output(name, value),
    });
    graph.output("latent", latent);
    const session = await runtime.createSession(serialize(graph));
    const results = await session.run({
      x: float32([rows, 72], data),
      weights: float32([rows], Float32Array.from(weights)),
      parameters: float32([layout.size], parameters),
    });
    await session.release();
    return new Map(Object.entries(results).map(([name, { data: found }]) => [name, found as Float32Array]));
  }

  it("does not see rows that fill up a batch", async () => {
    const data = blobs(5, [1, 9, 8]);
    const whole = await step(data.slice(0, 3 * 72), [1 / 3, 1 / 3, 1 / 3]);
    const filled = await step(data, [1 / 3, 1 / 3, 1 / 3, 0, 0]);
    expect([...filled.keys()].toSorted()).toEqual([...whole.keys()].toSorted());
    for (const [name, found] of filled)
      for (const [k, value] of whole.get(name)!.entries()) expect(found[k]).toBeCloseTo(value, 5);
    const other = await step(data, new Array(5).fill(1 / 5));
    expect(other.get("encoder.0.mean")![0]).not.toBeCloseTo(whole.get("encoder.0.mean")![0]!, 5);
  });

  it("answers in evaluation what it answers in training, with the statistics of the same images", async () => {
    const data = blobs(4, [1, 9, 8]);
    const parameters = started(layout);
    const trained = await step(data, new Array(4).fill(1 / 4), parameters);
    // Running statistics start at 0 and 1, move by a tenth, and keep the unbiased variance of 4 images of 9 x 8.
    const count = 4 * 72;
    for (const { spec, view } of layout.views(parameters)) {
      if (!spec.statistic) continue;
      const recorded = trained.get(spec.name)!;
      const moved = recorded.map((value, k) => (value - 0.9 * view[k]!) / 0.1);
      view.set(spec.name.endsWith("variance") ? moved.map((value) => (value * (count - 1)) / count) : moved);
    }
    const evaluated = await latentOf(design, parameters, data);
    const scale = Math.max(...evaluated.map(Math.abs));
    for (const [k, value] of trained.get("latent")!.entries())
      expect(Math.abs(evaluated[k]! - value)).toBeLessThan(1e-4 * scale);
  });

  it("has no constant path in its running statistics, and would have one in a learned offset", () => {
    const learned = (name: string): EncoderDesign => ({
      ...design,
      encoder: {
        ...design.encoder,
        parameters: design.encoder.parameters.map((spec) =>
          spec.name === name ? { name: spec.name, shape: spec.shape, initialize: spec.initialize } : spec,
        ),
      },
    });
    expect(() => refuseConstantPaths(learned("none of them"))).not.toThrow();
    expect(() => refuseConstantPaths(learned("encoder.0.mean"))).toThrow("adds a constant");
  });
});

describe("images that an encoder cannot take", () => {
  it.each([
    ["mnist-lenet", [1, 32, 32], "made for images of 28 x 28 pixels of 1 channel; these are 32 x 32"],
    ["fashion-mnist-lenet", [3, 28, 28], "these are 28 x 28 pixels of 3 channels"],
    ["cifar10-lenet", [1, 32, 32], "32 x 32 pixels of 3 channels; these are 32 x 32 pixels of 1 channel"],
    ["cnn", [1, 7, 20], "at least 8 x 8 pixels and 1 or 3 channels; these are 7 x 20 of 1"],
    ["cnn", [2, 20, 20], "these are 20 x 20 of 2"],
    ["guide-cnn", [1, 23, 40], "at least 24 x 24"],
    ["resnet-small", [1, 7, 20], "at least 8 x 8 pixels and 1 or 3 channels; these are 7 x 20 of 1"],
  ] as const)("%s of [%s]", (name, shape, words) => {
    expect(() => designed(name, shape)).toThrow(words);
  });

  it.each(["mnist-lenet", "cifar10-lenet"] as const)("%s folds latent vectors into maps of 4 x 4", (name) => {
    const shape = name === "mnist-lenet" ? [1, 28, 28] : [3, 32, 32];
    expect(() => designed(name, shape, { latentDim: 40 })).toThrow("multiple of 16; it is 40");
    expect(designed(name, shape, { latentDim: 48 }).latentDim).toBe(48);
  });
});

describe("resnet-small", () => {
  const shape = [1, 12, 9];
  const design = designed("resnet-small", shape, { latentDim: 5 });
  const layout = new ParameterLayout(design.encoder.parameters);

  it("trains with frozen statistics on what it answers in evaluation, by the same derivatives", async () => {
    const graph = new Graph();
    const vector = graph.input("parameters", "float32", [layout.size]);
    const parameters = layout.tensors(vector);
    const x = graph.input("x", "float32", [3, sizeOf(shape)]);
    const recorded: string[] = [];
    const training = {
      weights: graph.constant("float32", [3], new Float32Array(3).fill(1 / 3)),
      record: (name: string) => void recorded.push(name),
    };
    const trained = layout.specs.filter(({ statistic }) => !statistic);
    // ONNX Runtime's convolutions stand against products with patches.
    for (const [name, latent] of [
      ["evaluated", design.encoder.forward(x, parameters)],
      ["frozen", design.frozen!.forward(x, parameters, training)],
    ] as const) {
      graph.output(name, latent);
      gradients(
        sum(square(latent)),
        trained.map((spec) => parameters.get(spec.name)!),
      ).forEach((gradient, k) => {
        graph.output(`${name} ${k}`, gradient);
      });
    }
    expect(recorded).toEqual([]);
    const values = started(layout);
    for (const { spec, view } of layout.views(values))
      if (spec.statistic) random.stream("statistics", spec.name).fillUniform(view, 0.1, 0.5);
    const session = await runtime.createSession(serialize(graph));
    const results = await session.run({
      x: float32([3, sizeOf(shape)], blobs(3, shape)),
      parameters: float32([layout.size], values),
    });
    await session.release();
    for (const suffix of ["", ...trained.map((_, k) => ` ${k}`)]) {
      const [own, theirs] = ["frozen", "evaluated"].map(
        (name) => results[`${name}${suffix}`]!.data as Float32Array,
      );
      const largest = (values: Float32Array): number =>
        values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest(theirs!)).toBeGreaterThan(0);
      const apart = theirs!.map((value, k) => own![k]! - value);
      expect(largest(apart)).toBeLessThan(1e-4 * largest(theirs!));
    }
  });

  it("starts with the means of its last maps as the latent space, where both are as long", () => {
    const { encoder } = designed("resnet-small", shape, { latentDim: 128 });
    const own = new ParameterLayout(encoder.parameters);
    const { view } = own.views(started(own)).at(-1)!;
    expect(view.every((value, k) => value === (k % 129 === 0 ? 1 : 0))).toBe(true);
  });
});

describe("encoders for any size", () => {
  it("decode to it, and have the same blocks in training and in evaluation", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("cnn" as const, "guide-cnn" as const, "resnet-small" as const),
        fc.constantFrom(1, 3),
        fc.integer({ min: 8, max: 70 }),
        fc.integer({ min: 8, max: 70 }),
        (name, channels, height, width) => {
          fc.pre(name !== "guide-cnn" || Math.min(height, width) >= 24);
          const design = designed(name, [channels, height, width]);
          const layout = layoutOf(design);
          const graph = new Graph();
          const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
          const x = graph.input("x", "float32", [2, channels * height * width]);
          const training = {
            weights: graph.input("weights", "float32", [2]),
            record: () => {},
          };
          for (const mode of [undefined, training]) {
            const latent = design.encoder.forward(x, parameters, mode);
            expect(latent.shape).toEqual([2, 16]);
            expect(design.decoder.forward(latent, parameters, mode).shape).toEqual(x.shape);
          }
          const widths = (mode: typeof training | undefined) =>
            design.encoder.blocks(x, parameters, mode).map(({ shape }) => shape);
          expect(widths(training)).toEqual(widths(undefined));
        },
      ),
      { numRuns: 25 },
    );
  });

  it("cnn stops at maps of 4 to 7 pixels, at no more than 128 channels", () => {
    const channels = (shape: number[]) =>
      designed("cnn", shape)
        .encoder.parameters.filter(({ shape: own }) => own.length === 4)
        .map(({ shape: own }) => own[0]);
    expect(channels([1, 8, 8])).toEqual([16]);
    expect(channels([1, 28, 28])).toEqual([16, 32]);
    expect(channels([3, 32, 32])).toEqual([32, 64, 128]);
    expect(channels([3, 224, 256])).toEqual([32, 64, 128, 128, 128]);
  });

  it("guide-cnn is the guide's for 32 x 32", () => {
    const shapes = designed("guide-cnn", [1, 32, 32], { latentDim: 32 }).encoder.parameters.filter(
      ({ statistic }) => !statistic,
    );
    expect(shapes.map(({ shape }) => shape)).toEqual([
      [32, 1, 5, 5],
      [64, 32, 5, 5],
      [128, 64, 5, 5],
      [128, 32],
    ]);
    const padded = designed("guide-cnn", [1, 28, 28], { latentDim: 32 }).encoder.parameters.at(-1)!;
    expect(padded.shape).toEqual([128, 32]);
    // 64, 60, 30, 26, 13, 9: as large as it is.
    const larger = designed("guide-cnn", [1, 64, 64], { latentDim: 32 }).encoder.parameters.at(-1)!;
    expect(larger.shape).toEqual([128 * 81, 32]);
    // 128, 124, 62, 58, 29, 25, 12, 8: one stage more.
    const largest = designed("guide-cnn", [1, 128, 128], { latentDim: 32 }).encoder.parameters.at(-1)!;
    expect(largest.shape).toEqual([128 * 64, 32]);
  });

  it("the first of them is the default for images", () => {
    const namesOf = (name: EncoderName | "auto") =>
      designEncoder(name, [3, 40, 40], options).encoder.parameters.map(({ name: each, shape }) => [
        each,
        shape,
      ]);
    expect(namesOf("auto")).toEqual(namesOf("cnn"));
  });
});

describe("weights start", () => {
  const bounds = (name: EncoderName, shape: readonly number[], initialization: "he" | "pytorch") => {
    const layout = layoutOf(designed(name, shape, { initialization, latentDim: 32 }));
    return Object.fromEntries(
      layout
        .views(started(layout))
        .filter(({ spec }) => !spec.statistic)
        .map(({ spec, view }) => [
          spec.name,
          view.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
        ]),
    );
  };
  const expectBounds = (found: Record<string, number>, expected: Record<string, number>) => {
    for (const [name, bound] of Object.entries(expected)) {
      expect(found[name]!, name).toBeLessThanOrEqual(bound * (1 + 1e-6));
      expect(found[name]!, name).toBeGreaterThan(0.9 * bound);
    }
  };

  it("as in PyTorch: by the fan-in, of transposed convolutions by that of their other side", () => {
    expectBounds(bounds("mnist-lenet", [1, 28, 28], "pytorch"), {
      "encoder.0.weight": Math.sqrt(1 / 25),
      "encoder.1.weight": Math.sqrt(1 / 200),
      "encoder.2.weight": Math.sqrt(1 / 196),
      // ConvTranspose2d(8, 1, 5): PyTorch counts 1 x 5 x 5.
      "decoder.3.weight": Math.sqrt(1 / 25),
    });
  });

  it("by Xavier's rule in CIFAR-10's autoencoder, dense layers aside", () => {
    const gain = Math.sqrt(2 / (1 + 0.01 ** 2));
    expectBounds(bounds("cifar10-lenet", [3, 32, 32], "pytorch"), {
      "encoder.0.weight": gain * Math.sqrt(6 / (35 * 25)),
      "encoder.1.weight": gain * Math.sqrt(6 / (96 * 25)),
      "encoder.3.weight": Math.sqrt(1 / 2048),
      "decoder.5.weight": gain * Math.sqrt(6 / (35 * 25)),
    });
  });

  it("as He et al. before rectifiers", () => {
    expectBounds(bounds("cnn", [1, 16, 16], "he"), {
      "encoder.0.weight": Math.sqrt(6 / 9),
      "encoder.1.weight": Math.sqrt(6 / (16 * 9)),
      "encoder.2.weight": Math.sqrt(3 / (32 * 16)),
    });
  });
});
