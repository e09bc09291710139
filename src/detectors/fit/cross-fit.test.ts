import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { columnSchema } from "../../features/index.js";
import { Model, type Table, tableFromColumns, tableFromMatrix } from "../../index.js";
import { createRandom, type RandomStream } from "../../math/random.js";
import type { Progress } from "../../model/contract.js";
import { falseAlarmsThreshold, pValues } from "../../scoring/index.js";
import { DeepSvdd } from "../centre/deep-svdd/deep-svdd.js";
import { Knn } from "../neighbours/knn.js";
import { Pca } from "../pca/pca.js";
import { foldRows } from "./hold-out.js";

const gaussian = (rows: number, stream: RandomStream, columns = 3): Table =>
  tableFromMatrix(Array.from({ length: rows }, () => Array.from({ length: columns }, () => stream.normal())));
const stream = (...names: (string | number)[]): RandomStream => createRandom("cross").stream(...names);

const training = gaussian(120, stream("training"));
const fresh = gaussian(200, stream("fresh"));

/** (1 + sum over folds of #{i in fold k: s_k(i) >= s_k(x)}) / (n + 1) and mean s_k(x), by nearest neighbours from scratch. */
function direct(table: number[][], today: number[][], seed: number): { p: number[]; score: number[] } {
  const n = table.length;
  const choices = { calibrationFraction: 0.2, calibrationFolds: 5, calibrationBlock: 1 };
  const folds = foldRows(n, choices, createRandom(seed));
  const atLeast = today.map(() => 0);
  const sums = today.map(() => 0);
  for (const { train, calibration } of folds) {
    const columns = table[0]!.map((_, column) => {
      const values = [...train].map((row) => table[row]![column]!);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      return { mean, deviation: Math.sqrt(variance) };
    });
    const scaled = (row: readonly number[]): number[] =>
      row.map((value, k) => (value - columns[k]!.mean) / columns[k]!.deviation);
    const references = [...train].map((row) => scaled(table[row]!));
    const score = (row: readonly number[]): number => {
      const x = scaled(row);
      const distances = references.map((reference) =>
        Math.hypot(...reference.map((value, k) => value - x[k]!)),
      );
      return distances.sort((a, b) => a - b)[4]!;
    };
    const own = [...calibration].map((row) => score(table[row]!));
    today.forEach((row, k) => {
      const value = score(row);
      sums[k]! += value;
      atLeast[k]! += own.filter((other) => other >= value).length;
    });
  }
  return { p: atLeast.map((count) => (1 + count) / (n + 1)), score: sums.map((sum) => sum / folds.length) };
}

const matrixOf = ({ rowCount, columns }: Table): number[][] =>
  Array.from({ length: rowCount }, (_, row) =>
    columns.map((column) => (column.kind === "numeric" ? column.values[row]! : Number.NaN)),
  );
const cross = (table: Table): Promise<Model> => new Knn({ calibration: "cross" }).fit(table);

