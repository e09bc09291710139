import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { seriesFromTable, tableFromRows } from "../data/index.js";
import { Knn, type Model, Pca } from "../index.js";
import { createRandom } from "../math/random.js";
import { onlineFdr } from "../scoring/index.js";
import { ModelStream, type StreamAnswer } from "./index.js";

const random = createRandom("stream").stream("rows");
type Row = Record<string, unknown>;

/** Two machines, a reading a minute each in turn, and an hour's gap in the middle. */
function readings(count: number, shift = 0): Row[] {
  return Array.from({ length: count }, (_, k) => {
    const step = k >> 1;
    const minute = step + (step >= count / 4 ? 60 : 0);
    return {
      machine: k % 2 === 0 ? "press" : "saw",
      time: new Date(Date.UTC(2026, 0, 5) + minute * 60_000).toISOString(),
      flow: Math.sin(step / 4) + 0.1 * random.normal() + shift,
      mode: step % 3 === 0 ? "idle" : "run",
      load: k % 17 === 0 ? null : Math.cos(step / 4) + 0.1 * random.normal(),
    };
  });
}

const WINDOW = 8;
const cutting = { window: WINDOW, timeColumn: "time", entityColumn: "machine" };
let pump: Model;
let plant: Model;
const rows = readings(240);
const normal = readings(600).map(({ machine: _, time: __, ...row }) => row);

beforeAll(async () => {
  pump = await new Pca({ seed: 1 }).fit(seriesFromTable(tableFromRows(readings(800)), cutting));
  plant = await new Knn({ seed: 1 }).fit(tableFromRows(normal));
});

/** Pushes rows in pieces, each by a stream that goes on from the state of the one before. */
async function inPieces(model: Model, all: readonly unknown[], sizes: readonly number[], options = {}) {
  const answers: StreamAnswer[] = [];
  let state: unknown;
  for (let from = 0, k = 0; from < all.length; k++) {
    const stream = await ModelStream.open(model, { ...options, ...(k > 0 && { state }) });
    const to = from + sizes[k % sizes.length]!;
    answers.push(...(await stream.push(all.slice(from, to))));
    state = JSON.parse(JSON.stringify(stream.state()));
    from = to;
  }
  return answers;
}

const scoresOf = (answers: readonly StreamAnswer[]): (number | undefined)[] =>
  answers.map((answer) => (answer.kind === "scored" ? answer.score : undefined));

