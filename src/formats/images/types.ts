import type { ImageSet } from "../../data/images/images.js";
import type { Labels } from "../../data/labels.js";

/** Images, and what the place they were read from says about them. */
export interface ReadImages {
  readonly images: ImageSet;
  /** 0 for good images, 1 for others, -1 unknown; undefined where the source does not tell them apart. */
  readonly labels: Labels | undefined;
  /** The folder of each image below the one that holds good/, as "good" or "scratch"; "" for none. */
  readonly kinds: readonly string[] | undefined;
  /** Class number of each image, from sources with classes; `oneClass` makes labels of them. */
  readonly classes: Int32Array<ArrayBuffer> | undefined;
  /** Sentences about what was odd in reading (usually none). */
  readonly warnings: readonly string[];
}

/** Images of a folder. */
export interface ImageFolder extends ReadImages {
  /** Images left out because they could not be decoded, or had another size than was asked for. */
  readonly skipped: readonly SkippedImage[];
  /** Number of files that are no images. */
  readonly ignored: number;
  /**
   * [height, width] of the image: 1 where its mask in ground_truth/ is not zero, otherwise 0; all 0 for a good image.
   * Undefined where there is no such folder, or the kinds are not known.
   * @throws HypersphereError `unfit-data` naming masks that are missing or of another size than their image,
   * `unreadable-data`, `io`
   */
  readonly mask: ((row: number) => Promise<Uint8Array>) | undefined;
}

export interface SkippedImage {
  /** Path below the folder. */
  readonly name: string;
  /** Half a sentence. */
  readonly reason: string;
}
