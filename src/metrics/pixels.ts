/** How well maps say where images are abnormal, from masks of their defects. */
import { HypersphereError } from "../errors.js";
import { connectedComponents } from "../math/components.js";
import { fromOrderedBits, orderedBits } from "../math/ordered-bits.js";
import { refuseNaN } from "../math/sort.js";
import { BinnedScores, ExactScores, type PixelScores } from "./pixel-scores.js";

/** One image with the map that a model made of it. */
export interface ScoredPixels {
  readonly height: number;
  readonly width: number;
  /** [height, width] higher is more abnormal. */
  readonly scores: Float32Array;
  /** [height, width] 1 (or another number than 0) where the image is abnormal, 0 elsewhere. */
  readonly mask: ArrayLike<number>;
  /**
   * [height, width] the region that an abnormal pixel belongs to, from 1; default: abnormal pixels that hang together across
   * edges and corners.
   */
  readonly regions?: ArrayLike<number> | undefined;
}

/** What a map is worth over all pixels of all images. */
export interface PixelFigures {
  readonly pixels: number;
  readonly abnormalPixels: number;
  /** Abnormal regions. */
  readonly regions: number;
  /** How well abnormal pixels rank above normal ones, as `auroc`. Flatters, since most pixels are far from any defect. */
  readonly auroc: number;
  /** As `averagePrecision` of pixels. */
  readonly averagePrecision: number;
  /** Share of abnormal pixels: what average precision is by chance. */
  readonly prevalence: number;
  /**
   * Area under the curve of per-region overlap against false positives, up to 30 % of the normal pixels and divided by that:
   * in [0, 1], `AUPRO_CHANCE` by chance. All regions count alike, however large they are.
   */
  readonly aupro: number;
  /** Of the pixels that are flagged or abnormal, the share that is both (intersection over union); absent where nothing is decided. */
  readonly iou?: number;
  /** Regions of which at least one pixel is flagged; absent where nothing is decided. */
  readonly regionsFound?: number;
  /** False where there were too many pixels to be ranked one by one: scores less than 0.05 % apart then count as tied. */
  readonly exact: boolean;
}

/** Up to this share of the normal pixels, as in Bergmann et al. 2021. */
const MOST_FALSE_POSITIVES = 0.3;
/** The AUPRO of scores that know nothing: half of that share. */
export const AUPRO_CHANCE = MOST_FALSE_POSITIVES / 2;

/** More than this is not held to rank pixels: about 70 million pixels, few of them abnormal. */
const MOST_BYTES = 6e8;

/**
 * Takes images one by one and gives the figures of all their pixels, in bounded memory.
 *
 * AUPRO is that of Bergmann, Batzner, Fauser, Sattlegger and Steger, "The MVTec Anomaly Detection Dataset", IJCV 129 (2021):
 * at each threshold the mean over regions of the share of the region that is above it.
 *
 * @example
 * const tally = new PixelTally();
 * await model.score(images, {
 *   onMap: async ({ height, width, data }, row) => tally.add({ height, width, scores: data, mask: masks[row] }),
 * });
 * const { auroc, aupro } = tally.figures();
 */
export class PixelTally {
  #scores: PixelScores = new ExactScores();
  readonly #mostBytes: number;
  #pixels = 0;
  #abnormalPixels = 0;
  /** Highest score in each abnormal region. */
  readonly #peaks: number[] = [];

  /** @param options.mostBytes of memory to rank pixels one by one; default 600 MB */
  constructor({ mostBytes = MOST_BYTES }: { readonly mostBytes?: number } = {}) {
    this.#mostBytes = mostBytes;
  }

  /** Whether there are normal and abnormal pixels, without which there are no figures. */
  get hasBothKinds(): boolean {
    return this.#abnormalPixels > 0 && this.#abnormalPixels < this.#pixels;
  }

