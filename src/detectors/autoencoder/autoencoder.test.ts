/** What the autoencoder promises: it learns, it repeats, it stops in time, and it says when it did not learn. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Table, tableFromMatrix } from "../../data/index.js";
import { configureRuntime, Model, provideBackend } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { auroc } from "../../metrics/index.js";
import type { Checkpoint, CheckpointStore, FitOptions, Progress } from "../../model/contract.js";
import { currentBackend } from "../../runtime/index.js";
import { loadWasmRuntime } from "../../runtime/web/wasm.js";
import { Autoencoder, type AutoencoderReport } from "./autoencoder.js";
import type { AutoencoderInput } from "./options.js";

// In the calling thread: a worker thread takes longer to start than these networks to train.
beforeAll(() => {
  const backend = currentBackend();
  const open = (count: number) => Promise.all(Array.from({ length: count }, backend.inline));
  provideBackend({ ...backend, cores: 1, open });
});
afterAll(() => configureRuntime());

/** Rows on a bent surface of two dimensions in six. */
function surface(rows: number, seed: number, off = 0): Table {
  const stream = createRandom(seed).stream("surface");
  return tableFromMatrix(
    Array.from({ length: rows }, () => {
      const [a, b] = [stream.normal(), stream.normal()];
      return [a, b, a * b + off, Math.abs(a), a - b, b + a].map((value) => value + 0.05 * stream.normal());
    }),
  );
}

const small: AutoencoderInput = { hiddenDims: [16], latentDim: 3, members: 2, steps: 600, batchSize: 32 };
const learn = (options: AutoencoderInput = {}, fitOptions: FitOptions = {}, table = surface(400, 1)) =>
  new Autoencoder({ ...small, ...options }).fit(table, fitOptions);
const scoresOf = async (model: Model, table: Table) => (await model.score(table)).scores;

const trainingOf = (model: Model): AutoencoderReport => Autoencoder.trainings(model.card)[0]!;

async function area(score: (table: Table) => Promise<Float32Array>): Promise<number> {
  const labels = [...Array<number>(150).fill(0), ...Array<number>(150).fill(1)];
  return auroc(labels, [...(await score(surface(150, 2))), ...(await score(surface(150, 3, 2)))]);
}