describe("steps of several series", () => {
  it("are said to come at another rate than in training, once", async () => {
    const stream = await ModelStream.open(pump);
    await stream.push(rows);
    expect(stream.warnings).toEqual([]);
    const slow = rows.map((row, k) => ({
      ...row,
      time: new Date(Date.UTC(2026, 0, 5) + (k >> 1) * 150_000).toISOString(),
    }));
    const slower = await ModelStream.open(pump);
    await slower.push(slow.slice(0, 40));
    expect(slower.warnings).toEqual([]);
    for (const from of [40, 80]) await slower.push(slow.slice(from, from + 40));
    expect(slower.warnings).toEqual([
      expect.stringContaining(
        "The stream: the usual time between two rows is 2.5 min, and was 1 min in training",
      ),
    ]);
  });

  it("have the scores of the windows that end with them, to the last bit", async () => {
    const stream = await ModelStream.open(pump);
    const answers = await stream.push(rows);
    const series = seriesFromTable(tableFromRows(rows), cutting);
    const batch = await pump.score(series);
    const expected = new Array<number | undefined>(rows.length).fill(undefined);
    const rowOfStep = new Map(Array.from(series.rowSteps, (step, row) => [step, row]));
    series.starts.forEach((start, k) => {
      expected[rowOfStep.get(start + WINDOW - 1)!] = batch.scores[k];
    });
    expect(scoresOf(answers)).toEqual(expected);
    // Seven steps of each machine, at the beginning and after the gap, have no window.
    expect(answers.filter(({ kind }) => kind === "pending")).toHaveLength(4 * (WINDOW - 1));
    expect(answers[0]).toMatchObject({ kind: "pending", missing: WINDOW - 1 });
  });

  it("are answered the same however they are divided, and go on from a state", async () => {
    const odd = rows.map((row, k) => (k > 100 && k < 130 ? { ...row, flow: 9 } : row));
    const fdr = { procedure: "saffron", alpha: 0.2 } as const;
    const [byThreshold, byRate] = [{ mergeGap: 2, driftDelta: 0.05 }, { fdr }];
    const whole = await inPieces(pump, odd, [odd.length], byThreshold);
    const events = whole.flatMap((answer) => (answer.kind === "refused" ? [] : answer.incidents));
    expect(events.filter(({ kind }) => kind === "opened").length).toBeGreaterThan(0);
    const discoveries = await inPieces(pump, odd, [odd.length], byRate);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 11, max: 70 }), { minLength: 1, maxLength: 6 }),
        async (sizes) => {
          expect(await inPieces(pump, odd, sizes, byThreshold)).toEqual(whole);
          expect(await inPieces(pump, odd, sizes, byRate)).toEqual(discoveries);
        },
      ),
      { numRuns: 4 },
    );
  });

  it("are told by one series alone, passed from stream to stream", async () => {
    const options = { mergeGap: 2 };
    const odd = rows.map((row, k) => (k > 100 && k < 130 ? { ...row, flow: 9 } : row));
    const whole = await (await ModelStream.open(pump, options)).push(odd);
    // Each machine has a stream of its own, which is replaced at every step.
    const answers: StreamAnswer[] = [];
    const states = new Map<unknown, unknown>();
    for (const [from, to] of [
      [0, 31],
      [31, 115],
      [115, 240],
    ]) {
      const part = odd.slice(from, to);
      const said = new Map<unknown, StreamAnswer[]>();
      for (const name of ["press", "saw"]) {
        const stream = await ModelStream.open(pump, options);
        if (states.has(name)) stream.restoreSeries(states.get(name));
        said.set(name, await stream.push(part.filter((row) => row["machine"] === name)));
        states.set(name, JSON.parse(JSON.stringify(stream.seriesState(name))));
        expect(stream.seriesState("drill")).toBeUndefined();
      }
      answers.push(...part.map((row) => said.get(row["machine"])!.shift()!));
    }
    expect(answers).toEqual(whole);
  });

  it("go on under another model of the same columns, and begin anew under one of others", async () => {
    const stream = await ModelStream.open(pump);
    await stream.push(rows.slice(0, 40));
    const state = stream.seriesState("press");
    const retrained = await new Pca({ seed: 2 }).fit(seriesFromTable(tableFromRows(readings(600)), cutting));
    const next = await ModelStream.open(retrained);
    next.restoreSeries(state);
    expect((await next.push([rows[40]]))[0]!.kind).toBe("scored");
    next.restoreSeries({ ...state, channels: ["flow"] });
    expect((await next.push([rows[40]]))[0]).toMatchObject({ kind: "pending", missing: WINDOW - 1 });
    expect(() => next.restoreSeries({ version: 1 })).toThrow(/not the state of a series/);
  });

  it("read numbers that some rows state as texts under the same name", async () => {
    const asText = rows.map((row, k) => (k >= 40 && k < 80 ? { ...row, flow: String(row["flow"]) } : row));
    expect(await inPieces(pump, asText, [40])).toEqual(await inPieces(pump, rows, [40]));
  });

  it("refuses what comes too late or cannot be read, which changes nothing of the others", async () => {
    const clean = await (await ModelStream.open(pump)).push(rows);
    const poison: [number, unknown, RegExp][] = [
      [20, { ...rows[2] }, /before that of the last step of series "press"/],
      [31, { ...rows[31], flow: "broken" }, /trained on numbers, but .* holds "broken"/],
      [40, { ...rows[40], time: "yesterday" }, /yesterday/],
      [41, { ...rows[40], machine: undefined }, /nothing in the entity column "machine"/],
      [50, 17, /A row is 17, expected a record/],
      [51, { pressure: 1, machine: "saw", time: rows[51]!["time"] }, /none of the model's columns/],
      [60, { ...rows[60], flow: [1, 2] }, /holds a list/],
    ];
    const mixed: unknown[] = [...rows];
    for (const [place, row] of poison.toReversed()) mixed.splice(place, 0, row);
    const stream = await ModelStream.open(pump);
    const answers = await stream.push(mixed);
    for (const [k, [place, , message]] of poison.entries()) {
      const answer = answers[place + k]!;
      expect(answer).toMatchObject({ kind: "refused", error: { message: expect.stringMatching(message) } });
    }
    expect(answers.filter(({ kind }) => kind !== "refused")).toEqual(clean);
    expect(stream.rows).toBe(mixed.length);
  });
});

