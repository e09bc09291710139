/** Smaller numbers are seconds since 1970, larger ones milliseconds: they meet in the year 5138 and in 1973. */
const MOST_SECONDS = 1e11;
/** A text without a zone is UTC: what a row means must not depend on where the service runs. */
const LOCAL = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?$/;
const LAST = Date.UTC(9999, 11, 31);

/** The time that a cell states: a date as ISO 8601 has it, or a number; undefined for anything else. */
export function timeOf(cell: unknown): Date | undefined {
  const time =
    typeof cell === "number" ? ofNumber(cell) : typeof cell === "string" ? ofText(cell) : Number.NaN;
  return Math.abs(time) <= LAST ? new Date(Math.round(time)) : undefined;
}

const ofNumber = (value: number): number => (Math.abs(value) < MOST_SECONDS ? value * 1000 : value);

function ofText(text: string): number {
  const trimmed = text.trim();
  if (/^-?\d+(\.\d+)?$/.test(trimmed)) return ofNumber(Number(trimmed));
  return Date.parse(LOCAL.test(trimmed) ? `${trimmed.replace(" ", "T").replace(",", ".")}Z` : trimmed);
}
