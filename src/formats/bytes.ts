/** Bytes without the platform's own helpers for them. */
import { allocate } from "./limits.js";

/** All parts in one array; a single part as it is. @param source for messages */
export function concatBytes(parts: readonly Uint8Array[], source = "The data"): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = allocate(length, source);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** All bytes in one array. @throws HypersphereError `unfit-data` where no array is that large */
export async function collect(bytes: AsyncIterable<Uint8Array>, source?: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return concatBytes(parts, source);
}

/** One byte for each character. */
export const asciiBytes = (text: string): number[] =>
  Array.from(text, (character) => character.charCodeAt(0));

export function startsWith(head: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, index) => head[index] === byte);
}
