import { HypersphereError } from "../errors.js";
import { parseObject } from "../formats/table/jsonl-read.js";
import { nameKey } from "../text/name-key.js";
import { shown } from "../text/shown.js";

/** What lines are read as, where errors say so. */
const SOURCE = "<stream>";

/**
 * The row that a line of JSON holds, for a stream: whole numbers beyond 2^53 as texts, so that ids stay apart. A line that cannot
 * be parsed stays the text it is, which the stream refuses, saying why.
 */
export function streamRow(line: string): unknown {
  try {
    return parseObject(line, SOURCE, 1);
  } catch {
    return line;
  }
}

/** Why something that a stream was given is no row. */
export function noRow(given: unknown): HypersphereError {
  const what = `A row is ${shown(given)}`;
  try {
    if (typeof given === "string") parseObject(given, SOURCE, 1);
  } catch (error) {
    const { message, hint } = error as HypersphereError;
    const reason = message.replace(`${SOURCE}: line 1`, "it");
    return new HypersphereError("unfit-data", `${what}: ${reason}`, { ...(hint !== undefined && { hint }) });
  }
  return new HypersphereError("unfit-data", `${what}, expected a record such as {"flow": 3, "mode": "on"}.`);
}

/**
 * What a row says under a name, as a stream finds the model's columns in it: under one that looks the same, where there is none that is the
 * same. Undefined where it says nothing, or under several that look so.
 */
export function fieldOf(row: unknown, name: string): unknown {
  if (typeof row !== "object" || row === null) return undefined;
  const record = row as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(record, name)) return record[name];
  const key = nameKey(name);
  const [found, ...others] = Object.keys(record).filter((one) => nameKey(one) === key);
  return found === undefined || others.length > 0 ? undefined : record[found];
}
