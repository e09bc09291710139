import { withPngText } from "../formats/images/png-text.js";
import type { CodedMap } from "../maps/map-codes.js";
import type { PixelImage } from "../maps/overlay.js";
import { loadSharp } from "./decode-image.js";

/** Keyword of the text in the PNG of a map that says what its numbers mean: {"offset", "step"} in JSON. */
export const MAP_KEYWORD = "hypersphere-map";

/** An image as PNG: grey where it has one value per pixel, red, green and blue where it has three. */
export async function encodePng(image: PixelImage): Promise<Uint8Array> {
  const { pipeline, grey } = await raw(image);
  return (grey ? pipeline.toColourspace("b-w") : pipeline).png().toBuffer();
}

/** A map as grey PNG of 16 bits; its text `MAP_KEYWORD` says how numbers become values. */
export async function encodeMapPng({
  height,
  width,
  codes,
  offset,
  step,
}: CodedMap<Uint16Array>): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const pipeline = sharp(codes, { raw: { height, width, channels: 1 } });
  const png = await pipeline.toColourspace("grey16").png().toBuffer();
  return withPngText(png, MAP_KEYWORD, JSON.stringify({ offset, step }));
}

/** Qualities that are tried until a thumbnail is small enough; then it is made smaller. */
const QUALITIES = [80, 65, 50, 35];
const LEAST_SIDE = 32;

/** An image as WebP of at most so many bytes: what its quality does not bring about, its size does. */
export async function encodeThumbnail(image: PixelImage, mostBytes: number): Promise<Uint8Array> {
  const { pipeline } = await raw(image);
  for (
    let side = Math.max(image.height, image.width);
    ;
    side = Math.max(LEAST_SIDE, Math.round(side * 0.7))
  ) {
    const sized = pipeline
      .clone()
      .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true });
    for (const quality of QUALITIES) {
      const bytes = await sized.clone().webp({ quality }).toBuffer();
      if (bytes.length <= mostBytes || (side === LEAST_SIDE && quality === QUALITIES.at(-1))) return bytes;
    }
  }
}

async function raw({ height, width, data }: PixelImage) {
  const sharp = await loadSharp();
  const grey = data.length === height * width;
  return { grey, pipeline: sharp(data, { raw: { height, width, channels: grey ? 1 : 3 } }) };
}
