/** What docs/troubleshooting.md promises of infinite and absurd values when scoring: every detector flags the row. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Dataset, type SeriesSet, type Table, tableFromColumns } from "../../src/data/index.js";
import { SCALINGS } from "../../src/features/schema.js";
import { createRandom } from "../../src/math/random.js";
import type { FitOptions } from "../../src/model/contract.js";
import { provideBackend } from "../../src/runtime/index.js";
import { nodeBackend } from "../../src/runtime/node/backend.js";
import { detectorsOf, fastOptions } from "./fast.js";
import { machine, plants } from "./plants.js";

beforeAll(() => provideBackend(nodeBackend()));
const random = createRandom("extremes");
const training = machine(400, random.stream("training"));
const usual = machine(10, random.stream("usual"));

const VALUES = [Infinity, -Infinity, 1e30, -1e30];

/** Every usual row once for each sensor, which shows `value` in it. */
function withValue(value: number): Table {
  const sensors = usual.columns.filter(({ kind }) => kind === "numeric");
  const columns = usual.columns.map((column): [string, unknown] => [
    column.name,
    sensors.flatMap(({ name }): readonly (number | string)[] =>
      column.kind === "numeric"
        ? Array.from(column.values, (own) => (name === column.name ? value : own))
        : Array.from(column.codes, (code) => column.levels[code]!),
    ),
  ]);
  return tableFromColumns(Object.fromEntries(columns) as Parameters<typeof tableFromColumns>[0]);
}

/** A series of windows of ten steps, each with one step at which a sensor shows `value`. */
const everyTenthStep = (series: SeriesSet, value: number): SeriesSet => ({
  ...series,
  steps: {
    ...series.steps,
    columns: series.steps.columns.map((column, k) =>
      k === 0 && column.kind === "numeric"
        ? { ...column, values: column.values.map((own, step) => (step % 10 === 4 ? value : own)) }
        : column,
    ),
  },
});

/** What detectors are told that do not learn from normal rows alone. */
const told = (name: string, outliers: () => Dataset): FitOptions =>
  name === "hsc" ? { outliers: outliers() } : {};

describe.each(detectorsOf("table"))("$name flags", (entry) => {
  const { name } = entry;

  it.each(SCALINGS)("every row with an infinite value, scaled by %s", async (scaling) => {
    const options = { ...fastOptions(entry), seed: 3, scaling };
    const outliers = () => machine(200, random.stream("outliers"), 8);
    const model = await entry.create(options).fit(training, told(name, outliers));
    for (const value of VALUES) {
      const { isAnomaly, pValues } = await model.score(withValue(value));
      expect(Array.from(isAnomaly), `flags at ${value}`).toEqual(Array(40).fill(1));
      expect(Math.max(...pValues), `p-values at ${value}`).toBeLessThan(0.0125);
    }
  });

  it("every window with an infinite value", async () => {
    const { training, strong, normal } = plants["series"]!((stream) => random.stream(stream));
    const model = await entry.create({ ...fastOptions(entry), seed: 3 }).fit(
      training,
      told(name, () => strong),
    );
    for (const value of VALUES) {
      const series = everyTenthStep(normal as SeriesSet, value);
      const { isAnomaly } = await model.score(series);
      expect(Array.from(isAnomaly), `flags at ${value}`).toEqual(Array(series.rowCount).fill(1));
    }
  });
});
