import { Problem } from "../problem.js";

const MOST_DEPTH = 32;
const [QUOTE, BACKSLASH, BRACKET, BRACE, BRACKET_END, BRACE_END] = [...'"\\[{]}'].map((mark) =>
  mark.charCodeAt(0),
);

/** JSON of bounded depth: what goes through values afterwards may do so by recursion. @throws Problem `invalid-request` */
export function parseJson(bytes: Uint8Array, what = "The body"): unknown {
  refuseDeep(bytes, what);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Problem("invalid-request", `${what} is not JSON (${(cause as Error).message.slice(0, 200)}).`, {
      cause,
    });
  }
}

function refuseDeep(bytes: Uint8Array, what: string): void {
  let depth = 0;
  for (let k = 0; k < bytes.length; k++) {
    const byte = bytes[k];
    if (byte === QUOTE) k = endOfText(bytes, k);
    else if (byte === BRACKET || byte === BRACE) {
      if (++depth > MOST_DEPTH) {
        throw new Problem("invalid-request", `${what} is nested more than ${MOST_DEPTH} deep.`);
      }
    } else if (byte === BRACKET_END || byte === BRACE_END) depth--;
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
