import { CorruptImage } from "./corrupt-image.js";
import { checkPixels, defaultMaxPixels } from "./declared-size.js";
import type { DecodedImage } from "./decoded-image.js";

/** What a bitmap says about itself, in places counted from the beginning of the file. */
interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bitsPerPixel: number;
  readonly pixelsAt: number;
  /** Colours as blue, green, red; undefined for pixels that hold their colours themselves. */
  readonly palette: { at: number; entrySize: number; entries: number } | undefined;
}

export function isBmp(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/**
 * Decodes a Windows bitmap without compression (Microsoft, "Bitmap Storage"), as industrial cameras write them: 1, 4 or
 * 8 bits with a palette, or 24 or 32 bits. A palette without colours makes a grey image, for the format has no other.
 * @throws CorruptImage
 */
export function decodeBmp(bytes: Uint8Array, maxPixels = defaultMaxPixels): DecodedImage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: BmpHeader;
  try {
    header = readHeader(view);
  } catch (error) {
    if (error instanceof RangeError) throw new CorruptImage("the file ends within its header", error);
    throw error;
  }
  const { width, height, topDown, bitsPerPixel, pixelsAt, palette } = header;
  checkPixels(width, height, maxPixels);
  const stride = Math.ceil((width * bitsPerPixel) / 32) * 4;
  const needed = pixelsAt + stride * height;
  if (bytes.length < needed) {
    throw new CorruptImage(`it should have ${needed} bytes but has ${bytes.length}: it was cut off`);
  }
  const grey = palette !== undefined && isGrey(bytes, palette);
  const channels = grey ? 1 : 3;
  const data = new Uint8Array(height * width * channels);
  for (let y = 0, to = 0; y < height; y++) {
    const row = pixelsAt + stride * (topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++, to += channels) {
      const from = palette
        ? palette.at + palette.entrySize * paletteIndex(bytes, row, x, bitsPerPixel, palette.entries)
        : row + (x * bitsPerPixel) / 8;
      if (grey) data[to] = bytes[from]!;
      else {
        data[to] = bytes[from + 2]!;
        data[to + 1] = bytes[from + 1]!;
        data[to + 2] = bytes[from]!;
      }
    }
  }
  return { height, width, channels, data };
}

function readHeader(view: DataView): BmpHeader {
  const pixelsAt = view.getUint32(10, true);
  const headerSize = view.getUint32(14, true);
  const core = headerSize === 12;
  if (!core && headerSize < 40) throw new CorruptImage(`its header is of unknown kind (${headerSize} bytes)`);
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const bitsPerPixel = view.getUint16(core ? 24 : 28, true);
  const height = Math.abs(signedHeight);
  if (width <= 0 || height === 0) {
    throw new CorruptImage(`its header says ${width} x ${height} pixels`);
  }
  if (![1, 4, 8, 24, 32].includes(bitsPerPixel)) {
    throw new CorruptImage(`it has ${bitsPerPixel} bits per pixel, where 1, 4, 8, 24 or 32 can be read`);
  }
  const compression = core ? 0 : view.getUint32(30, true);
  if (compression !== 0 && !(compression === 3 && bitsPerPixel === 32 && usualMasks(view))) {
    throw new CorruptImage(`it is compressed (kind ${compression}), which is not read: save it as PNG`);
  }
  const topDown = signedHeight < 0;
  if (bitsPerPixel > 8) return { width, height, topDown, bitsPerPixel, pixelsAt, palette: undefined };
  const entrySize = core ? 3 : 4;
  const at = 14 + headerSize;
  const entries = (core ? 0 : view.getUint32(46, true)) || 2 ** bitsPerPixel;
  if (at + entries * entrySize > view.byteLength) throw new CorruptImage("the file ends within its palette");
  return { width, height, topDown, bitsPerPixel, pixelsAt, palette: { at, entrySize, entries } };
}

/** Blue in the lowest byte, then green and red: the order that 32-bit pixels have without masks. */
function usualMasks(view: DataView): boolean {
  return [0xff0000, 0xff00, 0xff].every((mask, k) => view.getUint32(54 + 4 * k, true) === mask);
}

function paletteIndex(
  bytes: Uint8Array,
  row: number,
  x: number,
  bitsPerPixel: number,
  entries: number,
): number {
  const bit = x * bitsPerPixel;
  const index = (bytes[row + (bit >> 3)]! >> (8 - bitsPerPixel - (bit & 7))) & (2 ** bitsPerPixel - 1);
  if (index < entries) return index;
  throw new CorruptImage(`a pixel has colour ${index}, but the palette only ${entries}`);
}

function isGrey(bytes: Uint8Array, { at, entrySize, entries }: NonNullable<BmpHeader["palette"]>): boolean {
  for (let entry = at; entry < at + entries * entrySize; entry += entrySize) {
    if (bytes[entry] !== bytes[entry + 1] || bytes[entry] !== bytes[entry + 2]) return false;
  }
  return true;
}
