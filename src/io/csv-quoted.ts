import { CsvError, type Parser, parse } from "csv-parse";
import { HypersphereError } from "../errors.js";
import type { OnRecord } from "./csv-records.js";

interface ParsedRecord {
  record: string[];
  info: { lines: number; empty_lines: number };
}

/** Characters in one record above which a quote was surely left open. */
const longestRecord = 1 << 24;

/** csv-parse, fed piece by piece, with its line numbers set right and its errors translated. */
export class QuotedCsv {
  #parser: Parser;
  #source: string;
  #failure: unknown;
  #stopped = false;
  #lines = 0;
  #blanks = 0;
  /** Line on which the next record begins, in the whole file. */
  line: number;

  constructor(source: string, delimiter: string, firstLine: number, onRecord: OnRecord) {
    this.#source = source;
    this.line = firstLine;
    this.#parser = parse({
      delimiter,
      info: true,
      record_delimiter: ["\r\n", "\n", "\r"],
      // Ragged rows are refused by the reader, which knows the header and can say more.
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: longestRecord,
    });
    this.#parser.on("error", (error) => {
      this.#failure ??= error;
    });
    this.#parser.on("data", ({ record, info }: ParsedRecord) => {
      if (this.#stopped || this.#failure !== undefined) return;
      const blanks = info.empty_lines - this.#blanks;
      const lines = info.lines - this.#lines;
      this.#blanks = info.empty_lines;
      this.#lines = info.lines;
      this.line += blanks;
      const begins = this.line;
      this.line += lines === blanks + 1 ? 1 : 1 + lineEndsInside(record);
      try {
        if (!onRecord(record, begins)) this.#stopped = true;
      } catch (error) {
        this.#failure = error;
      }
    });
  }

  async write(piece: Uint8Array): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      this.#parser.write(piece, () => resolve());
    });
    this.#check();
  }

  /** @returns blank lines between records */
  async end(): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#parser.once("end", resolve);
      this.#parser.once("error", () => resolve());
      this.#parser.end();
    });
    this.#check();
    return this.#blanks;
  }

  #check(): void {
    if (this.#failure === undefined) return;
    throw this.#failure instanceof CsvError ? this.#translate(this.#failure) : this.#failure;
  }

  #translate(error: CsvError): HypersphereError {
    const blanks = Number((error as { empty_lines?: unknown }).empty_lines ?? this.#blanks) - this.#blanks;
    const at = `${this.#source}: line ${this.line + blanks}`;
    const fail = (message: string, hint: string) =>
      new HypersphereError("unreadable-data", message, { hint, cause: error });
    switch (error.code) {
      case "CSV_QUOTE_NOT_CLOSED":
      case "CSV_MAX_RECORD_SIZE":
        return fail(
          `${at}: a quote is opened in this row and never closed.`,
          'Close it, or double it ("") if it is part of the text.',
        );
      case "INVALID_OPENING_QUOTE":
        return fail(
          `${at}: a quote stands inside a field that does not begin with one.`,
          'Put the whole field in quotes and double the quote inside it: "6"" pipe".',
        );
      case "CSV_INVALID_CLOSING_QUOTE":
        return fail(
          `${at}: text follows a closing quote.`,
          'Double quotes that are part of the text: "say ""hello""".',
        );
      default:
        return fail(`${at}: ${error.message}.`, "Check the file around this line.");
    }
  }
}

/** csv-parse counts CRLF inside quotes as two lines, so lines inside fields are counted here. */
function lineEndsInside(record: string[]): number {
  let count = 0;
  for (const cell of record) count += cell.match(/\r\n|\r|\n/g)?.length ?? 0;
  return count;
}