describe("a cross-conformal model", () => {
  it("answers p-values and scores as the definition has them", async () => {
    const { pValues: p, scores } = await (await cross(training)).score(fresh);
    const wanted = direct(matrixOf(training), matrixOf(fresh), 0);
    wanted.score.forEach((score, row) => expect(scores[row]).toBeCloseTo(score, 4));
    wanted.p.forEach((value, row) => expect(p[row]).toBeCloseTo(value, 6));
  });

  it("calibrates on every row, by detectors that have not seen it", async () => {
    const model = await cross(training);
    expect(model.calibrationScores).toHaveLength(120);
    expect(model.calibrationScores).toEqual(model.calibrationScores.toSorted());
    expect(model.card.data).toMatchObject({ rows: 120, train: 120, validation: 0, calibration: 120 });
    // The fifth neighbour of a row of the search is nearer than that of a new row, as one neighbour is the row itself.
    const { scores: seen } = await model.score(training);
    const middle = (values: Float32Array): number => values.toSorted()[values.length / 2]!;
    const { scores: unseen } = await model.score(fresh);
    expect(Math.abs(middle(model.calibrationScores) / middle(unseen) - 1)).toBeLessThan(0.15);
    expect(middle(seen)).toBeLessThan(0.95 * middle(model.calibrationScores));
    // With every row calibrated, the smallest p-value is 1 / 121.
    const far = await model.score(tableFromMatrix([[50, 50, 50]]));
    expect(far.pValues[0]).toBe(Math.fround(1 / 121));
    const { pValues: own } = await model.score(training);
    expect(new Set(own).size).toBeGreaterThan(60);
  });

  it("answers the same from its file, by ONNX Runtime alone", async () => {
    const model = await cross(training);
    const wanted = await model.score(fresh);
    const session = await ort.InferenceSession.create(model.toBytes());
    const numeric = new ort.Tensor("float64", Float64Array.from(matrixOf(fresh).flat()), [200, 3]);
    const { score, p_value, is_anomaly } = await session.run({ numeric });
    expect(score!.data).toEqual(wanted.scores);
    expect(p_value!.data).toEqual(wanted.pValues);
    expect(Uint8Array.from(is_anomaly!.data as Uint8Array)).toEqual(wanted.isAnomaly);
    await session.release();
  });

  it("decides by its threshold, which can be changed", async () => {
    const model = await cross(training);
    const { scores, isAnomaly, threshold } = await model.score(fresh);
    expect(isAnomaly).toEqual(Uint8Array.from(scores, (score) => (score > threshold ? 1 : 0)));
    const strict = await model.withThreshold(falseAlarmsThreshold(model.calibrationScores, 0.02));
    const after = await strict.score(fresh);
    expect(after.threshold).toBeGreaterThan(threshold);
    expect(after.isAnomaly).toEqual(Uint8Array.from(scores, (score) => (score > after.threshold ? 1 : 0)));
    expect(after.pValues).toEqual((await model.score(fresh)).pValues);
    expect(strict.calibrationScores).toEqual(model.calibrationScores);
  });

  it("is the same, byte for byte, for the same seed and data, and another for another seed", async () => {
    const bytes = (await cross(training)).toBytes();
    expect((await cross(training)).toBytes()).toEqual(bytes);
    const other = await new Knn({ calibration: "cross", seed: 1 }).fit(training);
    expect(other.toBytes()).not.toEqual(bytes);
  });

  it("has columns that are constant in some folds only", async () => {
    const random = stream("switch");
    // The mode was switched once, and the extra sensor woke up once: in blocks, some folds see neither.
    const table = tableFromColumns({
      a: Float64Array.from({ length: 100 }, () => random.normal()),
      b: Float64Array.from({ length: 100 }, (_, row) => (row < 50 ? 0 : 1)),
      c: Float64Array.from({ length: 100 }, () => random.normal()),
      mode: Array.from({ length: 100 }, (_, row) => (row < 50 ? "day" : "night")),
      shift: Array.from({ length: 100 }, () => (random.uniform() < 0.5 ? "x" : "y")),
    });
    const warnings: string[] = [];
    const options = { calibration: "cross", calibrationFolds: 2, calibrationBlock: 50 } as const;
    const model = await new Knn(options).fit(table, { onWarning: (text) => warnings.push(text) });
    expect(warnings.filter((text) => text.includes("of fold 1 of 2"))).toHaveLength(2);
    expect(warnings.filter((text) => text.includes("of fold 2 of 2"))).toHaveLength(2);
    expect(columnSchema(model.card.schema)!.numeric.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    const { scores, pValues: p } = await model.score(table);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(new Set(p).size).toBeGreaterThan(20);
  });

  it("refuses folds that would be too small", async () => {
    const refused = new Knn({ calibration: "cross", calibrationFolds: 30 }).fit(training);
    await expect(refused).rejects.toMatchObject({
      code: "invalid-option",
      message: "calibrationFolds is 30, but 120 rows make folds of 4; a fold needs at least 5.",
      hint: "Use at most 24 folds, or train from more rows.",
    });
  });

  it("says each warning once", async () => {
    const warnings: string[] = [];
    const detector = new Knn({ calibration: "cross", maxRows: 50 });
    await detector.fit(training, { onWarning: (text) => warnings.push(text) });
    expect(warnings).toEqual([
      "Only 50 of 96 training rows are searched, drawn at random; raise maxRows to search more.",
    ]);
  });

  it("of networks has the mean of their controls, its progress never goes back, and it can be stopped", async () => {
    const small = { members: 1, hiddenDims: [16], latentDim: 8, pretrainSteps: 20, steps: 20 };
    const detector = new DeepSvdd({ ...small, calibration: "cross", calibrationFolds: 3 });
    const seen: Progress[] = [];
    const kept = new Map<string, unknown>();
    const model = await detector.fit(training, {
      onProgress: (progress) => seen.push(progress),
      checkpoint: {
        load: async () => undefined,
        save: async (key, value) => void kept.set(key, value),
      },
    });
    const fractions = seen.map(({ fraction }) => fraction);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect([fractions[0], fractions.at(-1)]).toEqual([0, 1]);
    expect(fractions.some((fraction) => fraction > 0.35 && fraction < 0.65)).toBe(true);
    for (const fold of [0, 1, 2]) {
      expect([...kept.keys()].some((key) => key.startsWith(`fold${fold}.`))).toBe(true);
    }
    expect(model.card.data.validation).toBe(8);
    const untrained = await model.untrainedScores(fresh);
    const { scores } = await model.score(fresh);
    expect(untrained!.every(Number.isFinite)).toBe(true);
    expect(untrained).not.toEqual(scores);
    expect(await (await Model.fromBytes(model.toBytes())).untrainedScores(fresh)).toEqual(untrained);

    const stop = new AbortController();
    const onProgress = ({ fraction }: Progress): void => {
      if (fraction > 0.5) stop.abort();
    };
    const stopped = detector.fit(training, { signal: stop.signal, onProgress });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("p-values of new normal rows", () => {
  it("are at most a with a probability of about a, and never of more than 2a and the bound's small term", async () => {
    const levels = [0.05, 0.1, 0.2];
    const [repeats, rows, folds, tested] = [40, 60, 5, 100];
    const rates = levels.map((): number[] => []);
    for (let repeat = 0; repeat < repeats; repeat++) {
      const table = gaussian(rows, stream("coverage", repeat), 4);
      const detector = new Pca({ score: "mahalanobis", calibration: "cross", calibrationFolds: folds });
      const model = await detector.fit(table);
      const { pValues: p } = await model.score(gaussian(tested, stream("tested", repeat), 4));
      levels.forEach((level, k) => rates[k]!.push(p.filter((value) => value <= level).length / tested));
    }
    levels.forEach((level, k) => {
      const mean = rates[k]!.reduce((sum, rate) => sum + rate, 0) / repeats;
      const variance = rates[k]!.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / (repeats - 1);
      const error = Math.sqrt(variance / repeats);
      expect(mean, `at ${level}`).toBeLessThan(2 * level + (2 * (1 - level) * (folds - 1)) / (rows + folds));
      expect(Math.abs(mean - level), `at ${level}`).toBeLessThan(3 * error + 0.15 * level + 1 / (rows + 1));
    });
  });
});

describe("split calibration", () => {
  it("in blocks is recorded, and follows from the rows held out", async () => {
    const model = await new Knn({ calibrationBlock: 12 }).fit(training);
    expect(model.card.options).toMatchObject({ calibration: "split", calibrationBlock: 12 });
    expect(model.card.data).toMatchObject({ train: 96, calibration: 24 });
    const { scores, pValues: p } = await model.score(fresh);
    expect(p).toEqual(Float32Array.from(pValues(model.calibrationScores, scores)));
  });

  it("of a slow series in blocks does not take neighbours in time for calibration", async () => {
    const random = stream("series");
    const path = (): Float64Array => {
      let level = 0;
      return Float64Array.from({ length: 600 }, () => {
        level = 0.99 * level + 0.15 * random.normal();
        return level;
      });
    };
    const table = tableFromColumns({ a: path(), b: path(), c: path(), d: path() });
    const middle = async (calibrationBlock: number): Promise<number> =>
      (await new Knn({ calibrationBlock }).fit(table)).calibrationScores.at(-60)!;
    expect(await middle(40)).toBeGreaterThan(1.2 * (await middle(1)));
  });
});
