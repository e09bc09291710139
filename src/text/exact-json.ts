/** Where an integer of 16 digits or more may be a value. */
const longInteger = /[:,[\s]-?\d{16,}\s*[,}\]]/;
const stringOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Numbers of JSON lose what is beyond 2^53; as texts, such integers are read as those of CSV are. */
const withLongIntegersAsTexts = (json: string): string =>
  json.replace(stringOrNumber, (token) =>
    /^-?[1-9]\d{15,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
  );

/**
 * As `JSON.parse`, with whole numbers beyond 2^53 as texts, which keep their digits: two ids stay two.
 * @throws SyntaxError
 */
export const parseExactJson = (json: string): unknown =>
  JSON.parse(longInteger.test(json) ? withLongIntegersAsTexts(json) : json);

const keyEnd = /"\s*:/g;
const stringOrMark = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g;

/**
 * A key that an object of a JSON text has twice, of which `JSON.parse` keeps the last value; undefined where there is none.
 * @param json valid JSON
 * @param keys how many keys `JSON.parse` found in it, where that is known: most texts then need no second look
 */
export function repeatedKey(json: string, keys = 0): string | undefined {
  let ends = 0;
  keyEnd.lastIndex = 0;
  while (keyEnd.test(json)) ends++;
  // Texts may have more of what looks like one; fewer than keys there cannot be.
  if (ends <= keys) return undefined;
  /** Keys of what is open; lists have none. */
  const open: Set<string>[] = [];
  let last = "";
  for (const [token] of json.matchAll(stringOrMark)) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (token !== ":") last = token;
    else {
      const name = JSON.parse(last) as string;
      const names = open.at(-1)!;
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}
