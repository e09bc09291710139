import type { ColumnMetaData, FileMetaData, ParquetParsers, SchemaElement, SchemaTree } from "hyparquet";
// Not from the package's main file, which loads what is not needed here: a thread that decodes waits for it.
import { parquetMetadata, parquetSchema } from "hyparquet/src/metadata.js";
import { deserializeTCompactProtocol } from "hyparquet/src/thrift.js";
import { HypersphereError } from "../../../errors.js";
import type { RandomAccess } from "../../opened.js";
import type { ColumnChoice } from "../column-choice.js";
import { damaged, inPart } from "./damage.js";
import { checkedElement } from "./schema-check.js";
import { checkThrift } from "./thrift-check.js";

/** A column of a table: flat, with a chunk in each row group. */
export interface ParquetColumn {
  readonly name: string;
  readonly element: SchemaElement;
  /** Whether the decoder understands the ranges of values that chunks state. */
  readonly ranged: boolean;
  /** One for each row group. */
  readonly chunks: readonly ParquetChunk[];
}

export interface ParquetChunk {
  readonly meta: ColumnMetaData;
  /** Where its pages are in the file. */
  readonly start: number;
  readonly end: number;
}

export interface ParquetFooter {
  readonly rowCount: number;
  /** Rows of each row group. */
  readonly groupRows: readonly number[];
  /** Of all columns, also of those that are not read. */
  readonly names: readonly string[];
  /** Those that are read. */
  readonly columns: readonly ParquetColumn[];
}

/** Fields of a SchemaElement: type, length, repetition, name, children, older and newer meaning, scale, precision, id. */
const schemaFields: ReadonlySet<string> = new Set(Array.from({ length: 10 }, (_, k) => `field_${k + 1}`));
/** Kinds of newer meaning (LogicalType), from text to geography; the ninth is kept free. */
const meanings = new Set(
  Array.from({ length: 18 }, (_, k) => `field_${k + 1}`).filter((name) => name !== "field_9"),
);
/** Meanings with a unit (TIME and TIMESTAMP), which is milli-, micro- or nanoseconds. */
const timed = ["field_7", "field_8"];
const units = new Set(["field_1", "field_2", "field_3"]);
const magic = 0x31524150;
const encrypted = 0x45524150;
/** Types whose order is that of the numbers they become. */
const ordered: readonly SchemaElement["type"][] = ["INT32", "INT64", "FLOAT", "DOUBLE"];
/** The file's first four bytes. */
const firstByte = 4;

/**
 * Reads what a Parquet file says about itself, and checks it before anything is decoded: rows of the file against rows of
 * its groups, columns of the schema against chunks of each group, values of chunks against rows, and places of chunks
 * against the file and each other. Of columns that are not read, only their number counts.
 * @throws HypersphereError `unreadable-data` for what does not agree, `unfit-data` for nested columns
 */
export async function readFooter(
  data: RandomAccess,
  source: string,
  parsers: Partial<ParquetParsers>,
  choice: ColumnChoice,
): Promise<ParquetFooter> {
  const { footerAt, metadata } = await inPart(source, () => parse(data, parsers));
  const tree = await inPart(source, () => schemaOf(metadata));
  const names = choice.spelled(tree.children.map(({ element }) => String(element.name)));
  const places = choice.places(names);
  refuseNested(tree, names, source, choice);
  const read = places.map((isRead, k) => isRead && choice.reads(names[k]!));
  return inPart(source, () => checked(metadata, tree, footerAt, names, read));
}

/** A larger footer takes a moment to parse, and this is meant to be quick. */
const MOST_FOOTER = 2 ** 20;

/**
 * Rows that a Parquet file says it has, by its footer alone; undefined where that has more than 1 MiB.
 * @param source what errors call the file
 * @throws HypersphereError `unreadable-data` for what is no Parquet file
 */
export function parquetRowCount(data: RandomAccess, source: string): Promise<number | undefined> {
  return inPart(source, async () => {
    const { size } = data;
    if (size >= 12 && viewOf(await data.slice(size - 8, size)).getUint32(0, true) > MOST_FOOTER)
      return undefined;
    const { metadata } = await parse(data, {});
    const rows = Number(metadata.num_rows);
    return Number.isSafeInteger(rows) && rows >= 0 ? rows : damaged(`it is said to have ${rows} rows`);
  });
}

