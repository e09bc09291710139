import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Table, tableFromColumns, tableFromMatrix } from "../../../data/index.js";
import { decodeModel } from "../../../graph/index.js";
import {
  type Checkpoint,
  configureRuntime,
  DeepSad,
  type DeepSadInput,
  DeepSvdd,
  type FitOptions,
  Knn,
  type Model,
  provideBackend,
} from "../../../index.js";
import { createRandom } from "../../../math/random.js";
import { auroc } from "../../../metrics/index.js";
import { currentBackend } from "../../../runtime/index.js";

// In the calling thread: a worker thread takes longer to start than these networks to train.
beforeAll(() => {
  const backend = currentBackend();
  const open = (count: number) => Promise.all(Array.from({ length: count }, backend.inline));
  provideBackend({ ...backend, cores: 1, open });
});
afterAll(() => configureRuntime());

const random = createRandom("deep-sad");

/** Eight sensors that vary on their own. The odd ones are a cluster in the midst of the normals' spread. */
function rows(count: number, name: string, odd: boolean): number[][] {
  const stream = random.stream(name);
  return Array.from({ length: count }, () =>
    Array.from({ length: 8 }, (_, k) => (odd && k < 3 ? 1.2 + 0.2 * stream.normal() : stream.normal())),
  );
}
const normals = rows(300, "normals", false);
const known = rows(15, "known", true);
const table = tableFromMatrix([...normals, ...known]);
const labels = Int8Array.from([...normals.map((_, k) => (k < 20 ? 0 : -1)), ...known.map(() => 1)]);
const fresh = tableFromMatrix([...rows(300, "fresh", false), ...rows(300, "new", true)]);
const truth = Int8Array.from({ length: 600 }, (_, k) => (k < 300 ? 0 : 1));

const small = {
  members: 1,
  hiddenDims: [32],
  latentDim: 16,
  pretrainSteps: 40,
  steps: 300,
  learningRate: 1e-3,
};
const learn = (changes: DeepSadInput = {}, options: FitOptions = {}): Promise<Model> =>
  new DeepSad({ ...small, ...changes }).fit(table, { labels, ...options });
const quality = async (model: Model): Promise<number> => auroc(truth, (await model.score(fresh)).scores);
const weights = (model: Model, name: string): unknown => decodeModel(model.toBytes()).initializer(name).data;

