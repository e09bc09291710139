import { damaged } from "./damage.js";

/**
 * Unpacks LZ4 blocks, plain (LZ4_RAW) or as Hadoop frames them (LZ4): their sizes, big-endian, before each.
 * @throws ParquetDamage unless they fill exactly `length` bytes
 */
export function unpackLz4(input: Uint8Array, length: number, framed: boolean): Uint8Array {
  const output = new Uint8Array(length);
  if (framed && unpackFrames(input, output)) return output;
  if (unpackBlock(input, 0, input.length, output, 0) !== length) damaged("LZ4 data of another length");
  return output;
}

/** False where the input is not framed so. */
function unpackFrames(input: Uint8Array, output: Uint8Array): boolean {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const frames: [from: number, to: number, filled: number][] = [];
  let filled = 0;
  for (let at = 0; at < input.length; ) {
    if (at + 8 > input.length) return false;
    filled += view.getUint32(at);
    const from = at + 8;
    at = from + view.getUint32(at + 4);
    if (at > input.length || filled > output.length) return false;
    frames.push([from, at, filled]);
  }
  if (filled !== output.length) return false;
  let to = 0;
  for (const [from, end, wanted] of frames) {
    to = unpackBlock(input, from, end, output, to);
    if (to !== wanted) damaged("LZ4 data of another length");
  }
  return true;
}

/** @returns where the output ends */
function unpackBlock(
  input: Uint8Array,
  from: number,
  end: number,
  output: Uint8Array,
  start: number,
): number {
  let at = from;
  let to = start;
  const longer = (length: number): number => {
    let sum = length;
    for (let part = 255; part === 255; sum += part) {
      if (at >= end) damaged("LZ4 data that end early");
      part = input[at++]!;
    }
    return sum;
  };
  while (at < end) {
    const token = input[at++]!;
    const literals = token >> 4 === 15 ? longer(15) : token >> 4;
    if (at + literals > end || to + literals > output.length) damaged("LZ4 data that do not fit");
    output.set(input.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    // A block ends in literals.
    if (at === end) break;
    if (at + 2 > end) damaged("LZ4 data that end early");
    const back = input[at]! | (input[at + 1]! << 8);
    at += 2;
    const length = ((token & 15) === 15 ? longer(15) : token & 15) + 4;
    if (back === 0 || back > to || to + length > output.length) damaged("LZ4 data that do not fit");
    if (back >= length) output.copyWithin(to, to - back, to - back + length);
    else for (let k = 0; k < length; k++) output[to + k] = output[to + k - back]!;
    to += length;
  }
  return to;
}
