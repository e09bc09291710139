import { damaged } from "./damage.js";

/**
 * Walks numbers in DELTA_BINARY_PACKED encoding without decoding them: their count is the one wanted, and all blocks lie
 * within the page.
 * @param widest bits of a number
 * @returns where they end
 * @throws ParquetDamage
 */
export function checkDelta(bytes: Uint8Array, start: number, count: number, widest: 32 | 64): number {
  let at = start;
  const varint = (most: number): number => {
    let value = 0;
    for (let k = 0; k < most; k++) {
      if (at >= bytes.length) damaged("the header of its differences ends early");
      const part = bytes[at++]!;
      value += (part & 0x7f) * 2 ** (7 * k);
      if (part < 0x80) return value;
    }
    return damaged("the header of its differences holds a number of too many bytes");
  };
  const blockSize = varint(5);
  const miniblocks = varint(5);
  const total = varint(5);
  varint(10);
  const perMiniblock = blockSize / miniblocks;
  if (!(blockSize > 0 && miniblocks > 0 && Number.isInteger(perMiniblock) && perMiniblock % 8 === 0)) {
    damaged(`blocks of ${blockSize} differences in ${miniblocks} parts`);
  }
  if (total !== count) damaged(`a page holds ${total} numbers, where ${count} were expected`);
  let left = count - 1;
  while (left > 0) {
    varint(10);
    const widths = at;
    at += miniblocks;
    if (at > bytes.length) damaged("a block of differences ends early");
    for (let k = 0; k < miniblocks && left > 0; k++) {
      const width = bytes[widths + k]!;
      if (width > widest) damaged(`differences of ${width} bits`);
      const needed = Math.ceil((Math.min(left, perMiniblock) * width) / 8);
      if (at + needed > bytes.length) damaged("a block of differences ends early");
      at = Math.min(bytes.length, at + (perMiniblock * width) / 8);
      left -= perMiniblock;
    }
  }
  return at;
}
