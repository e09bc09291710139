import { Problem } from "../problem.js";

const MOST_DEPTH = 32;
/** Keys of one object: millions of them take a parser minutes, in which nobody else is answered. */
const MOST_KEYS = 20_000;
const [QUOTE, BACKSLASH, BRACKET, BRACE, BRACKET_END, BRACE_END, COMMA] = [...'"\\[{]},'].map((mark) =>
  mark.charCodeAt(0),
);

/** JSON of bounded depth and width: what goes through values afterwards may do so by recursion. @throws Problem `invalid-request` */
export function parseJson(bytes: Uint8Array, what = "The body"): unknown {
  refuseDeepOrWide(bytes, what);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Problem("invalid-request", `${what} is not JSON (${(cause as Error).message.slice(0, 200)}).`, {
      cause,
    });
  }
}

function refuseDeepOrWide(bytes: Uint8Array, what: string): void {
  let depth = 0;
  /** Of what is open at each depth: its commas, where it is an object; of a list, nothing is counted. */
  const commas = new Int32Array(MOST_DEPTH + 1);
  const isObject = new Uint8Array(MOST_DEPTH + 1);
  for (let k = 0; k < bytes.length; k++) {
    const byte = bytes[k];
    if (byte === QUOTE) k = endOfText(bytes, k);
    else if (byte === BRACKET || byte === BRACE) {
      if (++depth > MOST_DEPTH) {
        throw new Problem("invalid-request", `${what} is nested more than ${MOST_DEPTH} deep.`);
      }
      commas[depth] = 0;
      isObject[depth] = byte === BRACE ? 1 : 0;
    } else if (byte === COMMA) {
      if (depth > 0 && isObject[depth] === 1 && ++commas[depth]! >= MOST_KEYS) {
        throw new Problem("invalid-request", `${what} has an object of more than ${MOST_KEYS} keys.`);
      }
    } else if (byte === BRACKET_END || byte === BRACE_END) depth = Math.max(0, depth - 1);
  }
}

/** Where the text that begins at a quotation mark ends. */
function endOfText(bytes: Uint8Array, from: number): number {
  for (let k = from + 1; k < bytes.length; k++) {
    if (bytes[k] === BACKSLASH) k++;
    else if (bytes[k] === QUOTE) return k;
  }
  return bytes.length;
}
