import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Table, tableFromColumns } from "../data/index.js";
import type { ColumnData } from "../data/table/table-from.js";
import type { Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { fitFeatureSchema } from "./fit-schema.js";
import type { TableSchema } from "./input-schema.js";
import { computeFeatures } from "./inputs.js";
import { ROWS_PER_RUN } from "./raw-rows.js";
import { type CategoricalFeature, type NumericFeature, SCALINGS, type Scaling } from "./schema.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});

const allRows = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, row) => row);
const schemaOf = (table: Table, scaling: Scaling): TableSchema => ({
  kind: "table",
  ...fitFeatureSchema(table, allRows(table.rowCount), scaling),
});

async function featuresOf(schema: TableSchema, columns: Readonly<Record<string, ColumnData>>) {
  const table = tableFromColumns(columns);
  const {
    rows,
    columns: width,
    data,
  } = await computeFeatures(runtime, schema, table, allRows(table.rowCount));
  return Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * width, (row + 1) * width)));
}

/** The same in plain JavaScript and double precision. */
function plainNumeric(
  scaling: Scaling,
  { fill, center, scale, min, max, knots }: NumericFeature,
  value: number,
): number {
  const x = Number.isNaN(value) ? fill : value;
  const limited = (y: number): number => Math.min(1e6, Math.max(-1e6, y));
  if (scaling !== "quantile") return limited((x - center) / scale);
  if (x < min || x > max) return limited((x - min) / (max - min) - 0.5);
  const count = knots!.length - 1;
  const k = Math.min(
    count - 1,
    Math.max(
      0,
      knots!.findLastIndex((knot) => knot <= x),
    ),
  );
  return (k + (x - knots![k]!) / (knots![k + 1]! - knots![k]!)) / count - 0.5;
}

function plainCategory({ levels, shares }: CategoricalFeature, text: string | null): number[] {
  const found = levels.indexOf(text ?? "");
  return shares.map((share, k) => {
    const bounded = Math.min(0.99, Math.max(0.01, share));
    return (
      ((k === (found === -1 ? levels.length : found) ? 1 : 0) - share) / Math.sqrt(bounded * (1 - bounded))
    );
  });
}

/** Relative to the size of the value, or to one where that is smaller. */
function expectClose(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual).toHaveLength(wanted.length);
  actual.forEach((value, k) => {
    const tolerance = 1e-5 * Math.max(1, Math.abs(wanted[k]!));
    expect(Math.abs(value - wanted[k]!), `feature ${k} is ${value}, not ${wanted[k]}`).toBeLessThanOrEqual(
      tolerance,
    );
  });
}

