import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { seriesFromTable, type Table, tableFromColumns } from "../data/index.js";
import type { Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { computeFeatures, fitInputSchema, undoneFeatures } from "./index.js";
import { SCALINGS } from "./schema.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});

const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -1e4, max: 1e4, noNaN: true }));
const rowsOf = fc.array(fc.record({ a: number, b: number, kind: fc.constantFrom("red", "blue", null) }), {
  minLength: 12,
  maxLength: 24,
});
const tableOf = (rows: readonly { a: number; b: number; kind: string | null }[]): Table =>
  tableFromColumns({
    // Columns that vary, whatever was drawn.
    a: rows.map(({ a }, row) => a + row / 8),
    b: rows.map(({ b }, row) => b - row / 8),
    kind: rows.map(({ kind }, row) => (row < 3 ? ["red", "blue", null][row]! : kind)),
    fixed: rows.map(() => 7),
  });

const valuesOf = ({ columns }: Table): Map<string, (number | string | null)[]> =>
  new Map(
    columns.map((column) => [
      column.name,
      column.kind === "numeric"
        ? Array.from(column.values)
        : Array.from(column.codes, (code) => column.levels[code] ?? null),
    ]),
  );

describe.each(SCALINGS)("features by %s scaling", (scaling) => {
  it("go back to the rows that they were made of", async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, async (rows) => {
        const table = tableOf(rows);
        const all = Uint32Array.from(rows.keys());
        const options = { scaling, contrast: "none", constantColumns: "watch" } as const;
        const schema = await fitInputSchema(table, all, options as never, runtime);
        const { data } = await computeFeatures(runtime, schema, table, all);
        const undone = valuesOf(undoneFeatures(schema, data, "undone") as Table);
        for (const [name, values] of valuesOf(table)) {
          const back = undone.get(name)!;
          if (name === "kind") expect(back).toEqual(values);
          else {
            const numbers = values as number[];
            const range = Math.max(...numbers) - Math.min(...numbers);
            // Features are float32; a narrow step between two quantiles may hold most of the range.
            const rounding =
              2e-6 * (range + Math.max(...numbers.map(Math.abs))) * (scaling === "quantile" ? 30 : 1);
            numbers.forEach((value, row) => {
              expect(Math.abs((back[row] as number) - value), `${name} ${value}`).toBeLessThanOrEqual(
                rounding,
              );
            });
          }
        }
      }),
      { numRuns: 8 },
    );
  });
});

it("beyond the range of training, and of texts that nobody knows, rows of training's range come out", async () => {
  const table = tableOf(
    Array.from({ length: 30 }, (_, row) => ({ a: (row * 7) % 11, b: (row * 5) % 13, kind: "red" })),
  );
  const all = Uint32Array.from({ length: 30 }, (_, row) => row);
  const schema = await fitInputSchema(
    table,
    all,
    { scaling: "standard", constantColumns: "watch" } as never,
    runtime,
  );
  const columns = 2 + 4;
  const wild = Float32Array.from({ length: columns }, (_, k) => (k === columns - 1 ? 50 : k < 2 ? 1e6 : -1));
  const undone = valuesOf(undoneFeatures(schema, wild, "undone") as Table);
  const numbers = valuesOf(table);
  for (const name of ["a", "b"])
    expect(undone.get(name)).toEqual([Math.max(...(numbers.get(name) as number[]))]);
  expect(["red", "blue", null]).toContain(undone.get("kind")![0]);
});

it.each(SCALINGS)("columns of whole numbers get whole numbers back, others do not: %s", async (scaling) => {
  const all = Uint32Array.from({ length: 30 }, (_, row) => row);
  const count = Array.from(all, (row) => (row % 10 === 4 ? Number.NaN : (row * 7) % 11));
  const table = tableFromColumns({ count, share: Array.from(all, (row) => ((row * 3) % 8) / 4) });
  const options = { scaling, constantColumns: "watch" } as never;
  const schema = await fitInputSchema(table, all, options, runtime);
  const { data } = await computeFeatures(runtime, schema, table, all);
  const undone = valuesOf(
    undoneFeatures(
      schema,
      data.map((value) => 0.93 * value),
      "undone",
    ) as Table,
  );
  expect(undone.get("count")!.every(Number.isInteger)).toBe(true);
  expect(new Set(undone.get("count")).size).toBeGreaterThan(5);
  expect(undone.get("share")!.every(Number.isInteger)).toBe(false);
});

it("windows come back one after the other", async () => {
  const values = Array.from({ length: 40 }, (_, step) => Math.sin(step));
  const series = seriesFromTable(tableFromColumns({ values, other: values.map((x) => x * x) }), {
    window: 5,
    stride: 3,
  });
  const all = Uint32Array.from({ length: series.rowCount }, (_, row) => row);
  const schema = await fitInputSchema(
    series,
    all,
    { scaling: "standard", constantColumns: "watch" } as never,
    runtime,
  );
  const { data, starts, columns } = await computeFeatures(runtime, schema, series, all);
  const flat = new Float32Array(all.length * columns);
  all.forEach((row) => flat.set(data.subarray(starts![row]!, starts![row]! + columns), row * columns));
  const undone = undoneFeatures(schema, flat, "undone");
  if (undone?.kind !== "series") throw new Error("a series");
  const steps = valuesOf(undone.steps).get("values") as number[];
  all.forEach((row) => {
    for (let step = 0; step < 5; step++) {
      expect(steps[undone.starts[row]! + step]).toBeCloseTo(values[series.starts[row]! + step]!, 5);
    }
  });
});
