import { HypersphereError } from "../errors.js";
import { type Connectivity, connectedComponents } from "../math/components.js";
import { refuseNaN } from "../math/sort.js";
import { exceeds, MAP_TIES, pValues, type Ties, tieBound } from "../scoring/index.js";
import { outlinesOf } from "./outlines.js";

/** Where an image is abnormal, as models say it. */
export interface AnomalyMap {
  readonly height: number;
  readonly width: number;
  /**
   * [height, width] higher is more abnormal. The image's score is the highest value, so that an image is flagged where
   * any pixel is above the threshold.
   */
  readonly data: Float32Array;
}

/** Pixels above the threshold that hang together, in pixels of the original image. */
export interface Region {
  /** Left, top, width and height of the smallest box of whole pixels around it. */
  readonly box: readonly [left: number, top: number, width: number, height: number];
  /**
   * Outlines as x, y pairs, in hundredths of a pixel: the outer one first, then those of holes. They run between pixels:
   * [0, 0] is the upper left corner of the image, [width, height] the lower right one.
   */
  readonly polygons: readonly (readonly (readonly [x: number, y: number])[])[];
  /** Square pixels of the original image. */
  readonly area: number;
  /** Highest value of the map in it. */
  readonly peak: number;
  /** Column and row of the pixel where that is. */
  readonly at: readonly [x: number, y: number];
  /**
   * Share of normal images whose most abnormal region would have at least this peak: of a normal image, any region at all
   * has a p-value of a or less with a probability of a at most.
   */
  readonly pValue: number;
}

export interface RegionOptions {
  /** Ascending scores of held-out normal images, `model.calibrationScores`. */
  readonly calibration: ArrayLike<number>;
  /** Of the original image, which the map stands for; default the size of the map. */
  readonly size?: { readonly height: number; readonly width: number } | undefined;
  /** Whether pixels hang together across corners too (8), as is the default, or across edges alone (4). */
  readonly connectivity?: Connectivity | undefined;
  /** Of the model, `model.ties`: values that hardly differ count as equal, as in its decisions. Default: those of maps. */
  readonly ties?: Ties | undefined;
}

/**
 * The regions of a map that are above a threshold, the one with the highest peak first. There is one if and only if the
 * model flags the image at that threshold, and the first one's p-value is that of the image.
 *
 * @param threshold `threshold` of the scores that the map came with
 * @example
 * const found: Region[][] = [];
 * const { calibrationScores: calibration, ties } = model;
 * const { threshold } = model.card.threshold;
 * await model.score(images, { onMap: (map, row) => void (found[row] = regionsOf(map, threshold, { calibration, ties })) });
 *
 * @throws HypersphereError `unfit-data` for a map that is not of its size or holds NaN, and for calibration scores that are
 * missing or not ascending; `invalid-option`
 */
export function regionsOf(map: AnomalyMap, threshold: number, options: RegionOptions): Region[] {
  const { height, width, data } = map;
  const { calibration, size = map, connectivity = 8, ties = MAP_TIES } = options;
  checkArguments(map, threshold, size, connectivity);
  const above = Uint8Array.from(data, (value) => (exceeds(value, threshold, ties) ? 1 : 0));
  const components = connectedComponents(above, height, width, connectivity);
  const extents = extentsOf(components.labels, components.count, map);
  const p = pValues(
    calibration,
    extents.map(({ peakAt }) => tieBound(data[peakAt]!, ties)),
  );
  const outlines = outlinesOf(components, height, width, connectivity);
  // Each pixel of the map stands for an equal part of the image.
  const [across, down] = [size.width / width, size.height / height];
  const middle = (position: number, scale: number): number => Math.floor((position + 0.5) * scale);
  return extents
    .map(({ left, right, top, bottom, pixels, peakAt }, k): Region => {
      const [x, y] = [Math.floor(left * across), Math.floor(top * down)];
      const [endX, endY] = [ceil((right + 1) * across), ceil((bottom + 1) * down)];
      return {
        box: [x, y, endX - x, endY - y],
        polygons: outlines[k]!.map((outline) =>
          outline.map(([column, row]) => [hundredths(column * across), hundredths(row * down)] as const),
        ),
        area: pixels * across * down,
        peak: data[peakAt]!,
        at: [middle(peakAt % width, across), middle(Math.floor(peakAt / width), down)],
        pValue: p[k]!,
      };
    })
    .sort((a, b) => (a.peak === b.peak ? 0 : b.peak > a.peak ? 1 : -1));
}

/** What a component covers, in pixels of the map. */
interface Extent {
  left: number;
  right: number;
  top: number;
  bottom: number;
  pixels: number;
  /** Index of the first pixel with the highest value. */
  peakAt: number;
}

function extentsOf(labels: Int32Array, count: number, { width, data }: AnomalyMap): Extent[] {
  const extents = Array.from(
    { length: count },
    (): Extent => ({ left: width, right: 0, top: -1, bottom: 0, pixels: 0, peakAt: -1 }),
  );
  labels.forEach((label, place) => {
    if (label === 0) return;
    const extent = extents[label - 1]!;
    const [x, y] = [place % width, Math.floor(place / width)];
    if (extent.pixels === 0) extent.top = y;
    extent.left = Math.min(extent.left, x);
    extent.right = Math.max(extent.right, x);
    extent.bottom = y;
    extent.pixels++;
    if (extent.peakAt < 0 || data[place]! > data[extent.peakAt]!) extent.peakAt = place;
  });
  return extents;
}

const hundredths = (value: number): number => Math.round(100 * value) / 100;
/** Up to the next whole number, but for a rounding. */
const ceil = (value: number): number => Math.ceil(value - 1e-9);

function checkArguments(
  { height, width, data }: AnomalyMap,
  threshold: number,
  size: { readonly height: number; readonly width: number },
  connectivity: number,
): void {
  if (data.length !== height * width) {
    throw new HypersphereError(
      "unfit-data",
      `regionsOf: a map of ${height} x ${width} pixels (height x width) needs ${height * width} values, but has ${data.length}.`,
    );
  }
  refuseNaN(data, "regionsOf: the map");
  if (Number.isNaN(threshold)) {
    throw new HypersphereError("invalid-option", "regionsOf: the threshold is not a number (NaN).");
  }
  if (![size.height, size.width].every((length) => Number.isFinite(length) && length > 0)) {
    throw new HypersphereError(
      "invalid-option",
      `regionsOf: the original's size is ${size.height} x ${size.width} pixels (height x width), expected numbers above 0.`,
    );
  }
  if (connectivity !== 4 && connectivity !== 8) {
    throw new HypersphereError(
      "invalid-option",
      `regionsOf: connectivity is ${connectivity}, expected 4 or 8.`,
    );
  }
}
