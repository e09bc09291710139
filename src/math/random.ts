/**
 * Seeded randomness with named sub-streams. A stream depends on the seed and its names only, never on what was
 * drawn from another one: adding a draw in one place leaves every other place as it was.
 *
 * Everything here is integer arithmetic plus IEEE +, -, *, /, sqrt: one seed gives the same bits in every engine.
 */

import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { JumpableRandomGenerator } from "pure-rand/types/JumpableRandomGenerator";
import { HypersphereError } from "../errors.js";
import { murmur128 } from "./murmur.js";
import { normalQuantile } from "./normal.js";

export interface RandomStream {
  /** Uniform in [0, 1), a multiple of 2^-53. */
  uniform(): number;
  /** Standard normal, by inversion of one uniform; absolute value below 8.3. */
  normal(): number;
  /** Uniform integer in [0, n) without bias. @throws invalid-option unless n is an integer in [1, 2^53 - 1] */
  int(n: number): number;
  /** The integers 0..n-1 in random order (Fisher-Yates). @throws invalid-option unless 0 <= n < 2^32 */
  permutation(n: number): Uint32Array<ArrayBuffer>;
  /** `k` distinct integers of 0..n-1 in random order. @throws invalid-option unless 0 <= k <= n < 2^32 */
  sample(n: number, k: number): Uint32Array<ArrayBuffer>;
  /** Uniform values of 24 random bits in [lo, hi); rounding to float32 may reach `hi` when lo is not 0. */
  fillUniform(target: Float32Array, lo?: number, hi?: number): void;
  /** Normal values rounded to float32. */
  fillNormal(target: Float32Array, mean?: number, sd?: number): void;
}

export interface RandomSource {
  readonly seed: number | string;
  /** The stream of these names, from its beginning: asked for twice, it yields the same draws twice. */
  stream(...names: (string | number)[]): RandomStream;
}

const TWO_32 = 4294967296;
const TWO_53 = 9007199254740992;

class XoroshiroStream implements RandomStream {
  // xoroshiro128+ (Blackman and Vigna 2018). pure-rand hands out the low 32 bits of each 64-bit sum, whose lowest
  // bits are those of a linear register: every draw below is made from the high bits of a word.
  readonly #bits: JumpableRandomGenerator;

  constructor(state: readonly number[]) {
    this.#bits = xoroshiro128plusFromState(state);
  }

  uniform(): number {
    const high = this.#bits.next() >>> 6;
    const low = this.#bits.next() >>> 5;
    return (high * 134217728 + low) / TWO_53;
  }

  normal(): number {
    // Half a step up keeps the argument inside (0, 1) and the draws symmetric. Inversion takes exactly one uniform
    // per draw, where rejection methods take a varying number.
    return normalQuantile(this.uniform() + 0.5 / TWO_53);
  }

  int(n: number): number {
    if (!(Number.isSafeInteger(n) && n >= 1)) {
      throw new HypersphereError(
        "invalid-option",
        `int(${n}): the bound must be an integer from 1 to 2^53 - 1.`,
      );
    }
    if (n <= TWO_32) return n === 1 ? 0 : this.#below(n, Math.clz32(n - 1));
    const limit = TWO_53 - (TWO_53 % n);
    for (;;) {
      const draw = this.uniform() * TWO_53;
      if (draw < limit) return draw % n;
    }
  }

  /** Keeps as many high bits as n - 1 has and draws again when they say n or more: unbiased, below 2 draws each. */
  #below(n: number, shift: number): number {
    const bits = this.#bits;
    let draw = bits.next() >>> shift;
    while (draw >= n) draw = bits.next() >>> shift;
    return draw;
  }

  permutation(n: number): Uint32Array<ArrayBuffer> {
    if (!(Number.isInteger(n) && n >= 0 && n < TWO_32)) {
      throw new HypersphereError(
        "invalid-option",
        `permutation(${n}): expected an integer from 0 to 2^32 - 1.`,
      );
    }
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    for (let i = n - 1; i > 0; i--) {
      const j = this.#below(i + 1, Math.clz32(i));
      const held = order[i]!;
      order[i] = order[j]!;
      order[j] = held;
    }
    return order;
  }

  sample(n: number, k: number): Uint32Array<ArrayBuffer> {
    if (!(Number.isInteger(n) && Number.isInteger(k) && k >= 0 && k <= n && n < TWO_32)) {
      throw new HypersphereError(
        "invalid-option",
        `sample(${n}, ${k}): expected integers 0 <= k <= n < 2^32.`,
      );
    }
    // The first k steps of a Fisher-Yates shuffle, with a map for the moved entries so that memory is O(k).
    const moved = new Map<number, number>();
    const chosen = new Uint32Array(k);
    for (let i = 0; i < k; i++) {
      const j = i + (n - i === 1 ? 0 : this.#below(n - i, Math.clz32(n - i - 1)));
      chosen[i] = moved.get(j) ?? j;
      moved.set(j, moved.get(i) ?? i);
    }
    return chosen;
  }

  fillUniform(target: Float32Array, lo = 0, hi = 1): void {
    const bits = this.#bits;
    const step = (hi - lo) / 16777216;
    for (let i = 0; i < target.length; i++) target[i] = lo + (bits.next() >>> 8) * step;
  }

  fillNormal(target: Float32Array, mean = 0, sd = 1): void {
    for (let i = 0; i < target.length; i++) target[i] = mean + sd * this.normal();
  }
}

/**
 * @param seed any text or finite number; a number counts as its decimal text, so that 7 and "7" are one seed
 * @throws invalid-option when the seed or a name is a number that is not finite
 * @example
 * const random = createRandom(7);
 * const order = random.stream("epoch", 3).permutation(1000);
 */
export function createRandom(seed: number | string): RandomSource {
  const prefix = piece(seed, "seed");
  return {
    seed,
    stream(...names) {
      const text = prefix + names.map((name) => piece(name, "stream name")).join("");
      const state = murmur128(text);
      // All zeros is the one state xoroshiro never leaves.
      return new XoroshiroStream(
        state.some((word) => word !== 0) ? state.map((word) => word | 0) : [1, 0, 0, 0],
      );
    },
  };
}

/** Length before text makes the concatenation unambiguous: ("ab", "c") and ("a", "bc") are different streams. */
function piece(value: string | number, what: string): string {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new HypersphereError("invalid-option", `The ${what} ${value} is not a finite number.`);
  }
  const text = String(value);
  return `${text.length}:${text};`;
}
