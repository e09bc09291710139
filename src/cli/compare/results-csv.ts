import type { JobRow } from "../../evaluate/compare/index.js";
import { type Cell, type CsvRowOptions, formatCsvRow } from "../../formats/table/csv-row.js";

const COLUMNS = [
  "dataset",
  "detector",
  "seed",
  "auroc",
  "aurocLow",
  "aurocHigh",
  "averagePrecision",
  "prevalence",
  "precision",
  "recall",
  "f1",
  "falseAlarmRate",
  "precisionAtAnomalies",
  "recallAt1",
  "recallAt5",
  "untrainedAuroc",
  "pixelAuroc",
  "pixelAveragePrecision",
  "pixelAupro",
  "trainRows",
  "testRows",
  "fitSeconds",
  "scoreSeconds",
  "peakMemoryMiB",
  "modelBytes",
  "error",
] as const;

/** One line per job; figures of failed jobs stay empty. */
export function resultsCsv(rows: readonly JobRow[], options: CsvRowOptions = {}): string {
  const lines = rows.map((row) => {
    const cells = row as unknown as Record<string, Cell>;
    return formatCsvRow(
      COLUMNS.map((column) => cells[column] ?? ""),
      options,
    );
  });
  return [formatCsvRow([...COLUMNS]), ...lines]
    .map((line) => line.trimEnd())
    .join("\n")
    .concat("\n");
}
