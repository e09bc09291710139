import type { Dataset, Samples, SeriesLayout } from "../data/index.js";
import type { ColumnKind } from "../data/table/column-builder.js";
import { HypersphereError } from "../errors.js";
import { listNames } from "../text/closest-name.js";
import { imageSamples, type TableParts, tableSamples, windowSamples } from "./assemble.js";
import { type ByteSource, peek, watched } from "./byte-source.js";
import { startsWith } from "./bytes.js";
import { isTsFile } from "./detect-format.js";
import { isFolder, type Place } from "./folder.js";
import { looksLikeImagesAt } from "./images/holder.js";
import type { OpenOptions, SeriesCutting } from "./open-options.js";
import type { Platform } from "./platform.js";
import { refuseOptions } from "./refuse-options.js";
import { joinWindows, tsPair } from "./series/ts-pair.js";
import type { ReadWindows } from "./series/windows-read.js";
import type { ColumnSelection } from "./table/column-choice.js";
import { type ReadTableOptions, readTableFrom } from "./table/read-table.js";

export type ColumnTypes = Readonly<Record<string, ColumnKind>>;

/** How a model wants its data: of its kind, with the columns, the windows and the channels that it takes. */
export interface Wanted {
  readonly kind: Dataset["kind"];
  readonly columnTypes: ColumnTypes;
  /** The columns that it reads: others need not be readable. */
  readonly columns: readonly string[];
  /** How the cells of its training data became values, beyond what options say. */
  readonly cells: Pick<ReadTableOptions, "missingAmongNumbers" | "missingRemembered" | "notations">;
  /** Of series. */
  readonly layout?: SeriesLayout | undefined;
  /** Of images. */
  readonly channels?: 1 | 3 | undefined;
  /** [height, width] of images where no others are taken. */
  readonly size?: readonly [height: number, width: number] | undefined;
}

/** Options as readers have them, with other files as sources. */
export type PlaceOptions = OpenOptions<ByteSource>;

/**
 * What is at a place, as samples: rows of a table, windows of a series, or images, with the labels, the names and the
 * split that the data have of their own. Each platform's `open` makes a place of what it is given.
 * @throws HypersphereError `unreadable-data`, `unfit-data`, `invalid-option`, `io`, `aborted`; for a model also
 * `schema-mismatch`
 */
