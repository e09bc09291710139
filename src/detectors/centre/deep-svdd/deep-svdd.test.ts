/** What Deep SVDD promises about learning: it happens, it repeats, and when it fails it says so. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CategoricalColumn, selectRows, type Table, tableFromMatrix } from "../../../data/index.js";
import { columnSchema } from "../../../features/index.js";
import { decodeModel } from "../../../graph/index.js";
import {
  configureRuntime,
  DeepSvdd,
  type DeepSvddInput,
  type Model,
  type Progress,
  provideBackend,
} from "../../../index.js";
import { fromBase64 } from "../../../math/base64.js";
import { quantile } from "../../../math/quantile.js";
import { createRandom } from "../../../math/random.js";
import { auroc } from "../../../metrics/index.js";
import { METADATA } from "../../../model/card.js";
import { currentBackend } from "../../../runtime/index.js";
import type { MemberReport } from "../../networks/report.js";

// In the calling thread: a worker thread takes longer to start than these networks to train. See continuity.test.ts.
beforeAll(() => {
  const backend = currentBackend();
  const open = (count: number) => Promise.all(Array.from({ length: count }, backend.inline));
  provideBackend({ ...backend, cores: 1, open });
});
afterAll(() => configureRuntime());

/** Rows near a plane of three dimensions in six, away from the origin. */
function correlated(rows = 400, seed = 1): Table {
  const stream = createRandom(seed).stream("correlated");
  const mix = Array.from({ length: 3 }, () => Array.from({ length: 6 }, () => stream.normal()));
  const row = (): number[] => {
    const factors = [stream.normal(), stream.normal(), stream.normal()];
    return Array.from({ length: 6 }, (_, column) =>
      factors.reduce((sum, f, k) => sum + f * mix[k]![column]!, 3 + 0.2 * stream.normal()),
    );
  };
  return tableFromMatrix(Array.from({ length: rows }, row));
}

/** Three clusters of unequal size and spread. */
function clusters(rows = 300): Table {
  const stream = createRandom(2).stream("clusters");
  const row = (_: unknown, k: number): number[] => {
    const [x, y, spread] = [
      [0, 0, 0.3],
      [4, 1, 0.5],
      [-2, 5, 0.1],
    ][k % 4 === 3 ? 0 : k % 4]! as [number, number, number];
    return [
      x + spread * stream.normal(),
      y + spread * stream.normal(),
      spread * stream.normal(),
      stream.uniform(),
    ];
  };
  return tableFromMatrix(Array.from({ length: rows }, row));
}

/** Numbers, missing values, and two columns of texts. */
function mixed(rows = 300): Table {
  const stream = createRandom(3).stream("mixed");
  const numbers = tableFromMatrix(
    Array.from({ length: rows }, () => {
      const size = Math.exp(stream.normal());
      return [
        size,
        size * (1 + 0.1 * stream.normal()),
        stream.uniform() < 0.05 ? Number.NaN : stream.normal(),
      ];
    }),
  );
  const texts = (name: string, levels: string[]): CategoricalColumn => ({
    kind: "categorical",
    name,
    levels,
    codes: Int32Array.from({ length: rows }, () =>
      Math.min(stream.int(levels.length), stream.int(levels.length)),
    ),
  });
  return {
    ...numbers,
    columns: [...numbers.columns, texts("protocol", ["tcp", "udp", "icmp"]), texts("flag", ["a", "b"])],
  };
}

const small: DeepSvddInput = { hiddenDims: [32], latentDim: 8, members: 1, pretrainSteps: 60, steps: 60 };
/** As the guide to Deep SVDD recommends: one network, all inputs, no whitening, no moved origin. */
const guide: DeepSvddInput = {
  hiddenDims: [128, 64],
  latentDim: 16,
  slope: 0.1,
  initialization: "pytorch",
  inputsPerUnit: 0,
  originOffset: 0,
  members: 1,
  whiten: false,
};

