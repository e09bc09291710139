import type { Command } from "commander";
import type { ColumnKind } from "../../data/table/column-builder.js";
import { HypersphereError } from "../../errors.js";
import { percentileExpected } from "../../scoring/index.js";
import type { DecimalMark } from "../../text/number-notation.js";
import { number, numeral } from "./parse.js";

/** How to read a data file, as the flags say. */
export interface DataFlags {
  readonly delimiter?: string;
  readonly header: boolean;
  readonly missing?: readonly string[];
  readonly decimal?: DecimalMark;
  readonly columnType?: Readonly<Record<string, ColumnKind>>;
  readonly maxColumns?: number;
  readonly maxUnpacked?: number;
  readonly maxStall?: number;
}

/** What commander calls those of `addDataFlags`. */
export const DATA_FLAGS: readonly (keyof DataFlags)[] = [
  ...(["delimiter", "header", "missing", "decimal", "columnType", "maxColumns"] as const),
  ...(["maxUnpacked", "maxStall"] as const),
];

export function addDataFlags(command: Command): void {
  command
    .optionsGroup("Reading data:")
    .option("--delimiter <character>", "between the fields of a text file (default: found out)", delimiter)
    .option("--no-header", "the first line is data; columns are called c0, c1, ...")
    .option(
      "--missing <cells>",
      "cells that mean a missing value, such as -999,NA; they take the place of the usual ones (NA, null, n/a ..., see " +
        "`hypersphere help reading`), empty cells always do (default for a model: as trained)",
      list,
    )
    .option(
      "--decimal <mark>",
      "the mark before decimals in texts, . or , (default: found out, column by column)",
      decimal,
    )
    .option(
      "--column-type <name=kind>",
      "read a column as categorical or numeric; may be repeated",
      columnType,
    )
    .option(
      "--max-columns <n>",
      "refuse tables with more columns; none for any number (default: 10000)",
      limit("--max-columns"),
    )
    .option(
      "--max-unpacked <size>",
      "refuse data that take more memory when unpacked, such as 8GB; none for any (default: 256 MiB, or 100 times the file)",
      size,
    )
    .option(
      "--max-stall <seconds>",
      "stop the decoder of Parquet after so long without progress; none for any time (default: 60)",
      limit("--max-stall"),
    );
}

export interface LabelFlags {
  readonly labelColumn?: string;
  readonly normalLabel?: string;
  readonly anomalyLabel?: string;
}

export function addLabelFlags(command: Command, what: string): void {
  command
    .optionsGroup("Labels:")
    .option("--label-column <name>", `${what} (default for NPZ: its array y)`)
    .option("--normal-label <value>", "the label of normal rows; every other label is an anomaly")
    .option("--anomaly-label <value>", "the label of anomalies; every other label is normal");
}

export interface DecisionFlags {
  readonly rule?: string;
  readonly percentile?: number;
  readonly threshold?: number;
  readonly operatingPoint?: string;
}

export function addDecisionFlags(command: Command): void {
  command
    .optionsGroup("Decision (default: the model's own threshold):")
    .option("--rule <text>", 'decide by a rule on held-out normal rows, such as "false-alarms 1%"')
    .option("--percentile <n>", "flag above this percentile of held-out normal rows, such as 99", percentile)
    .option("--threshold <n>", "flag above this score", number("--threshold"))
    .option("--operating-point <name>", "use the rule that the model keeps under this name");
}

function percentile(text: string): number {
  const value = number("--percentile")(text);
  if (value > 1 && value < 100) return value;
  throw new HypersphereError("invalid-option", `--percentile is "${text}", ${percentileExpected(value)}.`);
}

export type RuntimeChoice = "auto" | "native" | "wasm";

export function runtimeChoice(text: string): RuntimeChoice {
  if (text === "auto" || text === "native" || text === "wasm") return text;
  throw new HypersphereError("invalid-option", `--runtime is "${text}", expected auto, native or wasm.`);
}

export const runtimeFlag = [
  "--runtime <build>",
  "ONNX Runtime: native, wasm, or auto for native where it loads (default: auto)",
  runtimeChoice,
] as const;

/** A number above 0, or "none" for no limit. */
export const limit =
  (flag: string) =>
  (text: string): number => {
    const value = text === "none" ? Number.POSITIVE_INFINITY : numeral(text);
    if (value > 0) return value;
    throw new HypersphereError("invalid-option", `${flag} is "${text}", expected a number above 0, or none.`);
  };

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** "8GB" as 8e9; "none" for no limit. */
function size(text: string): number {
  if (text === "none") return Number.POSITIVE_INFINITY;
  const found = /^(\d+(?:\.\d+)?) ?([kmgt]?)b?$/i.exec(text.trim());
  const bytes = found === null ? 0 : Number(found[1]) * UNITS[found[2]!.toLowerCase()]!;
  if (bytes > 0) return bytes;
  throw new HypersphereError(
    "invalid-option",
    `--max-unpacked is "${text}", expected a size such as 500MB or 8GB, or none.`,
  );
}

/** "a, b" as ["a", "b"]. @throws HypersphereError `invalid-option` naming the flag where there is no name */
export const names =
  (flag: string) =>
  (text: string): string[] => {
    const found = list(text);
    if (found.length > 0) return found;
    throw new HypersphereError("invalid-option", `${flag} is "${text}", expected names, such as a,b,c.`, {
      hint: `Leave ${flag} out to have it as usual.`,
    });
  };

/** "a, b" as ["a", "b"]. */
export function list(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function decimal(text: string): DecimalMark {
  if (text === "." || text === ",") return text;
  throw new HypersphereError("invalid-option", `--decimal is "${text}", expected . or ,`);
}

function delimiter(text: string): string {
  if (text === "\\t" || text === "tab") return "\t";
  const code = /^\\(?:x([\da-f]{2})|u([\da-f]{4}))$/i.exec(text);
  if (code) return String.fromCharCode(Number.parseInt(code[1] ?? code[2]!, 16));
  if (text.length === 1) return text;
  throw new HypersphereError(
    "invalid-option",
    `--delimiter is "${text}", expected one character, tab, or the code of one such as \\x1f.`,
  );
}

function columnType(text: string, previous: Record<string, ColumnKind> = {}): Record<string, ColumnKind> {
  const at = text.lastIndexOf("=");
  const kind = text.slice(at + 1);
  if (at < 1 || (kind !== "categorical" && kind !== "numeric")) {
    throw new HypersphereError(
      "invalid-option",
      `--column-type is "${text}", expected name=categorical or name=numeric.`,
    );
  }
  return { ...previous, [text.slice(0, at)]: kind };
}

/** Which columns a model learns from: flags of the commands that train. */
export function addColumnFlags(command: Command): void {
  command
    .optionsGroup("Columns:")
    .option("--columns <names>", "learn from these columns only, such as a,b,c", names("--columns"))
    .option("--exclude <names>", "leave these columns out", names("--exclude"));
}
