/** Detectors that learn from outliers made of their own training rows, where they are asked to. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imagesFrom, seriesFromTable, tableFromColumns, tableFromMatrix } from "../../data/index.js";
import { configureRuntime, DeepSad, type FitOptions, Hsc, type Model, provideBackend } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { auroc } from "../../metrics/index.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import { currentBackend } from "../../runtime/index.js";
import { labelledExamples } from "../centre/examples.js";
import type { TrainedDetector } from "../fit/fit.js";
import { trainWithSynthesis } from "./synthesis.js";

// In the calling thread: a worker thread takes longer to start than these networks to train.
beforeAll(() => {
  const backend = currentBackend();
  const open = (count: number) => Promise.all(Array.from({ length: count }, backend.inline));
  provideBackend({ ...backend, cores: 1, open });
});
afterAll(() => configureRuntime());

const random = createRandom("training with synthesis");

/** Bright discs on a dark ground, with noise; some with a speck of any grey that is not theirs. */
function discs(count: number, name: string, specks = false) {
  const stream = random.stream(name);
  return imagesFrom(
    Array.from({ length: count }, () => {
      const [y, x] = [7 + 2 * stream.uniform(), 7 + 2 * stream.uniform()];
      const data = Uint8Array.from({ length: 256 }, (_, at) => {
        const inside = Math.hypot(Math.floor(at / 16) - y, (at % 16) - x) < 5;
        return (inside ? 180 : 60) + Math.floor(20 * stream.uniform());
      });
      if (specks) {
        const [top, left] = [3 + stream.int(9), 3 + stream.int(9)];
        const grey = data[top * 16 + left]! > 120 ? 50 * stream.uniform() : 200 + 50 * stream.uniform();
        for (const at of [0, 1, 16, 17]) data[top * 16 + left + at] = grey;
      }
      return { height: 16, width: 16, data };
    }),
  );
}

/** Three sensors that follow one cause. */
function sensors(count: number, name: string): number[][] {
  const stream = random.stream(name);
  return Array.from({ length: count }, () => {
    const cause = stream.normal();
    return [1, -1, 1].map((sign) => sign * cause + 0.2 * stream.normal());
  });
}
/** The same, each following a cause of its own. */
const apart = (count: number, name: string): number[][] =>
  [0, 1, 2]
    .map((k) => sensors(count, `${name} ${k}`).map((row) => row[k]!))
    .reduce<number[][]>((rows, column) => column.map((value, k) => [...(rows[k] ?? []), value]), []);

const small = { members: 1, hiddenDims: [32], latentDim: 16, pretrainSteps: 30, steps: 300 };
const normals = tableFromMatrix(sensors(400, "normals"));
const told = (model: Model) => (model.card.training as { synthesis?: unknown }).synthesis;
const between = (low: ArrayLike<number>, high: ArrayLike<number>): number =>
  auroc(
    [...Array(low.length).fill(0), ...Array(high.length).fill(1)],
    [...Array.from(low), ...Array.from(high)],
  );

describe("images with confetti", () => {
  it("teach what specks are: fresh ones are told from normals, as without training they are not", async () => {
    const hsc = new Hsc({ encoder: "cnn", latentDim: 16, steps: 250, batchSize: 64, synthesis: "confetti" });
    const model = await hsc.fit(discs(300, "train"));
    const [good, bad] = [discs(300, "good"), discs(200, "bad", true)];
    const normal = await model.score(good);
    const trained = between(normal.scores, (await model.score(bad)).scores);
    const control = between((await model.untrainedScores(good))!, (await model.untrainedScores(bad))!);
    expect(trained).toBeGreaterThan(0.9);
    expect(trained).toBeGreaterThan(control + 0.1);
    // Calibrated on normals alone, at 5 %: 60 held-out rows and 300 fresh ones leave room up to twelve.
    const alarms = normal.isAnomaly.filter((flag) => flag === 1).length / 300;
    expect(alarms).toBeLessThan(0.12);
    const { train } = model.card.data;
    expect(told(model)).toEqual({ synthesis: "confetti", outliers: train });
    expect(model.card.data.outliers).toBeUndefined();
  });
});

