import { count, cut } from "./format.js";
import { printableLine } from "./printable.js";

/** Characters of a value that a message shows. */
const MOST = 60;

/** A value of a file or a user as messages show it: as JSON, printable, and cut where it is long. A cut text says how long it is. */
export function shown(value: unknown, most = MOST): string {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "string") {
    if (value.length <= most) return printableLine(JSON.stringify(value));
    return `${printableLine(JSON.stringify(value.slice(0, most)))}... (${count(value.length)} characters)`;
  }
  try {
    return printableLine(cut(JSON.stringify(value) ?? String(value), most));
  } catch {
    // Nested too deep, or a loop.
    return cut(Object.prototype.toString.call(value), most);
  }
}

/** A text that is cut where it is long, and then says how long it is. */
export const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most)}... (${count(text.length)} characters)`;
