import { type Column, columnLength, type Dataset, profileColumn, type Reading } from "../../data/index.js";
import { learnsFrom } from "../../detectors/fit/abilities.js";
import { askedFor } from "../../detectors/fit/column-doubts.js";
import { detectors } from "../../detectors/registry.js";
import { kindOf, type LabelCounts, rowMarks } from "../../features/index.js";
import type { Json } from "../../model/contract.js";
import { columns, counted } from "../../text/format.js";
import type { CliContext } from "../command.js";
import { describeRows } from "./rows.js";

/** What a run of `train` works with. */
export interface TrainRun {
  readonly detector: string;
  readonly options: Record<string, Json>;
  readonly samples: Dataset;
  readonly rows: LabelCounts | undefined;
  /** How they were read. */
  readonly reading: Reading | undefined;
}

/** What `train --dry-run --json` prints. */
interface DryRun {
  readonly dryRun: true;
  readonly detector: string;
  readonly options: Readonly<Record<string, Json>>;
  readonly data: {
    readonly source: string;
    /** Rows that would be learned from, held-out ones included. */
    readonly rows: number;
    readonly labelColumn: string | null;
    readonly labels: LabelCounts | null;
    /** Whether the detector learns from anomalies too, or is given the normal rows only. */
    readonly learnsFromLabels: boolean;
    readonly columns: readonly { readonly name: string; readonly kind: "numeric" | "categorical" }[];
    /** Those that number or date the rows, which are not learned from. */
    readonly leftOut: readonly string[];
  };
  readonly out: string | null;
}

/** Prints what would be trained, and on what. */
export function reportDryRun(
  { detector: name, options, samples, rows, reading }: TrainRun,
  { labelColumn, out }: { labelColumn: string | undefined; out: string | undefined },
  { output }: CliContext,
): void {
  const plan: DryRun = {
    dryRun: true,
    detector: name,
    options,
    data: {
      source: samples.source,
      rows: samples.rowCount,
      labelColumn: labelColumn ?? null,
      labels: rows ?? null,
      learnsFromLabels: learnsFrom(detectors[name]!, "labels"),
      columns: kindOf(samples)
        .columns(samples)
        .map(({ name: column, kind }) => ({ name: column, kind })),
      leftOut: leftOut(samples, reading),
    },
    out: out ?? null,
  };
  if (output.json) output.resultJson(plan);
  else output.result(dryRunText(plan, kindOf(samples).columns(samples)));
}

/** Columns that would number or date the rows, by all rows. */
function leftOut(samples: Dataset, reading: Reading | undefined): string[] {
  const read = kindOf(samples).columns(samples);
  if (read[0] === undefined) return [];
  const rows = Uint32Array.from({ length: columnLength(read[0]) }, (_, row) => row);
  const marks = rowMarks(read, rows, askedFor(reading));
  return [...marks].filter(([, { doubt }]) => !doubt).map(([name]) => name);
}

function dryRunText({ detector, options, data, out }: DryRun, read: readonly Column[]): string {
  const constant = read.map(profileColumn).filter((profile) => profile.constant);
  const others = new Set([...data.leftOut, ...constant.map(({ name }) => name)]);
  const kinds = (kind: string): string =>
    data.columns
      .filter((column) => column.kind === kind && !others.has(column.name))
      .map(({ name }) => name)
      .join(", ");
  const facts = [
    ["data", `${data.source}: ${describeRows(data.labels ?? undefined, data.rows, data.learnsFromLabels)}`],
    ["numeric", kinds("numeric")],
    ["categorical", kinds("categorical")],
    ["constant", constant.map(({ name }) => name).join(", ")],
    ["left out", data.leftOut.join(", ")],
    ["out", out ?? "not given"],
  ].filter(([, text]) => text !== "");
  const settings = Object.entries(options).map(([key, value]) => [
    key,
    Array.isArray(value) ? `[${value.join(", ")}]` : String(value),
  ]);
  return [
    `Would train ${detector} on ${counted(data.rows, "row")}; nothing was trained or written.`,
    ...columns(facts).map((line) => `  ${line}`),
    "Options:",
    ...columns(settings).map((line) => `  ${line}`),
  ].join("\n");
}
