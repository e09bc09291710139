/** Shapley values by sampling against those that Python has by enumeration and by shap, from the same model file. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { explain, loadModel, type Table, tableFromColumns } from "../../../src/index.js";

interface GoldenRow {
  readonly values: readonly number[];
  readonly score: number;
  readonly shapley: readonly number[];
  readonly kernelShap: readonly number[];
}
const golden = JSON.parse(readFileSync(new URL("explain_golden.json", import.meta.url), "utf8")) as {
  texts: readonly string[];
  background: readonly (readonly number[])[];
  baseline: number;
  rows: readonly GoldenRow[];
};
const NAMES = ["load", "flow", "heat", "starts", "mode"];
const SAMPLES = 600;

const tableOf = (rows: readonly (readonly number[])[]): Table =>
  tableFromColumns(
    Object.fromEntries(
      NAMES.map((name, k) => [
        name,
        name === "mode" ? rows.map((row) => golden.texts[row[k]!]!) : rows.map((row) => row[k]!),
      ]),
    ),
  );

it("agrees with enumeration and with KernelExplainer to within its standard errors", async () => {
  const path = new URL("../../fixtures/models-0.1.0/deep-svdd.onnx", import.meta.url);
  await using model = await loadModel(path.pathname);
  const data = tableOf(golden.rows.map(({ values }) => values));
  const { rows } = await explain(model, data, {
    ...{ method: "shapley", samples: SAMPLES, changes: 0 },
    background: tableOf(golden.background),
  });
  expect(rows.length).toBe(golden.rows.length);
  for (const { row, score, baseline, contributions } of rows) {
    const wanted = golden.rows[row]!;
    expect(score).toBeCloseTo(wanted.score, 4);
    expect(baseline).toBeCloseTo(golden.baseline, 5);
    for (const { feature, contribution, error } of contributions) {
      const place = NAMES.indexOf(feature);
      for (const value of [wanted.shapley[place]!, wanted.kernelShap[place]!]) {
        expect(Math.abs(contribution - value)).toBeLessThan(4 * error! + 1e-4);
      }
    }
    // Errors that say nothing would pass all of this.
    const spread = Math.max(...contributions.map(({ contribution }) => Math.abs(contribution)));
    expect(Math.max(...contributions.map(({ error }) => error!))).toBeLessThan(0.1 * spread);
  }
});