interface Fitted {
  model: Model;
  warnings: string[];
  members: readonly MemberReport[];
  healthy: boolean;
}

async function train(table: Table, options: DeepSvddInput): Promise<Fitted> {
  const warnings: string[] = [];
  const model = await new DeepSvdd(options).fit(table, { onWarning: (message) => warnings.push(message) });
  const { members, health } = DeepSvdd.trainings(model.card)[0]!;
  return { model, warnings, members, healthy: health.healthy };
}

const scoresOf = async (model: Model, table: Table): Promise<Float32Array> =>
  (await model.score(table)).scores;
const distinctShare = (scores: Float32Array): number => new Set(scores).size / scores.length;

describe("training", () => {
  it("moves every weight matrix and lowers both losses", async () => {
    const { model, members } = await train(correlated(), { ...small, whiten: false, members: 2 });
    const trained = decodeModel(model.toBytes());
    const untrained = decodeModel(fromBase64(trained.metadata[METADATA.untrained]!));
    const weights = trained.initializerNames.filter((name) => name.endsWith(".weight"));
    expect(weights).toEqual([
      "member0.encoder.0.weight",
      "member0.encoder.1.weight",
      "member1.encoder.0.weight",
      "member1.encoder.1.weight",
    ]);
    for (const name of weights) {
      const before = untrained.initializer(name).data as Float32Array;
      const after = trained.initializer(name).data as Float32Array;
      expect(after.length).toBe(before.length);
      const moved = after.filter((value, k) => value !== before[k]).length / after.length;
      expect(moved).toBeGreaterThan(0.9);
    }
    for (const { pretraining, compactness } of members) {
      for (const { curve, kept } of [pretraining, compactness]) {
        expect(curve.at(-1)!.loss).toBeLessThan(0.9 * curve[0]!.loss);
        expect(curve.at(-1)!.validation).toBeLessThan(curve[0]!.validation);
        expect(kept).toBeGreaterThan(0);
      }
    }
  });

  it("tells rows apart, and ranks what breaks the correlation above what follows it", async () => {
    const { model } = await train(correlated(), { members: 2, hiddenDims: [64], latentDim: 32 });
    const normal = correlated(700);
    const fresh = selectRows(
      normal,
      Int32Array.from({ length: 300 }, (_, k) => 400 + k),
    );
    // The same values in every column, but each from another row.
    const broken: Table = {
      ...fresh,
      columns: fresh.columns.map((column, shift) => ({
        ...column,
        values: (column as { values: Float64Array }).values.map(
          (_, row, all) => all[(row + 17 * (shift + 1)) % all.length]!,
        ),
      })) as Table["columns"],
    };
    const good = await scoresOf(model, fresh);
    const bad = await scoresOf(model, broken);
    expect(distinctShare(good)).toBe(1);
    const labels = Int8Array.from([...good.map(() => 0), ...bad.map(() => 1)]);
    expect(auroc(labels, Float64Array.from([...good, ...bad]))).toBeGreaterThan(0.9);
  });

  it("scores d^2 in units of the mean over held-out rows, as loops over the stored weights say", async () => {
    const table = correlated();
    const { model } = await train(table, { ...small, hiddenDims: [16, 12], slope: 0.2 });
    const stored = decodeModel(model.toBytes());
    const tensor = (name: string): Float32Array => stored.initializer(`member0.${name}`).data as Float32Array;
    const [origin, center] = [tensor("origin"), tensor("center")];
    const weights = [0, 1, 2].map((k) => tensor(`encoder.${k}.weight`));
    const { numeric } = columnSchema(model.card.schema)!;
    const scores = await scoresOf(model, table);
    const squared = (row: number): number => {
      let z = numeric.map(({ center: mean, scale }, k) => {
        const { values } = table.columns[k] as { values: Float64Array };
        return (values[row]! - mean) / scale - origin[k]!;
      });
      weights.forEach((weight, layer) => {
        const width = weight.length / z.length;
        z = Array.from({ length: width }, (_, unit) => {
          const sum = z.reduce((total, value, input) => total + value * weight[input * width + unit]!, 0);
          return layer < 2 && sum < 0 ? 0.2 * sum : sum;
        });
      });
      return z.reduce((sum, value, k) => sum + (value - center[k]!) ** 2, 0);
    };
    const unit = squared(0) / scores[0]!;
    for (let row = 1; row < 100; row++) {
      expect(Math.abs(squared(row) / unit / scores[row]! - 1)).toBeLessThan(1e-5);
    }
    const order = createRandom(0).stream("split").permutation(table.rowCount);
    const held = order.subarray(model.card.data.calibration).subarray(0, model.card.data.validation);
    const heldScores = await scoresOf(model, selectRows(table, Uint32Array.from(held)));
    expect(heldScores.reduce((sum, score) => sum + score, 0) / heldScores.length).toBeCloseTo(1, 5);
  });

  it("gives the same bytes for the same seed and others for another", async () => {
    const bytes = async (seed: number): Promise<Uint8Array> =>
      (await train(correlated(), { ...small, members: 2, seed })).model.toBytes();
    const first = await bytes(5);
    expect(await bytes(5)).toEqual(first);
    const second = await bytes(6);
    expect(second).not.toEqual(first);
    const weight = (model: Uint8Array) => decodeModel(model).initializer("member0.encoder.0.weight").data;
    expect(weight(second)).not.toEqual(weight(first));
  });

  it("does not change the detector: a second fit forgets the first", async () => {
    const detector = new DeepSvdd(small);
    const before = structuredClone(detector.options);
    const alone = await new DeepSvdd(small).fit(clusters());
    await detector.fit(correlated());
    const after = await detector.fit(clusters());
    expect(after.toBytes()).toEqual(alone.toBytes());
    expect(detector.options).toEqual(before);
  });

  it("without epochs leaves the start, without pretraining as well leaves the untrained control", async () => {
    const table = correlated();
    const start = await train(table, { ...small, epochs: 0 });
    expect(start.members[0]!.compactness).toEqual({ curve: [], ended: "all epochs", signs: [], kept: 0 });
    const nothing = await train(table, { ...small, epochs: 0, pretrain: false });
    expect(nothing.members[0]!.pretraining.ended).toBe("left out");
    expect(await scoresOf(nothing.model, table)).toEqual(await nothing.model.untrainedScores(table));
    expect(await scoresOf(start.model, table)).not.toEqual(await start.model.untrainedScores(table));
  });
});

