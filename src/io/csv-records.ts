import type { QuotedCsv } from "./csv-quoted.js";
import { decodePiece, type LinePosition, splitLines, textPieces } from "./text-pieces.js";

export interface CsvRecordOptions {
  /** For messages. */
  source: string;
  /** One character; found out from the first line when not given. */
  delimiter?: string | undefined;
  /** Sends everything through the parser for quoted files, for tests. */
  alwaysQuoted?: boolean;
}

/** Receives one record and the line it begins on (from 1); returns false to stop reading. */
export type OnRecord = (cells: string[], line: number) => boolean;

const quote = 34;
const lineFeed = 10;
const carriageReturn = 13;
const candidates = [",", "\t", ";", "|"] as const;

/**
 * Splits delimited text (RFC 4180 with any of LF, CRLF, CR as line end, UTF-8 with or without byte order mark) into
 * records, in constant memory. Blank lines are not records. As long as no quote has been seen, a line is its cells joined by
 * delimiters, and splitting it natively is several times faster than any parser; from the first quote on csv-parse takes over.
 * @returns the delimiter and the number of blank lines that stood between records
 * @throws HypersphereError `unreadable-data` for binary data, wrong encodings and quotes that do not match
 */
export async function readCsvRecords(
  bytes: AsyncIterable<Uint8Array>,
  options: CsvRecordOptions,
  onRecord: OnRecord,
): Promise<{ delimiter: string; blankLines: number }> {
  const { source } = options;
  const position: LinePosition = { line: 1 };
  let delimiter = options.delimiter;
  let blankLines = 0;
  let pendingBlanks = 0;
  let stopped = false;
  let quoted: QuotedCsv | undefined;

  const emit: OnRecord = (cells, line) => {
    blankLines += pendingBlanks;
    pendingBlanks = 0;
    if (!onRecord(cells, line)) stopped = true;
    return !stopped;
  };

  const takeQuoted = async (piece: Uint8Array): Promise<QuotedCsv> => {
    delimiter ??= detectDelimiter(decodePiece(piece));
    if (quoted === undefined) {
      // Loaded when the first quote is met: most files have none, and starting up is quicker without.
      const { QuotedCsv } = await import("./csv-quoted.js");
      quoted = new QuotedCsv(source, delimiter, position.line, emit);
    }
    await quoted.write(piece);
    position.line = quoted.line;
    return quoted;
  };
  const takePlain = (piece: Uint8Array): void => {
    const text = decodePiece(piece);
    if (delimiter === undefined && text.trim() !== "") delimiter = detectDelimiter(text);
    for (const line of splitLines(text)) {
      const cells = line.split(delimiter ?? ",");
      if (cells.length === 1 && line.trim() === "") pendingBlanks++;
      else emit(cells, position.line);
      if (stopped) break;
      position.line++;
    }
  };

  for await (const whole of textPieces(bytes, source, position)) {
    let piece = whole;
    if (quoted === undefined && position.line === 1 && !options.alwaysQuoted) {
      const rest = afterQuotedLine(piece);
      if (rest > 0) {
        const header = await takeQuoted(piece.subarray(0, rest));
        await header.end();
        quoted = undefined;
        piece = piece.subarray(rest);
      }
    }
    if (quoted || options.alwaysQuoted || piece.includes(quote)) await takeQuoted(piece);
    else if (!stopped) takePlain(piece);
    if (stopped) break;
  }
  if (quoted && !stopped) blankLines += await quoted.end();
  return { delimiter: delimiter ?? ",", blankLines };
}

/**
 * Many programs quote the header and nothing else. Where the first line, if it has quotes, ends: it can be parsed on its
 * own when its quotes are even in number, for then none is open at its end. 0 when it cannot, or has none.
 */
function afterQuotedLine(piece: Uint8Array): number {
  let quotes = 0;
  for (let i = 0; i < piece.length; i++) {
    const byte = piece[i];
    if (byte === quote) quotes++;
    if (byte !== lineFeed && byte !== carriageReturn) continue;
    if (quotes === 0 || quotes % 2 === 1) return 0;
    return byte === carriageReturn && piece[i + 1] === lineFeed ? i + 2 : i + 1;
  }
  return 0;
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
