/** Longer texts are no numbers, and stay as they are. */
const MOST_CHARACTERS = 256;
/** Characters that one does not see: soft hyphen, zero-width space and joiners, marks of direction, byte order mark. */
const invisible = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
/** Those of them that no writing system needs within a word. */
const needless = /[\u00ad\u200b\u2060\ufeff]/g;
const beyondAscii = /[^\0-\x7f]/;
/** Full-width forms of ASCII. */
const fullWidth = /[\uff01-\uff5e]/g;
/** Any decimal digit but those of ASCII. */
const foreignDigit = /[^\P{Nd}0-9]/gu;
const isDigit = /^\p{Nd}$/u;

/**
 * A text with the digits of any script, full-width characters and the separators of Arabic numbers as ASCII writes them,
 * and without invisible characters. The Arabic separator of thousands becomes an apostrophe, which separates nothing else.
 */
export function plainDigits(text: string): string {
  if (text.length > MOST_CHARACTERS || !beyondAscii.test(text)) return text;
  return text
    .replace(invisible, "")
    .replace(fullWidth, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0xfee0))
    .replace(foreignDigit, digitOf)
    .replace(/(\d)\u066b(?=\d)/g, "$1.")
    .replace(/(\d)\u066c(?=\d)/g, "$1'");
}

/** A text without invisible characters that no text needs; one of nothing else stays as it is. */
export const visibleText = (text: string): string =>
  beyondAscii.test(text) ? text.replace(needless, "") || text : text;

/** A cell without white space around it, and without invisible characters that no text needs. */
export function bareCell(cell: string): string {
  const trimmed = cell.trim();
  return beyondAscii.test(trimmed) ? trimmed.replace(needless, "").trim() : trimmed;
}

/** Unicode keeps the ten digits of a script together, and sets of them in whole tens. */
function digitOf(digit: string): string {
  const code = digit.codePointAt(0)!;
  let start = code;
  while (isDigit.test(String.fromCodePoint(start - 1))) start--;
  return String((code - start) % 10);
}
