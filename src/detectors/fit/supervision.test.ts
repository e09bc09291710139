/** What a fit is told beside its rows: who may be told, and how far it reaches. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selectRows, type Table, tableFromMatrix } from "../../data/index.js";
import {
  Auto,
  configureRuntime,
  type FitOptions,
  Hsc,
  Knn,
  provideBackend,
  trainRobust,
} from "../../index.js";
import { createRandom } from "../../math/random.js";
import { currentBackend } from "../../runtime/index.js";
import { DeepSad } from "../centre/deep-sad/deep-sad.js";

// In the calling thread: a worker thread takes longer to start than these networks to train.
beforeAll(() => {
  const backend = currentBackend();
  const open = (count: number) => Promise.all(Array.from({ length: count }, backend.inline));
  provideBackend({ ...backend, cores: 1, open });
});
afterAll(() => configureRuntime());

const stream = createRandom("told").stream("rows");
const normals = Array.from({ length: 150 }, () => {
  const factor = stream.normal();
  return [factor, 2 - factor + 0.3 * stream.normal(), stream.normal()];
});
const odd = Array.from({ length: 12 }, () => [1e4 * stream.normal(), 5e4, -3e4]);
/** Anomalies between the normals, at every tenth place. */
const rows: number[][] = [];
const labels: number[] = [];
normals.forEach((row, k) => {
  if (k % 13 === 5 && k / 13 < 12) {
    rows.push(odd[Math.floor(k / 13)]!);
    labels.push(1);
  }
  rows.push(row);
  labels.push(k % 10 === 0 ? 0 : -1);
});
const all = tableFromMatrix(rows);
const verdicts = Int8Array.from(labels);
const normal = selectRows(
  all,
  Uint32Array.from(verdicts.keys()).filter((row) => verdicts[row] !== 1),
);
const small = { members: 1, hiddenDims: [16], latentDim: 8, pretrainSteps: 20, steps: 20 };

describe.each([
  ["deep-sad", new DeepSad(small)],
  ["hsc", new Hsc(small)],
  ["deep-sad in folds", new DeepSad({ ...small, calibration: "cross", calibrationFolds: 3 })],
] as const)("labelled anomalies, %s", (_, detector) => {
  it("have no part in scaling, splits, or the networks before training", async () => {
    const told = await detector.fit(all, { labels: verdicts });
    // The same normals, told of outliers far less odd: all that anomalies must not touch is the same.
    const other: FitOptions = { outliers: tableFromMatrix([[1, 1, 1]]) };
    const plain = await detector.fit(normal, other);
    expect(told.card.schema).toEqual(plain.card.schema);
    expect(told.card.reference).toEqual(plain.card.reference);
    expect(await told.untrainedScores(all)).toEqual(await plain.untrainedScores(all));
    expect(told.card.data).toMatchObject({
      rows: 162,
      train: plain.card.data.train,
      validation: plain.card.data.validation,
      calibration: plain.card.data.calibration,
      labels: { anomalies: 12, normals: 15 },
    });
    expect(plain.card.data.labels).toBeUndefined();
    expect(plain.card.data.outliers).toMatchObject({ rows: 1 });
    expect(told.calibrationScores.length).toBe(plain.calibrationScores.length);
    // They score far out; not one of them is among the rows that thresholds come from.
    const { scores } = await told.score(tableFromMatrix(odd));
    expect(Math.min(...scores)).toBeGreaterThan(told.calibrationScores.at(-1)!);
    expect((await told.score(all)).scores).not.toEqual((await plain.score(all)).scores);
  });
});

describe("a fit refuses", () => {
  const learn = (options: FitOptions, table: Table = all) => new DeepSad(small).fit(table, options);

  it("labels for other rows than it has, and labels that are none", async () => {
    await expect(learn({ labels: verdicts.subarray(1) })).rejects.toMatchObject({
      code: "invalid-option",
      message: "There are 161 labels for the 162 rows of <memory>; each row needs one.",
    });
    await expect(
      learn({ labels: verdicts.map((label, row) => (row === 3 ? 2 : label)) }),
    ).rejects.toMatchObject({
      code: "invalid-option",
      message: "labels[3] is 2, expected 1 or true (anomaly), 0 or false (normal), or -1 (unlabelled).",
    });
  });

  it("outliers of other columns", async () => {
    const outliers = tableFromMatrix([[1, 2]]);
    await expect(learn({ outliers })).rejects.toMatchObject({ code: "schema-mismatch" });
  });

  it("anomalies so many that too few other rows are left", async () => {
    const most = verdicts.map((_, row) => (row < 140 ? 1 : -1));
    await expect(learn({ labels: most })).rejects.toMatchObject({ code: "unfit-data" });
  });

  it("what its detector cannot learn from, naming those that can", async () => {
    const knn = new Knn();
    await expect(knn.fit(all, { labels: verdicts })).rejects.toMatchObject({
      code: "invalid-option",
      message: "knn cannot learn from labels; deep-sad, drocc and hsc can.",
    });
    // `auto` takes neither; for photographs of parts there is one that comes first.
    const auto = new Auto();
    await expect(auto.fit(all, { defects: all as never })).rejects.toMatchObject({
      message: "auto cannot learn from known defects; fcdd can.",
      hint: "Choose fcdd, which learns from known defects with masks, or leave that out.",
    });
    await expect(auto.fit(all, { backbone: {} as never })).rejects.toMatchObject({
      hint: expect.stringMatching(/^Choose patch-memory, which maps/),
    });
    const from = await knn.fit(normal);
    await expect(new Hsc(small).fit(all, { labels: verdicts, from })).rejects.toMatchObject({
      message: "hsc cannot learn from another model; deep-sad can.",
    });
  });

  it("labels in a robust fit, which would leave out rows of its own choice", async () => {
    await expect(trainRobust(new DeepSad(small), all, {}, { labels: verdicts })).rejects.toMatchObject({
      code: "invalid-option",
      message: "A robust fit takes no labels, outliers, known defects or starting model.",
    });
  });
});
