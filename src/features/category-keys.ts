/**
 * Spellings of one category. File formats write the same value differently: a boolean as True, true, TRUE or 1, a code as
 * 1, 1.0 or 1e0, an umlaut as one character or as two, a space as one that does not break. Texts with the same key are the same
 * category. Leading zeros count, for they are part of a code, and so do upper and lower case.
 */
import { seenText } from "../text/name-key.js";

const truthWord = /^(?:true|false)$/i;
const bit = /^[01](?:\.0+)?$/;
/** Numbers of up to 15 digits, which are exact, without leading zeros. */
const plainNumber = /^[-+]?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/;
/** The same as spreadsheets and C write them. Among names such as "1E5" and "A7" they are none. */
const scientific = /^[-+]?(?:[1-9](?:\.\d{1,15})?|0(?:\.0{1,15})?)[eE][-+]?\d{1,2}$/;

/** Codes that a number cannot keep. */
const paddedNumber = /^0\d{1,15}$/;

export type CategoryKey = (text: string) => string;

/**
 * @param levels the texts of the column: among truth values alone, written as words or as bits, 1 and true are the same;
 * among numbers alone, 1 and 1e0
 */
export function categoryKeys(levels: readonly string[]): CategoryKey {
  const isTruth =
    levels.some((level) => level !== "") &&
    levels.every((level) => level === "" || truthWord.test(level) || bit.test(level));
  const areNumbers =
    levels.some((level) => plainNumber.test(level)) &&
    levels.every((level) => level === "" || plainNumber.test(level) || scientific.test(level));
  return (text) => {
    if (isTruth && bit.test(text)) return Number(text) === 1 ? "true" : "false";
    if (truthWord.test(text)) return text.toLowerCase();
    if (plainNumber.test(text) || (areNumbers && scientific.test(text))) return String(Number(text) + 0);
    return seenText(text);
  };
}

/**
 * For texts of a column, the level of the model that each is: the same text if there is one, otherwise another spelling
 * of it. Texts that are no level stay as they are.
 */
export function levelFinder(levels: readonly string[]): (text: string) => string {
  const exact = new Set(levels);
  const key = categoryKeys(levels);
  const byKey = new Map<string, string | undefined>();
  // Two levels that differ in spelling only, in models of earlier versions, leave open which one is meant.
  for (const level of levels) byKey.set(key(level), byKey.has(key(level)) ? undefined : level);
  return (text) => (text === "" || exact.has(text) ? text : (byKey.get(key(text)) ?? text));
}

/**
 * For texts of numbers that a table was read with, the level of the model that each is. A number shows no leading zeros: where
 * one level alone is the same number with such, such as 01 for 1, that is it.
 */
export function numberLevelFinder(levels: readonly string[]): (text: string) => string {
  const find = levelFinder(levels);
  const known = new Set(levels);
  const padded = new Map<string, string | undefined>();
  for (const level of levels) {
    if (!paddedNumber.test(level)) continue;
    const bare = level.replace(/^0+(?=\d)/, "");
    padded.set(bare, padded.has(bare) ? undefined : level);
  }
  return (text) => {
    const found = find(text);
    return known.has(found) ? found : (padded.get(text) ?? found);
  };
}
