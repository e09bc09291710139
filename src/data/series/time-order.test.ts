import { describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.js";
import { tableFromColumns } from "../table/table-from.js";
import { seriesFromTable } from "./series-from-table.js";

const MINUTE = 60_000;

/** Local times in Berlin of a regular series, as a clock on the wall shows them: from the platform's own time zones. */
function wallClock(from: string, minutes: number, count: number, timeZone = "Europe/Berlin"): string[] {
  const zone = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    dateStyle: "short",
    timeStyle: "medium",
  });
  return Array.from({ length: count }, (_, k) => zone.format(Date.parse(from) + k * minutes * MINUTE));
}

/** The places of the rows in the order of time, and what was said. */
function ordered(columns: Record<string, (string | number)[]>, entityColumn?: string) {
  const table = tableFromColumns(columns as Record<string, string[]>, "meter.csv");
  const { rowSteps, starts, warnings, layout } = seriesFromTable(table, {
    window: 2,
    timeColumn: "t",
    entityColumn,
  });
  return { steps: [...rowSteps], windows: starts.length, warnings, layout };
}

const numbers = (count: number) => Array.from({ length: count }, (_, k) => k);
const setBack = expect.stringContaining("go back by an hour in row");

describe("the end of summer time", () => {
  it.each([1, 5, 15, 30])("keeps the order of rows every %d minutes", (minutes) => {
    const t = wallClock("2023-10-28T22:00:00Z", minutes, 600 / minutes);
    const { steps, windows, warnings } = ordered({ t, v: numbers(t.length) });
    expect(steps).toEqual(numbers(t.length));
    // One segment: the hour is no gap.
    expect(windows).toBe(t.length - 1);
    expect(warnings).toEqual([setBack]);
    const row = (3 * 60) / minutes;
    expect(warnings[0]).toContain(`in row ${row + 1} ("2023-10-29 02:00:00" after "${t[row - 1]}")`);
  });

  it("keeps hourly rows of one time in their order", () => {
    const t = wallClock("2023-10-28T12:00:00Z", 60, 48);
    const { steps, warnings } = ordered({ t, v: numbers(48) });
    expect(steps).toEqual(numbers(48));
    expect(warnings).toEqual([expect.stringContaining("1 row has the same time as the row before")]);
  });

  it("is found in each of several series, and in files with the latest row first", () => {
    const one = wallClock("2023-10-28T22:00:00Z", 15, 40);
    const t = one.flatMap((text) => [text, text]);
    const m = one.flatMap(() => ["a", "b"]);
    const mixed = ordered({ t, m, v: numbers(80) }, "m");
    expect(mixed.steps).toEqual(numbers(80).map((row) => (row % 2) * 40 + (row >> 1)));
    expect(mixed.warnings).toEqual([expect.stringContaining(", and 1 time more.")]);
    expect(ordered({ t: one.toReversed(), v: numbers(40) }).steps).toEqual(numbers(40).reverse());
    const hourly = wallClock("2023-10-28T12:00:00Z", 60, 48).reverse();
    expect(ordered({ t: hourly, v: numbers(48) }).steps).toEqual(numbers(48).reverse());
  });

  it("may come every year, with the spring between", () => {
    const t = wallClock("2021-10-01T00:00:00Z", 30, 2 * 24 * 800);
    const { steps, warnings } = ordered({ t, v: numbers(t.length) });
    expect(steps).toEqual(numbers(t.length));
    expect(warnings[0]).toContain(", and 2 times more.");
  });

  it("is found in numbers that were made of local times", () => {
    const t = wallClock("2023-10-28T22:00:00Z", 15, 40).map((text) => Date.parse(`${text}Z`) / 1000);
    expect(ordered({ t, v: numbers(40) })).toMatchObject({ steps: numbers(40), warnings: [setBack] });
  });

  it("does not exist for times since 1970, which is said", () => {
    const t = wallClock("2023-10-28T22:00:00Z", 15, 40).map((text) => Date.parse(`${text}Z`));
    const { warnings } = ordered({ t, v: numbers(40) });
    expect(warnings).toEqual([expect.stringContaining("UTC, which knows no summer time")]);
    expect(warnings[0]).not.toContain("end of summer time");
    const dates = ordered({ t: wallClock("2023-10-28T22:00:00Z", 15, 40), v: numbers(40) });
    expect(dates.warnings).toEqual([expect.stringContaining("end of summer time")]);
  });

  it.each([
    ["jittering", 5, (one: number) => 0.7 + 0.6 * one],
    ["with rows that are lost", 5, (one: number) => (one < 0.2 ? 2 : 1)],
    ["at random", 1, (one: number) => -Math.log(1 - 0.9 * one)],
  ])("may be half an hour back between irregular steps: %s", (_, minutes, factor) => {
    const start = Date.parse("2024-04-06T12:00:00Z");
    for (let draw = 0; draw < 10; draw++) {
      const random = createRandom(draw).stream("steps");
      const t: string[] = [];
      for (let at = start; at < start + 360 * MINUTE; at += minutes * MINUTE * factor(random.uniform())) {
        const clock = at < start + 180 * MINUTE ? at + 30 * MINUTE : at;
        t.push(new Date(clock).toISOString().slice(0, 19));
      }
      const { steps, warnings } = ordered({ t, v: numbers(t.length) });
      expect(steps).toEqual(numbers(t.length));
      expect(warnings).toContainEqual(expect.stringContaining("go back by half an hour"));
    }
  });

  it.each([1, 5, 10, 15])("may be half an hour back, as on Lord Howe Island, every %d minutes", (minutes) => {
    // +11 until 2023-04-02 02:00, +10:30 after.
    const t = wallClock("2023-04-01T09:00:00Z", minutes, 720 / minutes, "Australia/Lord_Howe");
    const back = t.findIndex((text, k) => k > 0 && text < t[k - 1]!);
    expect(t[back]).toBe("2023-04-02 01:30:00");
    const { steps, windows, warnings } = ordered({ t, v: numbers(t.length) });
    expect(steps).toEqual(numbers(t.length));
    expect(windows).toBe(t.length - 1);
    expect(warnings).toEqual([expect.stringContaining(`go back by half an hour in row ${back + 1}`)]);
    expect(ordered({ t: t.toReversed(), v: numbers(t.length) }).steps).toEqual(numbers(t.length).reverse());
  });

  it("leaves a gap in spring, and nothing else", () => {
    const t = wallClock("2024-03-30T22:00:00Z", 15, 40);
    const { steps, warnings, windows } = ordered({ t, v: numbers(40) });
    expect(steps).toEqual(numbers(40));
    expect(warnings).toEqual([
      expect.stringContaining("1 gap (over 45 min between two rows, the longest 1.25 h)"),
    ]);
    expect(windows).toBe(38);
  });
});

