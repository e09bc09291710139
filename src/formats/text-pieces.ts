import { HypersphereError } from "../errors.js";
import { concatBytes, startsWith } from "./bytes.js";

const lineFeed = 10;
const carriageReturn = 13;
const longestLine = 1 << 26;

/** The line (from 1) that comes next: the consumer of the pieces counts, the errors below tell. */
export interface LinePosition {
  line: number;
}

/**
 * Text in pieces of whole lines (ended by LF, CRLF or CR; the last one maybe by the end of the data), which is also what
 * makes each piece decodable on its own. A byte order mark is taken off.
 * @throws HypersphereError `unreadable-data` for data that is no UTF-8 text
 */
export async function* textPieces(
  bytes: AsyncIterable<Uint8Array>,
  source: string,
  position: LinePosition,
): AsyncGenerator<string> {
  let carry: Uint8Array = new Uint8Array(0);
  let started = false;
  const take = (piece: Uint8Array): string => {
    const marked = !started && piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf;
    if (!started) refuseWideText(piece, source);
    started = true;
    return decode(marked ? piece.subarray(3) : piece, source, position.line);
  };
  for await (const chunk of bytes) {
    const data = carry.length > 0 ? concatBytes([carry, chunk]) : chunk;
    const end = afterLastLineEnd(data);
    carry = data.subarray(end);
    if (carry.length > longestLine) {
      take(carry);
      throw new HypersphereError(
        "unreadable-data",
        `${source}: line ${position.line} is longer than 64 MiB.`,
        {
          hint: "Is this a text file with one row per line?",
        },
      );
    }
    if (end > 0) yield take(data.subarray(0, end));
  }
  if (carry.length > 0) yield take(carry);
}

/** The lines of a piece without their ends. */
export function splitLines(text: string): string[] {
  const lines = text.includes("\r") ? text.split(/\r\n|\r|\n/) : text.split("\n");
  // What follows the last line end is not a line.
  if (lines[lines.length - 1] === "") lines.pop();
  return lines;
}

/** A final CR may be the first half of CRLF: it ends a line only once the next byte is known. */
function afterLastLineEnd(data: Uint8Array): number {
  const feed = data.lastIndexOf(lineFeed);
  if (feed >= 0) return feed + 1;
  return data.length < 2 ? 0 : data.lastIndexOf(carriageReturn, data.length - 2) + 1;
}

/** By their marks, the longer ones first, or by zero bytes beside the letters of the first characters. */
function refuseWideText(head: Uint8Array, source: string): void {
  const encoding = MARKS.find(([mark]) => startsWith(head, mark))?.[1] ?? wideText(head);
  if (encoding === undefined) return;
  throw new HypersphereError("unreadable-data", `${source}: the text is encoded as ${encoding}.`, {
    hint: "Save the file as UTF-8.",
  });
}

const MARKS: readonly (readonly [bytes: readonly number[], encoding: string])[] = [
  [[0xff, 0xfe, 0, 0], "UTF-32"],
  [[0, 0, 0xfe, 0xff], "UTF-32"],
  [[0xff, 0xfe], "UTF-16"],
  [[0xfe, 0xff], "UTF-16"],
];

/** Without a mark: what a Latin letter, a digit or a quotation mark looks like, twice. */
function wideText(head: Uint8Array): string | undefined {
  for (const [width, encoding] of [
    [4, "UTF-32"],
    [2, "UTF-16"],
  ] as const) {
    const shown = Array.from({ length: 2 * width }, (_, k) => head[k] ?? 0);
    for (const at of [0, width - 1]) {
      if (shown.every((byte, k) => (k % width === at ? byte > 0x20 && byte < 0x7f : byte === 0)))
        return encoding;
    }
  }
  return undefined;
}

/** The mark is taken off before, and elsewhere is a character like others. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(piece: Uint8Array, source: string, line: number): string {
  if (piece.includes(0)) {
    throw new HypersphereError(
      "unreadable-data",
      `${source}: this is not text; it has zero bytes on or after line ${line}.`,
      {
        hint: "CSV, TSV, JSON lines, Parquet, NPY and NPZ can be read, also in gzip. Unpack other archives first.",
      },
    );
  }
  try {
    return utf8.decode(piece);
  } catch (cause) {
    const at = line + linesBeforeDamage(piece);
    throw new HypersphereError("unreadable-data", `${source}: line ${at} is not valid UTF-8.`, {
      hint: "Save the file as UTF-8 (for example: iconv -f latin1 -t utf-8 old.csv > new.csv).",
      cause,
    });
  }
}

function linesBeforeDamage(piece: Uint8Array): number {
  for (let start = 0, lines = 0; start < piece.length; lines++) {
    const found = piece.indexOf(lineFeed, start);
    const end = found < 0 ? piece.length : found + 1;
    try {
      utf8.decode(piece.subarray(start, end));
    } catch {
      return lines;
    }
    start = end;
  }
  return 0;
}
