import { visibleText } from "./plain-digits.js";

const beyondAscii = /[^\0-\x7f]/;
/** Spaces that look like the plain one. */
const spaces = /[\u00a0\u2007\u202f]/g;

/**
 * A text as the eye sees it: texts for which this is the same cannot be told apart. Programs write an umlaut as one character or as
 * two, and leave invisible characters and spaces that do not break.
 */
export const seenText = (text: string): string =>
  beyondAscii.test(text) ? visibleText(text).normalize("NFC").replace(spaces, " ") : text;

/** The same for a name, of which white space around it is no part. */
export const nameKey = (name: string): string => seenText(name).trim();

/**
 * For a name, which of the wanted ones it is: the same if there is one, otherwise the one that looks the same. Others, and
 * those that look like several, stay as they are.
 */
export function nameFinder(wanted: Iterable<string>): (name: string) => string {
  const exact = new Set(wanted);
  const byKey = new Map<string, string | undefined>();
  for (const name of exact) byKey.set(nameKey(name), byKey.has(nameKey(name)) ? undefined : name);
  return (name) => (exact.has(name) ? name : (byKey.get(nameKey(name)) ?? name));
}

/**
 * Names with the wanted ones in the place of those that look the same. Where one wanted name would be there twice, the names that
 * are not written like it stay as they are.
 */
export function spelledAs(names: readonly string[], wanted: Iterable<string>): string[] {
  const find = nameFinder(wanted);
  const found = names.map(find);
  const counts = new Map<string, number>();
  for (const name of found) counts.set(name, (counts.get(name) ?? 0) + 1);
  return names.map((name, k) => (counts.get(found[k]!) === 1 ? found[k]! : name));
}
