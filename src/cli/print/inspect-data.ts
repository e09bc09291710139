import {
  type ColumnProfile,
  type ImageSet,
  type NumericProfile,
  profileTable,
  toMicroseconds,
  unitSince1970,
} from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { labelCounts, type RowMark, rowMarks } from "../../features/index.js";
import { looksLikeImages, readTable } from "../../io/index.js";
import { columns, count, counted, cut, figure, percent } from "../../text/format.js";
import type { CliContext } from "../command.js";
import { openSamples } from "../files/open-samples.js";
import type { DataFlags } from "../flags/data-flags.js";
import type { ImageFlags } from "../flags/sample-flags.js";
import { describeCounts } from "./rows.js";

export interface InspectFlags extends DataFlags, Pick<ImageFlags, "maxPixels"> {}

/** Shows a table column by column, and of images how many there are, how large, and what their folders say. */
export async function inspectData(path: string, flags: InspectFlags, context: CliContext): Promise<void> {
  if (await looksLikeImages(path)) return inspectImages(path, flags, context);
  if (flags.maxPixels !== undefined) {
    throw new HypersphereError("invalid-option", `--max-pixels was given, but ${path} holds no images.`);
  }
  await inspectTable(path, flags, context);
}

async function inspectImages(path: string, flags: InspectFlags, context: CliContext): Promise<void> {
  const { output } = context;
  const { data, labels, split } = await openSamples(path, flags, context);
  const { read, channels } = data as ImageSet;
  const sizes = new Map<string, number>();
  for (let row = 0; row < data.rowCount; row++) {
    const { height, width } = await read(row);
    const size = `${height} x ${width}`;
    sizes.set(size, (sizes.get(size) ?? 0) + 1);
  }
  const counts = labels && labelCounts(labels);
  if (output.json) {
    output.resultJson({
      source: data.source,
      images: data.rowCount,
      channels,
      sizes: Object.fromEntries(sizes),
      labels: counts ?? null,
      split: split ? { train: split.train.length, test: split.test.length } : null,
    });
    return;
  }
  const shown = [...sizes].sort((a, b) => b[1] - a[1]);
  const rest = shown.length > SIZES_SHOWN ? ` and ${shown.length - SIZES_SHOWN} other sizes` : "";
  const lines = [
    [
      "sizes",
      `${shown
        .slice(0, SIZES_SHOWN)
        .map(([size, images]) => `${size} (${count(images)})`)
        .join(", ")}${rest}  (height x width)`,
    ],
    ["colours", channels === 1 ? "grey" : "red, green and blue"],
    ["labels", counts === undefined ? "none" : describeCounts(counts).replaceAll("row", "image")],
    ...(split
      ? [
          [
            "split",
            `${count(split.train.length)} to learn from, ${count(split.test.length)} to be measured on`,
          ],
        ]
      : []),
  ];
  output.result(`${data.source}: ${counted(data.rowCount, "image")}`);
  for (const line of columns(lines)) output.result(`  ${line}`);
}

const SIZES_SHOWN = 5;

async function inspectTable(path: string, flags: DataFlags, { output, signal }: CliContext): Promise<void> {
  const { delimiter, header, missing, decimal, columnType: columnTypes } = flags;
  const { maxColumns, maxUnpacked, maxStall } = flags;
  const reading = {
    ...{ delimiter, header, missing, decimal, columnTypes },
    ...{ maxColumns, maxUnpacked, maxStall },
  };
  const table = await readTable(path, { ...reading, needed: [], signal });
  for (const warning of table.warnings) output.warn(warning);
  const profile = profileTable(table);
  const every = Uint32Array.from({ length: table.rowCount }, (_, row) => row);
  const marks = rowMarks(table.columns, every);
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
      remarks(column, rowCount, marks.get(column.name)),
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
      remarks(column, rowCount, marks.get(column.name)),
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
function remarks(column: ColumnProfile, rowCount: number, mark: RowMark | undefined): string {
  const found: string[] = [];
  if (column.distinct === 0) found.push("all missing");
  else if (column.constant) found.push("constant");
  if (column.kind === "numeric") {
    const infinite = column.positiveInfinity + column.negativeInfinity;
    if (infinite > 0) {
      found.push(`${counted(infinite, "infinite cell")}, first in data row ${column.firstInfiniteRow + 1}`);
    }
  } else if (mark === undefined && column.distinct > 64 && column.distinct > rowCount / 2)
    found.push("looks like an identifier");
  if (mark !== undefined && !column.constant) found.push(`numbers or dates the rows: ${mark.mark}`);
  if (column.kind === "numeric" && mark !== undefined) found.push(...datesOf(column));
  return found.join("; ");
}

/** Times since 1970 as dates, which no one reads off their digits. */
function datesOf({ min, max, median }: NumericProfile): string[] {
  const unit = unitSince1970(median);
  if (unit === undefined || unitSince1970(max) !== unit) return [];
  const date = (value: number): string =>
    new Date(toMicroseconds(value, unit) / 1000).toISOString().replace(/\.?0*Z$/, "Z");
  // A stand-in such as 0 is no time.
  return unitSince1970(min) === unit ? [`${date(min)} to ${date(max)}`] : [`up to ${date(max)}`];
}
