import { expect, test } from "vitest";
import { tableFromColumns } from "../data/index.js";
import { createRandom } from "../math/random.js";
import { fitFeatureSchema } from "./fit-schema.js";
import { RawValues } from "./raw-values.js";
import { countBins, fitReference } from "./reference.js";

function profile(columns: Record<string, number[]>) {
  const table = tableFromColumns(columns);
  const rows = Array.from({ length: table.rowCount }, (_, row) => row);
  const schema = fitFeatureSchema(table, rows, "standard");
  return fitReference(new RawValues(table, schema), schema, rows, createRandom(0).stream("reference"));
}

test("deciles of distinct values part the rows in tenths", () => {
  const { rows, numeric } = profile({ x: Array.from({ length: 100 }, (_, k) => 100 - k) });
  expect(rows).toBe(100);
  expect(numeric).toEqual([
    { name: "x", edges: [10, 20, 30, 40, 50, 60, 70, 80, 90], counts: Array(10).fill(10), missing: 0 },
  ]);
});

test("ties are merged, and a frequent value has a bin of its own", () => {
  const mostlyOnes = Array.from({ length: 100 }, (_, k) => (k < 5 ? 0 : 1));
  const mostlyZeros = Array.from({ length: 100 }, (_, k) => (k < 95 ? 0 : k));
  const middle = Array.from({ length: 100 }, (_, k) => (k < 20 ? -k : k < 80 ? 7 : k));
  const { numeric } = profile({ mostlyOnes, mostlyZeros, middle });
  expect(numeric[0]).toMatchObject({ edges: [0], counts: [5, 95] });
  expect(numeric[1]).toMatchObject({ edges: [0], counts: [95, 5] });
  expect(numeric[2]).toMatchObject({ edges: [-10, 0, 7, 89], counts: [10, 10, 60, 10, 10] });
});

test("missing cells are counted apart, and many rows are drawn from", () => {
  const long = Array.from({ length: 50_000 }, (_, k) => (k % 4 === 0 ? Number.NaN : k));
  const { rows, numeric } = profile({ long });
  expect(rows).toBe(20_000);
  const [{ counts, missing }] = numeric as [(typeof numeric)[0]];
  expect(counts.reduce((sum, count) => sum + count, missing)).toBe(20_000);
  expect(Math.abs(missing / 20_000 - 0.25)).toBeLessThan(0.01);
});

test("an edge belongs to the bin on its left", () => {
  const { counts, missing } = countBins([-9, 1, 1.5, 2, 3, Number.NaN], [1, 2]);
  expect([...counts]).toEqual([2, 2, 1]);
  expect(missing).toBe(1);
});
