import { type AnomalyMap, colourScale, type Model, overlay, regionsOf, shrunkImage } from "hypersphere";
import { encodeThumbnail } from "hypersphere/io";
import type { Pictures } from "../results/index.js";

/** Pixels of the longer side, and bytes of a picture: a million of them are a disk, and not a farm of them. */
const SIDE = 640;
const MOST_BYTES = 64 * 1024;

type PixelImage = Parameters<typeof shrunkImage>[0];

/** What people look at of an image: it, and it with its map over it, with lines around what is above the threshold. */
export async function drawPictures(
  given: PixelImage,
  map: AnomalyMap | undefined,
  { model, threshold }: { model: Model; threshold: number },
): Promise<Pictures> {
  const small = shrunkImage(given, SIDE);
  const image = await encodeThumbnail(small, MOST_BYTES);
  if (map === undefined) return { image, map: null };
  const { height, width } = small;
  const regions = regionsOf(map, threshold, {
    calibration: model.calibrationScores,
    ties: model.ties,
    size: small,
  });
  const outlines = regions.flatMap(({ polygons }) => polygons);
  const data = overlay(small, map, { scale: colourScale(threshold), outlines });
  return { image, map: await encodeThumbnail({ height, width, data }, MOST_BYTES) };
}