async function parse(
  data: RandomAccess,
  parsers: Partial<ParquetParsers>,
): Promise<{ footerAt: number; metadata: FileMetaData }> {
  const { size } = data;
  if (size < 12) damaged(`${size} bytes are too few`);
  const head = viewOf(await data.slice(0, firstByte)).getUint32(0, true);
  const tail = viewOf(await data.slice(size - 8, size));
  const end = tail.getUint32(4, true);
  if (end === encrypted) damaged("its footer is encrypted");
  if (end !== magic) damaged("it does not end in PAR1, as if it had been cut off");
  if (head !== magic) damaged("it does not begin with PAR1");
  const length = tail.getUint32(0, true);
  const footerAt = size - 8 - length;
  if (footerAt < firstByte) damaged(`its footer is said to have ${length} bytes, of ${size} in the file`);
  const bytes = new Uint8Array(await data.slice(footerAt, size));
  const used = checkThrift(bytes.subarray(0, length), 0);
  if (used !== length) damaged(`its footer has ${length} bytes, of which ${used} are used`);
  refuseUnknown(bytes);
  return { footerAt, metadata: parquetMetadata(bytes.buffer, { parsers, geoparquet: false }) };
}

/** What is said of a column beyond what is known could change what its values mean. */
function refuseUnknown(footer: Uint8Array): void {
  const { field_2: schema } = deserializeTCompactProtocol({ view: viewOf(footer), offset: 0 });
  if (!Array.isArray(schema)) damaged("it has no schema");
  for (const element of schema as object[]) {
    const unknown = Object.keys(element).find((field) => !schemaFields.has(field));
    if (unknown !== undefined) damaged(`its schema has an entry with ${unknown}, which is not known`);
    const { field_10: meaning } = element as { readonly field_10?: Readonly<Record<string, unknown>> };
    if (meaning === undefined) continue;
    requireOne(meaning, meanings, "a meaning");
    for (const name of timed) {
      const time = meaning[name] as { readonly field_2?: object } | undefined;
      if (time !== undefined) requireOne(time.field_2 ?? {}, units, "a unit of time");
    }
  }
}

function requireOne(union: object, known: ReadonlySet<string>, what: string): void {
  const members = Object.keys(union);
  if (members.length === 1 && known.has(members[0]!)) return;
  damaged(`its schema has an entry with ${what} that is not known (${members.join(", ") || "none"})`);
}

function schemaOf(metadata: FileMetaData): SchemaTree {
  const tree = parquetSchema(metadata);
  if (tree.count !== metadata.schema.length) {
    damaged(`its schema has ${metadata.schema.length} entries, of which ${tree.count} are used`);
  }
  if (tree.children.length === 0) damaged("it has no columns");
  return tree;
}

function refuseNested(
  { children: all }: SchemaTree,
  names: readonly string[],
  source: string,
  choice: ColumnChoice,
): void {
  const children = all.filter((_, k) => choice.reads(names[k]!));
  const refuse = (refused: readonly SchemaTree[], error: HypersphereError): void => {
    for (const child of refused) choice.giveUp(names[all.indexOf(child)]!, error);
  };
  const list = (refused: readonly SchemaTree[]): string =>
    refused.map((child) => `"${child.element.name}"`).join(", ");
  const nested = children.filter(
    (child) => child.children.length > 0 || child.element.repetition_type === "REPEATED",
  );
  refuse(
    nested,
    new HypersphereError(
      "unfit-data",
      `${source}: nested columns cannot be part of a table: ${list(nested)}.`,
      {
        hint: 'Flatten lists and structs into columns of their own, or leave them out with option "exclude".',
        details: { option: "exclude", source },
      },
    ),
  );
  const shapes = children.filter((child) =>
    ["GEOMETRY", "GEOGRAPHY"].includes(child.element.logical_type?.type ?? ""),
  );
  refuse(
    shapes,
    new HypersphereError(
      "unfit-data",
      `${source}: columns of geometry cannot be part of a table: ${list(shapes)}.`,
      { hint: "Write coordinates as columns of numbers, or leave them out." },
    ),
  );
}

