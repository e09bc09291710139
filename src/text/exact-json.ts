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
