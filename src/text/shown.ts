import { count, cut } from "./format.js";

/** Characters of a value that a message shows. */
const MOST = 60;

/** A value of a file or a user as messages show it: as JSON, and cut where it is long. A cut text says how long it is. */
export function shown(value: unknown, most = MOST): string {
  if (typeof value === "string") {
    if (value.length <= most) return JSON.stringify(value);
    return `${JSON.stringify(value.slice(0, most))}... (${count(value.length)} characters)`;
  }
  try {
    return cut(JSON.stringify(value) ?? String(value), most);
  } catch {
    // Nested too deep, a loop, or a number of a kind that JSON does not know.
    return cut(typeof value === "bigint" ? `${value}` : Object.prototype.toString.call(value), most);
  }
}
