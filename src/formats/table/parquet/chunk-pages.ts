import type { DecodedArray, ParquetParsers, SchemaElement } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { convert, DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { crc32 } from "../../crc32.js";
import type { PageUnpackers } from "../../platform.js";
import { damaged } from "./damage.js";
import { decimalValues } from "./decimals.js";
import type { ParquetChunk } from "./footer.js";
import { readPageValues, readPlainValues } from "./page-values.js";
import { readRuns } from "./runs.js";
import { checkThrift } from "./thrift-check.js";
import { unpackPage } from "./unpack-page.js";

/** Rows of a column. */
export interface DecodedPage {
  readonly count: number;
  /** 1 for a row with a value; undefined where all have one. */
  readonly present: Int32Array | undefined;
  /** The values of the rows that have one, in their order. */
  readonly values: ArrayLike<unknown>;
}

export interface ChunkOptions {
  readonly native: PageUnpackers;
  readonly parsers: Partial<ParquetParsers>;
  /** Is told how many bytes a page takes, before it is unpacked. */
  readonly onUnpack: (bytes: number) => void;
}

type PageHeader = ReturnType<typeof parquetHeader>;

/** What a data page says about itself, in either version of the format. */
interface DataPage {
  readonly count: number;
  readonly encoding: string | undefined;
  /** Unpacked, with levels before values where `levels` does not hold them. */
  readonly bytes: Uint8Array;
  readonly levels: Uint8Array | undefined;
  /** Undefined where the levels alone tell. */
  readonly nulls: number | undefined;
}

/**
 * The pages of a chunk one by one. Before a page is unpacked its header is checked against the chunk, its bytes against
 * their checksum where there is one, and its values against those that are left; after it, everything is there that was
 * announced.
 * @param bytes those of the chunk
 * @throws ParquetDamage and errors of decoders
 */
export function* chunkPages(
  bytes: Uint8Array,
  { meta }: ParquetChunk,
  element: SchemaElement,
  options: ChunkOptions,
): Generator<DecodedPage> {
  const total = Number(meta.num_values);
  const rich = (values: DecodedArray): DecodedArray => toRich(values, element, options.parsers);
  let dictionary: DecodedArray | undefined;
  let done = 0;
  for (let at = 0; done < total; ) {
    const start = checkThrift(bytes, at);
    const header = parquetHeader({ view: viewOf(bytes), offset: at });
    const stored = pageBytes(bytes, start, header);
    at = start + stored.length;
    options.onUnpack(header.uncompressed_page_size);
    if (header.type === "DICTIONARY_PAGE") {
      if (dictionary !== undefined || done > 0) damaged("a dictionary that is not the first page");
      const head = header.dictionary_page_header ?? damaged("a dictionary that says nothing about itself");
      const count = size(head.num_values, "values of a dictionary");
      const page = unpackPage(meta.codec, stored, header.uncompressed_page_size, options.native);
      dictionary = rich(readPlainValues(page, 0, count, element.type!, element.type_length));
    } else if (header.type !== "INDEX_PAGE") {
      const page = dataPage(header, stored, meta.codec, element, options.native);
      if (page.count > total - done)
        damaged(`a page of ${page.count} values, where ${total - done} were left`);
      yield decoded(page, element, dictionary, rich);
      done += page.count;
    }
  }
}

function pageBytes(bytes: Uint8Array, start: number, header: PageHeader): Uint8Array {
  const end = start + size(header.compressed_page_size, "bytes of a page");
  size(header.uncompressed_page_size, "bytes of a page when unpacked");
  if (end > bytes.length) damaged(`a page ends at byte ${end} of ${bytes.length}`);
  const stored = bytes.subarray(start, end);
  if (header.crc !== undefined && header.crc >>> 0 !== crc32(stored)) damaged("a page of another checksum");
  return stored;
}

function dataPage(
  header: PageHeader,
  stored: Uint8Array,
  codec: string,
  element: SchemaElement,
  native: PageUnpackers,
): DataPage {
  const length = header.uncompressed_page_size;
  if (header.type === "DATA_PAGE") {
    const head = header.data_page_header ?? damaged("a page that says nothing about itself");
    // Where no value can be missing there are no levels, and writers name any encoding for them.
    if (element.repetition_type === "OPTIONAL" && head.definition_level_encoding !== "RLE")
      damaged(`levels in encoding ${head.definition_level_encoding}`);
    return {
      count: size(head.num_values, "values of a page"),
      encoding: head.encoding,
      bytes: unpackPage(codec, stored, length, native),
      levels: undefined,
      nulls: undefined,
    };
  }
  if (header.type !== "DATA_PAGE_V2") damaged(`a page of kind ${header.type ?? "that is not known"}`);
  const head = header.data_page_header_v2 ?? damaged("a page that says nothing about itself");
  const count = size(head.num_values, "values of a page");
  if (head.num_rows !== count) damaged(`a page of ${count} values for ${head.num_rows} rows`);
  if (head.repetition_levels_byte_length !== 0) damaged("a page of lists, where the schema has none");
  const levels = size(head.definition_levels_byte_length, "bytes of levels");
  if (levels > stored.length || levels > length) damaged(`a page with ${levels} bytes of levels`);
  const nulls = size(head.num_nulls, "missing values of a page");
  const packed = head.is_compressed === false ? "UNCOMPRESSED" : codec;
  // Without values there is nothing that a decompressor could read.
  const isEmpty = length === levels && stored.length === levels;
  return {
    count,
    encoding: head.encoding,
    bytes: isEmpty ? new Uint8Array(0) : unpackPage(packed, stored.subarray(levels), length - levels, native),
    levels: stored.subarray(0, levels),
    nulls,
  };
}

function decoded(
  { count, encoding, bytes, levels, nulls }: DataPage,
  element: SchemaElement,
  dictionary: DecodedArray | undefined,
  rich: (values: DecodedArray) => DecodedArray,
): DecodedPage {
  let start = 0;
  let present: Int32Array | undefined;
  if (element.repetition_type === "OPTIONAL") {
    const from = levels === undefined ? 4 : 0;
    const held = levels ?? bytes;
    if (held.length < from) damaged("a page ends before its levels");
    start = levels === undefined ? 4 + viewOf(bytes).getUint32(0, true) : 0;
    if (levels === undefined && start > bytes.length) damaged("a page ends before its levels");
    present = readRuns(held, from, levels === undefined ? start : levels.length, 1, count).values;
  }
  const filled = present === undefined ? count : present.reduce((sum, level) => sum + level, 0);
  if (nulls !== undefined && nulls !== count - filled) {
    damaged(`a page of ${nulls} missing values, but ${count - filled} by its levels`);
  }
  const read = readPageValues(bytes, start, filled, encoding, element);
  const values = "indices" in read ? lookUp(read.indices, dictionary) : rich(read.values);
  if (values.length !== filled) damaged(`${values.length} values, where ${filled} were expected`);
  return { count, present: filled === count ? undefined : present, values };
}

function lookUp(indices: Int32Array, dictionary: DecodedArray | undefined): ArrayLike<unknown> {
  if (dictionary === undefined) damaged("a page of places in a dictionary that is not there");
  const most = dictionary.length;
  const values: unknown[] | Float64Array | Float32Array | Int32Array =
    dictionary instanceof Float64Array ||
    dictionary instanceof Float32Array ||
    dictionary instanceof Int32Array
      ? new (dictionary.constructor as typeof Float64Array)(indices.length)
      : new Array(indices.length);
  for (let k = 0; k < indices.length; k++) {
    const index = indices[k]!;
    if (index < 0 || index >= most) damaged(`place ${index} of a dictionary with ${most} values`);
    values[k] = dictionary[index];
  }
  return values;
}

/** Values as what they mean: texts, times, decimals. */
function toRich(
  values: DecodedArray,
  element: SchemaElement,
  parsers: Partial<ParquetParsers>,
): DecodedArray {
  if (element.converted_type === "DECIMAL") {
    return decimalValues(values, element.scale ?? 0) as unknown as DecodedArray;
  }
  const decoder = {
    element,
    parsers: { ...DEFAULT_PARSERS, ...parsers, stringFromBytes: textOf, jsonFromBytes: textOf },
  };
  return convert(values, decoder as Parameters<typeof convert>[1]);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Of bytes that are no text several would become the same one. Bounds in the footer are not held to this: they may end within a character. */
function textOf(bytes: Uint8Array | undefined): string | undefined {
  try {
    return bytes && utf8.decode(bytes);
  } catch {
    damaged('bytes that are no text in UTF-8 (if the column holds none, leave it out with option "exclude")');
  }
}

function size(value: unknown, what: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  return damaged(`${String(value)} ${what}`);
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
