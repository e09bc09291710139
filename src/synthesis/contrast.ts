import type { FeatureMatrix } from "../features/index.js";
import { rowOf } from "./tables.js";

/**
 * Damaged copies of contrast-normalised images, normalised again, as a model would normalise an image that was damaged
 * before. Otherwise an unusual mean and contrast, which no real image has, would identify them. Contrast normalisation
 * gives all images the mean and the mean deviation that are found in `originals`, and undoes what it did before.
 *
 * @param outliers images [count, pixels]
 * @param originals images [rows, pixels] after contrast normalisation with a common range
 * @returns images [count, pixels]; those of one colour unchanged
 */
export function recontrasted(
  { rows, columns, data }: FeatureMatrix,
  originals: FeatureMatrix,
): FeatureMatrix {
  const common = commonContrast(originals);
  const normalised = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const image = data.subarray(row * columns, (row + 1) * columns);
    const own = contrastOf(image);
    const factor = own.deviation > 0 ? common.deviation / own.deviation : 1;
    const target = normalised.subarray(row * columns, (row + 1) * columns);
    image.forEach((value, at) => {
      target[at] = common.mean + (value - own.mean) * factor;
    });
  }
  return { rows, columns, data: normalised };
}

interface ImageContrast {
  readonly mean: number;
  /** Mean distance of pixels from their mean. */
  readonly deviation: number;
}

function contrastOf(image: Float32Array): ImageContrast {
  const mean = image.reduce((sum, value) => sum + value, 0) / image.length;
  const deviation = image.reduce((sum, value) => sum + Math.abs(value - mean), 0) / image.length;
  return { mean, deviation };
}

/** The same for every image but for rounding; images of one colour have no contrast. */
function commonContrast(images: FeatureMatrix): ImageContrast {
  let common = contrastOf(rowOf(images, 0));
  for (let row = 1; row < images.rows; row++) {
    const own = contrastOf(rowOf(images, row));
    if (own.deviation > common.deviation) common = own;
  }
  return common;
}
