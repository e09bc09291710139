import type { GivenSplit } from "../../data/samples.js";
import type { SeriesSet } from "../../data/series/series.js";
import { seriesFromWindows } from "../../data/series/windows.js";
import type { Column } from "../../data/table/table.js";
import { tableFromColumns } from "../../data/table/table-from.js";
import { HypersphereError } from "../../errors.js";
import { splitOf } from "../assemble.js";
import type { ByteSource, ReadControl } from "../byte-source.js";
import { collect } from "../bytes.js";
import { detectFormat, isTsFile } from "../detect-format.js";
import type { Inflate } from "../inflate.js";
import { type NpyArray, parseNpy } from "../numpy/npy.js";
import { featureArray, labelArray, labelValues, openNpz } from "../numpy/npz-read.js";
import { openSource, packedIn, randomAccess } from "../opened.js";
import type { ZipArchive } from "../zip.js";
import { readTs } from "./ts-read.js";

export interface ReadWindowsOptions extends ReadControl {
  /** Which arrays of an NPZ archive hold windows and classes; default X and y. */
  array?: string | undefined;
  labelArray?: string | undefined;
}

export interface ReadWindows {
  /** Each window is a segment of its own. */
  readonly series: SeriesSet;
  /** One value per window, named "class" (.ts) or "y" (NPZ), for `columnLabels`; undefined where the file has none. */
  readonly classes: Column | undefined;
  /** The data set's own split, from the array split of an NPZ archive. */
  readonly split?: GivenSplit | undefined;
}

/**
 * Reads series that were cut into windows already: `.ts` files of the UCR archive, and NPY or NPZ arrays
 * [windows, steps] or [windows, steps, channels]; all also compressed by gzip.
 * @throws HypersphereError `io`, `unreadable-data`; `unfit-data` for other shapes, and for files of a format that holds a table
 */
export async function readWindowsFrom(
  source: ByteSource,
  options: ReadWindowsOptions,
  inflate: Inflate,
): Promise<ReadWindows> {
  const { name } = source;
  const opened = await openSource(source, inflate, options);
  if (isTsFile(name, opened.head)) return readTs(opened.bytes, name);
  let format: string;
  try {
    format = detectFormat(name, opened.head);
  } catch (error) {
    await opened.close();
    throw error;
  }
  if (format === "npy") {
    const packed = packedIn(source, opened, options);
    const array = parseNpy(await collect(opened.bytes, name), name, undefined, packed);
    return { series: fromArray(array, "the array", name), classes: undefined };
  }
  if (format === "npz") {
    const archive = await randomAccess(source, opened, options);
    return fromNpz({ archive, inflate, control: options }, options);
  }
  await opened.close();
  throw new HypersphereError("unfit-data", `${name} holds a table, not windows of a series.`, {
    hint: 'Say how long the windows are that are to be cut from it (option "window").',
  });
}

async function fromNpz(zip: ZipArchive, options: ReadWindowsOptions): Promise<ReadWindows> {
  const { source } = zip.archive;
  const archive = await openNpz(zip);
  const name = options.array ?? featureArray(archive.names, source);
  const series = fromArray(await archive.read(name), name, source);
  const labelName = options.labelArray ?? labelArray(archive.names);
  const perWindow = async (arrayName: string, column: string): Promise<Column> => {
    const values = labelValues(await archive.read(arrayName), arrayName, source);
    if (values.length === series.rowCount) return tableFromColumns({ [column]: values }, source).columns[0]!;
    throw new HypersphereError(
      "unfit-data",
      `${source}: ${name} has ${series.rowCount} windows, but ${arrayName} has ${values.length} values.`,
      { hint: "Both need one entry per window." },
    );
  };
  const classes = labelName === undefined || labelName === name ? undefined : await perWindow(labelName, "y");
  const split = archive.names.includes("split")
    ? splitOf(await perWindow("split", "split"), source)
    : undefined;
  return { series, classes, split };
}

function fromArray({ shape, data, dtype, fortranOrder }: NpyArray, name: string, source: string): SeriesSet {
  const [windows = 0, steps = 0, channels = 1] = shape;
  if ((shape.length !== 2 && shape.length !== 3) || windows * steps * channels === 0) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: ${name} has shape (${shape.join(", ")}), but (windows, steps) or (windows, steps, channels) was expected.`,
      { hint: "Arrays of (windows, channels, steps) need numpy.swapaxes(x, 1, 2)." },
    );
  }
  if (Array.isArray(data)) {
    throw new HypersphereError("unfit-data", `${source}: ${name} holds texts (${dtype}), not numbers.`);
  }
  return seriesFromWindows(
    { data, windows, steps, channels, order: fortranOrder ? "F" : "C" },
    undefined,
    source,
  );
}
