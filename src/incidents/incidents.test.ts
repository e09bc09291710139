import { beforeAll, describe, expect, it } from "vitest";
import { samplesOf } from "../data/samples.js";
import { seriesFromTable } from "../data/series/series-from-table.js";
import { seriesFromWindows } from "../data/series/windows.js";
import { tableFromColumns } from "../data/table/table-from.js";
import { Knn } from "../detectors/neighbours/knn.js";
import { median } from "../math/quantile.js";
import { createRandom } from "../math/random.js";
import type { Model } from "../model/index.js";
import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import { findIncidents, severityOf } from "./incidents.js";

provideBackend(nodeBackend({ cores: 1 }));

const random = createRandom(4);
interface Fault {
  readonly machine: string;
  readonly from: number;
  readonly to: number;
}

/** Two machines of 300 minutes each; faults lift the pressure. Of b, the minutes from 150 to 249 are missing. */
function plant(seed: number, faults: readonly Fault[] = []) {
  const stream = random.stream("plant", seed);
  const rows = ["a", "b"].flatMap((machine) =>
    Array.from({ length: 300 }, (_, minute) => ({ machine, minute })).filter(
      ({ minute }) => machine === "a" || minute < 150 || minute >= 250,
    ),
  );
  const isFaulty = ({ machine, minute }: (typeof rows)[number]): boolean =>
    faults.some((fault) => fault.machine === machine && minute >= fault.from && minute < fault.to);
  const table = tableFromColumns({
    machine: rows.map(({ machine }) => machine),
    minute: rows.map(({ minute }) => minute),
    flow: rows.map(({ minute }) => Math.sin(minute / 3) + 0.1 * stream.normal()),
    pressure: rows.map((row) => 0.3 * stream.normal() + (isFaulty(row) ? 8 : 0)),
  });
  const series = seriesFromTable(table, {
    ...{ window: 10, timeColumn: "minute", entityColumn: "machine", cover: true },
  });
  return { rows, data: samplesOf(series, { rows: "time-steps", rowCount: rows.length }) };
}

let model: Model;
beforeAll(async () => {
  model = await new Knn({ seed: 1 }).fit(plant(1).data);
});

describe("findIncidents", () => {
  const faults = [
    { machine: "a", from: 100, to: 120 },
    { machine: "a", from: 290, to: 300 },
    { machine: "b", from: 0, to: 10 },
    { machine: "b", from: 140, to: 150 },
    { machine: "b", from: 250, to: 260 },
  ];

  it("keeps machines and gaps apart, and says where, how long and by which sensor", async () => {
    const { rows, data } = plant(2, faults);
    const { incidents, scores, mergeGap, minLength } = await findIncidents(model, data, {
      threshold: 1.2 * model.calibrationScores.at(-1)!,
      minLength: 5,
    });
    expect([mergeGap, minLength]).toEqual([5, 5]);
    const where = incidents.map(({ fromRow, toRow }) => [rows[fromRow]!, rows[toRow]!] as const);
    expect(where).toHaveLength(faults.length);
    faults.forEach(({ machine, from, to }, k) => {
      const [first, last] = where[k]!;
      expect([first.machine, last.machine]).toEqual([machine, machine]);
      // The mean over windows reaches a window further at most.
      expect(first.minute).toBeGreaterThanOrEqual(from - 10);
      expect(first.minute).toBeLessThanOrEqual(from);
      expect(last.minute).toBeGreaterThanOrEqual(to - 1);
      expect(last.minute).toBeLessThanOrEqual(to + 10);
    });
    const usual = median(model.calibrationScores);
    for (const { fromRow, toRow, peak, peakRow, pValue, severity, sensors, steps, flagged } of incidents) {
      expect(sensors).toEqual(["pressure"]);
      const inside = scores.scores.slice(fromRow, toRow + 1);
      expect([peak, pValue]).toEqual([Math.max(...inside), scores.pValues[peakRow]]);
      expect(steps).toBe(toRow - fromRow + 1);
      expect(flagged).toBe(scores.isAnomaly.slice(fromRow, toRow + 1).reduce((a, b) => a + b, 0));
      expect(severity).toBeCloseTo((peak - usual) / (scores.threshold - usual), 6);
      expect(severity).toBeGreaterThan(1);
    }
  });

  it("has every flagged row in one incident, and decides as it is told", async () => {
    const { data } = plant(3, faults);
    const { incidents, scores } = await findIncidents(model, data, { percentile: 90, mergeGap: 0 });
    scores.isAnomaly.forEach((flag, row) => {
      const around = incidents.filter(({ fromRow, toRow }) => fromRow <= row && row <= toRow);
      expect(around).toHaveLength(flag);
    });
    const strict = await findIncidents(model, data, { threshold: 1e9 });
    expect(strict.incidents).toEqual([]);
  });

  it("names columns that had one value in training, and have another", async () => {
    const steps = (seed: number, from: number, to: number) => {
      const stream = random.stream("constants", seed);
      const isOther = (minute: number): boolean => minute >= from && minute < to;
      const minutes = Array.from({ length: 200 }, (_, minute) => minute);
      const table = tableFromColumns({
        minute: minutes,
        flow: minutes.map(
          (minute) => Math.sin(minute / 3) + 0.1 * stream.normal() + (isOther(minute) ? 9 : 0),
        ),
        valve: minutes.map((minute) => (isOther(minute) ? 7 : 5)),
        mode: minutes.map((minute) => (isOther(minute) ? "hand" : "auto")),
        speed: minutes.map(() => 3),
      });
      return seriesFromTable(table, { window: 10, timeColumn: "minute", cover: true });
    };
    const watching = await new Knn({ seed: 1 }).fit(steps(1, 0, 0));
    const { incidents } = await findIncidents(watching, steps(2, 80, 90), { mergeGap: 20, minLength: 5 });
    const fault = incidents.find(({ peakRow }) => peakRow >= 70 && peakRow < 100);
    expect(fault?.sensors.toSorted()).toEqual(["flow", "mode", "valve"]);
    expect(fault?.sensors.at(-1)).toBe("flow");
  });

  it("takes a series without samples around it", async () => {
    const { data } = plant(2, faults);
    const given = await findIncidents(model, data.data);
    expect(given.incidents).toEqual((await findIncidents(model, data)).incidents);
  });

  it("refuses what has no time steps, and lengths that are none, before it scores", async () => {
    const windows = seriesFromWindows({ data: new Float64Array(200), windows: 10, steps: 10, channels: 2 }, [
      "flow",
      "pressure",
    ]);
    await expect(findIncidents(model, windows)).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining("no time steps that follow one another"),
    });
    await expect(findIncidents(model, tableFromColumns({ flow: [1] }))).rejects.toMatchObject({
      code: "unfit-data",
    });
    await expect(findIncidents(model, plant(2).data, { mergeGap: -1 })).rejects.toMatchObject({
      code: "invalid-option",
    });
  });
});

it("severity is 1 at the threshold, and unknown below the usual score", () => {
  expect(severityOf(3, 3, 1)).toBe(1);
  expect(severityOf(5, 3, 1)).toBe(2);
  expect(severityOf(5, 1, 1)).toBeUndefined();
});