/** Columns that hold values, of which nested ones have several. */
const leaves = ({ children }: SchemaTree): number =>
  children.length === 0 ? 1 : children.reduce((sum, child) => sum + leaves(child), 0);

/**
 * @param names what the columns are called here, in their order
 * @param read which of them are read
 */
function checked(
  metadata: FileMetaData,
  tree: SchemaTree,
  footerAt: number,
  names: readonly string[],
  read: readonly boolean[],
): ParquetFooter {
  const rowCount = whole(metadata.num_rows, "rows");
  const groupRows = metadata.row_groups.map((group) => whole(group.num_rows, "rows of a group"));
  const sum = groupRows.reduce((total, rows) => total + rows, 0);
  if (sum !== rowCount) damaged(`it has ${rowCount} rows, but its row groups have ${sum}`);
  let leaf = 0;
  const columns = tree.children.flatMap((child, k) => {
    const at = leaf;
    leaf += leaves(child);
    if (!read[k]) return [];
    const stated = child.element;
    const element = named(`${stated.name}"`, () => checkedElement(stated));
    // Ranges were read by what the file states, values by what was made of it.
    const ranged = element.converted_type === stated.converted_type && ordered.includes(element.type);
    return [{ name: names[k]!, element, ranged, at, chunks: [] as ParquetChunk[] }];
  });
  metadata.row_groups.forEach((group, index) => {
    if (group.columns.length !== leaf) {
      damaged(`row group ${index + 1} has ${group.columns.length} columns, but the schema ${leaf}`);
    }
    columns.forEach(({ name, element, at, chunks }) => {
      const chunk = group.columns[at]!;
      named(`${name}", row group ${index + 1}`, () => {
        if (chunk.file_path) damaged("it is in another file");
        if (chunk.meta_data === undefined) damaged("nothing is said about it, is it encrypted?");
        chunks.push(checkedChunk(chunk.meta_data, element, groupRows[index]!, footerAt));
      });
    });
  });
  checkApart(columns.flatMap(({ chunks }) => chunks));
  return { rowCount, groupRows, names, columns };
}

function checkedChunk(
  meta: ColumnMetaData,
  element: SchemaElement,
  rows: number,
  footerAt: number,
): ParquetChunk {
  // Nothing is read of a group without rows, and some writers say odd things of its places.
  if (rows === 0) return { meta, start: 0, end: 0 };
  const { path_in_schema: path, type, codec } = meta;
  if (path.length !== 1 || path[0] !== element.name) damaged(`its chunk is named ${JSON.stringify(path)}`);
  if (type !== element.type) damaged(`it is of type ${element.type}, but its chunk of type ${type}`);
  if (codec === undefined) damaged("its compression is not known");
  const values = whole(meta.num_values, "values");
  if (values !== rows) damaged(`it has ${values} values for ${rows} rows`);
  const first = whole(meta.data_page_offset, "place of a page");
  const dictionary = meta.dictionary_page_offset;
  // Some writers state a dictionary at 0, or behind its data, where there is none.
  const start = dictionary ? Math.min(first, whole(dictionary, "place of a dictionary")) : first;
  const end = start + whole(meta.total_compressed_size, "bytes");
  if (start < firstByte || end > footerAt) {
    damaged(
      `it is said to be in bytes ${start} to ${end}, but those of columns are ${firstByte} to ${footerAt}`,
    );
  }
  return { meta, start, end };
}

/** Two columns in one place would be one column read twice. */
function checkApart(chunks: readonly ParquetChunk[]): void {
  const ordered = chunks.filter(({ start, end }) => start < end).sort((a, b) => a.start - b.start);
  for (let k = 1; k < ordered.length; k++) {
    const [before, after] = [ordered[k - 1]!, ordered[k]!];
    if (after.start < before.end) {
      damaged(
        `columns "${before.meta.path_in_schema[0]}" and "${after.meta.path_in_schema[0]}" are said to be in the same bytes`,
      );
    }
  }
}

function whole(value: unknown, what: string): number {
  if (typeof value === "bigint" && value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER))
    return Number(value);
  return damaged(`it states ${String(value)} ${what}`);
}

/** Says of which column the damage is. @param where what follows `column "` */
function named<T>(where: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    return damaged(`column "${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
