import { defaultMissingAmongNumbers, defaultMissingTokens } from "../text/missing-tokens.js";
import type { Reading } from "./table/reading.js";

/** What was said of reading, with the defaults written out: those of later versions may be others. */
export function settledReading(reading: Reading): Reading {
  const among = reading.missing === undefined ? defaultMissingAmongNumbers : [];
  return { missing: defaultMissingTokens, missingAmongNumbers: among, ...reading };
}
