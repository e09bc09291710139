import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tableFromColumns } from "../data/index.js";
import type { ColumnData } from "../data/table/table-from.js";
import { HypersphereError } from "../errors.js";
import { fitFeatureSchema } from "./fit-schema.js";
import { featureCount, SCALINGS, type Scaling } from "./schema.js";

const allRows = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, row) => row);

function fitted(
  columns: Readonly<Record<string, ColumnData>>,
  scaling: Scaling = "standard",
  rows?: Uint32Array,
  named?: ReadonlySet<string>,
) {
  const table = tableFromColumns(columns, "plant.csv");
  return fitFeatureSchema(table, rows ?? allRows(table.rowCount), scaling, { named });
}

function refusal(run: () => unknown): HypersphereError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(HypersphereError);
    return error as HypersphereError;
  }
  throw new Error("Nothing was thrown.");
}

describe("numeric columns", () => {
  it("standard: mean and population deviation of what is there, as StandardScaler", () => {
    const [x] = fitted({ x: [4, null, 1, 3, 2] }).numeric;
    expect(x).toMatchObject({ name: "x", center: 2.5, fill: 2.5, min: 1, max: 4, missing: 1 });
    expect(x!.scale).toBeCloseTo(Math.sqrt(1.25), 14);
  });

  it("robust: median and 1.4826 times the median deviation, outliers or not", () => {
    const [x] = fitted({ x: [1, 2, 3, 4, 1000] }, "robust").numeric;
    expect(x!.center).toBe(3);
    expect(x!.scale).toBeCloseTo(1.482602218505602, 12);
  });

  it("robust: the deviation where more than half of the values are equal", () => {
    const [x] = fitted({ x: [7, 7, 7, 7, 17] }, "robust").numeric;
    expect(x!.center).toBe(7);
    expect(x!.scale).toBeCloseTo(4, 12);
  });

  it("min-max: the range", () => {
    const [x] = fitted({ x: [-5, 15, 0] }, "min-max").numeric;
    expect(x).toMatchObject({ center: -5, scale: 20, min: -5, max: 15 });
  });

  it("quantile: 65 quantiles of numpy's kind, each value once", () => {
    const [many, few] = fitted(
      {
        many: Float64Array.from({ length: 129 }, (_, k) => (k * 50) % 129),
        few: Float64Array.from({ length: 129 }, (_, k) => k % 3),
      },
      "quantile",
      undefined,
      new Set(["many"]),
    ).numeric;
    expect(many!.knots).toEqual(Array.from({ length: 65 }, (_, k) => 2 * k));
    expect(few!.knots).toEqual([0, 1, 2]);
  });

  it("learns from the rows given and from no others", () => {
    const [x] = fitted({ x: [1, 100, 3, 1e30] }, "standard", Uint32Array.of(0, 2)).numeric;
    expect(x).toMatchObject({ center: 2, scale: 1, min: 1, max: 3, missing: 0 });
  });

  it.each(SCALINGS)("%s: the order of rows does not matter to position and range", (scaling) => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    const [a] = fitted({ x: values }, scaling).numeric;
    const [b] = fitted({ x: values.toReversed() }, scaling).numeric;
    expect({ ...b, center: 0, scale: 0 }).toEqual({ ...a, center: 0, scale: 0 });
    expect(b!.center).toBeCloseTo(a!.center, 12);
    expect(b!.scale).toBeCloseTo(a!.scale, 12);
  });

  it.each(SCALINGS)("%s: stays finite for values of any size", (scaling) => {
    const value = fc.oneof(
      fc.double({ noNaN: true, min: -1e300, max: 1e300 }),
      fc.constantFrom(0, -0, 1e30, -1e30, 1e300, -1e300, 5e-324),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 40 }), (values) => {
        fc.pre(values.some((v) => v !== values[0]));
        const [x] = fitted({ x: values }, scaling).numeric;
        for (const number of [x!.center, x!.scale, x!.fill, x!.min, x!.max])
          expect(number).toSatisfy(Number.isFinite);
        expect(x!.scale).toBeGreaterThan(0);
        expect(x!.min).toBeLessThan(x!.max);
      }),
      { examples: [[[0, 0, 0, 5e-324]]] },
    );
  });
});

