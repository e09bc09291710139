import type { Command } from "commander";
import type { Samples } from "../../data/index.js";
import type { Detector } from "../../detectors/registry.js";
import { HypersphereError } from "../../errors.js";
import { openCsvWriter } from "../../io/csv-write.js";
import { checkWritable } from "../../io/write-file.js";
import type { FitOptions } from "../../model/contract.js";
import type { ContaminationRecord } from "../../model/index.js";
import { type RobustFit, type SuspiciousRow, trainRobust } from "../../robust/train-robust.js";
import { count, counted, percent } from "../../text/format.js";
import type { CliContext } from "../command.js";
import type { ReportLine } from "../print/training-report.js";
import { shareOf } from "./parse.js";

/** Flags of a training whose rows may hide anomalies. */
export interface RobustFlags {
  readonly robust?: boolean;
  readonly trim?: number | "auto";
  readonly rounds?: number;
  readonly suspicious?: string;
  readonly force?: boolean;
}

/** A larger estimate says more about the data than trimming can mend. */
const MANY = 0.2;

export function addRobustFlags(train: Command): void {
  train
    .optionsGroup("Training rows that may hide anomalies:")
    .option("--robust", "score each row by a model that has not seen it, and train without the most abnormal")
    .option(
      "--trim <share>",
      "rows to leave out: 5%, 0.05 or auto (default: auto, as many as is estimated)",
      trim,
    )
    .option("--rounds <n>", "score the rows again, by models without the trimmed ones (default: 1)", whole)
    .option("--suspicious <file>", "write the rows that a person should look at there, as CSV");
}

function trim(text: string): number | "auto" {
  if (text === "auto") return text;
  const value = shareOf(text);
  if (value >= 0 && value <= 0.5) return value;
  throw new HypersphereError(
    "invalid-option",
    `--trim is "${text}", expected auto or a share from 0 to 50 %, such as 5% or 0.05.`,
  );
}

function whole(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= 5) return value;
  throw new HypersphereError("invalid-option", `--rounds is "${text}", expected a whole number from 1 to 5.`);
}

/** Refuses before hours of work what cannot be done after them. */
export async function checkRobustFlags(flags: RobustFlags): Promise<void> {
  if (!flags.robust) {
    for (const name of ["trim", "rounds", "suspicious"] as const) {
      if (flags[name] === undefined) continue;
      throw new HypersphereError("invalid-option", `--${name} is an option of a robust training.`, {
        hint: "Add --robust.",
      });
    }
  }
  if (flags.suspicious !== undefined) await checkWritable(flags.suspicious, { force: flags.force });
}

/**
 * Trains robustly and says what is remarkable about the estimate.
 * @param seed of the detector: the split into folds goes with it
 */
export async function fitRobust(
  detector: Detector,
  samples: Samples,
  { trim, rounds }: RobustFlags,
  fitOptions: FitOptions,
): Promise<RobustFit> {
  const { seed } = detector.options as { seed?: number };
  return trainRobust(detector, samples, { trim, rounds, seed }, fitOptions);
}

/** Warns where the estimate is nothing to rely on. */
export function warnOfEstimate(
  { estimate, trimmed, trim }: ContaminationRecord,
  { output }: CliContext,
): void {
  if (estimate === null) {
    output.warn("Too many rows score alike to estimate how many are anomalies.");
  } else if (estimate === 0) {
    const done = trim === "auto" ? "nothing was left out" : `${counted(trimmed, "row")} left out as asked`;
    output.warn(
      `The estimated contamination is zero (${done}); anomalies that score like normal rows, or among many of their kind, are not seen.`,
    );
  } else if (estimate > MANY) {
    output.warn(
      `About ${percent(estimate)} of the rows look like anomalies; with so many, the model may have learned them as normal. Look at the data first.`,
    );
  }
}

/** Writes the list, whole or not at all. @param rowNumber the row of the data file, from 1, of a row of the table */
export async function writeSuspicious(
  path: string,
  rows: readonly SuspiciousRow[],
  rowNumber: (row: number) => number,
  { force }: RobustFlags,
  { signal }: CliContext,
): Promise<void> {
  const writer = await openCsvWriter(path, { force, signal });
  try {
    await writer.writeRow(["row", "score", "p_value", "trimmed"]);
    for (const { row, score, pValue, trimmed } of rows) {
      await writer.writeRow([rowNumber(row), score, pValue, trimmed ? 1 : 0]);
    }
    await writer.close();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** What the summary of a training says about contamination; nothing for other trainings. */
export function describeContamination(record: ContaminationRecord | undefined): ReportLine[] {
  if (record === undefined) return [];
  const { estimate, low, high, trimmed, rows } = record;
  const about =
    estimate === null || low === null || high === null
      ? "not known"
      : `about ${percent(estimate)} (95 % interval of the draw: ${percent(low)} to ${percent(high)})`;
  const effect =
    trimmed === 0 ? "" : `; up to ${percent(record.extraFalseAlarmsAtMost)} more false alarms than stated`;
  return [
    ["contamination", about],
    ["trimmed", `${count(trimmed)} of ${counted(rows, "row")}${effect}`],
  ];
}
