import { HypersphereError } from "../../errors.js";
import { concatBytes, startsWith } from "../bytes.js";
import { crc32 } from "../crc32.js";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Length, type and checksum of a chunk take 12 bytes; the first chunk, IHDR, has 13 of its own. */
const AFTER_HEADER = SIGNATURE.length + 12 + 13;

/**
 * A PNG file with a text that readers give back by its keyword (a chunk tEXt), such as `Image.open(path).text` in Python.
 * @param keyword 1 to 79 characters of ASCII
 * @param text ASCII
 */
export function withPngText(png: Uint8Array, keyword: string, text: string): Uint8Array {
  if (!startsWith(png, SIGNATURE)) throw new HypersphereError("internal", "These bytes are no PNG.");
  const body = new TextEncoder().encode(`tEXt${keyword}\0${text}`);
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(body.length + 4, crc32(body));
  return concatBytes([png.subarray(0, AFTER_HEADER), chunk, png.subarray(AFTER_HEADER)]);
}
