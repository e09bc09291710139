import type { Dataset, Samples } from "../data/index.js";
import type { ColumnKind } from "../data/table/column-builder.js";
import { HypersphereError } from "../errors.js";
import { columnSchema, kindOfSchema } from "../features/index.js";
import {
  imageSamples,
  refuseOptions,
  seriesSamples,
  type TableParts,
  tableSamples,
  windowSamples,
} from "../formats/assemble.js";
import { bothParts } from "../formats/images/parts.js";
import { imagePartsAt } from "../formats/images/read-images.js";
import type { OpenOptions, SeriesCutting } from "../formats/open-options.js";
import type { Model } from "../model/index.js";
import { listNames } from "../text/closest-name.js";
import { firstBytes } from "./first-bytes.js";
import { placeAt } from "./node-folder.js";
import { nodePlatform } from "./platform.js";
import { looksLikeImages, readImages, readTable, readWindows } from "./readers.js";

export interface OpenFileOptions extends OpenOptions {
  /**
   * The model that the data are for. They are then of its kind, read and cut as its training data were, with the columns,
   * the channels and the windows that it takes; of data with parts, the test part.
   */
  readonly model?: Pick<Model, "card"> | undefined;
}

/**
 * Opens whatever is at a path as samples: rows of a table (CSV and the like, JSON lines, Parquet, NPY, NPZ), windows of
 * a series (the same, with `window` or another of the options that say how they are cut; `.ts` files and arrays of
 * windows), or images (a folder, an image, IDX, CIFAR-10, NPZ, NPY). Labels, names and a split that the data have of
 * their own come along. Images are read when they are needed, and so keep their files in use.
 *
 * @param path of a file or folder; "-" for standard input
 * @example
 * const training = await open("plant.csv", { labelColumn: "fault", normalLabel: "none" });
 * const model = await new DeepSvdd().fit(training);
 * const { scores } = await model.score(await open("today.csv", { model }));
 *
 * @throws HypersphereError `io` for what is not there; `unreadable-data` for what is damaged; `unfit-data` for columns,
 * labels and shapes that are not as said; `invalid-option` also for options that do not concern what was found;
 * `schema-mismatch` for data without the columns that the model needs; `aborted`
 */
export async function open(path: string, options: OpenFileOptions = {}): Promise<Samples> {
  if (options.model !== undefined) return openFor(options.model, path, options);
  if (isSeriesWanted(options)) return openSeries(path, options);
  if (holdsWindows(path)) return openWindows(path, options);
  if (await looksLikeImages(path)) {
    refuseOptions(options, "images", path);
    return openImages(path, options);
  }
  refuseOptions(options, "table", path);
  return tableSamples(await readParts(path, options), options);
}

/** Whether options make a series of what would otherwise be a table. */
export const isSeriesWanted = ({
  series,
  window,
  stride,
  timeColumn,
  entityColumn,
  every,
}: SeriesCutting): boolean =>
  series === true || [window, stride, timeColumn, entityColumn, every].some((option) => option !== undefined);

/** Files that hold windows and nothing else. */
export const holdsWindows = (path: string): boolean => /\.ts(\.gz)?$/i.test(path);

/** Files that may hold windows or a table: only who opens them knows. */
export const mayHoldWindows = async (path: string): Promise<boolean> =>
  holdsWindows(path) || /\.npy(\.gz)?$/i.test(path) || (await isNpz(path));

const ZIP = [0x50, 0x4b, 0x03, 0x04];

/** NPZ archives say which array holds the labels, and hold numbers only. */
export async function isNpz(path: string): Promise<boolean> {
  const head = await firstBytes(path, ZIP.length);
  return ZIP.every((byte, k) => head[k] === byte);
}

async function openSeries(path: string, options: OpenOptions): Promise<Samples> {
  const { window, timeColumn, entityColumn } = options;
  if (window === undefined) {
    if (await mayHoldWindows(path)) return openWindows(path, options);
    throw new HypersphereError("invalid-option", "The length of the windows was not given.", {
      hint: 'Give option "window", a number of time steps such as the length of what repeats.',
    });
  }
  const asText = [timeColumn, entityColumn].filter((name) => name !== undefined);
  const parts = await readParts(path, options, textTypes(asText));
  return seriesSamples(parts, { ...options, window }, false);
}

async function openWindows(path: string, options: OpenOptions): Promise<Samples> {
  const { series, classes } = await readWindows(path, readerOptions(options));
  return windowSamples(series, classes, options);
}

