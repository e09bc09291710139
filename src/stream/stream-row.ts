import { HypersphereError } from "../errors.js";
import { parseObject } from "../formats/table/jsonl-read.js";
import { nameKey } from "../text/name-key.js";
import { shown } from "../text/shown.js";

/** What lines are read as, where errors say so. */
const SOURCE = "<stream>";
const A_ROW = "A row";

/** Stands in the place of a row that could not be read. It has no members of its own, so that none of them is taken for a column. */
class UnreadableRow {
  readonly #error: HypersphereError;

  constructor(error: HypersphereError) {
    this.#error = error;
  }

  get error(): HypersphereError {
    return this.#error;
  }
}

/**
 * The row that a line of JSON holds, for a stream: whole numbers beyond 2^53 as texts, so that ids stay apart. What a line gives that
 * is none, the stream refuses, saying why.
 * @param line undefined where its bytes are no UTF-8
 * @param place where it stands, for the error; the line from 1
 */
export function streamRow(
  line: string | undefined,
  place?: { readonly source: string; readonly line: number },
): unknown {
  const name = place === undefined ? A_ROW : `${place.source}: line ${place.line}`;
  if (line === undefined) {
    const hint = "Write it as UTF-8 (for example: iconv -f latin1 -t utf-8).";
    return new UnreadableRow(new HypersphereError("unfit-data", `${name} is not valid UTF-8.`, { hint }));
  }
  try {
    return parseObject(line, SOURCE, 1);
  } catch {
    return place === undefined ? line : new UnreadableRow(noRow(line, name));
  }
}

/** Whether something that a stream was given has columns. */
export const isRow = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === "object" && given !== null && !Array.isArray(given) && !(given instanceof UnreadableRow);

/** Why something that a stream was given is no row. */
export function noRow(given: unknown, name = A_ROW): HypersphereError {
  if (given instanceof UnreadableRow) return given.error;
  const what = `${name} is ${shown(given)}`;
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
