import { parseNumber } from "../../text/parse-number.js";

export type Cell = string | number | boolean | null | undefined;

export interface CsvRowOptions {
  /** Default ",". */
  readonly delimiter?: string | undefined;
  /**
   * What becomes of texts that a spreadsheet would run as formulas: those that begin with =, +, -, @, a tab or a line break and
   * are no numbers. "quote" (default) puts an apostrophe before them, as OWASP advises ("CSV Injection"): a spreadsheet then
   * shows the text. "keep" writes them as they are, for programs that compare texts.
   */
  readonly formulas?: "quote" | "keep" | undefined;
}

/** One line of CSV with its line end (LF). A row of one empty cell is "" in quotes, for a blank line is no row. */
export function formatCsvRow(
  cells: readonly Cell[],
  { delimiter = ",", formulas = "quote" }: CsvRowOptions = {},
): string {
  const quoted = formulas === "quote";
  if (cells.length === 1 && formatCell(cells[0], delimiter, quoted) === "") return '""\n';
  let line = "";
  for (let i = 0; i < cells.length; i++)
    line += (i === 0 ? "" : delimiter) + formatCell(cells[i], delimiter, quoted);
  return `${line}\n`;
}

/** The last four are full-width forms of the first four, which spreadsheets take for them in some languages. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

function formatCell(cell: Cell, delimiter: string, quoteFormulas: boolean): string {
  if (typeof cell === "number") return Number.isNaN(cell) ? "" : String(cell);
  if (cell === null || cell === undefined) return "";
  const given = String(cell);
  const text = quoteFormulas && FORMULA.test(given) && parseNumber(given) === undefined ? `'${given}` : given;
  // Leading and trailing space is quoted because many readers trim it otherwise.
  const plain = !text.includes(delimiter) && !/["\r\n]|^\s|\s$/.test(text);
  return plain ? text : `"${text.replaceAll('"', '""')}"`;
}
