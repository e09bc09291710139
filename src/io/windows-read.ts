import type { SeriesSet } from "../data/series/series.js";
import { seriesFromWindows } from "../data/series/windows.js";
import type { Column } from "../data/table/table.js";
import { tableFromColumns } from "../data/table/table-from.js";
import { HypersphereError } from "../errors.js";
import { byteSource, collect, type ReadProgress } from "./byte-source.js";
import { detectFormat, isTsFile } from "./format.js";
import { type NpyArray, parseNpy } from "./npy.js";
import { featureArray, labelArray, labelValues, openNpz } from "./npz-read.js";
import { openData } from "./read-table.js";
import { readTs } from "./ts-read.js";

export interface ReadWindowsOptions {
  /** Which arrays of an NPZ archive hold windows and classes; default X and y. */
  array?: string | undefined;
  labelArray?: string | undefined;
  onProgress?: ((progress: ReadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface ReadWindows {
  /** Each window is a segment of its own. */
  readonly series: SeriesSet;
  /** One value per window, named "class" (.ts) or "y" (NPZ), for `columnLabels`; undefined where the file has none. */
  readonly classes: Column | undefined;
}

/**
 * Reads series that were cut into windows already: `.ts` files of the UCR archive, and NPY or NPZ arrays
 * [windows, steps] or [windows, steps, channels]; all also compressed by gzip.
 * @param source a path, "-" for standard input, or a stream of bytes
 * @throws HypersphereError `io`, `unreadable-data`; `unfit-data` for other shapes, and for files of a format that holds a table
 */
export async function readWindows(
  source: string | NodeJS.ReadableStream,
  options: ReadWindowsOptions = {},
): Promise<ReadWindows> {
  const bytes = await byteSource(source, options);
  const { name } = bytes;
  const opened = await openData(bytes);
  if (isTsFile(name, opened.head)) return readTs(opened.bytes, name);
  let format: string;
  try {
    format = detectFormat(name, opened.head);
  } catch (error) {
    await opened.close();
    throw error;
  }
  if (format === "npy") {
    return {
      series: fromArray(parseNpy(await collect(opened.bytes), name), "the array", name),
      classes: undefined,
    };
  }
  if (format === "npz") return fromNpz(await collect(opened.bytes), name, options);
  await opened.close();
  throw new HypersphereError("unfit-data", `${name} holds a table, not windows of a series.`, {
    hint: "Say how long the windows are that are to be cut from it (seriesFromTable, on the command line --window).",
  });
}

async function fromNpz(
  archiveBytes: Uint8Array,
  source: string,
  options: ReadWindowsOptions,
): Promise<ReadWindows> {
  const archive = openNpz(archiveBytes, source, options.signal);
  const name = options.array ?? featureArray(archive.names, source);
  const series = fromArray(await archive.read(name), name, source);
  const labelName = options.labelArray ?? labelArray(archive.names);
  if (labelName === undefined || labelName === name) return { series, classes: undefined };
  const labels = labelValues(await archive.read(labelName), labelName, source);
  if (labels.length !== series.rowCount) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: ${name} has ${series.rowCount} windows, but ${labelName} has ${labels.length} values.`,
      { hint: "Both need one entry per window." },
    );
  }
  return { series, classes: tableFromColumns({ y: labels }, source).columns[0] };
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