describe("the feature graph", () => {
  const number = fc.oneof(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(Number.NaN, 1e-3, 1e30, -1e30),
  );
  const text = fc.constantFrom("run", "idle", "stop", "", "näh", null);

  it.each(SCALINGS)(
    "%s: is what plain arithmetic says, for training rows and for others",
    async (scaling) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(number, number, text), { minLength: 5, maxLength: 40 }),
          fc.array(fc.tuple(number, number, fc.oneof(text, fc.string())), { minLength: 1, maxLength: 10 }),
          async (trainRows, newRows) => {
            const columnsOf = (rows: readonly (readonly [number, number, string | null])[]) => ({
              a: Float64Array.from(rows, ([a]) => a),
              b: Float64Array.from(rows, ([, b]) => b),
              // A text in front makes the column categorical even where every text is missing.
              mode: rows.map(([, , mode]) => mode),
            });
            const training = columnsOf([...trainRows, [0, 0, "run"], [1, 2, "idle"]]);
            const schema = schemaOf(tableFromColumns(training), scaling);
            const rows = [...trainRows, ...newRows];
            const asked = columnsOf([...rows, [0, 0, "run"]]);
            const features = await featuresOf(schema, asked);
            rows.forEach((row, k) => {
              const wanted = [
                ...schema.numeric.map((feature) =>
                  plainNumeric(scaling, feature, row[feature.name === "a" ? 0 : 1]),
                ),
                ...schema.categorical.flatMap((feature) => plainCategory(feature, row[2])),
              ];
              expectClose(features[k]!, wanted);
            });
          },
        ),
        { numRuns: 25 },
      );
    },
  );

  it("standardises as scikit-learn's StandardScaler does", async () => {
    const columns = { x: Float64Array.of(1, 2, 3, 4), y: Float64Array.of(10, 10, 10, 50) };
    const features = await featuresOf(schemaOf(tableFromColumns(columns), "standard"), columns);
    // StandardScaler().fit_transform([[1, 10], [2, 10], [3, 10], [4, 50]])
    const wanted = [
      [-1.3416407864998738, -0.5773502691896257],
      [-0.4472135954999579, -0.5773502691896257],
      [0.4472135954999579, -0.5773502691896257],
      [1.3416407864998738, 1.7320508075688772],
    ];
    features.forEach((row, k) => expectClose(row, wanted[k]!));
  });

  it("works in double precision where float32 would lose the difference", async () => {
    const columns = { time: Float64Array.from({ length: 9 }, (_, k) => 1.7e9 + k) };
    const features = await featuresOf(schemaOf(tableFromColumns(columns), "min-max"), columns);
    features.forEach(([value], k) => expect(value).toBeCloseTo(k / 8, 6));
  });

  it("puts the median where a value is missing", async () => {
    const schema = schemaOf(tableFromColumns({ x: [1, 2, 10] }), "min-max");
    expect(await featuresOf(schema, { x: Float64Array.of(Number.NaN, 2) })).toEqual([
      [Math.fround(1 / 9)],
      [Math.fround(1 / 9)],
    ]);
  });

  it.each(SCALINGS)("%s: a value of 1e30 or 1e300 stays finite and far out", async (scaling) => {
    const schema = schemaOf(tableFromColumns({ x: [1, 2, 3, 4, 5] }), scaling);
    const features = await featuresOf(schema, { x: Float64Array.of(1e30, -1e30, 1e300, -1e300) });
    expect(features).toEqual([[1e6], [-1e6], [1e6], [-1e6]]);
  });

  it("quantile: goes on with the slope of the whole range beyond the outermost quantiles", async () => {
    const schema = schemaOf(tableFromColumns({ x: [0, 1, 2, 3, 10] }), "quantile");
    const features = await featuresOf(schema, { x: Float64Array.of(-10, 0, 10, 20) });
    expect(features.flat()).toEqual([-1.5, -0.5, 0.5, 1.5]);
  });

  it("treats a level that training did not have as the rare ones, and a missing one as missing", async () => {
    const schema = schemaOf(tableFromColumns({ mode: ["a", "a", "b", null] }), "standard");
    const [unseen, missing, empty] = await featuresOf(schema, { mode: ["new", null, ""] });
    const [feature] = schema.categorical;
    expectClose(unseen!, plainCategory(feature!, "new"));
    expectClose(missing!, plainCategory(feature!, null));
    expect(empty).toEqual(missing);
    expect(unseen).not.toEqual(missing);
  });

  it("gives indicators mean zero over the training rows, and deviation one where they are not too rare", async () => {
    const mode = Array.from({ length: 200 }, (_, k) => (k % 10 < 7 ? "a" : k % 10 < 9 ? "b" : "c"));
    const features = await featuresOf(schemaOf(tableFromColumns({ mode }), "standard"), { mode });
    for (let k = 0; k < 3; k++) {
      const column = features.map((row) => row[k]!);
      const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
      const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
      expect(mean).toBeCloseTo(0, 5);
      expect(variance).toBeCloseTo(1, 4);
    }
  });

  it("is the same for rows in one run and in several", async () => {
    const count = ROWS_PER_RUN + 5;
    const columns = { x: Float64Array.from({ length: count }, (_, k) => k) };
    const features = await featuresOf(schemaOf(tableFromColumns(columns), "min-max"), columns);
    expect(features).toHaveLength(count);
    features.forEach(([value], k) => {
      if (value !== Math.fround(k / (count - 1))) expect(value).toBeCloseTo(k / (count - 1), 6);
    });
  });

  it("stops where it is told to", async () => {
    const table = tableFromColumns({ x: [1, 2, 3] });
    const schema = schemaOf(table, "standard");
    const stopped = computeFeatures(runtime, schema, table, allRows(3), AbortSignal.abort());
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  });
});
