import { damaged } from "./damage.js";

const largestBlock = 2 ** 17;

/** Up to here the decoder may move its window with every block, and so count what it writes. */
const countedBytes = 2 ** 20;

/**
 * A Zstandard frame for a decoder that allocates what a frame declares (RFC 8878, 3.1.1): sizes are checked against
 * `length`, and the header is written anew. Of small pages it declares a window only, so that the decoder has to count
 * what it writes; of larger ones, whose windows would be moved for seconds, their length, beyond which it cannot write.
 * @throws ParquetDamage for several frames, dictionaries, and sizes that cannot be
 */
export function checkedZstdFrame(input: Uint8Array, length: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (input.length < 9 || view.getUint32(0, true) !== 0xfd2fb528) damaged("no Zstandard data");
  const flags = input[4]!;
  const singleSegment = (flags >> 5) & 1;
  if ((flags & 8) !== 0 || (flags & 3) !== 0) damaged("a Zstandard frame with a dictionary");
  const sizeBytes = [singleSegment, 2, 4, 8][flags >> 6]!;
  const start = 6 - singleSegment + sizeBytes;
  if (start > input.length) damaged("Zstandard data that end early");
  if (sizeBytes > 0) {
    const size = readSize(input, start - sizeBytes, sizeBytes);
    if (size !== length) damaged(`a Zstandard frame of ${size} bytes, where ${length} were expected`);
  }
  const checksum = (flags >> 2) & 1;
  checkBlocks(input, start, length, checksum);
  const header = length <= countedBytes ? windowHeader(length, checksum) : sizeHeader(length, checksum);
  const frame = new Uint8Array(4 + header.length + input.length - start);
  frame.set(input.subarray(0, 4));
  frame.set(header, 4);
  frame.set(input.subarray(start), 4 + header.length);
  return frame;
}

/** A window that holds all, a power of two from 1 KiB on. */
function windowHeader(length: number, checksum: number): number[] {
  let exponent = 10;
  while (2 ** exponent < length) exponent++;
  return [checksum << 2, (exponent - 10) << 3];
}

/** One segment of so many bytes, in four. */
function sizeHeader(length: number, checksum: number): number[] {
  return [0xa0 | (checksum << 2), ...[0, 1, 2, 3].map((k) => Math.floor(length / 256 ** k) % 256)];
}

/** Blocks of one byte repeated, and many small ones, would make gigabytes of some bytes. */
function checkBlocks(input: Uint8Array, start: number, length: number, checksum: number): void {
  let stated = 0;
  let compressed = 0;
  for (let at = start, last = false; !last; ) {
    if (at + 3 > input.length) damaged("Zstandard data that end early");
    const header = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16);
    const [kind, size] = [(header >> 1) & 3, header >> 3];
    last = (header & 1) === 1;
    if (kind === 3 || size > largestBlock) damaged(`a Zstandard block of kind ${kind} and ${size} bytes`);
    if (kind === 2) compressed++;
    else stated += size;
    at += 3 + (kind === 1 ? 1 : size);
    if (last && at + 4 * checksum !== input.length) damaged("Zstandard data of another length");
  }
  if (stated > length || compressed > length / 2 ** 14 + 64) {
    damaged(`Zstandard blocks of more than the ${length} bytes that were expected`);
  }
}

function readSize(input: Uint8Array, from: number, count: number): number {
  let size = count === 2 ? 256 : 0;
  for (let k = 0; k < count; k++) size += input[from + k]! * 2 ** (8 * k);
  return size;
}
