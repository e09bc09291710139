import { isLabelName } from "../../data/label-names.js";
import type { GivenSplit } from "../../data/samples.js";
import { makeTable } from "../../data/table/make-table.js";
import type { Column, Table } from "../../data/table/table.js";
import { tableFromColumns } from "../../data/table/table-from.js";
import { tableFromMatrix } from "../../data/table/table-from-matrix.js";
import { HypersphereError, throwIfAborted } from "../../errors.js";
import { listNames } from "../../text/closest-name.js";
import { splitOf } from "../assemble.js";
import { checkColumnCount } from "../limits.js";
import type { ColumnChoice } from "../table/column-choice.js";
import { listZip, readZipEntry, type ZipArchive, type ZipEntry } from "../zip.js";
import { type NpyArray, type OnFault, type Packed, parseNpy } from "./npy.js";

export interface ArrayReadOptions {
  /** Columns of a table; default 10 000. */
  maxColumns?: number | undefined;
  /** Name of the array with the features in an archive; default X, or the only one besides the labels. */
  array?: string | undefined;
  /** Name of the array with the labels in an archive; default y, when there is one. */
  labelArray?: string | undefined;
}

/** The arrays of an NPZ archive by name, each read when asked for. */
export interface NpzArchive {
  readonly names: readonly string[];
  /** @throws HypersphereError `unfit-data` listing the names, when there is none of that name */
  read(name: string, onFault?: OnFault): Promise<NpyArray>;
}

/** @throws HypersphereError `unreadable-data` for what is no zip archive of NPY files */
export async function openNpz(zip: ZipArchive): Promise<NpzArchive> {
  const { source } = zip.archive;
  const entries = new Map<string, ZipEntry>();
  const files = await listZip(zip.archive);
  for (const entry of files) {
    if (entry.name.endsWith(".npy")) entries.set(entry.name.slice(0, -4), entry);
  }
  if (entries.size === 0) throw noArrays(source, files);
  return {
    names: [...entries.keys()],
    async read(name, onFault) {
      throwIfAborted(zip.control?.signal);
      const entry = entries.get(name);
      if (entry) {
        const packed = { stored: entry.compressedSize, maxUnpacked: zip.control?.maxUnpacked };
        return parseNpy(await readZipEntry(zip, entry), `${source}: ${name}`, onFault, packed);
      }
      throw new HypersphereError(
        "unfit-data",
        `${source} holds no array "${name}", but ${listNames([...entries.keys()])}.`,
      );
    },
  };
}

/** Office documents are zip archives, too: of Microsoft with a folder for each program, of others with one text. */
function noArrays(source: string, files: readonly ZipEntry[]): HypersphereError {
  const names = files.map(({ name }) => name);
  if (names.some((name) => /^xl\/|^content\.xml$/.test(name))) {
    return new HypersphereError("unreadable-data", `${source} is a spreadsheet.`, {
      hint: "Save the sheet as CSV.",
    });
  }
  const held = names.length === 0 ? "nothing" : listNames(names, 3);
  return new HypersphereError(
    "unreadable-data",
    `${source} is a zip archive of ${held}; it holds no arrays (.npy), as NPZ archives do.`,
    {
      hint:
        names.length === 0
          ? "Was it written to the end?"
          : "Unpack it, and name the file or the folder in it.",
    },
  );
}

/** A table of an NPZ archive, and what its other arrays say of the rows. */
export interface NpzTable {
  readonly table: Table;
  /** The column that holds the labels, where there are any. */
  readonly labelColumn: string | undefined;
  /** From an array `split`, 0 or "train" for rows to learn from, 1 or "test" for rows to be measured on. */
  readonly split: GivenSplit | undefined;
  readonly warnings: string[];
}

/**
 * A table from an NPZ archive: the array X with one row per observation, and y, if there is one, as column y. Columns are
 * named by the array `names`, where it fits, otherwise x0, x1, ... Arrays that are excluded need not be readable.
 * @throws HypersphereError `unreadable-data`, or `unfit-data` for shapes that make no table
 */
export async function readNpzTable(
  zip: ZipArchive,
  options: ArrayReadOptions,
  choice: ColumnChoice,
): Promise<NpzTable> {
  const { source } = zip.archive;
  const archive = await openNpz(zip);
  const name = options.array ?? featureArray(archive.names, source);
  const labelName = options.labelArray ?? labelArray(archive.names);
  const faults = new Faults();
  const array = await archive.read(name, faults.note);
  const given = await unlessExcluded("names", choice, () => columnNames(archive, array));
  const names = given && choice.spelled(given);
  const features = tableFromArray(array, source, name, names, options);
  const others = archive.names.filter((each) => each !== name);
  const kept = readColumns(features, faults, choice, others);
  const perRow = async (arrayName: string, column: string): Promise<Column> => {
    const values = labelValues(await archive.read(arrayName), arrayName, source);
    if (values.length !== features.rowCount) {
      throw new HypersphereError(
        "unfit-data",
        `${source}: ${name} has ${features.rowCount} rows, but ${arrayName} has ${values.length} values.`,
        { hint: "Both need one entry per observation." },
      );
    }
    return tableFromColumns({ [column]: values }, source).columns[0]!;
  };
  const split = archive.names.includes("split")
    ? await unlessExcluded("split", choice, async () => splitOf(await perRow("split", "split"), source))
    : undefined;
  const warnings = unreadLabels(others, labelName, source);
  const without = { table: makeTable(kept, source), labelColumn: undefined, split, warnings };
  if (labelName === undefined || labelName === name) return without;
  try {
    const labels = await perRow(labelName, "y");
    return { ...without, table: makeTable([...kept, labels], source), labelColumn: "y" };
  } catch (error) {
    choice.giveUp("y", error);
    return without;
  }
}

