/**
 * Nearest neighbours of every vector among all, without comparing all pairs: random trees (Dasgupta and Freund 2008) cut
 * the vectors into small leaves, and those that share a leaf of any tree are compared. Very close vectors share one
 * nearly always, so their distances are found; distances to further neighbours may come out a little too large.
 */
import { createRandom, type RandomStream } from "./random.js";

/** Up to this many vectors, every pair is compared. */
const EXACT = 2048;
const TREES = 8;
const LEAF = 64;
/** Trees look at this many of the first numbers of a vector. */
const PROJECTED = 64;

/** Vectors of equal length, one after the other. Their first numbers should tell most of them. */
export interface Vectors {
  readonly count: number;
  readonly length: number;
  readonly data: Float32Array;
}

/** The nearest of each vector, nearest first. */
export interface NearNeighbours {
  readonly k: number;
  /** [count, k] numbers of vectors; where there are fewer, -1. */
  readonly indices: Int32Array;
  /** [count, k] Euclidean distances; where there are fewer, Infinity. */
  readonly distances: Float32Array;
}

/** O(n log n) for n vectors, the same for the same vectors. @param k from 1 */
export function nearNeighbours(vectors: Vectors, k: number): NearNeighbours {
  const { count } = vectors;
  const found = new Nearest(vectors, k);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  if (count <= EXACT) found.compareAll(order);
  else {
    const random = createRandom("near neighbours");
    for (let tree = 0; tree < TREES; tree++) {
      split(vectors, order.slice(), random.stream("tree", tree), (leaf) => found.compareAll(leaf));
    }
  }
  return found.result();
}

/** Cuts at the median along the line through two of the vectors, again and again. */
function split(
  { data, length }: Vectors,
  order: Uint32Array,
  stream: RandomStream,
  onLeaf: (leaf: Uint32Array) => void,
): void {
  const numbers = Math.min(PROJECTED, length);
  const visit = (part: Uint32Array): void => {
    if (part.length <= LEAF) {
      onLeaf(part);
      return;
    }
    const a = part[stream.int(part.length)]! * length;
    const b = part[stream.int(part.length)]! * length;
    const along = new Float64Array(part.length);
    for (let i = 0; i < part.length; i++) {
      const from = part[i]! * length;
      let sum = 0;
      for (let d = 0; d < numbers; d++) sum += data[from + d]! * (data[a + d]! - data[b + d]!);
      along[i] = sum;
    }
    const places = Uint32Array.from({ length: part.length }, (_, i) => i).sort(
      (i, j) => along[i]! - along[j]! || i - j,
    );
    const sorted = places.map((place) => part[place]!);
    visit(sorted.subarray(0, part.length >> 1));
    visit(sorted.subarray(part.length >> 1));
  };
  visit(order);
}

class Nearest {
  readonly #vectors: Vectors;
  readonly #k: number;
  readonly #indices: Int32Array;
  /** Squared, ascending for each vector. */
  readonly #distances: Float32Array;

  constructor(vectors: Vectors, k: number) {
    this.#vectors = vectors;
    this.#k = k;
    this.#indices = new Int32Array(vectors.count * k).fill(-1);
    this.#distances = new Float32Array(vectors.count * k).fill(Infinity);
  }

  compareAll(part: Uint32Array): void {
    const { length, data } = this.#vectors;
    const last = this.#k - 1;
    for (let i = 1; i < part.length; i++) {
      const a = part[i]!;
      for (let j = 0; j < i; j++) {
        const b = part[j]!;
        const worst = Math.max(this.#distances[a * this.#k + last]!, this.#distances[b * this.#k + last]!);
        const [from, to] = [a * length, b * length];
        let sum = 0;
        // Most pairs are told apart by their first numbers.
        for (let d = 0; d < length && sum < worst; ) {
          const end = Math.min(length, d + 16);
          for (; d < end; d++) sum += (data[from + d]! - data[to + d]!) ** 2;
        }
        if (sum >= worst) continue;
        this.#insert(a, b, sum);
        this.#insert(b, a, sum);
      }
    }
  }

  #insert(owner: number, other: number, distance: number): void {
    const [first, last] = [owner * this.#k, owner * this.#k + this.#k - 1];
    if (distance >= this.#distances[last]!) return;
    // Two trees may find the same pair.
    for (let at = first; at <= last; at++) if (this.#indices[at] === other) return;
    let at = last;
    for (; at > first && this.#distances[at - 1]! > distance; at--) {
      this.#distances[at] = this.#distances[at - 1]!;
      this.#indices[at] = this.#indices[at - 1]!;
    }
    this.#distances[at] = distance;
    this.#indices[at] = other;
  }

  result(): NearNeighbours {
    return { k: this.#k, indices: this.#indices, distances: this.#distances.map(Math.sqrt) };
  }
}
