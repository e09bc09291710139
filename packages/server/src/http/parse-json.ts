import { parseExactJson, repeatedKey } from "hypersphere";
import { Problem } from "../problem.js";

const MOST_DEPTH = 32;
/** Keys of one object: millions of them take a parser minutes, in which nobody else is answered. */
const MOST_KEYS = 20_000;
/** Values of one row, those of lists and objects in it included. */
const MOST_VALUES = 20_000;
/** Lists and objects within the rows of a body: empty ones take twenty times the memory that they have in the text. */
const MOST_NESTED = 1_000_000;
/** Of characters that say how a text is built. */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACE = 0x7b;
const COLON = 0x3a;
const COMMA = 0x2c;
const SPACE = 0x20;
/** Which bytes those are: most are none, and one look says so. */
const IS_MARK = Uint8Array.from({ length: 256 }, (_, byte) =>
  `"[]{}:,`.includes(String.fromCharCode(byte)) ? 1 : 0,
);

export interface JsonBounds {
  /** What is read, as an error says it. */
  readonly what?: string;
  /** Of the list that is the body, or that a key of the body has. */
  readonly maxRows?: number;
  /** The body is one row. */
  readonly isRow?: boolean;
  /** Lists and objects within rows that were read before, and are counted on. */
  readonly nested?: { count: number };
}

/** Refuses texts that are no UTF-8; without a stream, it keeps nothing between calls. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * JSON of bounded depth, width and size, told before it is parsed: what goes through values afterwards may do so by recursion, and
 * a parser makes all of them before anybody can count.
 * @throws Problem `invalid-request`, also where an object has a key twice, `too-large`
 */
export const parseJson = (bytes: Uint8Array, bounds: JsonBounds = {}): unknown =>
  parsed(bytes, bounds, JSON.parse);

/** The same, with whole numbers beyond 2^53 as texts, as the library's readers take them: ids stay apart. */
export const parseRows = (bytes: Uint8Array, bounds: JsonBounds = {}): unknown =>
  parsed(bytes, bounds, parseExactJson);

function parsed(bytes: Uint8Array, bounds: JsonBounds, parse: (json: string) => unknown): unknown {
  const { what = "The body" } = bounds;
  const { keys, deepest } = refuseUnbounded(bytes, what, bounds);
  let value: unknown;
  let json: string;
  try {
    json = utf8.decode(bytes);
    value = parse(json);
  } catch (cause) {
    throw new Problem("invalid-request", `${what} is not JSON (${(cause as Error).message.slice(0, 200)}).`, {
      cause,
    });
  }
  if (keys > keptKeys(value, deepest)) throw repeated(json, what);
  return value;
}

/** @param deepest how deep lists and objects of the text lie */
function keptKeys(value: unknown, deepest: number): number {
  if (Array.isArray(value)) return deepest <= 2 ? keysOfRows(value) : keysIn(value);
  if (deepest <= 1) return keysOfRows([value]);
  const rows = listOfRows(value);
  return rows !== undefined && deepest <= 3 ? 1 + keysOfRows(rows) : keysIn(value);
}

/** The list of {"rows": [...]}, of an object with this key alone. */
export function listOfRows(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "rows")) return undefined;
  const { rows } = value as { readonly rows: unknown };
  return Array.isArray(rows) && Object.keys(value).length === 1 ? rows : undefined;
}

/** Keys of a value and of all within it, whose depth is bounded. */
function keysIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner = Object.values(value);
  let count = Array.isArray(value) ? 0 : inner.length;
  for (const each of inner) if (typeof each === "object") count += keysIn(each);
  return count;
}

/** The same of rows in which nothing is nested, without a look at their values: what a parser makes inherits no keys. */
function keysOfRows(rows: readonly unknown[]): number {
  let count = 0;
  for (const row of rows) {
    if (typeof row !== "object" || Array.isArray(row)) continue;
    for (const _ in row) count++;
  }
  return count;
}

const repeated = (json: string, what: string): Problem =>
  new Problem(
    "invalid-request",
    `${what} has the key ${JSON.stringify(repeatedKey(json)?.slice(0, 80))} more than once in an object.`,
    { hint: "Write each key once: which of the values is meant cannot be told." },
  );

/** Of what is open at each depth: its commas, and whether it is an object. Used by one call at a time. */
const commas = new Int32Array(MOST_DEPTH + 1);
const isObject = new Uint8Array(MOST_DEPTH + 1);

/** @returns how many keys the text has, those that stand twice counted twice, and how deep its lists and objects lie */
function refuseUnbounded(
  bytes: Uint8Array,
  what: string,
  { maxRows = Number.POSITIVE_INFINITY, isRow = false, nested = { count: 0 } }: JsonBounds,
): { keys: number; deepest: number } {
  const refused = (bound: string): Problem => new Problem("invalid-request", `${what} ${bound}.`);
  const isList = bytes[firstMark(bytes)] === BRACKET;
  const rowDepth = isRow ? 1 : isList ? 2 : 3;
  let depth = 0;
  let deepest = 0;
  let values = 0;
  let keys = 0;
  commas[0] = 0;
  isObject[0] = 0;
  for (let k = 0; k < bytes.length; k++) {
    const byte = bytes[k]!;
    if (IS_MARK[byte] === 0) continue;
    if (byte === QUOTE) k = endOfText(bytes, k);
    else if (byte === COLON) keys++;
    else if (byte === COMMA) {
      const count = ++commas[depth]!;
      if (depth >= rowDepth) {
        if (++values >= MOST_VALUES) throw refused(`has a row of more than ${MOST_VALUES} values`);
      } else if (isObject[depth] === 0 && depth === rowDepth - 1 && count >= maxRows)
        throw tooManyRows(maxRows);
      if (isObject[depth] === 1 && count >= MOST_KEYS) {
        throw refused(`has an object of more than ${MOST_KEYS} keys`);
      }
    } else if (byte === BRACKET || byte === BRACE) {
      if (++depth > MOST_DEPTH) throw refused(`is nested more than ${MOST_DEPTH} deep`);
      if (depth > deepest) deepest = depth;
      commas[depth] = 0;
      isObject[depth] = byte === BRACE ? 1 : 0;
      if (depth <= rowDepth) values = 0;
      else {
        values++;
        if (++nested.count > MOST_NESTED)
          throw refused(`has more than ${MOST_NESTED} lists and objects in its rows`);
      }
    } else depth = Math.max(0, depth - 1); // What closes a list or an object.
  }
  return { keys, deepest };
}

export const tooManyRows = (maxRows: number): Problem =>
  new Problem("too-large", `The body has more than ${maxRows} rows.`, {
    hint: "Send the rows in several requests.",
  });

function firstMark(bytes: Uint8Array): number {
  const found = bytes.findIndex((byte) => byte > SPACE);
  // What has a mark of byte order is refused later: it is not JSON.
  return Math.max(0, found);
}

/** Where the text that begins at a quotation mark ends. */
function endOfText(bytes: Uint8Array, from: number): number {
  for (let k = from + 1; k < bytes.length; k++) {
    if (bytes[k] === BACKSLASH) k++;
    else if (bytes[k] === QUOTE) return k;
  }
  return bytes.length;
}
