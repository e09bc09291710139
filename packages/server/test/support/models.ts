import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Knn, type Model, Pca, seriesFromTable, tableFromRows } from "hypersphere";

export type PlantRow = { readonly flow: number; readonly load: number; readonly mode: string };

/** Two columns that go together and a mode; the same rows each time. */
export function plantRows(count: number, from = 1): PlantRow[] {
  return Array.from({ length: count }, (_, k) => {
    const t = ((k + from) * 0.618) % 1;
    return {
      flow: t,
      load: 2 * t + 0.05 * Math.sin(7 * (k + from)),
      mode: (k + from) % 3 === 0 ? "idle" : "run",
    };
  });
}

export const ODD: PlantRow = { flow: 0.5, load: -6, mode: "run" };

/** A body of CSV, and what says that it is one. */
export const CSV = { headers: { "content-type": "text/csv" } };
export const csvOf = (rows: readonly object[]): string =>
  [Object.keys(rows[0]!).join(","), ...rows.map((row) => Object.values(row).join(","))].join("\n");

/** Readings of two pumps, a minute apart. */
export const pumpRows = (count: number, shift = 0) =>
  Array.from({ length: count }, (_, k) => ({
    pump: k % 2 === 0 ? "a" : "b",
    time: new Date(Date.UTC(2026, 0, 5) + (k >> 1) * 60_000).toISOString(),
    flow: Math.sin((k >> 1) / 4) + 0.05 * Math.sin(13 * k) + shift,
    load: Math.cos((k >> 1) / 4) + 0.05 * Math.sin(17 * k),
  }));

export const fitPlant = (seed = 1): Promise<Model> => new Knn({ seed }).fit(tableFromRows(plantRows(400)));

const fitPump = (): Promise<Model> =>
  new Pca({ seed: 1 }).fit(
    seriesFromTable(tableFromRows(pumpRows(600)), { window: 8, timeColumn: "time", entityColumn: "pump" }),
  );

/** A folder with a model of a table and one of a series. */
export async function writeModels(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  await (await fitPlant()).save(join(folder, "plant.onnx"), { force: true });
  await (await fitPump()).save(join(folder, "pump.onnx"), { force: true });
  return folder;
}
