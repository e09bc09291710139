/** Changed copies of training images: the options, and what they make of a fit's data. */
import { z } from "zod";
import {
  AUGMENTATIONS,
  type Augmentation,
  type Augmenting,
  type Dataset,
  distinctCopies,
  type Samples,
  samplesOf,
} from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { kindOf } from "../../features/index.js";
import type { RandomSource } from "../../math/random.js";

/** Options of detectors that can learn from changed copies of training images. */
export const augmentOptions = {
  augment: z
    .array(z.enum(AUGMENTATIONS))
    .default([])
    .describe(
      "Train on changed copies of the images too: moved (shift), under another exposure (brightness), mirrored (flip, flip-vertical); leave out whatever would make a good part of a bad one",
    ),
  augmentStrength: z
    .number()
    .gt(0)
    .max(5)
    .default(1)
    .describe(
      "How far copies differ: at 1, by shifts of up to 5 % of each side and by up to 10 % of the brightness",
    ),
  augmentCopies: z.int().min(1).max(50).default(4).describe("Changed copies of each image"),
};

export interface AugmentOptions {
  readonly augment?: readonly Augmentation[];
  readonly augmentStrength?: number;
  readonly augmentCopies?: number;
}

const plain = z.object(augmentOptions).parse({});

/** What the options ask for; undefined where they ask for nothing. */
export function augmentingOf(options: AugmentOptions): Augmenting | undefined {
  const { augment = [], augmentStrength: strength = 1, augmentCopies = 1 } = options;
  if (augment.length === 0) return undefined;
  const changes = [...new Set(augment)];
  return { changes, strength, copies: distinctCopies({ changes, copies: augmentCopies }) };
}

/**
 * Refuses before anything is computed what would have no effect.
 * @throws HypersphereError `invalid-option`
 */
export function checkAugmentation(
  options: AugmentOptions & { readonly contrast: string },
  given: Dataset | Samples,
): void {
  const { augment = [], augmentStrength, augmentCopies, contrast } = options;
  const { data } = samplesOf(given);
  if (augment.length === 0) {
    const idle =
      augmentStrength !== undefined && augmentStrength !== plain.augmentStrength
        ? "augmentStrength"
        : augmentCopies !== undefined && augmentCopies !== plain.augmentCopies
          ? "augmentCopies"
          : undefined;
    if (idle === undefined) return;
    throw refused(`${idle} is given, but augment names no change`, 'Say which, such as "shift".');
  }
  if (kindOf(data).augmented === undefined) {
    throw refused(
      `augment changes images, but ${data.source} holds ${kindOf(data).noun.all}`,
      "Leave it out.",
    );
  }
  if (augment.includes("brightness") && contrast === "gcn") {
    throw refused(
      'augment has "brightness", but contrast is "gcn", which takes the brightness of every image away',
      'Use contrast "none", or leave "brightness" out.',
    );
  }
}

/** Rows to train from, with their changed copies. */
export interface AugmentedRows {
  readonly data: Dataset;
  /** How many of the rows, the first, are no copies. */
  readonly originals: number;
  /** Places in `data`: those that were given, and after them all of their first copies, and so on. */
  readonly rows: Uint32Array;
}

/** The rows as they are where nothing is asked for. */
export function augmentedRows(
  data: Dataset,
  rows: Uint32Array,
  options: AugmentOptions,
  random: RandomSource,
): AugmentedRows {
  const augmenting = augmentingOf(options);
  if (augmenting === undefined) return { data, rows, originals: rows.length };
  const all = new Uint32Array(rows.length * (1 + augmenting.copies));
  for (let k = 0; k < all.length; k++) {
    all[k] = rows[k % rows.length]! + Math.floor(k / rows.length) * data.rowCount;
  }
  return { data: kindOf(data).augmented!(data, augmenting, random), rows: all, originals: rows.length };
}

const refused = (reason: string, hint: string): HypersphereError =>
  new HypersphereError("invalid-option", `${reason}.`, { hint });