/** Cells without an exact number, the first of each column. */
class Faults {
  readonly #first = new Map<number, HypersphereError>();
  readonly note: OnFault = (column, fault) => {
    if (!this.#first.has(column)) this.#first.set(column, fault);
  };
  of(column: number): HypersphereError | undefined {
    return this.#first.get(column);
  }
}

/** @param others names that stand for other parts of the source than columns */
function readColumns(
  table: Table,
  faults: Faults,
  choice: ColumnChoice,
  others: readonly string[],
): Column[] {
  const names = table.columns.map(({ name }) => name);
  choice.check([...names, ...others]);
  table.columns.forEach(({ name }, k) => {
    const fault = faults.of(k);
    if (fault !== undefined && choice.reads(name)) choice.giveUp(name, fault);
  });
  choice.check([...names, ...others]);
  return table.columns.filter(({ name }) => choice.reads(name));
}

async function unlessExcluded<T>(
  name: string,
  choice: ColumnChoice,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (choice.excludes(name)) return undefined;
    throw error;
  }
}

/** Arrays that are called labels, but not y: they say nothing to anyone. */
function unreadLabels(others: readonly string[], labelName: string | undefined, source: string): string[] {
  if (labelName !== undefined) return [];
  const like = others.filter((name) => name !== "names" && isLabelName(name));
  return like.map(
    (name) =>
      `${source}: the array "${name}" has the name of labels, but is not read. Save labels as y: ` +
      "numpy.savez(path, X=..., y=...).",
  );
}

/** Names from the array of that name, where it holds one for each column, all different and none of them that of labels. */
async function columnNames(archive: NpzArchive, { shape }: NpyArray): Promise<string[] | undefined> {
  if (!archive.names.includes("names")) return undefined;
  const { data } = await archive.read("names");
  if (!Array.isArray(data) || data.length !== (shape[1] ?? 1)) return undefined;
  const names = data.map((name) => name.trim());
  const distinct = new Set(names).size === names.length;
  return distinct && !names.includes("") && !names.includes("y") ? names : undefined;
}

/** A table from one NPY file: 2-D as x0, x1, ..., 1-D as the one column x0. */
export function readNpyTable(
  bytes: Uint8Array,
  source: string,
  options: ArrayReadOptions,
  choice: ColumnChoice,
  packed?: Packed,
): Table {
  const faults = new Faults();
  const table = tableFromArray(
    parseNpy(bytes, source, faults.note, packed),
    source,
    "the array",
    undefined,
    options,
  );
  return makeTable(readColumns(table, faults, choice, []), source);
}

function tableFromArray(
  array: NpyArray,
  source: string,
  name: string,
  names: readonly string[] | undefined,
  { maxColumns }: ArrayReadOptions,
): Table {
  const { shape, data } = array;
  if (shape.length !== 1 && shape.length !== 2) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: ${name} has shape (${shape.join(", ")}), but one row per observation was expected.`,
      {
        hint:
          "Flatten each observation: X.reshape(len(X), -1). Images have to hold bytes (uint8); windows of a series are read " +
          'with option "series".',
      },
    );
  }
  const rows = shape[0]!;
  const columns = shape[1] ?? 1;
  if (rows === 0 || columns === 0) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: ${name} has shape (${shape.join(", ")}) and thus no values.`,
    );
  }
  checkColumnCount(columns, source, maxColumns);
  if (Array.isArray(data)) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: ${name} holds texts (${array.dtype}), not numbers.`,
      {
        hint: "Save columns with texts as CSV or Parquet.",
      },
    );
  }
  return tableFromMatrix({ data, rows, columns, order: array.fortranOrder ? "F" : "C" }, names, source);
}

/** One value per observation. @throws HypersphereError `unfit-data` for other shapes */
export function labelValues(array: NpyArray, name: string, source: string): NpyArray["data"] {
  const { shape, data } = array;
  if (shape.length === 1 || (shape.length === 2 && shape[1] === 1)) return data;
  throw new HypersphereError(
    "unfit-data",
    `${source}: ${name} has shape (${shape.join(", ")}), but labels are one value per observation.`,
    { hint: "Save class numbers, not one-hot rows." },
  );
}

/** The array that holds labels, if one has such a name. */
export function labelArray(names: readonly string[]): string | undefined {
  return ["y", "Y"].find((candidate) => names.includes(candidate));
}

/** The array that holds features. @throws HypersphereError `unfit-data` when several could */
export function featureArray(names: readonly string[], source: string): string {
  const usual = ["X", "x"].find((candidate) => names.includes(candidate));
  if (usual !== undefined) return usual;
  if (names.length === 1) return names[0]!;
  const rest = names.filter((name) => !["y", "Y", "split", "names"].includes(name));
  if (rest.length === 1) return rest[0]!;
  throw new HypersphereError(
    "unfit-data",
    `${source} holds the arrays ${listNames(names)}, and none of them is named X.`,
    { hint: "Say which array holds the features, or save it as X: numpy.savez(path, X=..., y=...)." },
  );
}
