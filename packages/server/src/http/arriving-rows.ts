/** Rows of a body that is read while it arrives: no more of it is held than a batch, and a row that is not whole yet. */
import { PassThrough, type Writable } from "node:stream";
import { createGunzip } from "node:zlib";
import { readCsvRecords } from "hypersphere/io";
import { Problem } from "../problem.js";
import { parseRows } from "./parse-json.js";

/** A row as it came, or why it cannot be read, which takes no other with it. */
export type ArrivingRow = { readonly row: unknown } | { readonly fault: Problem };

export type ArrivingFormat = "jsonl" | "csv";

/** Rows that are scored and stored together at most. */
const MOST_ROWS = 1000;
/** Of one row, so that a body without line ends does not fill the memory. */
const MOST_BYTES = 2 ** 20;
const LINE_END = 0x0a;

/**
 * Rows in batches: those that came together are one.
 * @throws Problem for what no further row can be read after; the rows before it are given first
 */
export async function* arrivingRows(
  pieces: AsyncIterable<Uint8Array>,
  format: ArrivingFormat,
): AsyncGenerator<readonly ArrivingRow[]> {
  for await (const rows of format === "jsonl" ? rowsOfLines(pieces) : rowsOfRecords(pieces)) {
    for (let from = 0; from < rows.length; from += MOST_ROWS) yield rows.slice(from, from + MOST_ROWS);
  }
}

/** @throws Problem where the body is not gzip, as its header says */
export async function* unpacked(
  pieces: AsyncIterable<Uint8Array>,
  encoding: "identity" | "gzip",
): AsyncGenerator<Uint8Array> {
  if (encoding === "identity") return yield* pieces;
  const gunzip = createGunzip();
  const fed = feed(pieces, gunzip);
  fed.catch((error) => gunzip.destroy(error));
  try {
    yield* gunzip as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (cause instanceof Problem || !String((cause as { code?: unknown }).code).startsWith("Z_")) throw cause;
    throw new Problem("invalid-request", "The body is not gzip, as its header says.", { cause });
  } finally {
    gunzip.destroy();
  }
}

async function feed(pieces: AsyncIterable<Uint8Array>, into: Writable): Promise<void> {
  for await (const piece of pieces) {
    if (into.destroyed) return;
    if (!into.write(piece)) await untilRoom(into);
  }
  into.end();
}

async function* rowsOfLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<ArrivingRow[]> {
  let rest: Uint8Array = new Uint8Array();
  let line = 0;
  const read = (text: Uint8Array): ArrivingRow[] => {
    line++;
    if (!text.some((byte) => byte > 0x20)) return [];
    try {
      return [{ row: parseRows(text, { what: `Line ${line} of the body`, isRow: true }) }];
    } catch (error) {
      if (error instanceof Problem) return [{ fault: error }];
      throw error;
    }
  };
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const rows: ArrivingRow[] = [];
    let from = 0;
    for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, from)) {
      rows.push(...read(bytes.subarray(from, end)));
      from = end + 1;
    }
    // A copy: a piece of 64 KiB would be held for its last bytes.
    rest = bytes.slice(from);
    if (rows.length > 0) yield rows;
    if (rest.length > MOST_BYTES) throw tooLong(line + 1);
  }
  const last = read(rest);
  if (last.length > 0) yield last;
}

/** Records of delimited text under the names of the first one, their cells as texts: the model's columns say what is a number. */
async function* rowsOfRecords(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<ArrivingRow[]> {
  // The reader calls, and this is asked: rows wait in between, and the next piece for them to be taken.
  const between = new PassThrough({ objectMode: true, highWaterMark: 1 });
  let rows: ArrivingRow[] = [];
  let names: string[] | undefined;
  let [unread, lastLine] = [0, 0];
  const hand = async (what: readonly ArrivingRow[] | { readonly error: unknown }): Promise<void> => {
    if (between.destroyed || between.write(what)) return;
    await untilRoom(between);
  };
  async function* inTurn(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      unread += piece.length;
      if (unread > MOST_BYTES + piece.length) throw tooLong(lastLine + 1);
      yield piece;
      if (rows.length > 0) await hand(rows);
      if (between.destroyed) return;
      rows = [];
    }
  }
  const read = readCsvRecords(inTurn(), { source: "the body" }, (cells, line) => {
    [unread, lastLine] = [0, line];
    if (names === undefined) names = namesOf(cells);
    else if (cells.length === names.length) rows.push({ row: rowOf(names, cells) });
    else rows.push({ fault: ragged(cells.length, names.length, line) });
    return true;
  });
  void read
    .then(
      () => (rows.length > 0 ? hand(rows) : undefined),
      async (error) => {
        if (rows.length > 0) await hand(rows);
        await hand({ error });
      },
    )
    .finally(() => between.end());
  for await (const found of between as AsyncIterable<ArrivingRow[] | { error: unknown }>) {
    if (!Array.isArray(found)) throw found.error;
    yield found;
  }
}

const untilRoom = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    stream.once("drain", resolve).once("close", resolve);
  });

function namesOf(cells: readonly string[]): string[] {
  const names = cells.map((cell) => cell.trim());
  const odd = names.find((name, k) => name === "" || names.indexOf(name) !== k);
  if (odd === undefined) return names;
  throw new Problem(
    "invalid-request",
    `The first line of the body has to name the columns, each once, but ${odd === "" ? "a name is empty" : `${JSON.stringify(odd.slice(0, 80))} is there twice`}.`,
  );
}

const rowOf = (names: readonly string[], cells: readonly string[]): unknown =>
  Object.fromEntries(names.map((name, k) => [name, cells[k]!]));

const ragged = (found: number, expected: number, line: number): Problem =>
  new Problem(
    "invalid-request",
    `Line ${line} of the body has ${found} fields, but the first one has ${expected}.`,
    {
      hint: "Put texts that contain the delimiter in quotes.",
    },
  );

const tooLong = (line: number): Problem =>
  new Problem("too-large", `Line ${line} of the body has more than ${MOST_BYTES} bytes.`, {
    hint: "A stream has one row per line.",
  });
