import type { FeatureMatrix } from "../../features/index.js";
import type { DecisionTree } from "../../graph/index.js";
import type { RandomStream } from "../../math/random.js";
import { averagePathLength } from "./path-length.js";

/** What all trees of a forest have in common. */
export interface TreeSettings {
  /** Edges from the root to the deepest leaf at most: ceil(log2(rows of a tree)). */
  readonly depthLimit: number;
  /** Path lengths are rounded to multiples of this, see `pathLengthGrid`. */
  readonly grid: number;
}

/**
 * Nodes of a tree as they come into being. Memory for the largest tree possible is taken once and used for all trees.
 */
export class TreeBuilder {
  readonly #feature: Int32Array;
  readonly #threshold: Float32Array;
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #value: Float32Array;
  readonly #settings: TreeSettings;
  size = 0;

  constructor(rows: number, settings: TreeSettings) {
    const nodes = Math.min(2 * rows - 1, 2 ** (settings.depthLimit + 1) - 1);
    this.#feature = new Int32Array(nodes);
    this.#threshold = new Float32Array(nodes);
    this.#left = new Int32Array(nodes);
    this.#right = new Int32Array(nodes);
    this.#value = new Float32Array(nodes);
    this.#settings = settings;
  }

  /** A leaf that `rows` rows ended in: its path length is its depth plus what the rest of the path would be. */
  leaf(depth: number, rows: number): number {
    const { grid } = this.#settings;
    this.#feature[this.size] = -1;
    this.#value[this.size] = Math.round((depth + averagePathLength(rows)) / grid) * grid;
    return this.size++;
  }

  /** A node whose children are not known yet. */
  branch(feature: number, threshold: number): number {
    this.#feature[this.size] = feature;
    this.#threshold[this.size] = threshold;
    return this.size++;
  }

  children(node: number, left: number, right: number): void {
    this.#left[node] = left;
    this.#right[node] = right;
  }

  /** The finished tree; the builder starts over. */
  finish(): DecisionTree {
    const { size } = this;
    this.size = 0;
    return {
      feature: this.#feature.slice(0, size),
      threshold: this.#threshold.slice(0, size),
      left: this.#left.slice(0, size),
      right: this.#right.slice(0, size),
      value: this.#value.slice(0, size),
    };
  }
}

/**
 * Grows an isolation tree (Liu et al. 2008, algorithm 2): each node splits its rows at a uniformly random place
 * between the smallest and the largest value of a random feature, one that is not constant among them.
 *
 * Two rows are not split any further: both ways their path length is depth + 1, since c(2) = 1.
 *
 * @param rows of `data` that the tree sees; rearranged
 * @param features columns that it may look at; rearranged
 */
export function growTree(
  { data, columns }: FeatureMatrix,
  rows: Uint32Array,
  features: Uint32Array,
  random: RandomStream,
  { depthLimit }: TreeSettings,
  builder: TreeBuilder,
): DecisionTree {
  const grow = (from: number, to: number, depth: number): number => {
    const count = to - from;
    if (depth >= depthLimit || count <= 2) return builder.leaf(depth, count);
    // Features in random order until one is not constant: uniform over those that are not.
    for (let untried = features.length; untried > 0; untried--) {
      const pick = random.int(untried);
      const feature = features[pick]!;
      features[pick] = features[untried - 1]!;
      features[untried - 1] = feature;
      let low = data[rows[from]! * columns + feature]!;
      let high = low;
      for (let k = from + 1; k < to; k++) {
        const value = data[rows[k]! * columns + feature]!;
        if (value < low) low = value;
        else if (value > high) high = value;
      }
      if (low === high) continue;

      // As float32, like the values that it is compared with here and in the model. Rounding may reach the upper end,
      // where no row would be left on the right.
      let threshold = Math.fround(low + random.uniform() * (high - low));
      if (threshold >= high) threshold = low;
      let middle = from;
      for (let k = from; k < to; k++) {
        const row = rows[k]!;
        if (data[row * columns + feature]! > threshold) continue;
        rows[k] = rows[middle]!;
        rows[middle++] = row;
      }
      const node = builder.branch(feature, threshold);
      const left = grow(from, middle, depth + 1);
      builder.children(node, left, grow(middle, to, depth + 1));
      return node;
    }
    return builder.leaf(depth, count);
  };
  grow(0, rows.length, 0);
  return builder.finish();
}
