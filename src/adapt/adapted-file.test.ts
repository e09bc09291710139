import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { samplesOf } from "../data/samples.js";
import { seriesFromTable } from "../data/series/series-from-table.js";
import { seriesFromWindows } from "../data/series/windows.js";
import { tableFromColumns } from "../data/table/table-from.js";
import { DeepSvdd } from "../detectors/centre/deep-svdd/deep-svdd.js";
import { Knn } from "../detectors/neighbours/knn.js";
import { driftReport } from "../drift/index.js";
import { decodeModel } from "../graph/index.js";
import { open } from "../io/open.js";
import { createRandom } from "../math/random.js";
import { sealModel } from "../model/build.js";
import { describePromise, Model } from "../model/index.js";
import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import {
  applyLabelledRule,
  applyRule,
  calibrateProbabilities,
  falseAlarmsThreshold,
  parseRule,
} from "../scoring/index.js";
import { adaptModel } from "./adapt-model.js";
import { heldOutQuantiles, thresholdsOf } from "./thresholds.js";

provideBackend(nodeBackend({ cores: 1 }));

const random = createRandom(16);
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../test/fixtures/models-0.1.0/${name}`, import.meta.url));

interface Place {
  readonly offset?: number;
  readonly gain?: number;
  readonly set?: number;
  readonly mode?: string;
}

/** Two sensors, a set point and a mode, which stand still in training. */
function line(seed: number, steps: number, { offset = 0, gain = 1, set = 50, mode = "on" }: Place = {}) {
  const stream = random.stream("line", seed);
  let drift = 0;
  const values = Array.from({ length: steps }, (_, step) => {
    drift = 0.6 * drift + stream.normal();
    return step % 11 === 5 ? Number.NaN : offset + gain * drift;
  });
  const table = tableFromColumns({
    ...{ a: values, b: values.map((value) => 2 * value + stream.normal()) },
    ...{ set: new Array(steps).fill(set), mode: new Array(steps).fill(mode) },
  });
  return samplesOf(seriesFromTable(table, { window: 6, cover: true }), {
    rows: "time-steps",
    rowCount: steps,
  });
}

const there: Place = { offset: 30, gain: 3, set: 70 };
const share = (flags: ArrayLike<number>): number =>
  Array.from(flags).reduce((sum, flag) => sum + flag, 0) / flags.length;
const warned = () => {
  const warnings: string[] = [];
  return { warnings, onWarning: (message: string) => void warnings.push(message) };
};

let model: Model;
beforeAll(async () => {
  model = await new Knn({ seed: 3 }).fit(line(1, 900));
});

describe("a model that was adapted", () => {
  test("takes a set point that has moved for the one it knows, and still sees it change", async () => {
    const { model: adapted } = await adaptModel(model, line(2, 600, there));
    expect(share((await adapted.score(line(3, 300, there))).isAnomaly)).toBeLessThan(0.25);
    expect(share((await adapted.score(line(3, 300, { ...there, set: 50 }))).isAnomaly)).toBe(1);
    const { notes } = await adapted.score(line(3, 300, there));
    expect(notes.changed).toEqual({});
    expect(notes.outOfRange["a"] ?? 0).toBeLessThan(15);
  });

  test("does not watch a set point any longer that varies now, and says nothing of it", async () => {
    const { warnings, onWarning } = warned();
    const rows = line(2, 600, there);
    const set = rows.data.steps.columns.find(({ name }) => name === "set")!;
    if (set.kind === "numeric")
      for (let step = 0; step < 600; step += 50) set.values.fill(step, step, step + 50);
    const { model: adapted } = await adaptModel(model, rows, { onWarning });
    expect(warnings.join()).toMatch(/"set" had one value.*not watched any longer/);
    expect(warnings.join()).not.toMatch(/twice as far/);
    const today = await adapted.score(line(3, 300, { ...there, set: 1234 }));
    expect(share(today.isAnomaly)).toBeLessThan(0.25);
    expect(today.notes.changed).toEqual({});
    const { model: again } = await adaptModel(adapted, line(4, 600, there));
    expect(share((await again.score(line(3, 300, { ...there, set: 1234 }))).isAnomaly)).toBe(1);
  });

  test("says where rows that calibrate are hardly normal", async () => {
    const { warnings, onWarning } = warned();
    const rows = line(2, 600, there);
    const a = rows.data.steps.columns.find(({ name }) => name === "a")!;
    if (a.kind === "numeric") a.values.fill(200, 500, 506);
    await adaptModel(model, rows, { onWarning });
    expect(warnings.join()).toMatch(
      /3\.\d+ % of the windows that calibrate score more than twice as far above/,
    );
  });

  test("describes the new rows to whoever looks for drift", async () => {
    const { model: adapted } = await adaptModel(model, line(2, 1200, there));
    const today = line(4, 600, there);
    const shifted = async (own: Model) =>
      (await driftReport(own, today)).features.filter(({ stability }) => stability!.shifted);
    expect((await shifted(model)).length).toBeGreaterThanOrEqual(2);
    expect(await shifted(adapted)).toEqual([]);
    const [a] = (await driftReport(adapted, today)).features.filter(({ name }) => name === "a");
    expect(a!.missingInTraining).toBeCloseTo(1 / 11, 2);
  });

  test("is read again as it was written, and refused where map and card differ", async () => {
    const { model: adapted } = await adaptModel(model, line(2, 600, there));
    const again = await Model.fromBytes(adapted.toBytes(), { trusted: false });
    const today = line(3, 200, there);
    expect((await again.score(today)).scores).toEqual((await adapted.score(today)).scores);
    expect(again.card).toEqual(adapted.card);
    expect(again.card.adapted!.from).toBe(decodeModel(model.toBytes()).metadata["hypersphere.sha256"]);
    const [first, ...others] = adapted.card.adapted!.columns;
    const other = { ...adapted.card.adapted!, columns: [{ ...first!, offset: 7 }, ...others] };
    const { adapted: _, ...without } = adapted.card;
    for (const card of [{ ...adapted.card, adapted: other }, without]) {
      const file = await sealModel(adapted.toBytes(), card, undefined);
      await expect(Model.fromBytes(file)).rejects.toThrow(
        /adapted.*expected the map of columns in the graph/,
      );
    }
  });

  test("is one where nothing moves, and where no scale does", async () => {
    const { model: kept } = await adaptModel(model, line(2, 300, there), { spread: "keep" });
    expect(kept.card.adapted!.columns.map(({ factor }) => factor)).toEqual([1, 1, 1]);
    const columns = kept.card.adapted!.columns.map((column) => ({ ...column, offset: 0 }));
    const same = await kept.withColumnMap({ ...kept.card.adapted!, columns }, model.card.schema);
    const today = line(3, 100);
    expect((await same.score(today)).scores).toEqual((await model.score(today)).scores);
  });

  test("may be adapted again, from where it is, and nothing of the first map is left", async () => {
    const { model: once } = await adaptModel(model, line(2, 900, there));
    const { model: twice } = await adaptModel(once, line(5, 900));
    const { columns } = twice.card.adapted!;
    expect(columns.map(({ training }) => training)).toEqual(
      once.card.adapted!.columns.map(({ training }) => training),
    );
    const held = Array.from(model.calibrationScores);
    expect([once, twice].map(({ card }) => card.adapted!.heldOut)).toEqual([held, held]);
    for (const { factor } of columns) expect(Math.abs(Math.log(factor))).toBeLessThan(0.25);
    expect(columns[2]).toMatchObject({ name: "set", factor: 1, offset: 0 });
    const names = decodeModel(twice.toBytes()).initializerNames;
    expect(new Set(names).size).toBe(names.length);
    expect(names.toSorted()).toEqual(decodeModel(once.toBytes()).initializerNames.toSorted());
    expect(share((await twice.score(line(6, 400))).isAnomaly)).toBeLessThan(0.25);
  });

  test("has its untrained control adapted too", async () => {
    const options = { seed: 2, members: 1, epochs: 2, pretrainEpochs: 2, latentDim: 4 };
    const deep = await new DeepSvdd(options).fit(line(1, 400));
    const { model: adapted } = await adaptModel(deep, line(2, 600, there));
    const [here, now] = [line(3, 200), line(3, 200, there)];
    const [a, b] = [(await deep.untrainedScores(here))!, (await adapted.untrainedScores(now))!];
    const lost = (await deep.untrainedScores(now))!;
    const middle = (values: Float32Array): number => values.toSorted()[100]!;
    expect(Math.abs(Math.log(middle(b) / middle(a)))).toBeLessThan(0.5);
    expect(middle(lost) / middle(a)).toBeGreaterThan(10);
  });

  test("of categories alone is calibrated anew", async () => {
    const texts = (seed: number) => {
      const stream = random.stream("texts", seed);
      const kind = Array.from({ length: 400 }, () => (stream.uniform() < 0.5 ? "a" : "b"));
      return seriesFromTable(tableFromColumns({ kind }), { window: 5 });
    };
    const categories = await new Knn({ seed: 1 }).fit(texts(1));
    const { model: adapted, windows } = await adaptModel(categories, texts(2));
    expect(adapted.card.adapted!.columns).toEqual([]);
    expect(adapted.card.data.calibration).toBe(windows);
    expect((await adapted.score(texts(3))).scores).toEqual((await categories.score(texts(3))).scores);
  });

  test("of folds is calibrated on rows that no fold has seen, and of version 0.1.0 it is one too", async () => {
    const folds = await Model.fromBytes(readFileSync(fixture("series-knn-cross.onnx")));
    expect(folds.card.reference).toBeUndefined();
    const samples = await open(fixture("machines.csv"), { model: folds });
    const { model: adapted } = await adaptModel(folds, samples);
    const names = decodeModel(adapted.toBytes()).initializerNames;
    expect(names.filter((name) => /fold\d\.calibration/.test(name))).toEqual([]);
    const { scores, pValues } = await adapted.score(samples.data);
    const calibration = adapted.calibrationScores;
    const n = calibration.length;
    scores.forEach((score, k) => {
      const expected = (1 + calibration.filter((each) => each >= score * (1 - 1e-6)).length) / (n + 1);
      expect(pValues[k]!).toBeCloseTo(expected, 5);
    });
    expect(describePromise(falseAlarmsThreshold(calibration, 0.2), adapted.card)).not.toMatch(/folds/);
    expect(describePromise(falseAlarmsThreshold(calibration, 0.2), adapted.card)).toMatch(/resemble/);
  });

  test("guarantees nothing of windows that share steps, before it is adapted or after", async () => {
    const { model: adapted } = await adaptModel(model, line(2, 600, there));
    for (const { card, calibrationScores } of [model, adapted]) {
      const promise = describePromise(falseAlarmsThreshold(calibrationScores, 0.2), card);
      expect(promise).toMatch(/^An estimate, not a guarantee: about .* Windows of a series resemble/);
    }
    const { schema, ...card } = model.card;
    if (schema.kind !== "series") throw new Error("expected a series");
    const apart = { ...schema, layout: { ...schema.layout, stride: schema.layout.window } };
    const threshold = falseAlarmsThreshold(model.calibrationScores, 0.2);
    expect(describePromise(threshold, { ...card, schema: apart })).toMatch(/^Guaranteed on average/);
  });
});

describe("thresholds", () => {
  test("are made anew by their rules; what cannot be is left out, and named", async () => {
    const scores = Float32Array.from({ length: 200 }, (_, k) => k);
    const labels = Int8Array.from(scores, (score) => (score % 40 > 30 ? 1 : 0));
    const day = falseAlarmsThreshold(model.calibrationScores, 0.03);
    let many = await model.withThreshold({ ...day, diagnostics: { rowsPerDay: 1440 } }, { name: "day" });
    many = await many.withThreshold(applyLabelledRule(parseRule("f1"), scores, labels), { name: "judged" });
    many = await many.withThreshold({ ...many.card.threshold, method: "by hand" }, { name: "own" });
    many = await many.withProbability(calibrateProbabilities(scores, labels, { prior: 0.01 }));
    const { warnings, onWarning } = warned();
    const { model: adapted } = await adaptModel(many, line(2, 600, there), { onWarning });
    const { operatingPoints, threshold, probability } = adapted.card;
    expect(Object.keys(operatingPoints)).toEqual(["day"]);
    expect(operatingPoints["day"]).toEqual({
      ...falseAlarmsThreshold(adapted.calibrationScores, 0.03),
      diagnostics: { rowsPerDay: 1440 },
    });
    expect(threshold).toMatchObject({ method: "percentile", calibrationSize: 600 / 2 - 11 });
    expect(probability).toBeUndefined();
    expect(
      decodeModel(adapted.toBytes())
        .outputs.map(({ name }) => name)
        .sort(),
    ).toEqual(
      decodeModel(model.toBytes())
        .outputs.map(({ name }) => name)
        .sort(),
    );
    expect(warnings.join("\n")).toMatch(/cannot be kept, and are left out: .*"judged".*"own"/);
    expect(warnings.join("\n")).toMatch(/Probabilities were learned/);
    // With fewer rows the promise of the day goes too.
    const few = warned();
    const { model: small } = await adaptModel(many, line(2, 80, there), { onWarning: few.onWarning });
    expect(small.card.operatingPoints).toEqual({});
    expect(few.warnings.join("\n")).toMatch(/Of 29 windows that calibrate, 5 share no time step.*16.7 %/);
    expect(few.warnings.join("\n")).toMatch(/"day" \(false-alarms 3%: needs 33 windows, of 29\)/);
  });

  test("are no lower than those of training while windows apart are too few for the rule", () => {
    const named = new Map([["often", parseRule("false-alarms 20%")]]);
    const scores = Float32Array.from({ length: 100 }, (_, k) => k);
    const heldOut = Array.from({ length: 400 }, (_, k) => k / 2);
    const { threshold } = model.card;
    const made = (apart: number, held: readonly number[] | undefined) =>
      thresholdsOf(
        { inForce: parseRule("false-alarms 5%"), named },
        { scores, apart, heldOut: held },
        { threshold, operatingPoints: { often: threshold } },
      );
    const [own, often] = [0.05, 0.2].map((rate) => falseAlarmsThreshold(scores, rate));
    expect(made(5, heldOut)).toEqual({
      threshold: {
        ...own,
        threshold: falseAlarmsThreshold(heldOut, 0.05).threshold,
        diagnostics: { ofNewRows: own!.threshold },
      },
      // One in six that five windows promise is enough for one in five.
      operatingPoints: { often },
    });
    const lower = heldOut.map((score) => score / 10);
    for (const { threshold } of [made(30, heldOut), made(5, lower), made(5, undefined)])
      expect(threshold).toEqual(own);
    const [few, beside] = [scores.subarray(0, 2), { threshold, operatingPoints: {} }];
    const rules = { inForce: parseRule("percentile 95"), named: new Map() };
    // Two windows promise one in three, and the rule is for one in twenty.
    const cautious = thresholdsOf(rules, { scores: few, apart: 2, heldOut }, beside);
    expect(cautious.threshold).toMatchObject({
      threshold: applyRule(parseRule("percentile 95"), heldOut).threshold,
      diagnostics: { ofNewRows: applyRule(parseRule("percentile 95"), few).threshold },
    });
    expect(heldOutQuantiles(scores)).toEqual(Array.from(scores));
    const many = heldOutQuantiles(Float32Array.from({ length: 49_999 }, (_, k) => k + 1));
    expect(many).toEqual(Array.from({ length: 999 }, (_, k) => 50 * (k + 1)));
  });

  test("of a rule that few rows cannot keep are an error that says how many can", async () => {
    const strict = await model.withThreshold(falseAlarmsThreshold(model.calibrationScores, 0.01));
    const failed = await adaptModel(strict, line(2, 150, there)).catch((error) => error);
    expect(failed).toMatchObject({
      code: "unfit-data",
      message: expect.stringMatching(/"false-alarms 1%" needs 99 normal windows.*of 150 rows there are 64/),
    });
    const rows = Number(/at least (\d+) normal rows/.exec(failed.hint)![1]);
    const { windows } = await adaptModel(strict, line(2, rows, there));
    expect(windows).toBe(99);
    await expect(adaptModel(strict, line(2, rows - 1, there))).rejects.toThrow(/99 normal windows/);
    const chosen = await adaptModel(strict, line(2, 150, there), { rule: "false-alarms 5%" });
    expect(chosen.model.card.threshold.parameters).toEqual({ rate: 0.05 });
    const byHand = await model.withThreshold({ ...model.card.threshold, method: "by hand" });
    await expect(adaptModel(byHand, line(2, 300, there))).rejects.toThrow(/by hand, cannot be made anew/);
    await expect(adaptModel(model, line(2, 300, there), { rule: "f1" })).rejects.toThrow(
      /f1 needs rows with labels/,
    );
  });
});

describe("what is refused", () => {
  test("models and data without time steps, other columns, and a text that has changed for good", async () => {
    const rows = tableFromColumns({ a: [1, 2, 3], b: [1, 2, 3] });
    const table = await Model.fromBytes(readFileSync(fixture("knn.onnx")));
    await expect(adaptModel(table, rows)).rejects.toThrow(/rows of a table, and only models of series/);
    await expect(adaptModel(model, rows)).rejects.toMatchObject({ code: "schema-mismatch" });
    const cut = seriesFromWindows({ data: new Float32Array(240), windows: 20, steps: 6, channels: 2 });
    await expect(adaptModel(model, cut)).rejects.toThrow(/windows that were cut already/);
    const others = seriesFromTable(tableFromColumns({ a: new Array(90).fill(1) }), { window: 6 });
    await expect(adaptModel(model, others)).rejects.toThrow(/lacks the column "b"/);
    await expect(adaptModel(model, line(2, 300, { ...there, mode: "eco" }))).rejects.toThrow(
      /column "mode" holds "eco", but was "on" in every training row/,
    );
  });

  test("options that say nothing", async () => {
    const given = line(2, 300, there);
    await expect(adaptModel(model, given, { rows: 0 })).rejects.toThrow(/option "rows" is 0/);
    await expect(adaptModel(model, given, { spread: "some" as "new" })).rejects.toThrow(
      /option "spread" is "some"/,
    );
    await expect(adaptModel(model, given, { row: 5 } as object)).rejects.toThrow(
      /no option "row" of adapting/,
    );
    await expect(adaptModel(model, given, { rows: 20 })).rejects.toThrow(/of 20 rows there are 0/);
  });
});
