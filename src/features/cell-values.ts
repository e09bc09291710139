/** Cells of columns whose kind the model knows, when the table was read without knowing the model. */
import type { CategoricalColumn, Column, NumberNotation } from "../data/index.js";
import { MissingTokens } from "../text/missing-tokens.js";
import { parseNoted } from "../text/number-notation.js";
import { parseNumber } from "../text/parse-number.js";
import { shortestFloat } from "../text/shortest-float.js";
import { levelFinder, numberLevelFinder } from "./category-keys.js";

const usual = new MissingTokens();

/** What a text is in a column of numbers: as a reader that knows the model would have read it. */
export function numberOf(text: string, notation: NumberNotation = {}): number | undefined {
  const word = text.trim().toLowerCase();
  if (word === "true" || word === "false") return word === "true" ? 1 : 0;
  const plain = notation.decimal === "," ? undefined : parseNumber(text);
  const value = plain ?? parseNoted(text, notation);
  return value ?? (usual.has(text.trim()) || usual.hasAmongNumbers(word) ? Number.NaN : undefined);
}

/** Numbers of a column of texts, NaN where missing, and the first row whose text is none; -1 where all are. */
export function numbersOfTexts(
  { codes, levels }: CategoricalColumn,
  notation?: NumberNotation,
): { readonly values: Float64Array; readonly unreadable: number } {
  const numbers = levels.map((text) => numberOf(text, notation));
  return {
    values: Float64Array.from(codes, (code) => numbers[code] ?? Number.NaN),
    unreadable: codes.findIndex((code) => code >= 0 && numbers[code] === undefined),
  };
}

/**
 * Codes and texts, with the text of code -1 (missing) in front. Numbers become their shortest decimal text, and another
 * spelling of a level becomes that level.
 */
export function categoricalTexts(
  column: Column,
  levels: readonly string[],
): readonly [Int32Array, readonly string[]] {
  if (column.kind === "categorical") return [column.codes, ["", ...column.levels.map(levelFinder(levels))]];
  const level = numberLevelFinder(levels);
  const { values } = column;
  const write = values instanceof Float32Array ? shortestFloat : String;
  const texts = [""];
  const codeOf = new Map<number, number>();
  const codes = Int32Array.from(values, (value) => {
    if (Number.isNaN(value)) return -1;
    let code = codeOf.get(value);
    if (code === undefined) {
      code = texts.push(level(write(value))) - 2;
      codeOf.set(value, code);
    }
    return code;
  });
  return [codes, texts];
}
