/** A number of 32 bits for each observation: equal for equal ones, and for others as good as never. */
import type { ImageSet } from "../../data/index.js";
import type { RawValues } from "../raw-values.js";
import type { FeatureSchema } from "../schema.js";

const text = new TextEncoder();

const mixed = (digest: number, word: number): number => {
  const h = Math.imul(digest ^ word, 0x9e3779b1);
  return (h ^ (h >>> 15)) >>> 0;
};

/** Of rows, or of time steps, by the columns that a model reads. */
export function columnDigests(raw: RawValues, { numeric, categorical }: FeatureSchema): Uint32Array {
  const digests = new Uint32Array(raw.rowCount).fill(1);
  numeric.forEach((_, k) => {
    addDigests(digests, raw.numericColumn(k));
  });
  categorical.forEach((_, k) => {
    const { codes, texts } = raw.categoricalColumn(k);
    const ofText = texts.map((level) => text.encode(level).reduce(mixed, 2));
    for (let row = 0; row < digests.length; row++) {
      digests[row] = mixed(digests[row]!, ofText[codes[row]! + 1]!);
    }
  });
  return digests;
}

/** Adds one column of numbers to the digests of rows. */
export function addDigests(digests: Uint32Array, values: ArrayLike<number>): void {
  const number = new Float64Array(1);
  const words = new Uint32Array(number.buffer);
  for (let row = 0; row < digests.length; row++) {
    // Zero has two signs, and NaN many forms.
    const value = values[row]!;
    number[0] = Number.isNaN(value) ? Number.NaN : value + 0;
    digests[row] = mixed(mixed(digests[row]!, words[0]!), words[1]!);
  }
}

/** Of windows, by those of their steps. */
export function windowDigests(steps: Uint32Array, starts: Uint32Array, window: number): Uint32Array {
  return starts.map((start) => steps.subarray(start, start + window).reduce(mixed, 3));
}

/** Of images, by size and pixels. */
export async function imageDigests(images: ImageSet): Promise<Uint32Array> {
  const digests = new Uint32Array(images.rowCount);
  for (let row = 0; row < digests.length; row++) {
    const { height, width, data } = await images.read(row);
    let digest = mixed(mixed(4, height), width);
    for (let k = 0; k < data.length; k++) digest = mixed(digest, data[k]!);
    digests[row] = digest;
  }
  return digests;
}
