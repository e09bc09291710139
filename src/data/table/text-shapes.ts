import { parseNumber } from "../../text/parse-number.js";
import { isDate } from "../series/date-like.js";
import type { CountedText } from "./infer-notation.js";

/** Longer texts are no values. */
const MOST_CHARACTERS = 64;
/** So many different texts tell what a column is. */
const MOST_TEXTS = 4096;
/** Categories of one shape are rarely more: "A1", "A2". */
const MANY_NAMES = 64;
/** Numbers with something around that has no letters, and numbers with decimals, are rarely categories, where most texts are such. */
const MANY_NUMBERS = 10;
const MOST = 0.5;
/** Share of different texts above which they are one for each row. */
const UNIQUE = 0.95;

/** Different texts of a column that are the same but for their digits. */
export interface SharedShape {
  readonly count: number;
  readonly of: number;
  readonly examples: readonly string[];
  /** Whether the texts are numbers and nothing else. */
  readonly plain: boolean;
}

const PLAIN = "0";
const number = /\p{Nd}+(?:[.,]\p{Nd}+)?/gu;

/** Whole numbers as programs write them, whose digits may be letters: 0x1F, &H1F, 0b101 and 0o17. */
const ofPrograms = /^[-+]?(?:0x[\da-f]+|&h[\da-f]+|0b[01]+|0o[0-7]+)$/i;
const PROGRAMS = "0x0";
/** Also with a whole number before it, and as one character: 1/2, 1 1/2, ½ and 1½. */
const fraction = /^[-+]?(?:(?:\p{Nd}+\s+)?\p{Nd}+\s*[/⁄]\s*\p{Nd}+|\p{Nd}*\s*[¼½¾⅐-⅞])$/u;
const FRACTION = "0/0";

/** What a text is but for its digits: "[0]" for "[171]". */
function shapeOf(text: string): string {
  if (parseNumber(text) !== undefined) return PLAIN;
  if (ofPrograms.test(text)) return PROGRAMS;
  return fraction.test(text) ? FRACTION : text.replace(number, "0");
}

/**
 * Only one number, and no letters unless it has decimals: "[0]", "±0" and "ca. 0.5", not "0-0", "A0" and "0:0". Fractions and
 * numbers of programs are numbers, too.
 */
const isNumberLike = (shape: string, withDecimals: boolean): boolean =>
  shape === FRACTION ||
  shape === PROGRAMS ||
  (withDecimals ? /^[^0]*0[^0]*$/ : /^[^\p{L}0]*0[^\p{L}0]*$/u).test(shape);

const decimals = /\p{Nd}[.,]\p{Nd}/u;

/**
 * The shape that so many different texts of a column share that they may be numbers which could not be read; undefined where
 * there are only a few of each, or they are dates.
 */
export function sharedShape(texts: readonly CountedText[]): SharedShape | undefined {
  const byShape = new Map<string, { count: number; decimal: number; examples: string[] }>();
  const looked = texts.slice(0, MOST_TEXTS);
  for (const { text } of looked) {
    if (text.length > MOST_CHARACTERS || !/\p{Nd}|[¼½¾⅐-⅞]/u.test(text)) continue;
    const shape = shapeOf(text);
    const decimal = decimals.test(text) ? 1 : 0;
    const found = byShape.get(shape);
    if (found === undefined) byShape.set(shape, { count: 1, decimal, examples: [text] });
    else {
      found.decimal += decimal;
      if (++found.count === 2) found.examples.push(text);
    }
  }
  const [usual] = [...byShape].sort(([, a], [, b]) => b.count - a.count);
  if (usual === undefined) return undefined;
  const [shape, { count, decimal, examples }] = usual;
  const withDecimals = decimal > MOST * count;
  const areNumbers =
    isNumberLike(shape, withDecimals) && count >= MANY_NUMBERS && count > MOST * looked.length;
  if ((count <= MANY_NAMES && !areNumbers) || examples.every(isDate)) return undefined;
  // Names that number the rows, "SN-0001" and "SN-0002", are left out as identifiers, which is said.
  const areNames = /\p{L}/u.test(shape) && !withDecimals;
  const cells = texts.reduce((sum, text) => sum + text.cells, 0);
  if (areNames && texts.length >= UNIQUE * cells) return undefined;
  return { count, of: looked.length, examples, plain: shape === PLAIN };
}