describe("a few labels", () => {
  it.each<[string, DeepSadInput]>([
    ["one mean over all", {}],
    ["a mean of their own", { normalizer: "separate" }],
    ["a hinge", { push: "hinge", batches: "balanced" }],
    ["distances as they are", { relativeDistances: false, whiten: false, batches: "balanced" }],
  ])("teach what unlabelled rows cannot: %s", async (_, changes) => {
    const without = new DeepSvdd(small).fit(tableFromMatrix(normals));
    const before = await quality(await without);
    const after = await quality(await learn(changes));
    expect(before).toBeLessThan(0.6);
    expect(after).toBeGreaterThan(before + 0.1);
  });

  it("teach more the more they weigh", async () => {
    const [light, heavy] = [
      await quality(await learn({ eta: 0.01 })),
      await quality(await learn({ eta: 10 })),
    ];
    expect(heavy).toBeGreaterThan(light + 0.05);
  });

  it("may be missing: it says so, and is Deep SVDD", async () => {
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    const unlabelled = labels.map(() => -1);
    const told = await learn({}, { labels: unlabelled, onWarning });
    expect(warnings).toEqual([
      "No row is labelled an anomaly, and there are no outliers: this is Deep SVDD by another name.",
    ]);
    const { scores } = await told.score(fresh);
    const svdd = await new DeepSvdd(small).fit(table);
    const { scores: wanted } = await svdd.score(fresh);
    scores.forEach((score, row) => expect(Math.abs(score / wanted[row]! - 1)).toBeLessThan(1e-3));
  });

  it("that weigh next to nothing are said to", async () => {
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    await learn({ eta: 0.1, steps: 1 }, { onWarning });
    expect(warnings).toEqual([
      expect.stringMatching(/^Labelled anomalies have a share of 0\.\d+ % in what is made small/),
    ]);
    warnings.length = 0;
    await learn({ eta: 0.1, steps: 1, normalizer: "separate" }, { onWarning });
    expect(warnings).toEqual([]);
  });

  it("are part of what a checkpoint belongs to, which resumes to the same bytes", async () => {
    const whole = await learn();
    const saved = new Map<string, Checkpoint>();
    const stop = new AbortController();
    const store = {
      load: async (key: string) => saved.get(key),
      save: async (key: string, { json, vectors }: Checkpoint) => {
        saved.set(key, { json: JSON.parse(JSON.stringify(json)), vectors: structuredClone(vectors) });
        if ((json as { stage?: string }).stage === "training") stop.abort();
      },
    };
    await expect(learn({}, { checkpoint: store, signal: stop.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    const { save: _, ...readOnly } = store;
    const checkpoint = { ...readOnly, save: async () => {} };
    expect((await learn({}, { checkpoint })).toBytes()).toEqual(whole.toBytes());
    const others = labels.map((label, row) => (row === 30 ? 0 : label));
    await expect(learn({}, { checkpoint, labels: others })).rejects.toMatchObject({
      message: "The checkpoint was written by a run with other data or options.",
    });
  });
});

describe("going on from a model", () => {
  const start = { members: 2, hiddenDims: [32], latentDim: 16, pretrainSteps: 40, steps: 60 };
  const more: DeepSadInput = { ...start, steps: 300, learningRate: 1e-3, normalizer: "separate" };
  const svdd = (): Promise<Model> => new DeepSvdd(start).fit(tableFromMatrix(normals));

  it("keeps its centres, origins and features, and calibrates anew", async () => {
    const from = await svdd();
    const model = await new DeepSad(more).fit(table, { labels, from });
    for (const member of [0, 1]) {
      for (const name of ["center", "origin"]) {
        expect(weights(model, `member${member}.${name}`)).toEqual(weights(from, `member${member}.${name}`));
      }
      expect(weights(model, `member${member}.encoder.1.weight`)).not.toEqual(
        weights(from, `member${member}.encoder.1.weight`),
      );
    }
    expect(model.card.schema).toEqual(from.card.schema);
    expect(model.calibrationScores).not.toEqual(from.calibrationScores);
    expect(model.card.data.from).toMatch(/^[0-9a-f]{64}$/);
    expect(await quality(model)).toBeGreaterThan((await quality(from)) + 0.1);

    const { warmStart, members } = DeepSad.trainings(model.card)[0]!;
    expect(members.map(({ pretraining }) => pretraining.ended)).toEqual(["left out", "left out"]);
    const { heldOutNormals, labelledAnomalies } = warmStart!;
    expect(heldOutNormals.before.mean).toBeCloseTo(1, 3);
    expect(labelledAnomalies!.after.mean).toBeGreaterThan(1.2 * labelledAnomalies!.before.mean);
  });

  it("changes nothing but the calibration where there is nothing to learn", async () => {
    const from = await svdd();
    const model = await new DeepSad({ ...more, epochs: 0 }).fit(table, { labels, from });
    expect(weights(model, "member1.encoder.0.weight")).toEqual(weights(from, "member1.encoder.0.weight"));
    const [{ scores }, { scores: old }] = [await model.score(fresh), await from.score(fresh)];
    const rank = (values: Float32Array) => Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
    // Units of members differ, as they are taken from other held-out rows; the order hardly does.
    const [now, before] = [rank(scores), rank(old)];
    const places = new Map(before.map((row, place) => [row, place]));
    const moved = now.map((row, place) => Math.abs(places.get(row)! - place));
    expect(moved.reduce((sum, places) => sum + places, 0) / moved.length).toBeLessThan(5);
  });

  it("goes on from Deep SAD as well, again and again, with as many networks as there are", async () => {
    const first = await new DeepSad(more).fit(table, { labels, from: await svdd() });
    const { members: _, ...open } = more;
    const second = await new DeepSad(open).fit(table, { labels, from: first });
    expect((second.card.training as { members: unknown[] }).members).toHaveLength(2);
    expect(weights(second, "member0.center")).toEqual(weights(first, "member0.center"));
  });

  it("warns where it calibrates on rows that the starting model has learned from", async () => {
    const warned = async (data: Table): Promise<string> => {
      const warnings: string[] = [];
      const from = await new DeepSvdd(start).fit(tableFromMatrix(normals));
      await new DeepSad({ ...more, epochs: 0 }).fit(data, { from, onWarning: (text) => warnings.push(text) });
      return warnings.join();
    };
    const same = /The starting model was trained from these very rows/;
    expect(await warned(tableFromMatrix(normals))).toMatch(same);
    expect(await warned(tableFromMatrix(normals.slice(0, -1)))).not.toMatch(same);
  });

  it("refuses models of other detectors, networks, scalings or columns", async () => {
    const from = await svdd();
    const go = (changes: DeepSadInput, model: Model = from, data: Table = table): Promise<Model> =>
      new DeepSad({ ...more, ...changes }).fit(data, { labels, from: model });
    const knn = await new Knn().fit(table);
    await expect(go({}, knn)).rejects.toMatchObject({
      code: "invalid-option",
      message: "The starting model is of knn; training can go on from one of deep-svdd or deep-sad.",
    });
    for (const [changes, message] of [
      [{ members: 3 }, "members is 3, but the starting model was trained with 2."],
      [{ hiddenDims: [32, 8] }, "hiddenDims is [32,8], but the starting model was trained with [32]."],
      [{ scaling: "min-max" }, 'scaling is "min-max", but the starting model was trained with "standard".'],
    ] as const) {
      await expect(go(changes as DeepSadInput)).rejects.toMatchObject({ code: "invalid-option", message });
    }
    await expect(go({ calibration: "cross" })).rejects.toMatchObject({
      message: "A fit in folds cannot go on from a model: it may have learned from rows of every fold.",
    });
    const other = tableFromColumns({ speed: Float64Array.from(labels, (_, k) => Math.sin(k)) });
    await expect(go({}, from, other)).rejects.toMatchObject({ code: "schema-mismatch" });
    const folds = await new DeepSvdd({ ...start, calibration: "cross", calibrationFolds: 2 }).fit(table);
    await expect(go({}, folds)).rejects.toMatchObject({
      message: "The starting model has a detector for each of its folds; there is no one to go on from.",
    });
  });
});