describe("rows of a table", () => {
  it("have the scores of a file, with the columns that they lack as missing values", async () => {
    const given = normal
      .slice(0, 40)
      .map((row, k) => (k % 5 === 0 ? { flow: row["flow"], mode: row["mode"] } : row));
    const stream = await ModelStream.open(plant);
    const batch = await plant.score(tableFromRows(given));
    expect(scoresOf(await stream.push(given))).toEqual(Array.from(batch.scores));
    // Alone, where no neighbour has the column, too.
    expect(scoresOf(await stream.push([given[0]]))).toEqual([batch.scores[0]]);
  });

  it("are decided by false discovery rate as the p-values alone are", async () => {
    const given = normal.slice(0, 60).map((row, k) => (k % 20 === 7 ? { ...row, flow: 50 } : row));
    const options = { procedure: "lord", alpha: 0.3 } as const;
    const answers = await (await ModelStream.open(plant, { fdr: options })).push(given);
    const fdr = onlineFdr(options);
    const { pValues } = await plant.score(tableFromRows(given));
    const expected = Array.from(pValues, (p) => fdr.next(p));
    expect(answers).toMatchObject(expected.map(({ level, reject }) => ({ level, isAnomaly: reject })));
  });
});

describe("a stream refuses", () => {
  it("states of other models, other promises, and things that are none", async () => {
    const stream = await ModelStream.open(plant, { driftDelta: 0.1 });
    await stream.push(normal.slice(0, 5));
    const state = stream.state();
    const refused = (model: Model, options: object) =>
      expect(ModelStream.open(model, options as never)).rejects;
    await refused(pump, { state }).toMatchObject({
      message: expect.stringContaining("another model's stream"),
    });
    await refused(plant, { state }).toMatchObject({
      message: 'option "driftDelta" is missing, but the stream was begun with 0.1.',
    });
    await refused(plant, { state, driftDelta: 0.1, fdr: { procedure: "lord", alpha: 0.1 } }).toMatchObject({
      message: 'option "fdr" is lord at 0.1, but the stream was begun without it.',
    });
    await refused(plant, { state: { version: 2 } }).toMatchObject({ code: "unreadable-data" });
    await refused(plant, { speed: 3 }).toMatchObject({ code: "invalid-option" });
    await refused(pump, { mergeGap: -1 }).toMatchObject({ code: "invalid-option" });
  });

  it("options for stretches where rows make none, and rows that are no array", async () => {
    for (const options of [{ mergeGap: 3 }, { minLength: 2 }]) {
      await expect(ModelStream.open(plant, options)).rejects.toMatchObject({
        code: "invalid-option",
        message: expect.stringContaining("its rows make no stretches"),
      });
    }
    const stream = await ModelStream.open(plant);
    for (const given of [normal[0], "row", null, undefined]) {
      await expect(stream.push(given as never)).rejects.toMatchObject({
        code: "invalid-option",
        message: expect.stringContaining("expected an array of records"),
      });
    }
    expect((await stream.push(normal.slice(0, 1)))[0]).toMatchObject({ kind: "scored" });
  });

  it("models that bring their series to a grid", async () => {
    const grid = await new Pca({ seed: 1 }).fit(
      seriesFromTable(tableFromRows(readings(400)), { ...cutting, every: "1min" }),
    );
    await expect(ModelStream.open(grid)).rejects.toMatchObject({
      message: "The model brings series to a grid of 60 seconds; a stream takes steps as they come.",
    });
  });
});
