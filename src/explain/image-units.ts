import type { Image, ImageSet } from "../data/index.js";
import type { AnomalyMap } from "../maps/index.js";
import type { Explanation } from "./explanation.js";
import { byContribution, prefixes } from "./growing.js";
import type { Units } from "./units.js";

/** Patches along each side of an image. */
const PATCHES = 8;
/** Cells along each side of the small copies that images are compared by. */
const SMALL = 16;
/** A difference of this much brightness counts as one, and a larger one too. */
const FAR = 64;
/** Images that are kept while mixtures of them are made. */
const KEPT = 64;

/** Patches of a region that is exchanged at most, unless said otherwise: a quarter of the image. */
const MOST_PATCHES = 16;

const nameOf = (unit: number): string => `patch ${Math.floor(unit / PATCHES) + 1},${(unit % PATCHES) + 1}`;

/** The patch that contributes most, and then always the one beside those before that does. */
function region(contributions: Float64Array, most: number): number[] {
  const found: number[] = [];
  let next = [contributions.indexOf(Math.max(...contributions))];
  while (found.length < most && next.length > 0) {
    const [best] = byContribution(next, contributions);
    found.push(best!);
    const beside = neighboursOf(best!).filter((unit) => !found.includes(unit) && !next.includes(unit));
    next = [...next.filter((unit) => unit !== best), ...beside];
  }
  return found;
}

function neighboursOf(unit: number): number[] {
  const [down, across] = [Math.floor(unit / PATCHES), unit % PATCHES];
  const around = [
    [down - 1, across],
    [down + 1, across],
    [down, across - 1],
    [down, across + 1],
  ] as const;
  return around
    .filter(([y, x]) => y >= 0 && y < PATCHES && x >= 0 && x < PATCHES)
    .map(([y, x]) => y * PATCHES + x);
}

/** Patches of images, row by row: where they are abnormal. Images of other sizes are stretched over each other. */
export async function imageUnits(images: ImageSet, normals: ImageSet): Promise<Units<ImageSet>> {
  const count = PATCHES * PATCHES;
  const [own, other] = [await smallCopies(images), await smallCopies(normals)];
  const [readOwn, readOther] = [kept(images), kept(normals)];
  return {
    count,
    normals: normals.rowCount,
    names: Array.from({ length: count }, (_, unit) => nameOf(unit)),
    mix: (rows, others, weights) => ({
      kind: "images",
      rowCount: rows.length,
      channels: images.channels,
      source: images.source,
      names: undefined,
      read: async (k) =>
        mixture(
          await readOwn(rows[k]!),
          await readOther(others[k]!),
          weights.subarray(k * count, (k + 1) * count),
        ),
    }),
    // Pixels are read when they are mixed; an equal patch costs two scores, and contributes nothing.
    same: () => false,
    distance(row, at) {
      const [a, b] = [own[row]!, other[at]!];
      return a.reduce((sum, value, k) => sum + Math.min(1, Math.abs(value - b[k]!) / FAR), 0) / a.length;
    },
    sums(values, [height, width]) {
      const sums = new Float64Array(count);
      values.forEach((value, k) => {
        const [y, x] = [Math.floor(k / width!), k % width!];
        sums[Math.floor((y * PATCHES) / height!) * PATCHES + Math.floor((x * PATCHES) / width!)]! += value;
      });
      return sums;
    },
    value: (row, unit) => patchMean(own[row]!, unit),
    normalValue: (at, unit) => patchMean(other[at]!, unit),
    changes: {
      most: MOST_PATCHES,
      gradual: false,
      growing: (contributions, _, most) => prefixes(region(contributions, most), most),
      size: (units) => units.length,
      described: (row, at, units) =>
        units.map((unit) => ({
          ...{ feature: nameOf(unit), from: patchMean(own[row]!, unit), to: patchMean(other[at]!, unit) },
        })),
    },
    normal(unit) {
      const means = Float64Array.from(other, (copy) => patchMean(copy, unit)).sort();
      const at = (share: number): number => means[Math.round(share * (means.length - 1))]!;
      return { kind: "numbers", low: at(0.01), median: at(0.5), high: at(0.99) };
    },
  };
}

/** What patches of an explained image contribute, as a map. All contributions have to be listed. */
export function patchMap({ contributions }: Explanation): AnomalyMap {
  const data = new Float32Array(PATCHES * PATCHES);
  for (const { feature, contribution } of contributions) {
    const [down, across] = feature.match(/\d+/g)!.map(Number);
    data[(down! - 1) * PATCHES + across! - 1] = contribution;
  }
  return { height: PATCHES, width: PATCHES, data };
}

/** The row's pixels in its patches, the normal image's in the others; size and channels are the row's. */
function mixture(own: Image, normal: Image, weights: Float32Array): Image {
  const { height, width } = own;
  const channels = own.data.length / (height * width);
  const from = normal.data.length / (normal.height * normal.width);
  const data = own.data.slice();
  for (let y = 0; y < height; y++) {
    const down = Math.floor((y * PATCHES) / height) * PATCHES;
    const otherY = Math.floor((y * normal.height) / height) * normal.width;
    for (let x = 0; x < width; x++) {
      if (weights[down + Math.floor((x * PATCHES) / width)] === 1) continue;
      const at = (otherY + Math.floor((x * normal.width) / width)) * from;
      for (let c = 0; c < channels; c++)
        data[(y * width + x) * channels + c] = normal.data[at + Math.min(c, from - 1)]!;
    }
  }
  return { height, width, data };
}

/** Reads images of which the last ones that were asked for are kept. */
function kept(images: ImageSet): (row: number) => Promise<Image> {
  const known = new Map<number, Promise<Image>>();
  return (row) => {
    const image = known.get(row) ?? images.read(row);
    known.delete(row);
    known.set(row, image);
    const [oldest] = known.keys();
    if (known.size > KEPT) known.delete(oldest!);
    return image;
  };
}

/** Mean brightness in the cells of a grid, [SMALL * SMALL], of each image. */
async function smallCopies(images: ImageSet): Promise<Float32Array[]> {
  const copies: Float32Array[] = [];
  for (let row = 0; row < images.rowCount; row++) {
    const { height, width, data } = await images.read(row);
    const [sums, sizes] = [new Float64Array(SMALL * SMALL), new Float64Array(SMALL * SMALL)];
    const channels = data.length / (height * width);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const cell = Math.floor((y * SMALL) / height) * SMALL + Math.floor((x * SMALL) / width);
        for (let c = 0; c < channels; c++) sums[cell]! += data[(y * width + x) * channels + c]!;
        sizes[cell]! += channels;
      }
    }
    copies.push(Float32Array.from(sums, (sum, cell) => (sizes[cell] === 0 ? 0 : sum / sizes[cell]!)));
  }
  return copies;
}

function patchMean(copy: Float32Array, unit: number): number {
  const side = SMALL / PATCHES;
  const [top, left] = [Math.floor(unit / PATCHES) * side, (unit % PATCHES) * side];
  let sum = 0;
  for (let y = top; y < top + side; y++) for (let x = left; x < left + side; x++) sum += copy[y * SMALL + x]!;
  return sum / side ** 2;
}