describe("columns that say nothing", () => {
  it("are dropped with the reason, in the table's order", () => {
    const texts = Array.from({ length: 100 }, (_, k) => `id-${k}`);
    const { numeric, categorical, dropped } = fitted({
      kept: Float64Array.from({ length: 100 }, (_, k) => k),
      constant: new Float64Array(100).fill(7),
      empty: new Float64Array(100).fill(Number.NaN),
      id: texts,
      same: texts.map(() => "on"),
      nothing: texts.map((_, k) => (k === 0 ? "" : null)),
    });
    expect(numeric.map(({ name }) => name)).toEqual(["kept"]);
    expect(categorical).toEqual([]);
    expect(dropped).toEqual([
      { name: "constant", reason: "constant (7)" },
      { name: "empty", reason: "every value is missing" },
      { name: "id", reason: "looks like an identifier: 100 different texts in 100 rows" },
      { name: "same", reason: "constant (on)" },
      { name: "nothing", reason: "every value is missing" },
    ]);
  });

  it("are judged by the training rows alone", () => {
    const { dropped } = fitted({ x: [1, 1, 2], y: [1, 2, 3] }, "standard", Uint32Array.of(0, 1));
    expect(dropped).toEqual([{ name: "x", reason: "constant (1)" }]);
  });

  it("leave nothing to learn from where there are no others", () => {
    const error = refusal(() => fitted({ a: [1, 1, 1], b: ["x", "x", "x"] }));
    expect(error.code).toBe("unfit-data");
    expect(error.message).toBe("plant.csv has no column in which its rows differ.");
    expect(error.hint).toBe('"a": constant (1); "b": constant (x)');
  });
});

describe("infinite values", () => {
  it.each([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "%d is refused with column and row",
    (value) => {
      const error = refusal(() => fitted({ ok: [1, 2, 3], pressure: [1, 2, value] }));
      expect(error.code).toBe("unfit-data");
      expect(error.message).toBe(
        `plant.csv: column "pressure" holds ${value} in data row 3; training needs finite numbers.`,
      );
      expect(error.hint).toMatch(/leave the cell empty/);
    },
  );

  it("are refused in rows that do not train as well: calibration scores must be finite", () => {
    const error = refusal(() =>
      fitted({ x: [1, 2, Number.POSITIVE_INFINITY] }, "standard", Uint32Array.of(0, 1)),
    );
    expect(error.message).toMatch(/data row 3/);
  });
});

describe("categories", () => {
  it("are numbered by falling frequency, ties by their text, and carry their shares", () => {
    const { categorical } = fitted({ mode: ["b", "a", "c", "c", null, "c", "a", "b"] });
    expect(categorical).toEqual([
      { name: "mode", levels: ["c", "a", "b", ""], shares: [3 / 8, 2 / 8, 2 / 8, 1 / 8, 0], missing: 1 },
    ]);
  });

  it("beyond the 64 most frequent share one number", () => {
    const texts = Array.from({ length: 300 }, (_, k) => (k < 200 ? `f${k % 60}` : `r${k % 10}`));
    const [mode] = fitted({ mode: texts }).categorical;
    expect(mode!.levels).toHaveLength(64);
    expect(mode!.shares).toHaveLength(65);
    expect(mode!.shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
    // 10 levels come ten times, 60 others three or four times each: six of these have no number of their own.
    expect(mode!.shares.at(-1)).toBeCloseTo((6 * 3) / 300, 12);
  });

  it("count as features, one per level and one for all others", () => {
    const schema = fitted({ x: [1, 2, 3], mode: ["a", "b", "a"] });
    expect(featureCount(schema)).toBe(4);
  });
});
