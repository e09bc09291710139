import { plainDigits } from "./plain-digits.js";

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** U+2212, and what word processors and East Asian keyboards write for it: hyphens, the en dash, the full-width minus. */
const unicodeMinus = /^[\u2010-\u2013\u2212\ufe63\uff0d]/;
/** The last form is that of C on Windows, zeros being the digits that were asked for. */
const infinite = /^([+-]?)(?:inf(?:inity)?|∞|1\.#inf0*)$/i;

/**
 * The number a cell states, or undefined when it is not one. Decimal notation with an optional exponent, and
 * inf, -inf, Infinity, ∞ and 1.#INF in any case; white space around it does not count, nor do invisible characters. The digits may be
 * those of any script, the minus that of Unicode. Unlike `Number()` it takes neither hexadecimal, octal or binary notation nor the empty string for a number.
 */
export function parseNumber(cell: string): number | undefined {
  // Almost every cell is a plain decimal: a leading and a second character below "A" rule out white space,
  // letters and the radix prefixes that Number() would accept, without a regular expression.
  const first = cell.charCodeAt(0);
  if (first > 32 && first < 58 && !(cell.charCodeAt(1) >= 58)) {
    const value = +cell;
    if (!Number.isNaN(value)) return value;
  }
  // Most texts begin with a letter, and of numbers "inf" alone.
  if (first >= 65 && first < 127 && first !== 73 && first !== 105) return undefined;
  const trimmed = plainDigits(cell).trim().replace(unicodeMinus, "-");
  if (decimal.test(trimmed)) return +trimmed;
  const match = infinite.exec(trimmed);
  if (match) return match[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return undefined;
}
