import { HypersphereError } from "../../errors.js";
import type { LinePosition } from "../text-pieces.js";

export interface CsvRecord {
  readonly cells: string[];
  /** Where in the text the next record begins. */
  readonly end: number;
  /** Lines that the record spans: more than one where fields hold line ends. */
  readonly lines: number;
  /** A line with nothing but white space, which is no record. */
  readonly isBlank: boolean;
}

/** Where in the file a record is, for messages. */
export interface RecordPlace {
  readonly source: string;
  readonly position: Readonly<LinePosition>;
}

/**
 * Reads one record that may have fields in quotes (RFC 4180: in them, delimiters and line ends are text, and a quote is
 * doubled). White space around fields is not part of them, but within quotes it is.
 * @param text whole lines, read from `start` on
 * @param careful reads character by character also where there is no quote
 * @returns undefined where a quote is still open at the end of the text
 * @throws HypersphereError `unreadable-data` for quotes within other fields, and for text after a closing quote
 */
export function nextRecord(
  text: string,
  start: number,
  delimiter: string,
  careful: boolean,
  place: RecordPlace,
): CsvRecord | undefined {
  if (!careful) {
    const [end, next] = lineEnd(text, start);
    const line = text.slice(start, end);
    if (!line.includes('"')) {
      const cells = line.split(delimiter);
      for (let k = 0; k < cells.length; k++) cells[k] = cells[k]!.trim();
      return { cells, end: next, lines: 1, isBlank: cells.length === 1 && cells[0] === "" };
    }
  }
  const cells: string[] = [];
  let lines = 1;
  let anyQuoted = false;
  for (let at = start; ; at++) {
    at = skipSpace(text, at, delimiter);
    if (text[at] === '"') {
      const field = quotedField(text, at);
      if (field === undefined) return undefined;
      anyQuoted = true;
      cells.push(field.value);
      lines += field.lineEnds;
      at = skipSpace(text, field.end, delimiter);
      if (at < text.length && text[at] !== delimiter && !isLineEnd(text, at)) {
        const hint = 'Double quotes that are part of the text: "say ""hello""".';
        throw bad(place, "text follows a closing quote", hint);
      }
    } else {
      const from = at;
      while (at < text.length && text[at] !== delimiter && !isLineEnd(text, at)) {
        if (text[at] === '"') {
          const hint = 'Put the whole field in quotes and double the quote inside it: "6"" pipe".';
          throw bad(place, "a quote stands inside a field that does not begin with one", hint);
        }
        at++;
      }
      cells.push(text.slice(from, at).trim());
    }
    if (text[at] === delimiter) continue;
    const isBlank = cells.length === 1 && cells[0] === "" && !anyQuoted;
    return { cells, end: lineEnd(text, at)[1], lines, isBlank };
  }
}

/** Where the line ends and where the next begins. */
function lineEnd(text: string, from: number): [end: number, next: number] {
  const found = /\r\n|\r|\n/g;
  found.lastIndex = from;
  const match = found.exec(text);
  return match === null ? [text.length, text.length] : [match.index, found.lastIndex];
}

const isLineEnd = (text: string, at: number): boolean => text[at] === "\n" || text[at] === "\r";

function skipSpace(text: string, from: number, delimiter: string): number {
  let at = from;
  while (
    at < text.length &&
    text[at] !== delimiter &&
    !isLineEnd(text, at) &&
    (text[at] === " " || text[at]!.trim() === "")
  )
    at++;
  return at;
}

/** The field whose opening quote is at `open`; undefined where it is not closed, or may go on after the text. */
function quotedField(
  text: string,
  open: number,
): { value: string; end: number; lineEnds: number } | undefined {
  let value = "";
  for (let from = open + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return undefined;
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') {
      return { value, end: quote + 1, lineEnds: value.match(/\r\n|\r|\n/g)?.length ?? 0 };
    }
    value += '"';
    from = quote + 2;
  }
}

function bad({ source, position }: RecordPlace, what: string, hint: string): HypersphereError {
  return new HypersphereError("unreadable-data", `${source}: line ${position.line}: ${what}.`, { hint });
}
