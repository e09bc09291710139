/** Cells of later data as a model takes them: as a reader that knows the model would have read them. */
import type { Column, NumberNotation } from "../data/index.js";
import { show } from "../data/table/show-cell.js";
import { HypersphereError } from "../errors.js";
import { MissingTokens } from "../text/missing-tokens.js";
import { parseNoted } from "../text/number-notation.js";
import { parseNumber } from "../text/parse-number.js";
import { shortestFloat } from "../text/shortest-float.js";
import { levelFinder } from "./category-keys.js";
import type { CategoricalFeature, NumericFeature } from "./schema.js";

/**
 * The values of a column that the model takes as numbers, NaN where missing.
 * @throws HypersphereError `schema-mismatch` for texts that are none, and for another unit
 */
export function numericValues(
  column: Column,
  feature: NumericFeature,
  source: string,
): Float64Array | Float32Array {
  const trained = feature.notation?.affix;
  if (column.kind === "numeric") {
    const affix = column.notation?.affix;
    if (affix === undefined || affix === trained) return column.values;
    throw new HypersphereError(
      "schema-mismatch",
      `${source}: the numbers of column "${column.name}" are in ${JSON.stringify(affix)}, but the model was trained on numbers ${trained === undefined ? "without a unit" : `in ${JSON.stringify(trained)}`}.`,
      { hint: "Bring them to the unit that the model was trained on." },
    );
  }
  const values = column.levels.map((text) => numberOf(text, feature.notation));
  const row = column.codes.findIndex((code) => code >= 0 && values[code] === undefined);
  if (row === -1) {
    return Float64Array.from(column.codes, (code) => (code < 0 ? Number.NaN : values[code]!));
  }
  throw new HypersphereError(
    "schema-mismatch",
    `${source}: column "${column.name}" was trained on numbers${trained === undefined ? "" : ` in ${JSON.stringify(trained)}`}, but data row ${row + 1} holds ${show(column.levels[column.codes[row]!]!)}.`,
    {
      hint: 'Correct the cell, leave it empty to have it treated as missing, or name such cells as missing values with option "missing".',
    },
  );
}

const usual = new MissingTokens();

/** What a text is in a column of numbers: as a reader that knows the model would have read it. */
export function numberOf(text: string, notation: NumberNotation = {}): number | undefined {
  const word = text.trim().toLowerCase();
  if (word === "true" || word === "false") return word === "true" ? 1 : 0;
  const plain = notation.decimal === "," ? undefined : parseNumber(text);
  const value = plain ?? parseNoted(text, notation);
  return value ?? (usual.has(text.trim()) || usual.hasAmongNumbers(word) ? Number.NaN : undefined);
}

/**
 * Codes and texts, with the text of code -1 (missing) in front. Numbers become their shortest decimal text, and another
 * spelling of a level becomes that level.
 */
export function categoricalTexts(
  column: Column,
  { levels }: Pick<CategoricalFeature, "levels">,
): readonly [Int32Array, readonly string[]] {
  const level = levelFinder(levels);
  if (column.kind === "categorical") return [column.codes, ["", ...column.levels.map(level)]];
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