async function openImages(path: string, options: OpenOptions): Promise<Samples> {
  const { labels, channels, onCorrupt, part, signal, onProgress } = options;
  const reading = { channels, onCorrupt, signal, onProgress };
  const place = await placeAt(path);
  const parts = part === undefined ? await imagePartsAt(place, nodePlatform) : [];
  const read =
    parts.length === 2
      ? await bothParts(place, reading, nodePlatform)
      : await readImages(path, { ...reading, labels, part });
  return imageSamples(read, options);
}

type Opener = (model: Pick<Model, "card">, path: string, options: OpenOptions) => Promise<Samples>;

/** How data of each kind are opened for a model of that kind. */
const openers: Readonly<Record<Dataset["kind"], Opener>> = {
  table: async (model, path, options) => {
    const parts = await readParts(path, options, await modelColumnTypes(model, path, options.idColumn));
    return tableSamples(parts, options);
  },
  series: async (model, path, options) => {
    const layout = kindOfSchema(model.card.schema).layout(model.card.schema)!;
    const { timeColumn, entityColumn } = layout;
    if (holdsWindows(path) || (timeColumn === undefined && (await mayHoldWindows(path)))) {
      return openWindows(path, options);
    }
    const own = [timeColumn, entityColumn].filter((name) => name !== undefined);
    const types = { ...(await modelColumnTypes(model, path, options.idColumn)), ...textTypes(own) };
    const parts = await readParts(path, options, types);
    const stride = options.stride ?? layout.stride;
    return seriesSamples(parts, { ...options, ...layout, stride }, true);
  },
  images: (model, path, options) => {
    const [channels] = kindOfSchema(model.card.schema).shape(model.card.schema);
    return openImages(path, { ...options, channels: channels as 1 | 3, part: options.part ?? "test" });
  },
};

function openFor(model: Pick<Model, "card">, path: string, options: OpenFileOptions): Promise<Samples> {
  const { schema, reading } = model.card;
  const { missing = reading?.missing } = options;
  return openers[schema.kind](model, path, { ...options, missing });
}

type ColumnTypes = Record<string, ColumnKind>;

/** Kinds of columns as the model has them. An archive of numbers must not be told that it has texts. */
export async function modelColumnTypes(
  { card }: Pick<Model, "card">,
  path: string,
  idColumn?: string,
): Promise<ColumnTypes> {
  if (await isNpz(path)) return {};
  const { numeric = [], categorical = [] } = columnSchema(card.schema) ?? {};
  const used = new Set([...numeric, ...categorical].map(({ name }) => name));
  const given = Object.entries(card.reading?.columnTypes ?? {}).filter(([name]) => used.has(name));
  const texts = [...categorical.map(({ name }) => name), ...(idColumn === undefined ? [] : [idColumn])];
  return { ...textTypes(texts), ...Object.fromEntries(given) };
}

const textTypes = (names: readonly string[]): ColumnTypes =>
  Object.fromEntries(names.map((name) => [name, "categorical" as const]));

/** @param implied kinds of columns that the caller has not given: those must be there, but not by the caller's mistake */
async function readParts(path: string, options: OpenOptions, implied: ColumnTypes = {}): Promise<TableParts> {
  const { columnTypes = {}, missing, delimiter, header } = options;
  try {
    const table = await readTable(path, {
      ...{ missing, delimiter, header, columnTypes: { ...implied, ...columnTypes } },
      ...readerOptions(options),
    });
    return { table, split: table.split, labelColumn: table.labelColumn, warnings: table.warnings };
  } catch (error) {
    throw lacksColumn(error, (name) => name in implied && !(name in columnTypes));
  }
}

/** The reader complains about a type for a column that is not there; here that means that the file is another one. */
function lacksColumn(error: unknown, isImplied: (column: string) => boolean): unknown {
  if (!(error instanceof HypersphereError)) return error;
  const { option, column, columns, source } = error.details;
  if (option !== "columnTypes" || column === undefined || columns === undefined || !isImplied(column))
    return error;
  return new HypersphereError(
    "schema-mismatch",
    `${source} lacks the column "${column}"; it has ${listNames(columns)}.`,
    { cause: error, ...(error.hint !== undefined && { hint: error.hint }) },
  );
}

const readerOptions = ({ signal, onProgress }: OpenOptions) => ({ signal, onProgress });
