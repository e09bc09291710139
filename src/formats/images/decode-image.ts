import { convertChannels } from "../../data/images/image-arrays.js";
import { HypersphereError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";
import { collect } from "../bytes.js";
import type { ImageDecoder } from "../platform.js";
import { decodeBmp, isBmp } from "./bmp.js";
import { CorruptImage } from "./corrupt-image.js";
import { checkDeclaredPixels, defaultMaxPixels } from "./declared-size.js";
import type { DecodedImage } from "./decoded-image.js";
import { pageCount } from "./page-count.js";

/**
 * Decodes an image file to 8 bits per channel: grey where the file says so, otherwise RGB. Bitmaps (BMP) are decoded
 * here, all others by the platform. Of several pages or frames the first is taken.
 * @param channels converts; default as in the file
 * @throws CorruptImage for what is damaged, cut off, larger than `maxPixels`, or no image; HypersphereError `io`
 */
export async function decodeImage(
  source: ByteSource,
  decode: ImageDecoder,
  channels?: 1 | 3,
  maxPixels = defaultMaxPixels,
): Promise<DecodedImage> {
  const { slice, totalBytes } = source;
  const bytes =
    slice === undefined || totalBytes === undefined
      ? await collect(source.open())
      : await slice(0, totalBytes);
  if (bytes.length === 0) throw new CorruptImage("the file is empty");
  checkDeclaredPixels(bytes, maxPixels);
  const first = isBmp(bytes) ? decodeBmp(bytes, maxPixels) : await decode(bytes, maxPixels);
  const pages = pageCount(bytes);
  const image = pages === 1 ? first : { ...first, pages };
  if (channels === undefined || channels === image.channels) return image;
  return { ...image, channels, data: convertChannels(image.data, image.channels, channels) };
}

/** @throws HypersphereError `unreadable-data` for an image that cannot be decoded, `io` */
export async function decodeOrThrow(
  source: ByteSource,
  decode: ImageDecoder,
  channels?: 1 | 3,
  maxPixels = defaultMaxPixels,
): Promise<DecodedImage> {
  try {
    return await decodeImage(source, decode, channels, maxPixels);
  } catch (error) {
    if (!(error instanceof CorruptImage)) throw error;
    throw new HypersphereError("unreadable-data", `${source.name} cannot be decoded: ${error.reason}.`, {
      hint: "Was it cut off or changed? Fetch it again or remove it.",
      cause: error,
    });
  }
}
