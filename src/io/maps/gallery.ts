import { type Dataset, type ImageSet, type Samples, samplesOf } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { colourScale } from "../../maps/colour-scale.js";
import { shrunkImage } from "../../maps/shrink.js";
import { Highest } from "../../math/highest.js";
import { type Model, requireMaps, type ScoreOptions, type Scores } from "../../model/index.js";
import { type GalleryImage, galleryPage } from "../../report/gallery/gallery-page.js";
import { packedMap } from "../../report/gallery/packed-map.js";
import { encodeThumbnail } from "../encode-image.js";

export interface GalleryOptions extends Omit<ScoreOptions, "onMap" | "combine"> {
  /** Images in the page at most, the worst ones; default 500, at most 2000. */
  readonly limit?: number | undefined;
}

export interface Gallery {
  /** One HTML page that loads nothing. */
  readonly html: string;
  /** Images in it. */
  readonly shown: number;
  readonly scores: Scores;
}

/** What a page may take: browsers open it without delay, and mail takes it. */
const PAGE_BYTES = 30e6;
const DEFAULT_LIMIT = 500;
const MOST_IMAGES = 2000;
/** Text of an image in the page, beside its picture and its map. */
const TEXT_BYTES = 1200;
/** Pictures of fewer images are larger: longer sides in pixels, of the picture and of the map. */
const SIDES = [
  { upTo: 60, picture: 640, map: 256 },
  { upTo: 200, picture: 448, map: 192 },
  { upTo: 600, picture: 320, map: 128 },
  { upTo: MOST_IMAGES, picture: 256, map: 96 },
];

/**
 * Scores images and makes a page of them, worst first, in which a person looks through what was found: with sliders for the
 * opacity of the maps and for the threshold. Holds one image at a time, and the pictures of the page, of less than 30 MB.
 *
 * @example
 * const { html } = await gallery(model, await open("today", { model }), { limit: 100 });
 *
 * @throws HypersphereError `invalid-option` for a model that makes no maps and for other limits; as `score`
 */
export async function gallery(
  model: Model,
  given: Dataset | Samples,
  options: GalleryOptions = {},
): Promise<Gallery> {
  const { limit = DEFAULT_LIMIT, ...scoring } = options;
  requireMaps(model.card);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_IMAGES) {
    throw new HypersphereError(
      "invalid-option",
      `option "limit" is ${limit}, expected a whole number from 1 to ${MOST_IMAGES}.`,
      {
        hint: "A page of more images would be too large; the worst ones are shown.",
      },
    );
  }
  const samples = samplesOf(given);
  const images = samples.data as ImageSet;
  const most = Math.min(limit, images.rowCount);
  const side = SIDES.find(({ upTo }) => most <= upTo)!;
  // Bytes become 4/3 as many characters.
  const share = Math.floor((3 / 4) * (PAGE_BYTES / most - TEXT_BYTES));
  const worst = new Highest<GalleryImage>(most);
  const scores = await model.score(samples, {
    ...scoring,
    onMap: async (map, row, { score, pValue, isAnomaly }) => {
      if (!worst.takes(score)) return;
      const image = await images.read(row);
      const { height, width } = image;
      const packed = await packedMap(map, side.map);
      const bytes = await encodeThumbnail(shrunkImage(image, side.picture), share - packed.packed.length);
      const name = images.names?.[row] ?? `image ${row + 1}`;
      const picture = { type: "image/webp", bytes };
      worst.add(score, { name, score, pValue, flagged: isAnomaly, height, width, picture, map: packed });
    },
  });
  const { threshold } = scores;
  const html = await galleryPage({
    images: worst.values,
    scored: images.rowCount,
    threshold,
    ties: model.ties,
    scale: colourScale(threshold),
    calibration: model.calibrationScores,
    source: images.source,
    detector: model.card.detector,
  });
  return { html, shown: most, scores };
}
