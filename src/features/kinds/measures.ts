/** What drift reports compare with training: the columns of rows or time steps, or numbers measured on each image. */
import type { Image, ImageSet } from "../../data/index.js";
import type { RawValues, SchemaNotes } from "../raw-values.js";
import { type NumericReference, numericReference, type ReferenceProfile } from "../reference.js";
import type { FeatureSchema } from "../schema.js";

export interface Measures {
  /** Rows, time steps that are in a window, or images. */
  readonly rows: number;
  /** Numbers per row, NaN where missing: of a schema with columns, its numeric ones in their order. */
  readonly numeric: readonly { readonly name: string; readonly values: ArrayLike<number> }[];
  /** The categorical columns of the schema in their order; the text of a code is `texts[code + 1]`. */
  readonly categorical: readonly { readonly codes: Int32Array; readonly texts: readonly string[] }[];
  /** How many columns did not vary in training; `notes.changed` names those that do now. */
  readonly constants: number;
  /** How these rows differ from the training rows. */
  readonly notes: SchemaNotes;
}

export function columnMeasures(raw: RawValues, schema: FeatureSchema): Measures {
  return {
    rows: raw.rowCount,
    numeric: schema.numeric.map(({ name }, k) => ({ name, values: raw.numericColumn(k) })),
    categorical: schema.categorical.map((_, k) => raw.categoricalColumn(k)),
    constants: schema.constant?.filter(({ ignored }) => ignored !== true).length ?? 0,
    notes: raw.notes(),
  };
}

/** What a person would say of a changed camera or lamp. All in pixel values, which run from 0 to 255. */
const IMAGE_MEASURES = ["brightness", "contrast", "sharpness"] as const;

/** Brightness, contrast and sharpness of the images at `rows`; all of them without. */
export async function imageMeasures(images: ImageSet, rows?: ArrayLike<number>): Promise<Measures> {
  const count = rows?.length ?? images.rowCount;
  const values = IMAGE_MEASURES.map(() => new Float64Array(count));
  for (let k = 0; k < count; k++) {
    const found = measureImage(await images.read(rows === undefined ? k : rows[k]!), images.channels);
    IMAGE_MEASURES.forEach((name, measure) => {
      values[measure]![k] = found[name];
    });
  }
  return {
    rows: count,
    numeric: IMAGE_MEASURES.map((name, k) => ({ name, values: values[k]! })),
    categorical: [],
    constants: 0,
    notes: { extra: [], missing: {}, unseen: {}, outOfRange: {}, changed: {} },
  };
}

/** Deciles of the measures of some images, see `ReferenceProfile`. */
export async function imageReference(images: ImageSet, rows: ArrayLike<number>): Promise<ReferenceProfile> {
  const { numeric } = await imageMeasures(images, rows);
  return {
    rows: rows.length,
    numeric: numeric.map(({ name, values }): NumericReference => numericReference(name, values)),
  };
}

/**
 * Of the mean over channels: mean, standard deviation, and the mean absolute Laplacian |4 c - left - right - above -
 * below| over pixels that have four neighbours, which blur makes small. 0 for images without such pixels.
 */
export function measureImage(
  { height, width, data }: Image,
  channels: number,
): Record<(typeof IMAGE_MEASURES)[number], number> {
  const pixels = height * width;
  const grey = new Float64Array(pixels);
  let total = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += data[pixel * channels + channel]!;
    grey[pixel] = sum / channels;
    total += grey[pixel]!;
  }
  const brightness = total / pixels;
  let squares = 0;
  for (let pixel = 0; pixel < pixels; pixel++) squares += (grey[pixel]! - brightness) ** 2;
  let edges = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const around = grey[at - 1]! + grey[at + 1]! + grey[at - width]! + grey[at + width]!;
      edges += Math.abs(4 * grey[at]! - around);
    }
  }
  const inner = Math.max(0, height - 2) * Math.max(0, width - 2);
  return { brightness, contrast: Math.sqrt(squares / pixels), sharpness: inner === 0 ? 0 : edges / inner };
}
