/** Cells that mean "no value" unless the caller says otherwise. An empty cell always does. */
export const defaultMissingTokens: readonly string[] = [
  "",
  "NA",
  "N/A",
  "NaN",
  "nan",
  "null",
  "NULL",
  "None",
  "?",
];

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinite = /^([+-]?)inf(?:inity)?$/i;

/**
 * The number a cell states, or undefined when it is not one. Decimal notation with an optional exponent, and
 * inf, -inf, Infinity in any case; white space around it does not count. Unlike `Number()` it takes neither hexadecimal
 * nor octal notation nor the empty string for a number.
 */
export function parseNumber(cell: string): number | undefined {
  // Almost every cell is a plain decimal: a leading and a second character below "A" rule out white space,
  // letters and the radix prefixes that Number() would accept, without a regular expression.
  const first = cell.charCodeAt(0);
  if (first > 32 && first < 58 && !(cell.charCodeAt(1) >= 58)) {
    const value = +cell;
    if (!Number.isNaN(value)) return value;
  }
  const trimmed = cell.trim();
  if (decimal.test(trimmed)) return +trimmed;
  const match = infinite.exec(trimmed);
  if (match) return match[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return undefined;
}