describe("the soft boundary", () => {
  it("trains, sets its radius after the warm-up, and leaves about a share nu of training rows outside", async () => {
    const table = correlated();
    for (const nu of [0.05, 0.3]) {
      const { model, members, warnings, healthy } = await train(table, {
        ...small,
        objective: "soft-boundary",
        nu,
        epochs: 20,
        warmupEpochs: 3,
      });
      expect([healthy, warnings]).toEqual([true, []]);
      const [{ compactness, radius }] = members as [MemberReport];
      expect(compactness.kept).toBeGreaterThan(3);
      // The first three epochs have a radius of zero: the loss is 1 / nu times the mean distance.
      expect(compactness.curve[3]!.loss).toBeLessThan(compactness.curve[2]!.loss);
      expect(radius).toBeGreaterThan(0);
      // Scores are d^2 up to a unit: as many of them lie above the (1 - nu) quantile as rows lie outside.
      const scores = await scoresOf(model, table);
      const stored = decodeModel(model.toBytes());
      expect(stored.initializerNames).toContain("member0.center");
      const outside = scores.filter((score) => score > quantile(scores, 1 - nu)).length / scores.length;
      expect(Math.abs(outside - nu)).toBeLessThan(0.01);
    }
  });

  it("without a warm-up has a radius from the first epoch on", async () => {
    const { members } = await train(correlated(), {
      ...small,
      objective: "soft-boundary",
      epochs: 5,
      warmupEpochs: 0,
    });
    const curve = members[0]!.compactness.curve;
    expect(curve).toHaveLength(5);
    expect(
      Math.max(...curve.map(({ loss }) => loss)) / Math.min(...curve.map(({ loss }) => loss)),
    ).toBeLessThan(2);
  });
});

