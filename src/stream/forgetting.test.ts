import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { seriesFromTable, tableFromRows } from "../data/index.js";
import { type Model, Pca } from "../index.js";
import { ModelStream, type StreamAnswer, type StreamState } from "./index.js";

const [WINDOW, HOUR] = [4, 3600];
const step = (machine: string, hours: number) => ({
  machine,
  time: new Date(Date.UTC(2026, 0, 5) + hours * HOUR * 1000).toISOString(),
  flow: Math.sin(hours / 3) + machine.length / 10,
});
type Step = ReturnType<typeof step>;
const cutting = { window: WINDOW, timeColumn: "time", entityColumn: "machine", maxGap: 30 * 24 * HOUR };
const options = { forgetAfter: "2d", mergeGap: 1 } as const;
let model: Model;

beforeAll(async () => {
  const training = Array.from({ length: 300 }, (_, k) => step(k % 2 ? "saw" : "press", k >> 1));
  model = await new Pca({ seed: 1 }).fit(seriesFromTable(tableFromRows(training), cutting));
});

const namesIn = ({ series }: StreamState): string[] => series.map(({ entity }) => entity);
const kinds = (answers: readonly StreamAnswer[]): string[] =>
  answers.map((answer) => (answer.kind === "pending" ? `pending ${answer.missing}` : answer.kind));
/** Steps of a machine, an hour apart. */
const hourly = (machine: string, from: number, count: number): Step[] =>
  Array.from({ length: count }, (_, k) => step(machine, from + k));

describe("a stream that forgets", () => {
  it("keeps nothing of series without messages for so long, as time advances and on load", async () => {
    const stream = await ModelStream.open(model, options);
    await stream.push([...hourly("saw", 0, 6), ...hourly("press", 0, 40)]);
    expect(namesIn(stream.state())).toEqual(["saw", "press"]);
    const before = JSON.parse(JSON.stringify(stream.state()));
    await stream.push(hourly("press", 40, 20));
    expect(namesIn(stream.state())).toEqual(["press"]);
    // The saw is new when it comes again, also to a stream that had not dropped it yet.
    expect(kinds(await stream.push([step("saw", 60)]))).toEqual(["pending 3"]);
    const other = await ModelStream.open(model, { ...options, state: before });
    expect(kinds(await other.push([step("saw", 60)]))).toEqual(["pending 3"]);
    expect(other.seriesState("saw")!.series).toMatchObject({ steps: 1, open: null });
    // Of a state from before the option: what is too old goes on load.
    const { heard: _, ...old } = before.series[0];
    const loaded = await ModelStream.open(model, {
      ...{ ...options, forgetAfter: "1d" },
      state: { ...before, series: [old, before.series[1]] },
    });
    expect(namesIn(loaded.state())).toEqual(["press"]);
    // Without the option nothing is forgotten, and the state is as it was.
    const plain = await ModelStream.open(model, { mergeGap: 1 });
    await plain.push([...hourly("saw", 0, 6), ...hourly("press", 0, 100)]);
    expect(kinds(await plain.push([step("saw", 101)]))).toEqual(["scored"]);
    expect(plain.state().series[0]).not.toHaveProperty("heard");
  });

  it("says the same however rows are divided, late ones and gone ones among them", async () => {
    const machines = ["a", "b", "c", "d"];
    const rows = Array.from({ length: 160 }, (_, k) => {
      const machine = machines[(k * k + (k >> 3)) % 4]!;
      // Each is silent for days now and then; some steps come late.
      return step(machine, 3 * k + (k % 11 === 0 ? -20 : 0) + (machine === "d" && k > 80 ? 50 : 0));
    });
    const inPieces = async (sizes: readonly number[]) => {
      const answers: StreamAnswer[] = [];
      let state: StreamState | undefined;
      for (let from = 0, k = 0; from < rows.length; k++) {
        const stream = await ModelStream.open(model, { ...options, state });
        const to = from + sizes[k % sizes.length]!;
        answers.push(...(await stream.push(rows.slice(from, to))));
        state = JSON.parse(JSON.stringify(stream.state()));
        from = to;
      }
      return { answers, state };
    };
    const whole = await inPieces([rows.length]);
    const anew = kinds(whole.answers).filter((kind) => kind === "pending 3").length;
    expect(anew).toBeGreaterThan(4);
    expect(kinds(whole.answers)).toContain("scored");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
        async (sizes) => {
          const found = await inPieces(sizes);
          expect(found.answers).toEqual(whole.answers);
          const sorted = ({ state }: typeof found) =>
            [...state!.series].sort((a, b) => (a.entity < b.entity ? -1 : 1));
          expect(sorted(found)).toEqual(sorted(whole));
        },
      ),
      { numRuns: 8 },
    );
  });

  it("does not believe one machine that is ahead of all others", async () => {
    const stream = await ModelStream.open(model, options);
    await stream.push([...hourly("saw", 0, 6), ...hourly("press", 0, 6)]);
    const year = 24 * 365;
    await stream.push([step("broken", year), step("broken", year + 1)]);
    expect(kinds(await stream.push([step("saw", 7), step("press", 7)]))).toEqual(["scored", "scored"]);
    expect(namesIn(stream.state())).toEqual(["saw", "press", "broken"]);
    // After a long pause of all, the second to come again confirms the time of the first.
    const paused = await ModelStream.open(model, options);
    await paused.push([...hourly("saw", 0, 6), ...hourly("press", 0, 6)]);
    const later = 24 * 30;
    expect(kinds(await paused.push([step("saw", later)]))).toEqual(["pending 3"]);
    expect(namesIn(paused.state())).toContain("press");
    await paused.push([step("mill", later + 1)]);
    expect(namesIn(paused.state())).toEqual(["saw", "mill"]);
  });

  it("needs a time column, and a length of time", async () => {
    const counted = await new Pca({ seed: 1 }).fit(
      seriesFromTable(tableFromRows(hourly("saw", 0, 200).map(({ flow }) => ({ flow }))), { window: 4 }),
    );
    await expect(ModelStream.open(counted, { forgetAfter: "1d" })).rejects.toThrow(/knows no times/);
    await expect(ModelStream.open(model, { forgetAfter: "soon" })).rejects.toThrow(/forgetAfter must be/);
    const table = await new Pca({ seed: 1 }).fit(
      tableFromRows(hourly("saw", 0, 200).map(({ flow }) => ({ flow, b: flow % 1 }))),
    );
    await expect(ModelStream.open(table, { forgetAfter: "1d" })).rejects.toThrow(/nothing is remembered/);
  });
});