export async function openPlace(
  place: Place,
  given: PlaceOptions,
  platform: Platform,
  wanted?: Wanted,
): Promise<Samples> {
  const options = entityOfSeries(given, wanted?.layout !== undefined);
  const seen = await lookAt(place, options);
  const opening: Opening = { ...seen, options, platform };
  if (wanted !== undefined) return openers[wanted.kind](opening, wanted);
  if (isSeriesWanted(options)) {
    const isWindows = !isFolder(opening.place) || (await holdsWindows(opening));
    refuseOptions(options, isWindows ? "series" : "images", place.name);
    return openSeries(opening);
  }
  if (await holdsWindows(opening)) {
    refuseOptions(options, "series", place.name);
    return openWindows(opening);
  }
  if (await looksLikeImagesAt(opening.place, platform, options)) {
    refuseOptions(options, "images", place.name);
    return openImages(opening);
  }
  refuseOptions(options, "table", place.name);
  const { perEntity } = options;
  return tableSamples(
    await readParts(opening, textTypes(perEntity === undefined ? [] : [perEntity])),
    options,
    false,
  );
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

/** Of a series, the column that tells entities apart tells series apart as well. */
function entityOfSeries(options: PlaceOptions, forSeries: boolean): PlaceOptions {
  const { perEntity, entityColumn } = options;
  if (perEntity === undefined || !(forSeries || isSeriesWanted(options))) return options;
  if (entityColumn === undefined || entityColumn === perEntity)
    return { ...options, entityColumn: perEntity };
  throw new HypersphereError(
    "invalid-option",
    `option "entityColumn" is "${entityColumn}", and option "perEntity" is "${perEntity}"; both tell series apart.`,
    { hint: 'Leave option "entityColumn" out.' },
  );
}

/** Whether a file begins as an NPZ archive does: one says which array holds the labels, and holds numbers only. */
export const isZip = (head: Uint8Array): boolean => startsWith(head, [0x50, 0x4b, 0x03, 0x04]);

// What concerns some kinds of data alone is loaded where there are such: in a browser, tables come without waiting for it.
interface Opening {
  readonly place: Place;
  /** The first bytes as stored; none of a folder. */
  readonly head: Uint8Array;
  readonly options: PlaceOptions;
  readonly platform: Platform;
}

const headBytes = 512;

/** What a place begins with. Of a stream, what was looked at stays to be read. */
async function lookAt(
  place: Place,
  { signal }: PlaceOptions,
): Promise<{ readonly place: Place; readonly head: Uint8Array }> {
  if (isFolder(place)) return { place, head: new Uint8Array() };
  const { slice, totalBytes } = place;
  if (slice !== undefined) {
    return { place, head: await slice(0, Math.min(headBytes, totalBytes ?? headBytes)) };
  }
  const { head, bytes } = await peek(watched(place, { signal }), headBytes);
  return { place: { ...place, open: () => bytes }, head };
}

/** Places that hold windows and nothing else. */
async function holdsWindows({ place, head }: Opening): Promise<boolean> {
  return isFolder(place) ? (await tsPair(place)) !== undefined : isTsFile(place.name, head);
}

/** Places that may hold windows or a table: only who opens them knows. */
async function mayHoldWindows(opening: Opening): Promise<boolean> {
  const { place, head } = opening;
  return (await holdsWindows(opening)) || /\.npy(\.gz)?$/i.test(place.name) || isZip(head);
}

async function openSeries(opening: Opening): Promise<Samples> {
  const { options } = opening;
  const { window, timeColumn, entityColumn } = options;
  const cutsRows = [window, timeColumn, entityColumn].some((option) => option !== undefined);
  if (window === undefined && (await (cutsRows ? holdsWindows : mayHoldWindows)(opening))) {
    return openWindows(opening);
  }
  // Classes come with windows that are cut already.
  const { normalClass } = options;
  if (normalClass !== undefined) refuseOptions({ normalClass }, "table", opening.place.name);
  const asText = [timeColumn, entityColumn].filter((name) => name !== undefined);
  const parts = await readParts(opening, textTypes(asText));
  const { seriesSamples } = await import("./assemble-series.js");
  return seriesSamples(parts, options, false);
}

async function openWindows(opening: Opening): Promise<Samples> {
  const { place, options, platform } = opening;
  const { signal, onProgress, maxUnpacked, part } = options;
  const { readWindowsFrom } = await import("./series/windows-read.js");
  const read = (source: ByteSource): Promise<ReadWindows> =>
    readWindowsFrom(source, { signal, onProgress, maxUnpacked }, platform.inflate);
  const pair = isFolder(place) ? await tsPair(place) : undefined;
  if (pair === undefined) return windowSamples(await read(fileOf(place)), options);
  if (part !== undefined) return windowSamples(await read(pair[part]), options);
  const [train, test] = [await read(pair.train), await read(pair.test)];
  return windowSamples(joinWindows(train, test, place.name), options);
}

async function openImages(
  { place, options, platform }: Opening,
  wanted: Pick<Wanted, "channels" | "size"> = {},
): Promise<Samples> {
  const { labels, onCorrupt, maxPixels, part, labelled, signal, onProgress, maxUnpacked } = options;
  const { channels = options.channels, size } = wanted;
  const reading = {
    ...{ labels, channels, size, labelled, onCorrupt, maxPixels },
    ...{ signal, onProgress, maxUnpacked },
  };
  const { imagePartsAt, readImagesFrom } = await import("./images/read-images.js");
  const { bothParts } = await import("./images/parts.js");
  const parts = part === undefined ? await imagePartsAt(place, platform, options) : [];
  const read =
    parts.length === 2
      ? await bothParts(place, reading, platform)
      : await readImagesFrom(place, { ...reading, part }, platform);
  return imageSamples(read, options);
}

type Opener = (opening: Opening, wanted: Wanted) => Promise<Samples>;

/** How data of each kind are opened for a model of that kind. */
const openers: Readonly<Record<Dataset["kind"], Opener>> = {
  table: async (opening, wanted) => {
    const { options } = opening;
    const types = withTexts(wanted.columnTypes, [options.idColumn, options.perEntity]);
    const parts = await readParts(opening, types, wanted);
    return tableSamples(parts, options, true);
  },
  series: async (opening, wanted) => {
    const { columnTypes, layout } = wanted;
    const { options } = opening;
    const { timeColumn, entityColumn, stride } = layout!;
    if ((await holdsWindows(opening)) || (timeColumn === undefined && (await mayHoldWindows(opening)))) {
      return openWindows(opening);
    }
    const types = withTexts(columnTypes, [options.idColumn, timeColumn, entityColumn]);
    const cutting = { ...opening, options: { ...options, timeColumn, entityColumn } };
    const parts = await readParts(cutting, types, wanted);
    const { seriesSamples } = await import("./assemble-series.js");
    return seriesSamples(parts, { ...options, ...layout!, stride: options.stride ?? stride }, true);
  },
  images: openImages,
};

const textTypes = (names: readonly string[]): ColumnTypes =>
  Object.fromEntries(names.map((name) => [name, "categorical" as const]));

const withTexts = (types: ColumnTypes, names: readonly (string | undefined)[]): ColumnTypes => ({
  ...types,
  ...textTypes(names.filter((name) => name !== undefined)),
});

/**
 * @param implied kinds of columns that the caller has not given: those must be there, but not by the caller's mistake
 * @param wanted the columns without which the data are of no use, by default all; and how a model's data were read
 */
async function readParts(
  { place, options, platform }: Opening,
  implied: ColumnTypes = {},
  { columns: needed, cells }: Partial<Pick<Wanted, "columns" | "cells">> = {},
): Promise<TableParts> {
  const { idColumn, splitColumn, timeColumn, entityColumn, perEntity } = options;
  const { labelColumn, labelled = true } = options;
  const isNamed = (name: string | undefined): name is string => name !== undefined;
  const named = [labelColumn, idColumn, splitColumn, timeColumn, entityColumn, perEntity].filter(isNamed);
  const apart = [...new Set(named)];
  // The labels of an NPZ archive become the column y.
  const known = apart.filter((name) => labelled || name !== labelColumn).concat(labelled ? ["y"] : []);
  const selection: ColumnSelection = {
    columns: options.columns,
    exclude: options.exclude,
    besides: apart,
    needed: needed && [...needed, ...known],
  };
  const { columnTypes = {}, missing, decimal, delimiter, header, signal, onProgress } = options;
  const { maxColumns, maxUnpacked, maxStall } = options;
  const types = { ...implied, ...columnTypes };
  const reading = {
    ...{ maxColumns, maxUnpacked, maxStall, missing, decimal, delimiter, header },
    ...{ columnTypes: types, verbatim: apart, ...cells, ...selection },
  };
  try {
    const table = await readTableFrom(fileOf(place), { ...reading, signal, onProgress }, platform);
    return { table, split: table.split, labelColumn: table.labelColumn, warnings: table.warnings };
  } catch (error) {
    throw lacksColumn(error, (name) => Object.hasOwn(implied, name) && !Object.hasOwn(columnTypes, name));
  }
}

/** @throws HypersphereError `io` for a folder */
function fileOf(place: Place): ByteSource {
  if (!isFolder(place)) return place;
  throw new HypersphereError("io", `Cannot read ${place.name}: it is a folder.`, {
    hint: "Name a file inside it.",
  });
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