describe("an encoder that could answer a constant", () => {
  it.each<[string, DeepSvddInput, RegExp]>([
    ["biases", { bias: true }, /encoder\.0\.bias.*encoder\.1\.bias/],
    ["tanh", { activation: "tanh" }, /Tanh/],
    ["sigmoid", { activation: "sigmoid" }, /Sigmoid/],
    ["elu", { activation: "elu" }, /Elu/],
  ])("is refused before anything is trained: %s", async (_, options, words) => {
    const stages = new Set<Progress["stage"]>();
    const fitted = new DeepSvdd({ ...small, ...options }).fit(correlated(), {
      onProgress: ({ stage }) => stages.add(stage),
    });
    await expect(fitted).rejects.toMatchObject({
      code: "degenerate-encoder",
      message: expect.stringMatching(words),
    });
    expect([...stages]).toEqual(["preparing"]);
  });
});

describe("a collapse", () => {
  const table = correlated();

  it.each<[string, DeepSvddInput]>([
    ["a huge weight decay, AdamW", { optimizer: "adamw", weightDecay: 1e3 }],
    ["a huge weight decay and rate, AdamW", { optimizer: "adamw", weightDecay: 1e3, learningRate: 1e-3 }],
    ["weights that alternate, AdamW", { optimizer: "adamw", weightDecay: 1e3, learningRate: 1 }],
    ["a huge weight decay and rate, Adam", { weightDecay: 1e3, learningRate: 0.1 }],
    ["a divergence, SGD", { optimizer: "sgd", learningRate: 1 }],
    ["a rate of 1, soft boundary", { objective: "soft-boundary", learningRate: 1 }],
  ])("in compactness training is rolled back with a warning: %s", async (_, options) => {
    const { model, warnings, members, healthy } = await train(table, { ...small, ...options });
    expect(healthy).toBe(false);
    const { ended, signs, kept } = members[0]!.compactness;
    expect(ended).toBe("collapse");
    expect(signs).not.toEqual([]);
    expect(warnings).toEqual([
      `Member 1 of 1 collapsed in compactness training and was rolled back to epoch ${kept}: ${signs.join("; ")}.`,
    ]);
    const scores = await scoresOf(model, table);
    expect(distinctShare(scores)).toBeGreaterThan(0.9);
    if (kept > 0) return;
    // What is left is the state after pretraining.
    const { optimizer = "adam" } = options;
    const start = await train(table, { ...small, optimizer, epochs: 0 });
    expect(scores).toEqual(await scoresOf(start.model, table));
  });

  it.each<[string, DeepSvddInput]>([
    ["a divergence of pretraining", { optimizer: "sgd", pretrainLearningRate: 1 }],
    [
      "pretraining that shrinks all weights to zero",
      { optimizer: "adamw", pretrainWeightDecay: 1e3, pretrainLearningRate: 1e-3 },
    ],
    [
      "no pretraining, and compactness training that shrinks all weights to zero",
      { pretrain: false, optimizer: "adamw", weightDecay: 1e3, learningRate: 1e-3 },
    ],
    [
      "no pretraining, and weights that decay faster than the centre attracts",
      { pretrain: false, whiten: false, optimizer: "sgd", weightDecay: 10, learningRate: 0.01 },
    ],
    ["no pretraining, and a divergence", { pretrain: false, optimizer: "sgd", learningRate: 1 }],
  ])("without a healthy state before leaves no model: %s", async (_, options) => {
    await expect(new DeepSvdd({ ...small, ...options }).fit(table)).rejects.toMatchObject({
      code: "collapsed",
      message: expect.stringMatching(/^Member 1 of 1 collapsed and had no healthy state before: ./),
      hint: expect.stringMatching(/weight decay/),
    });
  });

  it.each<DeepSvddInput>([
    { learningRate: 1 },
    { learningRate: 1, optimizer: "adamw" },
    { learningRate: 0.3, weightDecay: 10 },
    { pretrainLearningRate: 1 },
    { pretrain: false, learningRate: 1 },
    { pretrainWeightDecay: 1e3 },
    { weightDecay: 1e3 },
    { weightDecay: 1e3, epochs: 400, patience: 400, learningRate: 0.01 },
    {
      whiten: false,
      centerFloor: 0,
      originOffset: 0,
      pretrain: false,
      epochs: 400,
      patience: 400,
      learningRate: 0.01,
    },
    {
      centerFloor: 0,
      originOffset: 0,
      hiddenDims: [],
      latentDim: 2,
      learningRate: 0.05,
      epochs: 400,
      patience: 400,
    },
    { slope: 0, activation: "relu", learningRate: 0.5 },
    { latentDim: 1, learningRate: 0.5, epochs: 200, patience: 200 },
  ])("never reaches the model unnoticed: %j", async (options) => {
    let fitted: Fitted;
    try {
      fitted = await train(table, { ...small, ...options });
    } catch (error) {
      expect(error).toMatchObject({ code: "collapsed" });
      return;
    }
    const scores = await scoresOf(fitted.model, table);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(distinctShare(scores)).toBeGreaterThan(0.9);
    const deviation = quantile(scores, 0.9) / quantile(scores, 0.1);
    expect(deviation).toBeGreaterThan(1.05);
    const rolledBack = fitted.members.filter(({ pretraining, compactness }) =>
      [pretraining.ended, compactness.ended].includes("collapse"),
    );
    expect(fitted.warnings.length > 0).toBe(rolledBack.length > 0);
  });
});

