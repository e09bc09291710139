import { beforeAll, describe, expect, it } from "vitest";
import { samplesOf, seriesFromTable, tableFromColumns, tableFromRows } from "../../data/index.js";
import { adaptModel, DeepSvdd, Knn, Model, ModelStream, Pca } from "../../index.js";
import { createRandom } from "../../math/random.js";

const STEP = 30 * 60;
const START = Date.UTC(2026, 2, 2) / 1000;
const WINDOW = 4;
/** Loud from six in the morning to six in the evening, quiet at night. */
const isLoud = (step: number): boolean => step % 48 >= 12 && step % 48 < 36;

type Load = { readonly time: string; readonly load: number };

/** A machine's load every half an hour. @param fault steps to which something is added, and how much */
function load(days: number, seed: number, fault: Readonly<Record<number, number>> = {}): Load[] {
  const stream = createRandom(seed).stream("load");
  return Array.from({ length: 48 * days }, (_, step) => ({
    time: new Date(1000 * (START + step * STEP)).toISOString(),
    load: (isLoud(step) ? 5 : 0.2) * stream.normal() + (fault[step] ?? 0),
  }));
}

const cut = (rows: readonly Load[], options: { season?: "day" | "week"; cover?: boolean } = {}) =>
  seriesFromTable(tableFromRows(rows), { window: WINDOW, timeColumn: "time", ...options });

let seasonal: Model;
let plain: Model;
const history = load(60, 1);

beforeAll(async () => {
  seasonal = await new Knn({ seed: 1 }).fit(cut(history, { season: "day" }));
  plain = await new Knn({ seed: 1 }).fit(cut(history));
});

describe("a series with loud days and quiet nights", () => {
  // At two in the night of the second day, and at noon, four times three units more: within what days do.
  const fault = Object.fromEntries([52, 53, 54, 55].map((step) => [step, 3]));
  const today = load(6, 2, fault);

  it("has a fault of a quiet hour found with a season, and missed without", async () => {
    const window = 52;
    const within = await seasonal.score(cut(today, { season: "day" }));
    const without = await plain.score(cut(today));
    expect(within.isAnomaly[window]).toBe(1);
    expect(within.pValues[window]).toBeLessThan(0.01);
    expect(without.isAnomaly[window]).toBe(0);
    expect(without.pValues[window]).toBeGreaterThan(0.2);
  });

  it("keeps the promise by day and by night, where a model without a season flags days alone", async () => {
    const fresh = load(90, 3);
    const starts = cut(fresh).starts;
    const rates = async (model: Model, season?: "day") => {
      const { isAnomaly } = await model.score(cut(fresh, season && { season }));
      const rate = (loud: boolean): number => {
        // Windows within one of the two, since windows over both are of neither.
        const of = starts.filter((start) => [0, 3].every((k) => isLoud(start + k) === loud));
        return of.reduce((sum, start) => sum + isAnomaly[start]!, 0) / of.length;
      };
      return { day: rate(true), night: rate(false) };
    };
    const within = await rates(seasonal, "day");
    const without = await rates(plain);
    // 575 windows that overlap calibrate: estimates vary by some hundredths.
    expect(within.day).toBeGreaterThan(0.02);
    expect(within.day).toBeLessThan(0.09);
    expect(within.night).toBeLessThan(0.09);
    expect(without.day).toBeGreaterThan(0.08);
    expect(without.night).toBe(0);
  });

  it("says what it compares with, and keeps it in the file", async () => {
    const { season, data, schema } = seasonal.card;
    expect(season).toEqual({ period: 86_400, parts: 4, windows: data.calibration, fromAll: [] });
    expect(schema).toMatchObject({ layout: { season: "day" } });
    expect(data.calibration).toBe(seasonal.calibrationScores.length);
    expect(plain.card.season).toBeUndefined();
    const again = await Model.fromBytes(seasonal.toBytes());
    const data6 = cut(today, { season: "day" });
    expect(await again.score(data6)).toEqual(await seasonal.score(data6));
  });

  it("has an untrained control that is compared within the season, too", async () => {
    const quick = { seed: 1, epochs: 1, pretrainEpochs: 0, members: 1, latentDim: 4 } as const;
    const model = await new DeepSvdd(quick).fit(cut(history.slice(0, 48 * 45), { season: "day" }));
    const data = cut(load(6, 6), { season: "day" });
    const scores = (await model.untrainedScores(data))!;
    const middle = (hour: number): number => {
      const of = scores.filter((_, row) => data.starts[row]! % 48 === 2 * hour).sort();
      return of[of.length >> 1]!;
    };
    // Distances to a centre are 25 times as far apart by day as at night, or more.
    expect(middle(12) / middle(2)).toBeLessThan(3);
  });

  it("is streamed with the same answers", async () => {
    const stream = await ModelStream.open(seasonal);
    const answers = [
      ...(await stream.push(today.slice(0, 51))),
      ...(await (
        await ModelStream.open(seasonal, { state: JSON.parse(JSON.stringify(stream.state())) })
      ).push(today.slice(51))),
    ];
    const { scores, pValues } = await seasonal.score(cut(today, { season: "day" }));
    answers.slice(WINDOW - 1).forEach((answer, k) => {
      expect(answer).toMatchObject({ kind: "scored", score: scores[k], pValue: pValues[k] });
    });
  });

  it("is adapted to other rows, and stays compared within the season", async () => {
    const rows = load(30, 4).map(({ time, load }) => ({ time, load: load + 40 }));
    const samples = samplesOf(cut(rows, { season: "day", cover: true }), {
      ...{ rows: "time-steps", rowCount: rows.length },
    });
    const { model } = await adaptModel(seasonal, samples, { rule: "false-alarms 5%" });
    const moved = today.map(({ time, load }) => ({ time, load: load + 40 }));
    const { isAnomaly } = await model.score(cut(moved, { season: "day" }));
    expect(isAnomaly[52]).toBe(1);
    expect(isAnomaly.filter((flag) => flag === 1).length).toBeLessThan(0.12 * isAnomaly.length);
  });
});

