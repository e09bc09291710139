/**
 * What could make a terminal or a reader see something else than what is there: control characters (C0, C1, so that also
 * escape sequences), characters that change the direction of text, invisible ones, line separators, tags, and halves of
 * surrogate pairs. Joiners (U+200C, U+200D) stay: scripts and emoji need them. Line feeds are a matter of the caller.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|\p{Surrogate}/gu;
const SHORT: Readonly<Record<string, string>> = { "\t": "\\t", "\r": "\\r", "\n": "\\n" };

/** Text for people, of texts that anybody may have written; line feeds stay. */
export const printable = (text: string): string => text.replace(UNSAFE, escaped);

/** As `printable`, on one line: for names, cells and sentences. */
export const printableLine = (text: string): string => printable(text).replaceAll("\n", "\\n");

/** JSON of the same value, without such characters. */
export const printableJson = (json: string): string =>
  json.replace(UNSAFE, (character) =>
    Array.from({ length: character.length }, (_, k) => `\\u${hex(character.charCodeAt(k), 4)}`).join(""),
  );

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  return SHORT[character] ?? (code < 256 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`);
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");