describe("healthy runs are not flagged", () => {
  const tables = { correlated: correlated(), clusters: clusters(), mixed: mixed() };
  const runs: [string, DeepSvddInput][] = [
    ["small", small],
    ["the guide's settings", guide],
    ["the guide's settings, soft boundary", { ...guide, objective: "soft-boundary", epochs: 20 }],
    ["the guide's settings, another seed", { ...guide, seed: 12 }],
    ["relu, deep, no whitening", { ...guide, activation: "relu", hiddenDims: [32, 32, 32], latentDim: 8 }],
    ["linear", { ...small, activation: "linear" }],
    ["no hidden layer", { ...small, hiddenDims: [], latentDim: 4 }],
    ["SGD", { ...small, optimizer: "sgd", learningRate: 1e-4, pretrainLearningRate: 1e-2 }],
    ["AdamW with the usual decay", { ...small, optimizer: "adamw", weightDecay: 1e-2 }],
    ["min-max", { ...small, scaling: "min-max" }],
    ["quantile", { ...small, scaling: "quantile" }],
    ["robust", { ...small, scaling: "robust" }],
    ["two latent dimensions", { ...small, latentDim: 2 }],
    ["two latent dimensions, the guide's way", { ...guide, latentDim: 2 }],
    ["one latent dimension", { ...small, latentDim: 1 }],
    ["one latent dimension, the guide's way", { ...guide, latentDim: 1 }],
  ];
  it.each(runs)("%s", async (_, options) => {
    for (const [name, table] of Object.entries(tables)) {
      const { model, warnings, members, healthy } = await train(table, options);
      expect([name, warnings, healthy]).toEqual([name, [], true]);
      expect(members.flatMap(({ pretraining }) => pretraining.signs)).toEqual([]);
      expect(distinctShare(await scoresOf(model, table))).toBeGreaterThan(0.95);
    }
  });
});
