import type { Column, Dataset, ImageSet, SeriesSet, Table } from "../data/index.js";
import { columnSchema, type FeatureSchema, type InputSchema } from "../features/index.js";
import { figure } from "../text/format.js";
import type { Picture } from "./report.js";
import { thumbnailOf } from "./thumbnail.js";

/** Columns of a row, and channels of a window, that a page has room for. */
const MOST_COLUMNS = 6;
const MOST_CHANNELS = 4;

type PictureOf = (row: number) => Picture | Promise<Picture>;
type MakerOf<D extends Dataset> = (data: D, schema: InputSchema) => PictureOf;

/** What is shown of observations as they came: the values that stand out, the course of the channels, a thumbnail. */
const makers: { readonly [K in Dataset["kind"]]: MakerOf<Extract<Dataset, { readonly kind: K }>> } = {
  table: (data: Table, schema) => {
    const columns = ownColumns(data.columns, columnSchema(schema)!);
    return (row) => ({ kind: "values", values: standingOut(columns, row) });
  },
  series: (data: SeriesSet, schema) => {
    const columns = ownColumns(data.steps.columns, columnSchema(schema)!).filter(({ numbers }) => numbers);
    return (row) => {
      const start = data.starts[row]!;
      const stop = start + data.layout.window;
      const byNews = columns.toSorted((a, b) => peak(b, start, stop) - peak(a, start, stop));
      return {
        kind: "course",
        channels: byNews.slice(0, MOST_CHANNELS).map(({ name, numbers }) => ({
          name,
          values: Float32Array.from(numbers!.slice(start, stop)),
        })),
      };
    };
  },
  images: (data: ImageSet) => async (row) => thumbnailOf(await data.read(row)),
};

export const rowPictures = (data: Dataset, schema: InputSchema): PictureOf =>
  (makers[data.kind] as MakerOf<Dataset>)(data, schema);

/** A column that the model reads. */
interface ReadColumn {
  readonly name: string;
  readonly numbers?: Float64Array | Float32Array;
  value(row: number): string;
  /** How far from the usual a value is: 0 is usual, 1 is rare. */
  news(row: number): number;
}

function ownColumns(columns: readonly Column[], schema: FeatureSchema): ReadColumn[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const numeric = schema.numeric.flatMap(({ name, fill, min, max }): ReadColumn[] => {
    const column = byName.get(name);
    if (column?.kind !== "numeric") return [];
    const { values } = column;
    return [
      {
        name,
        numbers: values,
        value: (row) => (Number.isNaN(values[row]!) ? "missing" : figure(values[row]!, 5)),
        news: (row) => (Number.isNaN(values[row]!) ? 1 : Math.abs(values[row]! - fill) / (max - min || 1)),
      },
    ];
  });
  const categorical = schema.categorical.flatMap(({ name, levels, shares }): ReadColumn[] => {
    const column = byName.get(name);
    if (column === undefined) return [];
    const text = (row: number): string =>
      column.kind === "categorical" ? (column.levels[column.codes[row]!] ?? "") : String(column.values[row]);
    return [
      {
        name,
        value: (row) => text(row) || "missing",
        news: (row) => 1 - (shares[levels.indexOf(text(row))] ?? 0),
      },
    ];
  });
  return [...numeric, ...categorical];
}

function standingOut(columns: readonly ReadColumn[], row: number): { name: string; value: string }[] {
  const order = columns.toSorted((a, b) => b.news(row) - a.news(row));
  return order.slice(0, MOST_COLUMNS).map(({ name, value }) => ({ name, value: value(row) }));
}

function peak({ news }: ReadColumn, start: number, stop: number): number {
  let most = 0;
  for (let step = start; step < stop; step++) most = Math.max(most, news(step));
  return most;
}
