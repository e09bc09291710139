import { type ColumnProfile, profileTable } from "../../data/index.js";
import { columns, count, counted, cut, figure, percent } from "../../text/format.js";
import type { CliContext } from "../command.js";
import { readData } from "../files/read-data.js";
import type { DataFlags } from "../flags/data-flags.js";

export async function inspectData(path: string, flags: DataFlags, context: CliContext): Promise<void> {
  const { output } = context;
  const profile = profileTable(await readData(path, flags, context));
  if (output.json) {
    output.resultJson(profile);
    return;
  }
  const { source, rowCount } = profile;
  output.result(`${source}: ${counted(rowCount, "row")}, ${counted(profile.columns.length, "column")}`);
  const numeric = profile.columns.filter((column) => column.kind === "numeric");
  if (numeric.length > 0) {
    const rows = numeric.map((column) => [
      cut(column.name, NAME_WIDTH),
      missingText(column, rowCount),
      count(column.distinct),
      ...[column.min, column.q25, column.median, column.q75, column.max, column.mean, column.std].map(
        (value) => figure(value),
      ),
      remarks(column),
    ]);
    const header = [
      "column",
      "missing",
      "distinct",
      "min",
      "25 %",
      "median",
      "75 %",
      "max",
      "mean",
      "std",
      "",
    ];
    output.result("\nNumeric columns");
    for (const line of columns([header, ...rows], [1, 2, 3, 4, 5, 6, 7, 8, 9])) output.result(`  ${line}`);
  }
  const categorical = profile.columns.filter((column) => column.kind === "categorical");
  if (categorical.length > 0) {
    const rows = categorical.map((column) => [
      cut(column.name, NAME_WIDTH),
      missingText(column, rowCount),
      count(column.distinct),
      cut(
        column.top.map(({ level, count: cells }) => `${level} (${percent(cells / rowCount)})`).join(", "),
        60,
      ),
      remarks(column, rowCount),
    ]);
    output.result("\nCategorical columns");
    const header = ["column", "missing", "distinct", "most frequent", ""];
    for (const line of columns([header, ...rows], [1, 2])) output.result(`  ${line}`);
  }
}

const NAME_WIDTH = 28;

function missingText({ missing }: ColumnProfile, rowCount: number): string {
  return missing === 0 ? "0" : percent(missing / rowCount);
}

/** What training would do with the column, or stumble over. */
function remarks(column: ColumnProfile, rowCount = 0): string {
  const found: string[] = [];
  if (column.distinct === 0) found.push("all missing");
  else if (column.constant) found.push("constant");
  if (column.kind === "numeric") {
    const infinite = column.positiveInfinity + column.negativeInfinity;
    if (infinite > 0) {
      found.push(`${counted(infinite, "infinite cell")}, first in data row ${column.firstInfiniteRow + 1}`);
    }
  } else if (column.distinct > 64 && column.distinct > rowCount / 2) found.push("looks like an identifier");
  return found.join("; ");
}