describe("training", () => {
  it("learns the surface: the loss falls, weights move, and it beats itself untrained", async () => {
    const model = await learn();
    const { health, members, control } = trainingOf(model);
    expect(health.healthy).toBe(true);
    expect(members).toHaveLength(2);
    for (const { curve, explained, kept, validation } of members) {
      expect(curve.at(-1)!.loss).toBeLessThan(0.5 * curve[0]!.loss);
      expect(explained).toBeGreaterThan(0.75);
      expect(kept).toBeGreaterThan(0);
      expect(validation).toBe(Math.min(...curve.map((point) => point.validation)));
    }
    expect(control.agreement).toBeLessThan(0.9);
    const trained = await area((table) => scoresOf(model, table));
    const untrained = await area(async (table) => (await model.untrainedScores(table))!);
    expect(trained).toBeGreaterThan(0.9);
    expect(trained).toBeGreaterThan(untrained);
    const scores = await scoresOf(model, surface(150, 2));
    expect(new Set(scores).size).toBe(150);
    expect(scores.every((score) => score >= 0)).toBe(true);
  });

  it("is the same for the same seed, and another for another", async () => {
    const [a, b, c] = [
      await learn({ steps: 60 }),
      await learn({ steps: 60 }),
      await learn({ steps: 60, seed: 1 }),
    ];
    expect(b.toBytes()).toEqual(a.toBytes());
    expect(c.toBytes()).not.toEqual(a.toBytes());
    expect(await scoresOf(await Model.fromBytes(a.toBytes()), surface(20, 4))).toEqual(
      await scoresOf(a, surface(20, 4)),
    );
  });

  it("is the untrained control with no epochs, without a word of warning", async () => {
    const warnings: string[] = [];
    const model = await learn({ epochs: 0 }, { onWarning: (message) => warnings.push(message) });
    const table = surface(50, 5);
    expect(await scoresOf(model, table)).toEqual(await model.untrainedScores(table));
    expect(warnings).toEqual([]);
    expect(trainingOf(model).control.agreement).toBeCloseTo(1, 12);
  });

  it("stops once held-out rows no longer improve", async () => {
    const stream = createRandom(6).stream("noise");
    const noise = tableFromMatrix(
      Array.from({ length: 60 }, () => Array.from({ length: 8 }, () => stream.normal())),
    );
    const warnings: string[] = [];
    const options = { hiddenDims: [128], latentDim: 2, epochs: 4000, patience: 30, learningRate: 0.01 };
    const model = await learn(options, { onWarning: (message) => warnings.push(message) }, noise);
    for (const { ended, kept, curve } of trainingOf(model).members) {
      expect(ended).toBe("no improvement");
      expect(curve.at(-1)!.epoch).toBeLessThan(4000);
      expect(kept).toBeLessThan(curve.at(-1)!.epoch);
    }
  });

  it("says so when nothing could be learnt", async () => {
    const warnings: string[] = [];
    await learn({ steps: 5, learningRate: 1e-7 }, { onWarning: (message) => warnings.push(message) });
    expect(warnings.join()).toContain("no better than their mean");
  });

  it("refuses to hand out networks that are not numbers", async () => {
    const options: AutoencoderInput = {
      optimizer: "sgd",
      learningRate: 1,
      momentum: 1,
      hiddenDims: [64, 64, 64],
    };
    await expect(learn({ ...options, activation: "linear", batchSize: 4 })).rejects.toMatchObject({
      code: "collapsed",
      hint: "Lower the learning rate.",
    });
  });

  it("stops when told to, and reports progress", async () => {
    const events: Progress[] = [];
    await learn({ steps: 60 }, { onProgress: (event) => events.push(event) });
    expect(events[0]).toMatchObject({ stage: "preparing", fraction: 0 });
    expect(
      events.some(({ stage, member, epoch }) => stage === "training" && member === 2 && epoch! > 0),
    ).toBe(true);
    expect(events.at(-1)).toMatchObject({ stage: "calibrating", fraction: 1 });
    const fractions = events.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    const controller = new AbortController();
    const stopped = learn(
      { steps: 5000 },
      { signal: controller.signal, onProgress: ({ epoch }) => epoch === 1 && controller.abort() },
    );
    controller.abort();
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  });

  it("goes on where it was stopped, to the same bytes", async () => {
    const saved = new Map<string, Checkpoint>();
    const controller = new AbortController();
    let saves = 0;
    const store: CheckpointStore = {
      load: async (key) => saved.get(key),
      save: async (key, checkpoint) => {
        saved.set(key, structuredClone(checkpoint));
        if (++saves === 5) controller.abort();
      },
    };
    await expect(learn({}, { checkpoint: store, signal: controller.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    const resumed = await learn({}, { checkpoint: store });
    expect(resumed.toBytes()).toEqual((await learn()).toBytes());
  });
});

describe("the score", () => {
  it("is the mean over members of the mean squared error", async () => {
    const table = surface(30, 7);
    // With both members in one file or each alone: members draw from streams of their own.
    const both = await learn({ steps: 60 });
    const first = await scoresOf(await learn({ steps: 60, members: 1 }), table);
    const mean = await scoresOf(both, table);
    expect(first.every((score, k) => score !== mean[k])).toBe(true);
    const linear = await learn({
      hiddenDims: [],
      latentDim: 5,
      activation: "linear",
      epochs: 0,
      members: 1,
      bias: false,
    });
    expect((await scoresOf(linear, table)).every(Number.isFinite)).toBe(true);
  });

  it("fits min-max scaled columns with a sigmoid, and takes every activation and no biases", async () => {
    for (const options of [
      { scaling: "min-max" },
      { activation: "tanh" },
      { activation: "elu", bias: false },
      { activation: "relu", initialization: "pytorch", optimizer: "adamw", weightDecay: 1e-4 },
    ] as const) {
      const model = await learn({ ...options, steps: 400 });
      expect(trainingOf(model).members[0]!.explained).toBeGreaterThan(0.2);
    }
  });

  it("is the same in WebAssembly, from one file", async () => {
    const model = await learn({ steps: 60 });
    const table = surface(40, 8);
    const native = await scoresOf(model, table);
    const backend = currentBackend();
    const wasm = await loadWasmRuntime();
    provideBackend({ ...backend, inline: async () => wasm });
    const web = await scoresOf(model, table);
    provideBackend(backend);
    await wasm.close();
    native.forEach((score, k) => expect(Math.abs(score - web[k]!)).toBeLessThan(1e-5 * (1 + score)));
  });

  it("refuses what makes no sense", () => {
    for (const options of [{ latentDim: 0 }, { members: 0 }, { activation: "step" }, { learningRate: 0 }]) {
      expect(() => new Autoencoder(options as AutoencoderInput)).toThrow(
        expect.objectContaining({ code: "invalid-option" }),
      );
    }
  });
});
