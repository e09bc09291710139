/** Texts of flags as numbers. */
import { HypersphereError } from "../../errors.js";
import { parseNumber } from "../../text/parse-number.js";

/** A number as cells of data state it; NaN for other texts, such as those that JavaScript reads as hexadecimal. */
export const numeral = (text: string): number => parseNumber(text) ?? Number.NaN;

/** A flag's value as a number. @throws HypersphereError `invalid-option` naming the flag */
export function number(flag: string): (text: string) => number {
  return (text) => {
    const value = numeral(text);
    if (Number.isFinite(value)) return value;
    throw new HypersphereError("invalid-option", `${flag} is "${text}", expected a number.`);
  };
}

/** A flag's value as a whole number, from 0 unless said otherwise. @throws HypersphereError `invalid-option` naming the flag */
export function whole(
  flag: string,
  { from = 0, to = Number.MAX_SAFE_INTEGER }: { from?: number; to?: number } = {},
): (text: string) => number {
  const range =
    to < Number.MAX_SAFE_INTEGER ? ` from ${from} to ${to}` : from > 0 ? ` of at least ${from}` : "";
  return (text) => {
    const value = numeral(text);
    if (Number.isSafeInteger(value) && value >= from && value <= to) return value;
    throw new HypersphereError("invalid-option", `${flag} is "${text}", expected a whole number${range}.`);
  };
}

/** A share as people write it, "0.01" or "1%"; NaN for other texts. */
export function shareOf(text: string): number {
  const [, digits, sign] = /^(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+)\s*(%?)$/i.exec(text.trim()) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) / (sign === "%" ? 100 : 1);
}

/** A flag's value as a share above 0 and below 1. @throws HypersphereError `invalid-option` naming the flag */
export function share(flag: string): (text: string) => number {
  return (text) => {
    const value = shareOf(text);
    if (value > 0 && value < 1) return value;
    throw new HypersphereError(
      "invalid-option",
      `${flag} is "${text}", expected a share above 0 and below 1, such as 0.01 or 1%.`,
    );
  };
}

/** Lengths of time: a number of the column's units, or a text that states its own. */
export const numberOrText = (text: string): number | string =>
  Number.isNaN(numeral(text)) ? text : numeral(text);
