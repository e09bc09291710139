import { damaged } from "./damage.js";

/** Deeper than any metadata of Parquet; a nest of structs must not fill the stack. */
const deepest = 16;
const [TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, STRUCT] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12];

/**
 * Walks a struct of Thrift's compact protocol without building anything, so that a decoder that trusts lengths and varints
 * can be let at it: every length fits into the bytes, every list into what is left, and no varint has more than 10 bytes.
 * @returns where the struct ends
 * @throws ParquetDamage
 */
export function checkThrift(bytes: Uint8Array, start: number): number {
  let at = start;

  const byte = (): number => {
    if (at >= bytes.length) damaged("its metadata end early");
    return bytes[at++]!;
  };
  const varint = (most: number): number => {
    let value = 0;
    for (let k = 0; k < most; k++) {
      const part = byte();
      value += (part & 0x7f) * 2 ** (7 * k);
      if (part < 0x80) return value;
    }
    return damaged("its metadata hold a number of too many bytes");
  };
  const skip = (count: number): void => {
    if (count > bytes.length - at) damaged("its metadata claim more bytes than there are");
    at += count;
  };
  const element = (type: number, depth: number): void => {
    if (type === I16 || type === I32) varint(5);
    else if (type === I64) varint(10);
    else if (type === BYTE) skip(1);
    else if (type === DOUBLE) skip(8);
    else if (type === BINARY) skip(varint(5));
    else if (type === LIST) list(depth);
    else if (type === STRUCT) struct(depth + 1);
    else damaged(`its metadata hold a value of unknown type ${type}`);
  };
  const list = (depth: number): void => {
    const head = byte();
    const size = head >> 4 === 15 ? varint(5) : head >> 4;
    if (size > bytes.length - at) damaged("its metadata claim more entries than there are bytes");
    const type = head & 15;
    for (let k = 0; k < size; k++) element(type === TRUE || type === FALSE ? BYTE! : type, depth);
  };
  const struct = (depth: number): void => {
    if (depth > deepest) damaged("its metadata are nested too deep");
    const seen = new Set<number>();
    for (let field = 0; ; ) {
      const head = byte();
      const type = head & 15;
      if (type === 0) return;
      if (head >> 4 > 0) field += head >> 4;
      else {
        const zigzag = varint(3);
        field = (zigzag >>> 1) ^ -(zigzag & 1);
      }
      if (seen.has(field)) damaged(`its metadata hold field ${field} twice`);
      seen.add(field);
      // The type of a field that is true or false is its value.
      if (type !== TRUE && type !== FALSE) element(type, depth);
    }
  };

  struct(0);
  return at;
}
