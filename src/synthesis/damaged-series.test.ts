import { expect, test } from "vitest";
import { type NumericColumn, type SeriesSet, seriesFromTable, tableFromColumns } from "../data/index.js";
import { createRandom } from "../math/random.js";
import { damagedSeries, SERIES_DAMAGES, type SeriesDamage } from "./damaged-series.js";

const [STEPS, WINDOW, COUNT] = [300, 16, 200];
const stream = createRandom(4).stream("steps");
const a = Array.from({ length: STEPS }, (_, step) => Math.sin(step / 2) + 0.1 * stream.normal());
const series = seriesFromTable(
  tableFromColumns({
    a,
    same: Array.from({ length: STEPS }, () => 4),
    state: Array.from({ length: STEPS }, (_, step) => (step % 5 === 0 ? "on" : "off")),
  }),
  { window: WINDOW, stride: 4 },
);
const deviation = Math.sqrt(a.reduce((sum, value) => sum + value ** 2, 0) / STEPS);
const make = (damage: SeriesDamage, of: SeriesSet = series): SeriesSet =>
  damagedSeries(of, damage, COUNT, createRandom(1).stream(damage))!;

const valuesOf = (from: SeriesSet, start: number): number[] =>
  Array.from((from.steps.columns[0] as NumericColumn).values.subarray(start, start + WINDOW));
const sources = Array.from(series.starts, (start) => valuesOf(series, start));

/** A window of the damaged series, and the one of the original that differs from it in the fewest steps. */
function pair(made: SeriesSet, window: number): { readonly own: number[]; readonly source: number[] } {
  const own = valuesOf(made, made.starts[window]!);
  const changes = (source: readonly number[]): number => source.filter((value, k) => value !== own[k]).length;
  return { own, source: sources.reduce((best, source) => (changes(source) < changes(best) ? source : best)) };
}
const changedSteps = (made: SeriesSet, window: number): number[] => {
  const { own, source } = pair(made, window);
  return [...own.keys()].filter((step) => own[step] !== source[step]);
};
const windows = Array.from({ length: 40 }, (_, k) => k);

test.each(SERIES_DAMAGES)("%s makes windows of their own steps, the same each time", (damage) => {
  const made = make(damage);
  expect(made).toEqual(make(damage));
  expect(made.rowCount).toBe(COUNT);
  expect([...made.starts]).toEqual(Array.from({ length: COUNT }, (_, k) => k * WINDOW));
  expect(made.steps.rowCount).toBe(COUNT * WINDOW);
  expect(new Set((made.steps.columns[1] as NumericColumn).values)).toEqual(new Set([4]));
});

test("spikes are few and high; raised stretches are even", () => {
  const spiked = make("spikes");
  const raised = make("raised-values");
  for (const window of windows) {
    expect(changedSteps(spiked, window).length).toBeLessThanOrEqual(3);
    const { own, source } = pair(raised, window);
    const steps = changedSteps(raised, window);
    if (steps.length === 0 || steps.length === WINDOW) continue;
    const distances = steps.map((step) => own[step]! - source[step]!);
    for (const distance of distances) {
      expect(distance).toBeCloseTo(distances[0]!, 9);
      expect(Math.abs(distance) / deviation).toBeGreaterThan(0.95);
      expect(Math.abs(distance) / deviation).toBeLessThan(4.1);
    }
    // One stretch, without a gap.
    expect(steps.at(-1)! - steps[0]! + 1).toBe(steps.length);
  }
});

test("frozen stretches have one value, and reversed ones the same values backwards", () => {
  const [frozen, reversed] = [make("frozen-values"), make("reversed-steps")];
  for (const window of windows) {
    const still = pair(frozen, window);
    const steps = changedSteps(frozen, window);
    if (steps.length > 0) expect(new Set(steps.map((step) => still.own[step])).size).toBe(1);
    const own = valuesOf(reversed, reversed.starts[window]!);
    const source = sources.find((values) => String([...values].sort()) === String([...own].sort()))!;
    const turned = [...own.keys()].filter((step) => own[step] !== source[step]);
    expect(turned.map((step) => own[step])).toEqual(turned.map((step) => source[step]).reverse());
  }
});

test("what nothing can be done to gives nothing, and missing values stay missing", () => {
  const constant = seriesFromTable(tableFromColumns({ x: Array.from({ length: 60 }, () => 1) }), {
    window: 8,
  });
  const texts = seriesFromTable(
    tableFromColumns({ x: Array.from({ length: 60 }, (_, k) => (k % 2 ? "a" : "b")) }),
    { window: 8 },
  );
  for (const damage of SERIES_DAMAGES)
    expect(damagedSeries(constant, damage, 5, createRandom(1).stream("x"))).toBeUndefined();
  expect(damagedSeries(texts, "noise", 5, createRandom(1).stream("x"))).toBeUndefined();
  expect(damagedSeries(texts, "frozen-values", 5, createRandom(1).stream("x"))!.rowCount).toBe(5);
  const gaps = seriesFromTable(
    tableFromColumns({ x: a.slice(0, 60).map((value, k) => (k % 3 === 0 ? Number.NaN : value)) }),
    { window: 9, stride: 9 },
  );
  for (const damage of ["noise", "scaled-values", "raised-values"] as const) {
    const { values } = damagedSeries(gaps, damage, 20, createRandom(1).stream("x"))!.steps
      .columns[0] as NumericColumn;
    values.forEach((value, step) => expect(Number.isNaN(value)).toBe((step % 9) % 3 === 0));
  }
});
