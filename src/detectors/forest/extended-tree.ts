import type { FeatureMatrix } from "../../features/index.js";
import type { DecisionTree } from "../../graph/index.js";
import type { RandomStream } from "../../math/random.js";
import type { TreeBuilder, TreeSettings } from "./tree.js";

/** A tree whose branches ask on which side of a hyperplane a row lies. */
export interface ExtendedTree {
  /** Branch k looks at "feature" k, the signed distance to hyperplane k, and compares it with 0. */
  readonly tree: DecisionTree;
  /** Normal vectors, row-major [hyperplanes, columns]. */
  readonly normals: Float32Array;
  /** normal * point on the hyperplane: subtracted from normal * row. */
  readonly offsets: Float64Array;
}

/**
 * Grows an extended isolation tree (Hariri, Kind and Brunner 2021, algorithm 2): each node splits its rows by a
 * hyperplane with a standard normal direction through a point drawn uniformly from the box that the rows span. Of the
 * direction's components all but `extensionLevel + 1` are zero.
 *
 * As in the paper a hyperplane may cut off an empty corner of the box: a leaf of no rows, which is where outliers end.
 * Other than there, components stand for features that are not constant among the rows, so that a constant feature
 * changes nothing.
 */
export function growExtendedTree(
  { data, columns }: FeatureMatrix,
  rows: Uint32Array,
  features: Uint32Array,
  extensionLevel: number,
  random: RandomStream,
  { depthLimit }: TreeSettings,
  builder: TreeBuilder,
): ExtendedTree {
  const normals: Float32Array[] = [];
  const offsets: number[] = [];
  const low = new Float32Array(columns);
  const high = new Float32Array(columns);
  const varying = new Uint32Array(features.length);

  /** Range of every feature among rows[from..to), and how many features vary there. */
  const measure = (from: number, to: number): number => {
    let count = 0;
    for (const feature of features) {
      let least = data[rows[from]! * columns + feature]!;
      let most = least;
      for (let k = from + 1; k < to; k++) {
        const value = data[rows[k]! * columns + feature]!;
        if (value < least) least = value;
        else if (value > most) most = value;
      }
      low[feature] = least;
      high[feature] = most;
      if (least < most) varying[count++] = feature;
    }
    return count;
  };

  const grow = (from: number, to: number, depth: number): number => {
    const count = to - from;
    if (depth >= depthLimit || count <= 1) return builder.leaf(depth, count);
    const candidates = measure(from, to);
    if (candidates === 0) return builder.leaf(depth, count);

    const normal = new Float32Array(columns);
    let offset = 0;
    const chosen = Math.min(candidates, extensionLevel + 1);
    for (let c = 0; c < chosen; c++) {
      // The first steps of a shuffle: features without replacement.
      const pick = c + random.int(candidates - c);
      const feature = varying[pick]!;
      varying[pick] = varying[c]!;
      varying[c] = feature;
      normal[feature] = random.normal();
      const point = low[feature]! + random.uniform() * (high[feature]! - low[feature]!);
      offset += normal[feature]! * point;
    }
    const used = varying.slice(0, chosen).sort();
    let middle = from;
    for (let k = from; k < to; k++) {
      const row = rows[k]!;
      let projection = 0;
      for (const feature of used) projection += normal[feature]! * data[row * columns + feature]!;
      if (projection - offset > 0) continue;
      rows[k] = rows[middle]!;
      rows[middle++] = row;
    }
    const node = builder.branch(normals.length, 0);
    normals.push(normal);
    offsets.push(offset);
    const left = grow(from, middle, depth + 1);
    builder.children(node, left, grow(middle, to, depth + 1));
    return node;
  };

  grow(0, rows.length, 0);
  const whole = new Float32Array(normals.length * columns);
  normals.forEach((normal, k) => {
    whole.set(normal, k * columns);
  });
  return { tree: builder.finish(), normals: whole, offsets: Float64Array.from(offsets) };
}
