/**
 * The protocol-buffer wire format, as far as ONNX files need it: varints, length-delimited fields and 32-bit floats.
 * Specification: protobuf.dev/programming-guides/encoding.
 */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

export class WireWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  varintField(field: number, value: number | bigint): void {
    this.#tag(field, VARINT);
    this.#varint(value);
  }

  floatField(field: number, value: number): void {
    this.#tag(field, FIXED32);
    this.bytes(new Uint8Array(Float32Array.of(value).buffer));
  }

  stringField(field: number, value: string): void {
    this.bytesField(field, new TextEncoder().encode(value));
  }

  bytesField(field: number, value: Uint8Array): void {
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(value.length);
    this.bytes(value);
  }

  packedVarintsField(field: number, values: readonly (number | bigint)[]): void {
    const packed = new WireWriter();
    for (const value of values) packed.#varint(value);
    this.bytesField(field, packed.finish());
  }

  packedFloatsField(field: number, values: Float32Array): void {
    this.bytesField(field, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  message(field: number, write: (writer: WireWriter) => void): void {
    const nested = new WireWriter();
    write(nested);
    this.bytesField(field, nested.finish());
  }

  /** Bytes as they are, without a tag. */
  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type);
  }

  #varint(value: number | bigint): void {
    this.#reserve(10);
    // Nearly all numbers are small: those of a forest's nodes are hundreds of thousands.
    if (typeof value === "number" && value >= 0 && value < 2 ** 31) {
      let small = value;
      for (; small > 127; small >>>= 7) this.#bytes[this.#length++] = (small & 127) | 128;
      this.#bytes[this.#length++] = small;
      return;
    }
    // Negative numbers are written as 64-bit two's complement, ten bytes long.
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.#bytes[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

export interface WireField {
  readonly field: number;
  readonly kind: "varint" | "bytes" | "fixed";
  /** For varints: 64 bits, unsigned. Negative numbers come back with `BigInt.asIntN(64, value)`. */
  readonly value: bigint;
  /** For the other kinds: a view, not a copy. */
  readonly bytes: Uint8Array;
  /** The whole field with its tag, as a view. */
  readonly raw: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);
const MAX_FIELD = 2 ** 29 - 1;

/** Reads the fields of one message in order. Throws a RangeError where the bytes end early or make no sense. */
export function* readFields(bytes: Uint8Array): Generator<WireField> {
  let position = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[position++];
      if (byte === undefined) throw new RangeError("a number is cut off");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) {
        if (value >> 64n !== 0n) throw new RangeError("a number has more than 64 bits");
        return value;
      }
    }
    throw new RangeError("a number is too long");
  };
  const take = (length: number): Uint8Array => {
    if (position + length > bytes.length) throw new RangeError("a field is cut off");
    position += length;
    return bytes.subarray(position - length, position);
  };
  while (position < bytes.length) {
    const start = position;
    const tag = Number(varint());
    const field = Math.floor(tag / 8);
    if (field < 1 || field > MAX_FIELD) throw new RangeError(`field number ${field}`);
    let kind: WireField["kind"] = "fixed";
    let value = 0n;
    let payload: Uint8Array = NO_BYTES;
    switch (tag % 8) {
      case VARINT:
        kind = "varint";
        value = varint();
        break;
      case FIXED64:
        payload = take(8);
        break;
      case LENGTH_DELIMITED:
        kind = "bytes";
        payload = take(Number(varint()));
        break;
      case FIXED32:
        payload = take(4);
        break;
      default:
        throw new RangeError(`wire type ${tag % 8}`);
    }
    yield { field, kind, value, bytes: payload, raw: bytes.subarray(start, position) };
  }
}

/** The numbers of a packed field, 64 bits, signed. */
export function unpackVarints(bytes: Uint8Array): bigint[] {
  const values: bigint[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    if (shift >= 70n) throw new RangeError("a number is too long");
    value |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte < 128) {
      values.push(BigInt.asIntN(64, value));
      value = 0n;
      shift = 0n;
    }
  }
  if (shift > 0n) throw new RangeError("a number is cut off");
  return values;
}

/**
 * Hears of every field of one message in order, without making anything of it: for files with hundreds of thousands of
 * them. `payload` is a view, absent for varints; `number` is a varint's value, NaN for one above 2^53.
 * @throws RangeError where the bytes end early or make no sense
 */
export function forEachField(
  bytes: Uint8Array,
  hear: (field: number, payload: Uint8Array | undefined, number: number) => void,
): void {
  let position = 0;
  const varint = (): number => {
    let value = 0;
    let scale = 1;
    for (let read = 0; read < 10; read++) {
      const byte = bytes[position++];
      if (byte === undefined) throw new RangeError("a number is cut off");
      value += (byte & 127) * scale;
      if (byte < 128) return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
      scale *= 128;
    }
    throw new RangeError("a number is too long");
  };
  while (position < bytes.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    if (!(field >= 1 && field <= MAX_FIELD)) throw new RangeError(`field number ${field}`);
    const wireType = tag % 8;
    if (wireType === VARINT) {
      hear(field, undefined, varint());
      continue;
    }
    const length =
      wireType === LENGTH_DELIMITED
        ? varint()
        : wireType === FIXED32
          ? 4
          : wireType === FIXED64
            ? 8
            : undefined;
    if (length === undefined) throw new RangeError(`wire type ${wireType}`);
    if (!(position + length <= bytes.length)) throw new RangeError("a field is cut off");
    position += length;
    hear(field, bytes.subarray(position - length, position), Number.NaN);
  }
}

const lenient = new TextDecoder();

/** Text for people, of a payload that may be anything. */
export const utf8Text = (payload: Uint8Array | undefined): string =>
  payload === undefined ? "" : lenient.decode(payload);
