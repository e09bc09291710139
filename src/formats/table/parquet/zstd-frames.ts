import { damaged } from "./damage.js";

/** What the format's own decoder refuses to hold, too. */
const widestWindow = 2 ** 27;
const largestBlock = 2 ** 17;

/**
 * Zstandard frames for a decoder that allocates what a frame declares and does not see where it stays short of it
 * (RFC 8878, 3.1.1): sizes are checked against `length`, and taken out, so that the decoder counts what it writes.
 * @returns the frame with a header that declares no size
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
  let exponent = 10;
  if (singleSegment === 0) {
    const window = 2 ** (10 + (input[5]! >> 3));
    if (window > widestWindow) damaged(`a Zstandard window of ${window} bytes`);
    // The eighths of a window's size are rounded up to the next power of two.
    exponent = 10 + (input[5]! >> 3) + ((input[5]! & 7) > 0 ? 1 : 0);
  } else while (2 ** exponent < length) exponent++;
  checkBlocks(input, start, length, (flags >> 2) & 1);
  const frame = new Uint8Array(6 + input.length - start);
  frame.set(input.subarray(0, 4));
  frame[4] = flags & 4;
  frame[5] = (exponent - 10) << 3;
  frame.set(input.subarray(start), 6);
  return frame;
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
  if (stated > length || compressed > length / 1024 + 64) {
    damaged(`Zstandard blocks of more than the ${length} bytes that were expected`);
  }
}

function readSize(input: Uint8Array, from: number, count: number): number {
  let size = count === 2 ? 256 : 0;
  for (let k = 0; k < count; k++) size += input[from + k]! * 2 ** (8 * k);
  return size;
}
