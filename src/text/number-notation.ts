import { type Duration, type DurationForm, isInForm, parseDuration } from "./duration.js";
import { parseNumber } from "./parse-number.js";
import { plainDigits } from "./plain-digits.js";

/**
 * How a column writes numbers that are more than digits and a point. Numbers may then have thousands separators, the
 * minus behind them or parentheses for it, and a comparison sign, which is read over: "<0.5" is 0.5. So are quotation marks,
 * as spreadsheets write them before numbers that they keep as texts.
 */
export interface NumberNotation {
  /** Currency, unit or %, before or after the number; cells without it are taken as being in it. */
  readonly affix?: string;
  /** The mark before decimals, where the column tells or an option says; the other one separates thousands. */
  readonly decimal?: DecimalMark;
  /**
   * Lengths of time. "full" ones are in seconds: PT198S, 00:07:27, 1h 30min. "short" ones are two numbers, such as 7:27 (447),
   * in the unit of the second. "days" are in seconds: 1:02:03:04. "12-hour" ones are times of day in seconds since midnight:
   * 1:15 pm. Numbers alone are in the same unit.
   */
  readonly duration?: DurationForm;
}

export type DecimalMark = "." | ",";

/** A cell taken apart. */
export interface WrittenNumber {
  /** Currency, unit or %, or the empty text. */
  readonly affix: string;
  readonly negative: boolean;
  /** Negative by parentheses. */
  readonly inParentheses: boolean;
  /** Has <, >, ~ or a plus behind it. */
  readonly isBound: boolean;
  /** Whether the digits hold a point, and a comma. */
  readonly point: boolean;
  readonly comma: boolean;
  /** What it is if the point is the decimal mark, and if the comma is; without its sign. */
  readonly byPoint: number | undefined;
  readonly byComma: number | undefined;
}

/** Longer cells are texts. */
const MOST_CHARACTERS = 48;

const currency =
  "(?:[A-Z]{0,3}\\p{Sc}|USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|ZAR|KRW|SGD|HKD|MXN|TRY|RUB|Rs\\.?|kr\\.?|Fr\\.)";
const digits = "(?:\\d[\\d.,'’_ \\u00a0\\u2009\\u202f]*\\d|\\d)[.,]?|[.,]\\d+";
const unit =
  '[\\p{L}°%‰′″"Ωµ\\p{Sc}](?:[\\p{L}\\p{N}°%‰²³⁻¹/·*^.\\p{Sc} -]{0,14}[\\p{L}\\p{N}°%‰²³¹.\\p{Sc}])?';
const sign = "[-+\\u2010-\\u2013\\u2212\\ufe63\\uff0d]";
const shape = new RegExp(
  `^((?:[<>]=?|[≤≥~≈])?)\\s*(${sign}?)\\s*((?:${currency})?)\\s*(${sign}?)\\s*(${digits})((?:[eE][-+]?\\d+)?)\\s*((?:${unit})?)\\s*(${sign}?)$`,
  "u",
);
/** Notations of programmers, addresses and the like, which only look like numbers with something behind. */
const otherwise = /^[+-]?0[xXbBoO][0-9a-fA-F]+$|^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

/** Takes a cell apart; undefined for what is no number with decoration. White space around the cell does not count. */
export function takeApart(cell: string): WrittenNumber | undefined {
  let text = unquoted(plainDigits(cell).trim());
  if (text.length > MOST_CHARACTERS || !/\d/.test(text) || otherwise.test(text)) return undefined;
  const inParentheses = text.startsWith("(") || /^\p{Sc}\s*\(/u.test(text);
  if (inParentheses) {
    if (!/\)\s*[%‰]?$/.test(text) || text.lastIndexOf("(") !== text.indexOf("(")) return undefined;
    text = text
      .replace("(", "")
      .replace(/\)(\s*[%‰]?)$/, "$1")
      .trim();
  }
  const match = shape.exec(text);
  if (match === null) return undefined;
  const [, comparison, before, prefix, between, mantissa, exponent, suffix, after] =
    match as unknown as string[];
  const signs = [before, between, after].filter((sign) => sign !== "");
  if (signs.length > 1 || (inParentheses && signs.length > 0) || (prefix !== "" && suffix !== ""))
    return undefined;
  // Units have single digits, such as m3 and H2O; "1. March 2024" has no unit.
  if (/\d\d/.test(suffix!)) return undefined;
  const byPoint = valueBy(".", mantissa!, exponent!);
  // The decimal mark of Arabic numbers is one whatever that of the column is.
  const isArabic = cell.includes("\u066b");
  const byComma = isArabic ? byPoint : valueBy(",", mantissa!, exponent!);
  if (byPoint === undefined && byComma === undefined) return undefined;
  return {
    affix: (prefix || suffix)!.normalize("NFKC"),
    negative: inParentheses || (signs.length === 1 && signs[0] !== "+"),
    inParentheses,
    isBound: comparison !== "" || after === "+",
    point: mantissa!.includes(".") && !isArabic,
    comma: mantissa!.includes(","),
    byPoint,
    byComma,
  };
}

