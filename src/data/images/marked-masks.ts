import { counted } from "../../text/format.js";

/** Masks of defects, [height, width] with 0 where none is: how many mark nothing, and how many most of their image. */
export class MarkedMasks {
  #masks = 0;
  #empty = 0;
  #mostly = 0;

  /** @returns whether the mask marks any pixel */
  add(mask: Uint8Array): boolean {
    const marked = mask.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
    this.#masks++;
    if (marked === 0) this.#empty++;
    if (2 * marked > mask.length) this.#mostly++;
    return marked > 0;
  }

  /** Sentences about what cannot be meant; usually none. */
  doubts(): string[] {
    const masks = counted(this.#masks, "mask");
    return [
      ...(2 * this.#mostly > this.#masks
        ? [
            `More than half of the image is marked by ${this.#mostly} of ${masks} of defects. Are they the wrong way round? Pixels above 0 are the defect, 0 is what is good.`,
          ]
        : []),
      ...(this.#empty > 0
        ? [
            `No pixel is marked by ${this.#empty} of ${masks} of defects: all pixels of these images count as good.`,
          ]
        : []),
    ];
  }
}