describe("files that are not in order", () => {
  const t = Array.from({ length: 96 }, (_, k) =>
    new Date(Date.UTC(2023, 9, 10) + k * 15 * MINUTE).toISOString().slice(0, 19).replace("T", " "),
  );
  const sorted = (times: string[], values: number[] = numbers(times.length)) => {
    const { steps, warnings } = ordered({ t: times, v: values });
    const inTime = numbers(times.length).sort((a, b) =>
      times[a]! < times[b]! ? -1 : times[a]! > times[b]! ? 1 : a - b,
    );
    expect(inTime.map((row) => steps[row])).toEqual(numbers(times.length));
    expect(warnings).not.toContainEqual(expect.stringContaining("go back by"));
    expect(warnings).toContainEqual(expect.stringContaining('The rows are sorted by "t"'));
  };

  it("are sorted where rows are shuffled", () => {
    sorted(Array.from(createRandom(1).stream("rows").permutation(96), (k) => t[k]!));
  });

  it("are sorted where one row came 45 minutes late", () => {
    sorted([...t.slice(0, 40), ...t.slice(41, 44), t[40]!, ...t.slice(44)]);
  });

  it("are sorted where two stretches stand in the wrong order", () => {
    sorted([...t.slice(0, 20), ...t.slice(40), ...t.slice(20, 40)]);
    sorted([...t.slice(0, 40), ...t.slice(44, 48), ...t.slice(40, 44), ...t.slice(48)]);
  });

  it.each([
    ["Australia/Lord_Howe", "2023-04-01T05:00:00Z", "half an hour", [12, 20, 25, 29]],
    ["Europe/Berlin", "2023-10-28T12:00:00Z", "an hour", [12, 25, 40, 50, 59]],
  ])("may be set back at steps that do not divide it (%s)", (zone, from, by, steps) => {
    for (const minutes of steps) {
      const t = wallClock(from, minutes, Math.floor(1440 / minutes), zone);
      const found = ordered({ t, v: numbers(t.length) });
      expect(found.steps, `${minutes} minutes`).toEqual(numbers(t.length));
      expect(found.windows).toBe(t.length - 1);
      expect(found.warnings).toEqual([expect.stringContaining(`go back by ${by} in row`)]);
    }
  });

  it("are sorted where rows changed places at steps at which that goes back as far", () => {
    for (const minutes of [10, 15, 20, 30]) {
      const t = wallClock("2023-07-01T00:00:00Z", minutes, 60, "UTC");
      [t[30], t[31]] = [t[31]!, t[30]!];
      const swapped = numbers(60).with(30, 31).with(31, 30);
      expect(ordered({ t, v: numbers(60) }).steps, `${minutes} minutes`).toEqual(swapped);
    }
  });

  it("are sorted where rows half an hour apart changed places, or one was sent again", () => {
    sorted([...t.slice(0, 40), t[41]!, t[40]!, ...t.slice(42)]);
    sorted([...t.slice(0, 40), t[42]!, t[43]!, t[40]!, t[41]!, ...t.slice(44)]);
    sorted([...t.slice(0, 42), t[40]!, ...t.slice(42)]);
    sorted([...t, t[94]!]);
  });

  it("are sorted where two files overlap by an hour, and agree there", () => {
    const values = numbers(96);
    sorted([...t.slice(0, 40), ...t.slice(37)], [...values.slice(0, 40), ...values.slice(37)]);
  });

  it("are said to be, with the first row that stands too late", () => {
    const late = [...t.slice(0, 40), ...t.slice(41, 44), t[40]!, ...t.slice(44)];
    expect(ordered({ t: late, v: numbers(96) }).warnings).toEqual([
      `meter.csv: 1 row has an earlier time than the row before, the first in row 44 ("${t[40]}" after "${t[43]}"). ` +
        'The rows are sorted by "t"; if a clock was set back there, give times with their offset from UTC.',
    ]);
    const back = ordered({ t: late.toReversed(), v: numbers(96) }).warnings;
    expect(back).toEqual([expect.stringContaining(`in row 53 ("${t[40]}" after "${t[43]}")`)]);
    expect(ordered({ t: t.toReversed(), v: numbers(96) }).warnings).toEqual([]);
    // Two machines, each in order.
    const [m, both] = [numbers(192).map((row) => `m${row % 2}`), numbers(192).map((row) => t[row >> 1]!)];
    expect(ordered({ t: both, m, v: numbers(192) }, "m").warnings).toEqual([]);
  });

  it("are sorted where they state their zone", () => {
    const zoned = wallClock("2023-10-28T22:00:00Z", 15, 40).map((text) => `${text}+01:00`);
    sorted(zoned);
  });
});