const quoted = /^[="'‘’]/;

/** The number within quotation marks, or behind one; codes with leading zeros are quoted to stay texts. */
function unquoted(text: string): string {
  if (!quoted.test(text)) return text;
  const inner = /^=?(["'‘’])(.*)\1$/.exec(text)?.[2] ?? /^['‘’](.*)$/.exec(text)?.[1];
  return inner === undefined || /^\s*[-+]?0\d/.test(inner) ? text : inner.trim();
}

/** Digits as a number, where one mark is before the decimals and everything else separates groups of three. */
function valueBy(decimal: DecimalMark, mantissa: string, exponent: string): number | undefined {
  const at = mantissa.lastIndexOf(decimal);
  const whole = at < 0 ? mantissa : mantissa.slice(0, at);
  const fraction = at < 0 ? "" : mantissa.slice(at + 1);
  if (!/^\d*$/.test(fraction) || whole + fraction === "") return undefined;
  if (/^\d*$/.test(whole)) return Number(`${whole || "0"}.${fraction || "0"}${exponent}`);
  if (exponent !== "") return undefined;
  const other = decimal === "." ? "," : "\\.";
  const grouped = new RegExp(`^[1-9]\\d{0,2}([${other}'’_ \\u00a0\\u2009\\u202f])\\d{3}(?:\\1\\d{3})*$`);
  const indian = decimal === "." && /^[1-9]\d?(?:,\d{2})+,\d{3}$/.test(whole);
  if (!grouped.test(whole) && !indian) return undefined;
  return Number(`${whole.replace(/\D/g, "")}.${fraction || "0"}`);
}

/** What a cell says in the notation of its column; undefined for what is no number in it. */
export function parseNoted(
  cell: string,
  { affix = "", decimal, duration }: NumberNotation,
): number | undefined {
  if (duration !== undefined) {
    const length = durationOf(cell);
    if (length !== undefined) return isInForm(length.form, duration) ? length.value : undefined;
  }
  const number = takeApart(cell);
  if (number === undefined) return infinityOf(cell);
  if (number.affix !== "" && number.affix !== affix) return undefined;
  const value = sizeOf(number, decimal);
  return value !== undefined && number.negative ? -value : value;
}

/** The number without its sign; undefined where it is none by this mark, or differs by either mark and none is known. */
export function sizeOf(number: WrittenNumber, decimal: DecimalMark | undefined): number | undefined {
  const { byPoint, byComma } = number;
  if (decimal !== undefined) return decimal === "." ? byPoint : byComma;
  if (byPoint === undefined || byComma === undefined) return byPoint ?? byComma;
  return byPoint === byComma ? byPoint : undefined;
}

/** What no length of time begins with: letters but for the P of ISO 8601. */
const isWord = /^[A-OQ-Za-oq-z]/;

/** The length of time that a cell states. */
export const durationOf = (cell: string): Duration | undefined =>
  isWord.test(cell)
    ? undefined
    : parseDuration(
        plainDigits(cell)
          .trim()
          .replace(/^[\u2010-\u2013\u2212]/, "-"),
      );

const infinityOf = (cell: string): number | undefined => {
  const value = parseNumber(cell);
  return value !== undefined && Math.abs(value) === Number.POSITIVE_INFINITY ? value : undefined;
};
