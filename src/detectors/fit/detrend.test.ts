import { beforeAll, describe, expect, it } from "vitest";
import { seriesFromTable, tableFromRows } from "../../data/index.js";
import { Kmeans, type Model, ModelStream } from "../../index.js";
import { createRandom } from "../../math/random.js";

type Row = { readonly time: string; readonly flow: number; readonly heat: number | null };
const WINDOW = 8;
const DETREND = 80;
const cutting = { window: WINDOW, timeColumn: "time" };

/** A pump, a reading a minute. @param added to the heat at a step */
function pump(steps: number, seed: number, added: (step: number) => number = () => 0): Row[] {
  const stream = createRandom(seed).stream("pump");
  return Array.from({ length: steps }, (_, step) => ({
    time: new Date(Date.UTC(2026, 0, 5) + (step + (step >= 300 ? 60 : 0)) * 60_000).toISOString(),
    flow: Math.sin(step / 3) + 0.3 * stream.normal(),
    heat: step % 43 === 0 ? null : stream.normal() + added(step),
  }));
}

const cut = (rows: readonly Row[], detrend?: number) =>
  seriesFromTable(tableFromRows(rows), { ...cutting, ...(detrend !== undefined && { detrend }) });

let model: Model;
let plain: Model;
beforeAll(async () => {
  const history = pump(900, 1);
  model = await new Kmeans({ seed: 1, percentile: 99 }).fit(cut(history, DETREND));
  plain = await new Kmeans({ seed: 1, percentile: 99 }).fit(cut(history));
});

describe("a series of which slow drift is taken out", () => {
  /** Six deviations in 600 steps: a fifth of a deviation or less is left of it in the level. */
  const ramp = (step: number): number => step / 100;

  it("has its scores nearly unchanged by a slow ramp, which changes them without", async () => {
    const means = async (of: Model, detrend?: number) => {
      const scores = async (rows: Row[]) => (await of.score(cut(rows, detrend))).scores;
      const [still, drifting] = [await scores(pump(600, 2)), await scores(pump(600, 2, ramp))];
      const last = (values: Float32Array): number =>
        values.slice(-200).reduce((sum, value) => sum + value, 0) / 200;
      return { still: last(still), drifting: last(drifting) };
    };
    const within = await means(model, DETREND);
    const without = await means(plain);
    expect(Math.abs(within.drifting / within.still - 1)).toBeLessThan(0.1);
    expect(without.drifting / without.still).toBeGreaterThan(2);
  });

  it("has a step of the same size found all the same, on top of the ramp", async () => {
    const rows = pump(600, 3, (step) => ramp(step) + (step >= 480 ? 6 : 0));
    const series = cut(rows, DETREND);
    const { isAnomaly } = await model.score(series);
    const flagged = (from: number, to: number): number => {
      const of = isAnomaly.filter((_, row) => series.starts[row]! >= from && series.starts[row]! < to);
      return of.reduce((sum, flag) => sum + flag, 0) / of.length;
    };
    expect(flagged(480, 510)).toBe(1);
    expect(flagged(310, 470)).toBeLessThan(0.05);
  });

  it("is streamed with the same answers, however rows are divided, over gaps and missing cells", async () => {
    const rows = pump(420, 4, ramp);
    const series = cut(rows, DETREND);
    const { scores } = await model.score(series);
    const expected = new Map(Array.from(series.starts, (start, row) => [start + WINDOW - 1, scores[row]]));
    for (const size of [1, 37, 420]) {
      let state: unknown;
      const found = new Map<number, number>();
      for (let from = 0; from < rows.length; from += size) {
        // One row at a time takes long: the first hundred, and those around the gap and after it.
        if (size === 1 && from >= 100) break;
        const stream = await ModelStream.open(model, { ...(from > 0 && { state }) });
        for (const [k, answer] of (await stream.push(rows.slice(from, from + size))).entries())
          if (answer.kind === "scored") found.set(from + k, answer.score);
        state = JSON.parse(JSON.stringify(stream.state()));
      }
      const until = size === 1 ? 100 : rows.length;
      expect(found).toEqual(new Map([...expected].filter(([step]) => step < until)));
    }
    // One stream, which keeps its levels from row to row: texts and rows that are refused change nothing of them.
    const stream = await ModelStream.open(model);
    const found = new Map<number, number>();
    for (const [k, row] of rows.entries()) {
      if (k % 50 === 20) expect(await stream.push([rows[0], { ...row, heat: "hot" }])).toHaveLength(2);
      const [answer] = await stream.push([k % 60 === 7 ? { ...row, flow: String(row.flow) } : row]);
      if (answer!.kind === "scored") found.set(k, answer!.score);
    }
    expect(found).toEqual(expected);
  });

  it("says so in the card, and is read so for the model", () => {
    expect(model.card.schema).toMatchObject({ layout: { detrend: DETREND } });
  });
});