  /** @throws HypersphereError `unfit-data` for lengths that do not fit, and NaN */
  add(image: ScoredPixels): void {
    const { height, width, scores, mask } = image;
    check(image);
    const regions = image.regions ?? connectedComponents(mask, height, width).labels;
    const found = new Map<number, { pixels: number; peak: number }>();
    let abnormal = 0;
    for (let place = 0; place < scores.length; place++) {
      if (!mask[place]) continue;
      abnormal++;
      const [region, score] = [regions[place]!, scores[place]!];
      const known = found.get(region);
      if (known === undefined) found.set(region, { pixels: 1, peak: score });
      else {
        known.pixels++;
        known.peak = Math.max(known.peak, score);
      }
    }
    const keys = orderedBits(scores);
    const normals = new Uint32Array(scores.length - abnormal);
    const abnormals = new Uint32Array(abnormal);
    const shares = new Float64Array(abnormal);
    let [n, a] = [0, 0];
    for (let place = 0; place < scores.length; place++) {
      if (mask[place]) {
        abnormals[a] = keys[place]!;
        shares[a++] = 1 / found.get(regions[place]!)!.pixels;
      } else normals[n++] = keys[place]!;
    }
    this.#pixels += scores.length;
    this.#abnormalPixels += abnormal;
    for (const { peak } of found.values()) this.#peaks.push(peak);
    this.#scores.add({ normals, abnormals, shares });
    if (this.#scores instanceof ExactScores && this.#scores.bytes > this.#mostBytes) {
      const binned = new BinnedScores();
      this.#scores.moveTo(binned);
      this.#scores = binned;
    }
  }

  /**
   * The figures of all images that were added.
   * @param flags whether a pixel with this score is flagged, as are all with higher ones; for overlap and regions found
   * @throws HypersphereError `unfit-data` unless there are normal and abnormal pixels
   */
  figures(flags?: (score: number) => boolean): PixelFigures {
    const [pixels, abnormalPixels, regions] = [this.#pixels, this.#abnormalPixels, this.#peaks.length];
    const normalPixels = pixels - abnormalPixels;
    if (!this.hasBothKinds) {
      throw new HypersphereError(
        "unfit-data",
        `PixelTally: needs both classes, but there are ${abnormalPixels} abnormal pixels and ${normalPixels} normal ones.`,
      );
    }
    const most = MOST_FALSE_POSITIVES * normalPixels;
    let [falsePositives, truePositives, overlaps] = [0, 0, 0];
    let [pairs, precisions, area] = [0, 0, 0];
    const flagged = { normals: 0, abnormals: 0, more: flags !== undefined };
    this.#scores.descend((score, normals, abnormals, shares) => {
      flagged.more &&= flags!(fromOrderedBits(score));
      if (flagged.more) {
        flagged.normals += normals;
        flagged.abnormals += abnormals;
      }
      pairs += normals * (truePositives + abnormals / 2);
      if (abnormals > 0) {
        const hits = truePositives + abnormals;
        precisions += (abnormals * hits) / (hits + falsePositives + normals);
      }
      if (normals > 0 && falsePositives < most) {
        // Between two thresholds the curve is a straight line, cut off where there are enough false positives.
        const step = Math.min(normals, most - falsePositives);
        area += step * (overlaps + (shares * step) / normals / 2);
      }
      falsePositives += normals;
      truePositives += abnormals;
      overlaps += shares;
    });
    return {
      pixels,
      abnormalPixels,
      regions,
      auroc: pairs / abnormalPixels / normalPixels,
      averagePrecision: precisions / abnormalPixels,
      prevalence: abnormalPixels / pixels,
      aupro: area / most / regions,
      ...(flags && {
        iou: flagged.abnormals / (abnormalPixels + flagged.normals),
        regionsFound: this.#peaks.filter((peak) => flags(peak)).length,
      }),
      exact: this.#scores instanceof ExactScores,
    };
  }
}

function check({ height, width, scores, mask, regions }: ScoredPixels): void {
  const pixels = height * width;
  for (const [name, values] of Object.entries({ scores, mask, regions })) {
    if (values === undefined || values.length === pixels) continue;
    throw new HypersphereError(
      "unfit-data",
      `PixelTally: ${name} has ${values.length} values for ${height} x ${width} pixels (height x width).`,
    );
  }
  refuseNaN(scores, "PixelTally: scores");
}