describe("rows with shuffled columns", () => {
  const learn = (options: object = {}, fitOptions: FitOptions = {}): Promise<Model> =>
    new Hsc({ ...small, synthesis: "shuffled-columns", ...options }).fit(normals, fitOptions);

  it("teach what goes together, the same from the same seed byte for byte", async () => {
    const [model, again, other] = [
      await learn(),
      await learn(),
      await learn({ synthesis: "shifted-features" }),
    ];
    const [low, high] = [tableFromMatrix(sensors(300, "fresh")), tableFromMatrix(apart(300, "apart"))];
    expect(between((await model.score(low)).scores, (await model.score(high)).scores)).toBeGreaterThan(0.8);
    expect(Buffer.compare(again.toBytes(), model.toBytes())).toBe(0);
    expect((await other.score(low)).scores).not.toEqual((await model.score(low)).scores);
    expect(model.card.options["synthesis"]).toBe("shuffled-columns");
  });

  it("come on top of outliers that are given, and are made in every fold from its own rows", async () => {
    const outliers = tableFromMatrix(apart(20, "given"));
    const both = await learn({ steps: 20 }, { outliers });
    expect(both.card.data.outliers).toMatchObject({ rows: 20 });
    expect(told(both)).toEqual({ synthesis: "shuffled-columns", outliers: both.card.data.train });
    const folds = await learn({ steps: 20, calibration: "cross", calibrationFolds: 3 });
    const reports = (folds.card.training as unknown as { folds: { train: number; training: object }[] })
      .folds;
    expect(reports).toHaveLength(3);
    for (const { train, training } of reports) {
      expect(training).toMatchObject({ synthesis: { synthesis: "shuffled-columns", outliers: train } });
    }
  });

  it("make Deep SAD more than Deep SVDD, which it says it is without them", async () => {
    const warnings: string[] = [];
    const learned = (synthesis: "none" | "shuffled-columns"): Promise<Model> =>
      new DeepSad({ ...small, synthesis }).fit(normals, { onWarning: (message) => warnings.push(message) });
    const model = await learned("shuffled-columns");
    expect(warnings.join()).not.toContain("another name");
    expect(told(await learned("none"))).toBeUndefined();
    expect(warnings.join()).toContain("another name");
    const [low, high] = [tableFromMatrix(sensors(300, "fresh")), tableFromMatrix(apart(300, "apart"))];
    expect(between((await model.score(low)).scores, (await model.score(high)).scores)).toBeGreaterThan(0.8);
  });

  it("refuse images' kinds before anything is computed", async () => {
    const begun: unknown[] = [];
    for (const Detector of [Hsc, DeepSad]) {
      const fit = new Detector({ synthesis: "cut-paste" }).fit(normals, {
        onProgress: (event) => begun.push(event),
      });
      await expect(fit).rejects.toMatchObject({
        code: "invalid-option",
        message: "cut-paste makes outliers from images; these rows are not images.",
        hint: "Choose shifted-features or shuffled-columns.",
      });
    }
    expect(begun).toEqual([]);
  });
});

describe("windows of a series", () => {
  it("with shuffled columns teach which courses go together", async () => {
    const series = (name: string, together: boolean) => {
      const stream = random.stream(name);
      const course = (): Float64Array => {
        let level = 0;
        return Float64Array.from({ length: 1000 }, () => {
          level = 0.9 * level + stream.normal();
          return level;
        });
      };
      const [a, b] = [course(), course()];
      const second = (together ? a : b).map((value) => value + 0.3 * stream.normal());
      return seriesFromTable(tableFromColumns({ a, b: second }), { window: 10, stride: 3 });
    };
    const hsc = new Hsc({ ...small, encoder: "conv1d", steps: 150, synthesis: "shuffled-columns" });
    const model = await hsc.fit(series("together", true));
    const low = (await model.score(series("fresh", true))).scores;
    const high = (await model.score(series("apart", false))).scores;
    expect(between(low, high)).toBeGreaterThan(0.85);
  });
});

describe("training with synthesis", () => {
  const matrix = (rows: number[][]) => ({
    rows: rows.length,
    columns: 3,
    data: Float32Array.from(rows.flat()),
  });
  const data: TrainingData = {
    inputShape: [3],
    rowCount: 50,
    train: matrix(sensors(50, "inner")),
    validation: matrix(sensors(10, "held out")),
    outliers: matrix([[9, 9, 9]]),
  };
  const context = { random: createRandom(3) } as unknown as TrainingContext;
  const seen = async (synthesis: "none" | "shuffled-columns"): Promise<TrainingData> => {
    let rows!: TrainingData;
    await trainWithSynthesis({ synthesis, contrast: "gcn" }, data, context, async (given) => {
      rows = given;
      return { scorer: { score: (x) => x, training: {} }, untrained: undefined } satisfies TrainedDetector;
    });
    return rows;
  };

  it("uses training rows only, and changes nothing but the outliers", async () => {
    const { outliers, ...rest } = await seen("shuffled-columns");
    expect({ ...rest, outliers: data.outliers }).toEqual(data);
    expect(outliers!.rows).toBe(51);
    expect([...outliers!.data.subarray(0, 3)]).toEqual([9, 9, 9]);
    const values = new Set(data.train.data);
    expect(outliers!.data.subarray(3).every((value) => values.has(value))).toBe(true);
  });

  it("leaves everything as it was where none are asked for", async () => {
    expect(await seen("none")).toBe(data);
  });

  it("keeps windows that overlap in one place, however many there are", () => {
    const steps = Float32Array.from({ length: 18_000 }, (_, k) => k);
    const starts = Uint32Array.from({ length: 17_000 }, (_, k) => k);
    const train = { rows: 17_000, columns: 1000, data: steps, starts };
    const outliers = { rows: 2, columns: 1000, data: new Float32Array(2000).fill(-1) };
    const validation = { rows: 0, columns: 1000, data: new Float32Array(0) };
    const given = { inputShape: [1000, 1], rowCount: 17_000, train, validation, outliers };
    const { matrix: all } = labelledExamples(given, "balanced", {});
    expect(all.data).toHaveLength(20_000);
    expect(all.rows).toBe(17_002);
    const first = (row: number): number => all.data[all.starts![row]!]!;
    expect([0, 1, 16_999, 17_000, 17_001].map(first)).toEqual([0, 1, 16_999, -1, -1]);
    expect(all.starts![17_001]! - all.starts![17_000]!).toBe(1000);
  });
});
