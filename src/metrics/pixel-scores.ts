/** Scores of the pixels of many images, kept so that they can be gone through from the highest to the lowest. */
import { sortByKeys } from "../math/ordered-bits.js";

/** Pixels of one image. Scores are as `orderedBits` gives them, in any order. */
export interface PixelPart {
  /** Scores of normal pixels. */
  readonly normals: Uint32Array;
  /** Scores of abnormal pixels. */
  readonly abnormals: Uint32Array;
  /** [abnormals] 1 over the number of pixels of the region that each belongs to. */
  readonly shares: Float64Array;
}

/**
 * Hears of pixels with one score, the highest score first.
 * @param score as `orderedBits` gives it
 * @param regions what these pixels are of their regions, summed up: 1 for all pixels of one region
 */
export type TakePixels = (score: number, normals: number, abnormals: number, regions: number) => void;

export interface PixelScores {
  add(part: PixelPart): void;
  /** Goes through all pixels once. */
  descend(take: TakePixels): void;
}

/** Every score by itself. */
export class ExactScores implements PixelScores {
  #parts: PixelPart[] = [];
  #normals = 0;
  #abnormals = 0;

  /** What going through the scores takes at most, as they are joined and sorted. */
  get bytes(): number {
    return 8 * this.#normals + 36 * this.#abnormals;
  }

  add(part: PixelPart): void {
    this.#parts.push(part);
    this.#normals += part.normals.length;
    this.#abnormals += part.abnormals.length;
  }

  /** Gives all scores to another keeper. */
  moveTo(other: PixelScores): void {
    for (const part of this.#taken()) other.add(part);
  }

  descend(take: TakePixels): void {
    const joined = {
      normals: new Uint32Array(this.#normals),
      abnormals: new Uint32Array(this.#abnormals),
      shares: new Float64Array(this.#abnormals),
    };
    let [normalsEnd, abnormalsEnd] = [0, 0];
    for (const part of this.#taken()) {
      joined.normals.set(part.normals, normalsEnd);
      joined.abnormals.set(part.abnormals, abnormalsEnd);
      joined.shares.set(part.shares, abnormalsEnd);
      normalsEnd += part.normals.length;
      abnormalsEnd += part.abnormals.length;
    }
    const normals = sortByKeys({ keys: joined.normals }).keys;
    const { keys: abnormals, carried: shares } = sortByKeys({
      keys: joined.abnormals,
      carried: joined.shares,
    });
    this.#parts = [{ normals, abnormals, shares: shares! }];
    let [n, a] = [normals.length - 1, abnormals.length - 1];
    while (n >= 0 || a >= 0) {
      const score = Math.max(n >= 0 ? normals[n]! : 0, a >= 0 ? abnormals[a]! : 0);
      const [normalsFrom, abnormalsFrom] = [n, a];
      let regions = 0;
      while (n >= 0 && normals[n] === score) n--;
      for (; a >= 0 && abnormals[a] === score; a--) regions += shares![a]!;
      take(score, normalsFrom - n, abnormalsFrom - a, regions);
    }
  }

  /** The parts one by one, each let go before the next. */
  *#taken(): Iterable<PixelPart> {
    const parts = this.#parts.reverse();
    this.#parts = [];
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) yield part;
  }
}

/** Of a float32: sign, exponent and the first 11 of 23 digits. Scores in one bin differ by 0.05 % at most. */
const BIN_BITS = 20;
const BINS = 2 ** BIN_BITS;
const scoreOf = (bin: number): number => (bin << (32 - BIN_BITS)) >>> 0;
const binOf = (score: number): number => score >>> (32 - BIN_BITS);

/** Scores counted by bins, however many there are. */
export class BinnedScores implements PixelScores {
  readonly #normals = new Float64Array(BINS);
  readonly #abnormals = new Float64Array(BINS);
  readonly #regions = new Float64Array(BINS);

  add({ normals, abnormals, shares }: PixelPart): void {
    for (const score of normals) this.#normals[binOf(score)]! += 1;
    abnormals.forEach((score, pixel) => {
      this.#abnormals[binOf(score)]! += 1;
      this.#regions[binOf(score)]! += shares[pixel]!;
    });
  }

  descend(take: TakePixels): void {
    for (let bin = BINS - 1; bin >= 0; bin--) {
      const [normals, abnormals] = [this.#normals[bin]!, this.#abnormals[bin]!];
      if (normals + abnormals > 0) take(scoreOf(bin), normals, abnormals, this.#regions[bin]!);
    }
  }
}
