import { HypersphereError } from "../../errors.js";
import { type LinePosition, splitLines, textPieces } from "../text-pieces.js";
import { type CsvRecord, nextRecord } from "./csv-quoted.js";

export interface CsvRecordOptions {
  /** For messages. */
  source: string;
  /** One character; found out from the first line when not given. */
  delimiter?: string | undefined;
  /** Reads every record as if it had quotes, for tests. */
  alwaysQuoted?: boolean;
}

/** Receives one record and the line it begins on (from 1); returns false to stop reading. */
export type OnRecord = (cells: string[], line: number) => boolean;

const candidates = [",", "\t", ";", "|"] as const;

/** Characters in one record above which a quote is taken to be left open. */
const longestRecord = 1 << 26;

/**
 * Splits delimited text (RFC 4180 with any of LF, CRLF, CR as line end, UTF-8 with or without byte order mark) into
 * records, in constant memory. Blank lines are not records. A line without quotes is its cells joined by delimiters, and
 * splitting it natively is several times faster than any parser; only records with quotes are read character by character.
 * @returns the delimiter and the number of blank lines that stood between records
 * @throws HypersphereError `unreadable-data` for binary data, wrong encodings and quotes that do not match
 */
export async function readCsvRecords(
  bytes: AsyncIterable<Uint8Array>,
  options: CsvRecordOptions,
  onRecord: OnRecord,
): Promise<{ delimiter: string; blankLines: number }> {
  const { source, alwaysQuoted = false } = options;
  const position: LinePosition = { line: 1 };
  let delimiter = options.delimiter;
  let blankLines = 0;
  let pendingBlanks = 0;
  let stopped = false;
  /** A record whose quotes are not closed yet, and how much of it has to be there before it is worth reading again. */
  let open = "";
  let enough = 0;

  const take = (cells: string[], isBlank: boolean): void => {
    if (isBlank) {
      pendingBlanks++;
      return;
    }
    blankLines += pendingBlanks;
    pendingBlanks = 0;
    if (!onRecord(cells, position.line)) stopped = true;
  };
  const takeLines = (text: string): void => {
    for (const line of splitLines(text)) {
      const cells = line.split(delimiter ?? ",");
      take(cells, cells.length === 1 && line.trim() === "");
      if (stopped) return;
      position.line++;
    }
  };
  /** @returns what is left where a quote is open at the end */
  const takeRecords = (text: string): string => {
    const where = { source, position };
    for (let at = 0; at < text.length; ) {
      const record: CsvRecord | undefined = nextRecord(text, at, delimiter ?? ",", alwaysQuoted, where);
      if (record === undefined) return text.slice(at);
      take(record.cells, record.isBlank);
      if (stopped) return "";
      position.line += record.lines;
      at = record.end;
    }
    return "";
  };

  let first = true;
  for await (const whole of textPieces(bytes, source, position)) {
    const stated = first ? statedDelimiter(whole) : undefined;
    first = false;
    const piece = stated === undefined ? whole : whole.slice(stated.length);
    if (stated !== undefined) {
      position.line++;
      delimiter ??= stated.delimiter;
    }
    if (delimiter === undefined && piece.trim() !== "") delimiter = detectDelimiter(piece);
    if (open === "" && !alwaysQuoted && !piece.includes('"')) takeLines(piece);
    else {
      open += piece;
      // A long field comes in many pieces: reading it from its beginning with each would take the square of its length.
      if (open.length < enough && open.length <= longestRecord) continue;
      open = takeRecords(open);
      enough = 2 * open.length;
    }
    if (stopped) break;
    if (open.length > longestRecord) throw tooLong(source, position);
  }
  if (open !== "" && !stopped) open = takeRecords(open);
  if (open !== "" && !stopped) throw neverClosed(source, position);
  return { delimiter: delimiter ?? ",", blankLines };
}

/** Spreadsheets state the delimiter in a first line of its own. @returns also how long the line is, with its end */
function statedDelimiter(text: string): { delimiter: string; length: number } | undefined {
  const [line, , delimiter] = /^("?)sep=([^"\r\n\p{L}\p{N}])\1(?:\r\n|\r|\n)/iu.exec(text) ?? [];
  return line === undefined || delimiter === undefined ? undefined : { delimiter, length: line.length };
}

function tooLong(source: string, { line }: LinePosition): HypersphereError {
  return new HypersphereError(
    "unreadable-data",
    `${source}: line ${line}: a quote opened in this row is not closed within 64 MiB.`,
    { hint: 'Close it, or double it ("") if it is part of the text; longer fields are not read.' },
  );
}

function neverClosed(source: string, { line }: LinePosition): HypersphereError {
  return new HypersphereError(
    "unreadable-data",
    `${source}: line ${line}: a quote is opened in this row and never closed.`,
    { hint: 'Close it, or double it ("") if it is part of the text.' },
  );
}

/** The candidate that occurs most often outside quotes in the first line that is not blank; a comma when none does. */
export function detectDelimiter(text: string): string {
  const counts = [0, 0, 0, 0];
  let inQuotes = false;
  let blank = true;
  for (const character of text) {
    if (character === '"') inQuotes = !inQuotes;
    if (!inQuotes && (character === "\n" || character === "\r") && !blank) break;
    const index = candidates.indexOf(character as ",");
    if (index >= 0 && !inQuotes) counts[index]!++;
    if (index >= 0 || character.trim() !== "") blank = false;
  }
  const most = Math.max(...counts);
  return most === 0 ? "," : candidates[counts.indexOf(most)]!;
}
