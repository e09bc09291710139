/** `auto` scores as a second implementation in NumPy and scikit-learn does, written from its documentation. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeModel } from "../../../src/graph/index.js";
import { Auto, type AutoInput, configureRuntime, type Model, tableFromColumns } from "../../../src/index.js";
import { spheresOf } from "./spheres.js";

type Columns = Record<string, (number | null)[] | (string | null)[]>;

/** See `export_inputs.js`. */
interface Input {
  readonly name: string;
  readonly options: AutoInput;
  readonly rows: Columns;
  readonly queries: Columns;
  readonly references: readonly number[];
  readonly encoders: readonly { origin: number[]; weight: number[] }[];
}
/** See `make_auto_golden.py`. */
interface Expected {
  readonly views: number;
  readonly scores: readonly number[];
  readonly calibration: readonly number[];
  readonly counts: readonly number[];
  readonly threshold: number;
  readonly falseAlarms: number;
  readonly anomalies: readonly number[];
}
const read = (name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
const inputs: Input[] = read("auto_inputs.json");
const golden: { cases: Expected[] } = read("auto_golden.json");

beforeAll(() => configureRuntime({ runtime: "native", cores: 1 }));
afterAll(() => configureRuntime());

const RELATIVE = 1e-5;
function near(found: ArrayLike<number>, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, row) => {
    expect(Math.abs(found[row]! / value - 1), `row ${row}: ${found[row]}`).toBeLessThan(RELATIVE);
  });
}

describe.each(inputs.map((input, k) => ({ ...input, expected: golden.cases[k]! })))("$name", (one) => {
  const { expected } = one;
  let model: Model;
  beforeAll(async () => {
    model = await new Auto(one.options).fit(tableFromColumns(one.rows));
  });

  it("has the encoders that the inputs were exported with", () => {
    const [first] = one.encoders;
    if (first !== undefined) {
      const columns = first.origin.length;
      const shape = { members: one.encoders.length, columns, width: first.weight.length / columns };
      expect(spheresOf(decodeModel(model.toBytes()), shape)).toEqual(one.encoders);
    }
    expect((model.card.training as { views: string[] }).views).toHaveLength(expected.views);
    expect(model.card.training).toMatchObject({ references: one.references.length });
  });

  it(`scores within ${RELATIVE} of NumPy`, async () => {
    near((await model.score(tableFromColumns(one.queries))).scores, expected.scores);
    near(model.calibrationScores, expected.calibration);
  });

  it("has the same p-values, threshold and decisions", async () => {
    const { pValues, isAnomaly, threshold } = await model.score(tableFromColumns(one.queries));
    const n = expected.calibration.length;
    expect(Array.from(pValues)).toEqual(expected.counts.map((count) => Math.fround(count / (n + 1))));
    near([threshold], [expected.threshold]);
    expect(model.card.threshold.expectedFalseAlarmRate).toBeCloseTo(expected.falseAlarms, 12);
    expect(Array.from(isAnomaly)).toEqual(expected.anomalies);
  });
});
