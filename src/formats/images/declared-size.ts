import { CorruptImage } from "./corrupt-image.js";

/** Pixels of an image unless option `maxPixels` says more: 8192 x 8192, beyond what nearly all cameras take. */
export const defaultMaxPixels = 2 ** 26;

/**
 * Refuses an image before it is decoded, by the size that its header declares: a file of some kB can state any size. Known
 * are the headers of PNG, JPEG, GIF and WebP; a decoder sees to the others.
 * @throws CorruptImage
 */
export function checkDeclaredPixels(bytes: Uint8Array, maxPixels: number): void {
  const size = declaredSize(bytes);
  if (size !== undefined) checkPixels(size[0], size[1], maxPixels);
}

/** @throws CorruptImage for more pixels than the limit */
export function checkPixels(width: number, height: number, maxPixels: number): void {
  if (width * height > maxPixels) throw new CorruptImage(tooManyPixels(maxPixels, `${width} x ${height}`));
}

export const tooManyPixels = (maxPixels: number, size = "more"): string =>
  `it has ${size} pixels, where at most ${maxPixels} are read (option "maxPixels" lifts the limit)`;

/** Width and height; undefined for other formats, and for headers that are cut off. */
function declaredSize(bytes: Uint8Array): readonly [width: number, height: number] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  try {
    if (text(1, 4) === "PNG") return [view.getUint32(16), view.getUint32(20)];
    if (text(0, 4) === "GIF8") return [view.getUint16(6, true), view.getUint16(8, true)];
    if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return webpSize(view, text(12, 16));
    if (bytes[0] === 0xff && bytes[1] === 0xd8) return jpegSize(view);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

/** RFC 9649: the canvas of the extended format, and the frames of the lossy and the lossless one. */
function webpSize(view: DataView, kind: string): readonly [number, number] | undefined {
  const uint24 = (at: number): number => view.getUint16(at, true) + 65536 * view.getUint8(at + 2);
  if (kind === "VP8X") return [uint24(24) + 1, uint24(27) + 1];
  if (kind === "VP8 ") return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  if (kind !== "VP8L") return undefined;
  const bits = view.getUint32(21, true);
  return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
}

/** The first frame header (ITU-T T.81, B.2.2). */
function jpegSize(view: DataView): readonly [number, number] | undefined {
  const at = frameHeaderAt(view);
  return at === undefined ? undefined : [view.getUint16(at + 7), view.getUint16(at + 5)];
}

/** Where the first frame header of a JPEG file begins, with its marker; undefined where there is none. */
export function frameHeaderAt(view: DataView): number | undefined {
  let at = 2;
  while (at + 9 < view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    // Fill bytes may stand before a marker.
    if (marker === 0xff) {
      at++;
      continue;
    }
    // Start of frame 0 to 15, but for the tables that share their range of numbers.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return at;
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
