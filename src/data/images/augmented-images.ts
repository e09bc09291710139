/** Changed copies of images, for training: what a part may look like without being another part. */
import type { RandomSource, RandomStream } from "../../math/random.js";
import { makeImageSet } from "./image-arrays.js";
import type { Image, ImageSet } from "./images.js";

export const AUGMENTATIONS = ["shift", "brightness", "flip", "flip-vertical"] as const;
/** Another place in the image, another exposure, left for right, top for bottom. */
export type Augmentation = (typeof AUGMENTATIONS)[number];

/** How copies differ from what they are copies of, and how many there are of each image. */
export interface Augmenting {
  readonly changes: readonly Augmentation[];
  /** At 1 a shift is at most 5 % of each side, and the brightness at most 10 % more or less. */
  readonly strength: number;
  readonly copies: number;
}

const LARGEST_SHIFT = 0.05;
const LARGEST_CHANGE = 0.1;

/**
 * The images, and after them a changed copy of each, and so on: copy c of image k is row c * n + k, from c = 1. A copy is made
 * when it is read, the same each time.
 *
 * Pixels that a shift brings in are those of the nearest edge. Brightness is a factor, as of a longer exposure; what it makes
 * brighter than white is white. Flips take turns over the copies, so that as many are flipped as are not.
 */
export function augmentedImages(images: ImageSet, augmenting: Augmenting, random: RandomSource): ImageSet {
  const { rowCount, channels, source } = images;
  return makeImageSet({
    rowCount: rowCount * (1 + augmenting.copies),
    channels,
    source,
    async read(row) {
      const [copy, original] = [Math.floor(row / rowCount), row % rowCount];
      const image = await images.read(original);
      if (copy === 0) return image;
      return changed(image, channels, copy, augmenting, random.stream("augment", copy, original));
    },
  });
}

function changed(
  { height, width, data }: Image,
  channels: number,
  copy: number,
  { changes, strength }: Augmenting,
  stream: RandomStream,
): Image {
  const upTo = (most: number): number => (2 * stream.uniform() - 1) * most;
  const moves = changes.includes("shift");
  const pixels = (side: number): number =>
    moves ? Math.round(upTo(Math.max(1, LARGEST_SHIFT * strength * side))) : 0;
  const [down, right] = [pixels(height), pixels(width)];
  const factor = changes.includes("brightness") ? 1 + upTo(LARGEST_CHANGE * strength) : 1;
  const [mirrored, overturned] = flipsOf(changes, copy);
  const bytes = new Uint8Array(data.length);
  const table = Uint8Array.from({ length: 256 }, (_, value) => Math.min(255, Math.round(value * factor)));
  for (let y = 0; y < height; y++) {
    const row = clamped((overturned ? height - 1 - y : y) - down, height);
    for (let x = 0; x < width; x++) {
      const column = clamped((mirrored ? width - 1 - x : x) - right, width);
      const [to, from] = [(y * width + x) * channels, (row * width + column) * channels];
      for (let c = 0; c < channels; c++) bytes[to + c] = table[data[from + c]!]!;
    }
  }
  return { height, width, data: bytes };
}

const clamped = (place: number, length: number): number => Math.max(0, Math.min(length - 1, place));

const FLIPS: readonly Augmentation[] = ["flip", "flip-vertical"];

/** The first copy is flipped, the second is not, or is flipped the other way, and so on in turn. */
function flipsOf(changes: readonly Augmentation[], copy: number): [mirrored: boolean, overturned: boolean] {
  const flips = FLIPS.filter((flip) => changes.includes(flip));
  const turn = (flip: Augmentation): boolean =>
    flips.includes(flip) && ((copy >> flips.indexOf(flip)) & 1) === 1;
  return [turn("flip"), turn("flip-vertical")];
}

/** Copies that differ: flips alone are few. */
export function distinctCopies({ changes, copies }: Pick<Augmenting, "changes" | "copies">): number {
  const all = new Set(changes);
  if (all.has("shift") || all.has("brightness")) return copies;
  return Math.min(copies, 2 ** all.size - 1);
}
