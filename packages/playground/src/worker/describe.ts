/** Data as the page shows them. */
import { labelCounts, profileTable } from "hypersphere/data";
import { type Column, type Dataset, type Image, planColumns, type Samples } from "hypersphere/web";
import { number } from "../format.js";
import type { CellValue, ColumnView, Overview, Picture } from "../protocol.js";

const HEAD_ROWS = 6;
const PICTURES = 12;
const MOST_TEXTS = 12;

export async function describe(samples: Samples): Promise<Overview> {
  const { data, labels, split } = samples;
  const plan = planColumns(samples);
  const columns = columnsOf(data);
  const reasons = new Map(plan.columns.map(({ name, reason }) => [name, reason]));
  const shown = data.kind === "images" ? await pictures(samples, firstRows(data.rowCount, PICTURES)) : [];
  const counts = labels && labelCounts(labels);
  return {
    kind: data.kind,
    source: data.source,
    rows: samples.rowCount,
    columns: columnViews(columns, plan.columns),
    head:
      data.kind === "table"
        ? firstRows(data.rowCount, HEAD_ROWS).map((row) =>
            columns.map((column) => cellOf(column, row, textsOf(reasons.get(column.name)))),
          )
        : [],
    pictures: shown,
    labels: counts && {
      by: samples.labelColumn ?? "the example",
      normal: counts.normals,
      anomalies: counts.anomalies,
      unlabelled: counts.unlabelled,
    },
    trainingRows: split?.train.length,
    window: data.kind === "series" ? data.layout.window : undefined,
    warnings: [...samples.warnings, ...plan.doubts],
  };
}

/** Columns, or the channels of a series. */
function columnsOf(data: Dataset): readonly Column[] {
  if (data.kind === "images") return [];
  return data.kind === "series" ? data.steps.columns : data.columns;
}

const firstRows = (rows: number, most: number): number[] =>
  Array.from({ length: Math.min(rows, most) }, (_, row) => row);

function columnViews(
  columns: readonly Column[],
  plan: ReturnType<typeof planColumns>["columns"],
): ColumnView[] {
  const rowCount = columns[0] === undefined ? 0 : lengthOf(columns[0]);
  const { columns: profiles } = profileTable({ kind: "table", rowCount, columns, source: "" });
  const planned = new Map(plan.map((one) => [one.name, one]));
  return profiles.map((profile): ColumnView => {
    const { name, kind, missing } = profile;
    const text = textsOf(planned.get(name)?.reason) ?? number;
    const values =
      profile.kind === "numeric"
        ? `${text(profile.min)} to ${text(profile.max)}, median ${text(profile.median)}`
        : profile.top
            .slice(0, 3)
            .map(({ level }) => level)
            .join(", ") + (profile.distinct > 3 ? ` and ${profile.distinct - 3} more` : "");
    return {
      name,
      kind,
      learned: planned.get(name)?.learned ?? false,
      reason: planned.get(name)?.reason,
      summary: [profile.distinct === 0 ? "" : values, missing > 0 ? `${number(missing)} missing` : ""]
        .filter((part) => part !== "")
        .join("; "),
      texts:
        profile.kind === "categorical"
          ? profile.distinct <= 10
            ? profile.top.map(({ level }) => level)
            : []
          : numbersOf(columns, name),
    };
  });
}

/** The different numbers of a column, as texts, where they are few. */
function numbersOf(columns: readonly Column[], name: string): string[] {
  const column = columns.find((one) => one.name === name);
  if (column?.kind !== "numeric") return [];
  const found = new Set<number>();
  for (const value of column.values) {
    if (!Number.isNaN(value)) found.add(value);
    if (found.size > MOST_TEXTS) return [];
  }
  return [...found].sort((a, b) => a - b).map(String);
}

const lengthOf = (column: Column): number =>
  column.kind === "numeric" ? column.values.length : column.codes.length;

function cellOf(column: Column, row: number, text: ReturnType<typeof textsOf>): CellValue {
  if (column.kind === "categorical") return column.levels[column.codes[row]!] ?? null;
  const value = column.values[row]!;
  return Number.isNaN(value) ? null : (text?.(value) ?? value);
}

/** How the numbers of a column look that was left out as times, by the reason; undefined for others. */
function textsOf(reason: string | undefined): ((value: number) => string) | undefined {
  const unit = /since 1970, in (\w+)/.exec(reason ?? "")?.[1];
  const second = unit === undefined ? undefined : SECONDS[unit];
  if (second === undefined) return undefined;
  return (value) => {
    const time = new Date((1000 * value) / second);
    return Number.isNaN(time.getTime()) ? number(value) : time.toISOString().replace(".000Z", "Z");
  };
}

/** How many of a unit a second has. */
const SECONDS: Readonly<Record<string, number>> = {
  seconds: 1,
  milliseconds: 1e3,
  microseconds: 1e6,
  nanoseconds: 1e9,
};

/** @throws HypersphereError for an image that cannot be decoded */
export async function pictures(samples: Samples, rows: readonly number[]): Promise<Picture[]> {
  const images = samples.data as Extract<Dataset, { kind: "images" }>;
  const found: Picture[] = [];
  for (const row of rows) {
    found.push(pictureOf(await images.read(row), nameOf(samples, row)));
  }
  return found;
}

/** @param image [height, width] grey, or [height, width, 3] */
export function pictureOf({ height, width, data }: Image, name: string): Picture {
  const channels = data.length / (height * width);
  const pixels = new Uint8ClampedArray(height * width * 4);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let k = 0; k < 3; k++) pixels[4 * pixel + k] = data[pixel * channels + (channels === 3 ? k : 0)]!;
    pixels[4 * pixel + 3] = 255;
  }
  return { name, width, height, pixels };
}

/** What an image is called. */
export function nameOf({ data, names }: Samples, row: number): string {
  const path = data.kind === "images" ? data.names?.[row] : undefined;
  return names?.of(row).join(" ") || path || `image ${row + 1}`;
}
