export type Cell = string | number | boolean | null | undefined;

/** One line of CSV with its line end (LF). A row of one empty cell is "" in quotes, for a blank line is no row. */
export function formatCsvRow(cells: readonly Cell[], delimiter = ","): string {
  if (cells.length === 1 && formatCell(cells[0], delimiter) === "") return '""\n';
  let line = "";
  for (let i = 0; i < cells.length; i++) line += (i === 0 ? "" : delimiter) + formatCell(cells[i], delimiter);
  return `${line}\n`;
}

function formatCell(cell: Cell, delimiter: string): string {
  if (typeof cell === "number") return Number.isNaN(cell) ? "" : String(cell);
  if (cell === null || cell === undefined) return "";
  const text = String(cell);
  // Leading and trailing space is quoted because many readers trim it otherwise.
  const plain = !text.includes(delimiter) && !/["\r\n]|^\s|\s$/.test(text);
  return plain ? text : `"${text.replaceAll('"', '""')}"`;
}
