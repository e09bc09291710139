import type { Command } from "commander";
import type { ColumnKind } from "../../data/table/column-builder.js";
import { HypersphereError } from "../../errors.js";
import { percentileExpected } from "../../scoring/index.js";
import { number } from "./parse.js";

/** How to read a data file, as the flags say. */
export interface DataFlags {
  readonly delimiter?: string;
  readonly header: boolean;
  readonly missing?: readonly string[];
  readonly columnType?: Readonly<Record<string, ColumnKind>>;
}

export function addDataFlags(command: Command): void {
  command
    .optionsGroup("Reading data:")
    .option("--delimiter <character>", "between the fields of a text file (default: found out)", delimiter)
    .option("--no-header", "the first line is data; columns are called c0, c1, ...")
    .option("--missing <texts>", "texts that mean a missing value, besides empty cells, such as NA,-,?", list)
    .option(
      "--column-type <name=kind>",
      "read a column as categorical or numeric; may be repeated",
      columnType,
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

/** "a, b" as ["a", "b"]. */
export function list(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function delimiter(text: string): string {
  if (text === "\\t" || text === "tab") return "\t";
  if (text.length === 1) return text;
  throw new HypersphereError("invalid-option", `--delimiter is "${text}", expected one character, or tab.`);
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