describe("what a season needs", () => {
  it("is a time column that says when", () => {
    expect(() => seriesFromTable(tableFromColumns({ x: [1, 2, 3] }), { window: 1, season: "day" })).toThrow(
      'season is "day", but no time column was named',
    );
    const counts = tableFromColumns({ t: [1, 2, 3, 4], x: [1, 2, 3, 4] });
    expect(() => seriesFromTable(counts, { window: 1, season: "week", timeColumn: "t" })).toThrow(
      "plain numbers, neither dates nor times since 1970: no week is known",
    );
    expect(() => cut(history, { season: "year" as "day" })).toThrow(
      'season is "year", expected one of day, week',
    );
  });

  it("is data that say when, once the model compares by it", async () => {
    await expect(seasonal.score(cut(history.slice(0, 50)))).rejects.toThrow("holds no times");
  });

  it("is held-out windows enough: with few, all are compared with all, and a warning says so", async () => {
    const warnings: string[] = [];
    const model = await new Knn({ seed: 1 }).fit(cut(load(6, 5), { season: "day" }), {
      onWarning: (sentence) => warnings.push(sentence),
    });
    expect(model.card.season).toMatchObject({ parts: 1 });
    expect(warnings.join(" ")).toContain(
      "too few to compare within a season: even two parts of a day need 99 each",
    );
  });

  it("is windows held out of every hour: of two days many hours have few, which a warning names", async () => {
    const warnings: string[] = [];
    const stream = createRandom(7).stream("minutes");
    const minutes = Array.from({ length: 2 * 1440 }, (_, k) => ({
      time: new Date(1000 * (START + 60 * k)).toISOString(),
      load: Math.sin(k / 50) + 0.1 * stream.normal(),
    }));
    const options = { window: 30, timeColumn: "time", season: "day" } as const;
    const model = await new Pca({ seed: 0 }).fit(seriesFromTable(tableFromRows(minutes), options), {
      onWarning: (sentence) => warnings.push(sentence),
    });
    const { parts, fromAll } = model.card.season!;
    // Windows of a few stretches of two days are held out: of most hours there are none.
    expect(fromAll.length).toBeGreaterThan(parts / 2);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(
      `Fewer than 99 windows are held out of ${fromAll.length} of the season's ${parts} parts (`,
    );
    const told = [...warnings[0]!.matchAll(/(\d+):00 to (\d+):00/g)].flatMap(([, from, to]) =>
      Array.from(
        { length: (Number(to) - Number(from)) / (24 / parts) },
        (_, k) => Number(from) / (24 / parts) + k,
      ),
    );
    expect(told).toEqual(fromAll);
    expect(warnings[0]).toContain("Train on a longer time");
  });

  it("is rows held out once", async () => {
    await expect(
      new Knn({ calibration: "cross" }).fit(cut(history.slice(0, 480), { season: "day" })),
    ).rejects.toThrow('"calibration" is "cross"');
  });

  it("is as many windows in each part as a rule to come asks for", async () => {
    const model = await new Knn({ seed: 1 }).fit(cut(history, { season: "day" }), { calibrationSize: 199 });
    expect(model.card.season!.windows).toBeGreaterThanOrEqual(199);
    expect(model.card.season!.parts).toBe(2);
  });
});

it("hours are those that the clock shows, also after it was set back and on a grid", () => {
  // In the night of 25 October 2026 the hour from two to three comes twice.
  const shown = ["01:00", "01:30", "02:00", "02:30", "02:00", "02:30", "03:00", "03:30", "04:00"];
  const rows = shown.map((time, k) => ({ time: `2026-10-25 ${time}`, load: k % 3 }));
  const options = { window: 2, timeColumn: "time", season: "day" as const };
  const hours = (times: Float64Array): number[] => Array.from(times, (time) => (time % 86_400) / 3600);
  const expected = [1, 1.5, 2, 2.5, 2, 2.5, 3, 3.5, 4];
  expect(hours(seriesFromTable(tableFromRows(rows), options).times!)).toEqual(expected);
  const grid = seriesFromTable(tableFromRows(rows), { ...options, every: "30min" });
  expect(hours(grid.times!)).toEqual(expected);
});
