import { describe, expect, test } from "vitest";
import { tableFromColumns } from "../data/table/table-from.js";
import { fitFeatureSchema } from "../features/fit-schema.js";
import { computeFeatures, RawValues, SCALINGS } from "../features/index.js";
import { fitReference } from "../features/reference.js";
import { createRandom } from "../math/random.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { columnMap, type MapContext, schemaBefore } from "./column-map.js";

const random = createRandom(4);
const ROWS = 900;
const every = Uint32Array.from({ length: ROWS }, (_, row) => row);
const raw = (() => {
  const stream = random.stream("rows");
  return Array.from({ length: ROWS }, (_, row) => [
    stream.normal(),
    Math.exp(stream.normal()),
    Math.floor(3 * stream.uniform()),
    row % 7 === 0 ? Number.NaN : stream.normal(),
  ]);
})();
const PLACES = [
  [0, 1],
  [-300, 0.002],
  [5, 40],
  [1e6, 3],
] as const;

const tableAt = (places: readonly (readonly [number, number])[], set = 3) =>
  tableFromColumns({
    ...Object.fromEntries(
      ["a", "b", "c", "d"].map((name, k) => [
        name,
        raw.map((row) => places[k]![0] + places[k]![1] * row[k]!),
      ]),
    ),
    set: new Array(ROWS).fill(set),
  });
const HERE = PLACES.map(() => [0, 1] as const);
const [here, there] = [tableAt(HERE), tableAt(PLACES, 8)];
const all = [{ from: 0, to: ROWS }];

function contextOf(scaling: (typeof SCALINGS)[number], table = there) {
  const schema = fitFeatureSchema(here, every, scaling);
  const reference = fitReference(new RawValues(here, schema), schema, every, random.stream("reference"));
  const warnings: string[] = [];
  const context: MapContext = {
    ...{ schema, reference: reference.numeric, earlier: undefined, values: new RawValues(table, schema) },
    ...{ located: all, used: all, spread: "new", source: "there.csv" },
    onWarning: (message) => warnings.push(message),
  };
  return { schema, context, warnings };
}

describe.each(SCALINGS)("with %s scaling", (scaling) => {
  test("an exact affine copy is mapped back to the training rows, set point included", () => {
    const { context } = contextOf(scaling);
    const columns = columnMap(context);
    expect(columns.map(({ name }) => name)).toEqual(["a", "b", "c", "d", "set"]);
    columns.slice(0, 4).forEach(({ factor, offset }, k) => {
      for (let row = 1; row < 50; row++) {
        const [moved, value] = [PLACES[k]![0] + PLACES[k]![1] * raw[row]![k]!, raw[row]![k]!];
        if (!Number.isNaN(value)) expect(moved * factor + offset).toBeCloseTo(value, 6);
      }
    });
    expect(columns[4]).toMatchObject({ factor: 1, offset: -5, now: { location: 8 } });
  });

  test("the schema of columns before the map gives the features that the map and the old schema give", async () => {
    const { schema, context } = contextOf(scaling);
    const columns = columnMap({ ...context, spread: "shrink" });
    const before = schemaBefore(schema, columns, undefined);
    const mapped = tableFromColumns(
      Object.fromEntries(
        columns.map(({ name, factor, offset }, k) => [
          name,
          Array.from(context.values.numericColumn(k), (value) => value * factor + offset),
        ]),
      ),
    );
    const runtime = await loadNativeRuntime();
    const features = async (own: typeof schema, table: typeof here) =>
      (await computeFeatures(runtime, { kind: "table", ...own }, table, every)).data;
    const [a, b] = [await features(schema, mapped), await features(before, there)];
    expect(a.length).toBe(4 * ROWS);
    a.forEach((value, k) => {
      expect(b[k]!).toBeCloseTo(value, 3);
    });
    expect(before.constant).toEqual([{ name: "set", value: 8 }]);
    // A second map starts from the schema of the first, and ends at the same training rows.
    const again = columnMap({
      ...context,
      ...{ schema: before, earlier: columns, values: new RawValues(here, before), reference: undefined },
    });
    again.slice(0, 4).forEach(({ factor, offset }) => {
      expect(factor).toBeCloseTo(1, 6);
      expect(offset).toBeCloseTo(0, 6);
    });
    expect(again[4]).toMatchObject({ factor: 1, offset: 0 });
  });
});

describe("a column", () => {
  const only = (a: readonly number[], set: readonly number[] = new Array(a.length).fill(3)) =>
    tableFromColumns({ a, b: a, c: a, d: a, set });
  const stretch = (rows: number) => [{ from: 0, to: rows }];

  test("keeps its scale where few values, or a drift, say little of it", () => {
    const drift = Array.from({ length: 300 }, (_, k) => 50 + k / 3000);
    const { context } = contextOf("standard", only(drift));
    const [a] = columnMap({ ...context, located: stretch(300), used: stretch(300), spread: "shrink" });
    expect(a!.factor).toBeGreaterThan(1);
    expect(a!.factor).toBeLessThan(4);
    expect(a!.offset + 50 * a!.factor).toBeCloseTo(0, 0);
    const [kept] = columnMap({ ...context, located: stretch(300), used: stretch(300), spread: "keep" });
    expect(kept!.factor).toBe(1);
  });

  test("that stands still now only moves, and one without values stays", () => {
    const still = contextOf("standard", only(new Array(100).fill(20)));
    const [a] = columnMap({ ...still.context, located: stretch(100), used: stretch(100) });
    expect(a!.factor).toBe(1);
    const { location } = a!.training;
    expect(20 + a!.offset).toBeCloseTo(location, 12);
    const none = contextOf("standard", only(new Array(100).fill(Number.NaN)));
    const [b] = columnMap({ ...none.context, located: stretch(100), used: stretch(100) });
    expect(b).toMatchObject({ factor: 1, offset: 0 });
    expect(none.warnings[0]).toMatch(/Column "a" has no value/);
  });

  test("that mostly stands still is not blown up by its deciles", () => {
    const stream = random.stream("quantised");
    const values = Array.from({ length: 400 }, (_, k) =>
      k % 20 === 0 ? 30 + stream.normal() : 32 + (k % 4) / 1e4,
    );
    const { context } = contextOf("standard", only(values));
    const [a] = columnMap({ ...context, located: stretch(400), used: stretch(400) });
    expect(a!.factor).toBeLessThan(3);
  });

  test("with one value in training is watched at its new one, and not at several", () => {
    const flow = Array.from(raw, ([a]) => a!);
    const set = Array.from({ length: ROWS }, (_, k) => (k === ROWS - 1 ? 4 : 5));
    const { context, warnings } = contextOf("standard", only(flow, set));
    expect(columnMap(context)[4]).toMatchObject({ name: "set", factor: 0, offset: 3 });
    expect(warnings).toEqual([expect.stringMatching(/"set" had one value.*several in there.csv/)]);
  });

  test("with an infinite value is refused, also among the steps that calibrate", () => {
    const { context } = contextOf("standard", only([1, 2, Number.POSITIVE_INFINITY, 4]));
    for (const located of [stretch(4), stretch(2)]) {
      expect(() => columnMap({ ...context, located, used: stretch(4) })).toThrow(/column "a" holds Infinity/);
    }
  });
});
