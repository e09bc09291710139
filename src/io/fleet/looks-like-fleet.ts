import { INDEX_ENTRY } from "../../fleet/fleet-index.js";
import { isZip } from "../../formats/open-place.js";
import { firstBytes } from "../first-bytes.js";

/** Bytes before the name of an archive's first entry. */
const NAME_AT = 30;

/** Whether a file begins as a fleet does. */
export async function looksLikeFleet(path: string): Promise<boolean> {
  return path !== "-" && isFleetFile(await firstBytes(path, NAME_AT + INDEX_ENTRY.length));
}

/** @param bytes of a file, at least its first 40: of a fleet a zip archive whose first entry is its index */
export function isFleetFile(bytes: Uint8Array): boolean {
  const name = bytes.subarray(NAME_AT, NAME_AT + INDEX_ENTRY.length);
  return isZip(bytes) && new TextDecoder("latin1").decode(name) === INDEX_ENTRY;
}
