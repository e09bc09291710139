import { damaged } from "./damage.js";

/**
 * Parquet's hybrid of runs and packed bits: `count` numbers of `width` bits each, from `start` up to `end`.
 * @returns the numbers, and where they end
 * @throws ParquetDamage where there are fewer, where a run is longer than what is left, and for numbers of more bits
 */
export function readRuns(
  bytes: Uint8Array,
  start: number,
  end: number,
  width: number,
  count: number,
): { values: Int32Array; end: number } {
  if (width > 32 || end > bytes.length) damaged(`numbers of ${width} bits reach beyond the page`);
  const output = new Int32Array(count);
  const valueBytes = (width + 7) >> 3;
  let at = start;
  let seen = 0;
  while (seen < count) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end || shift > 28) damaged(`a page holds ${seen} of ${count} numbers`);
      const part = bytes[at++]!;
      header += (part & 0x7f) * 2 ** shift;
      if (part < 0x80) break;
    }
    if (header % 2 === 1) {
      const groups = (header - 1) / 2;
      if (groups === 0) damaged("an empty run");
      const wanted = Math.min(count - seen, groups * 8);
      // The last group of a page may be cut after the numbers that count.
      if (at + Math.ceil((wanted * width) / 8) > end) damaged(`a page holds ${seen} of ${count} numbers`);
      unpackBits(bytes, at, width, output, seen, wanted);
      seen += wanted;
      at = Math.min(end, at + groups * width);
    } else {
      const length = header / 2;
      if (length === 0) damaged("an empty run");
      if (length > count - seen) damaged(`a run of ${length} numbers, where ${count - seen} were left`);
      if (at + valueBytes > end) damaged(`a page holds ${seen} of ${count} numbers`);
      let value = 0;
      for (let k = 0; k < valueBytes; k++) value += bytes[at++]! * 2 ** (8 * k);
      if (value >= 2 ** width) damaged(`a run of ${value}, which has more than ${width} bits`);
      output.fill(value, seen, seen + length);
      seen += length;
    }
  }
  return { values: output, end: at };
}

/** Numbers of `width` bits, the lowest bits first. */
function unpackBits(
  bytes: Uint8Array,
  start: number,
  width: number,
  output: Int32Array,
  from: number,
  count: number,
): void {
  if (width === 0) return;
  if (width > 24) {
    unpackWide(bytes, start, width, output, from, count);
    return;
  }
  const mask = 2 ** width - 1;
  let at = start;
  let held = 0;
  let bits = 0;
  for (let k = from; k < from + count; k++) {
    while (bits < width) {
      held |= bytes[at++]! << bits;
      bits += 8;
    }
    output[k] = held & mask;
    held >>>= width;
    bits -= width;
  }
}

/** Beyond what fits into a number's 32 bits together with a byte's rest. */
function unpackWide(
  bytes: Uint8Array,
  start: number,
  width: number,
  output: Int32Array,
  from: number,
  count: number,
): void {
  for (let k = 0; k < count; k++) {
    let value = 0;
    for (let bit = 0; bit < width; bit++) {
      const place = k * width + bit;
      if ((bytes[start + (place >> 3)]! >> (place & 7)) & 1) value += 2 ** bit;
    }
    output[from + k] = value;
  }
}
