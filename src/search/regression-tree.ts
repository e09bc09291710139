/** A tree of yes-and-no questions that predicts a number: what importances of options are measured with. */

/** What an option is to a tree: a number that is compared, or one of several that is told from the others. */
export interface Feature {
  readonly kind: "number" | "choice";
  /** One per row; for choices a whole number. */
  readonly values: Float64Array;
}

export type Tree =
  | { readonly mean: number }
  | {
      readonly feature: number;
      /** Numbers up to this go left, for choices this one. */
      readonly split: number;
      readonly left: Tree;
      readonly right: Tree;
    };

/** Fewer rows are not split. */
const LEAST_ROWS = 4;

/** A full tree whose questions each take the most of the squared error away; of equals the first. */
export function growTree(features: readonly Feature[], target: Float64Array, rows: readonly number[]): Tree {
  const mean = meanOf(target, rows);
  const best = rows.length < LEAST_ROWS ? undefined : bestSplit(features, target, rows);
  if (best === undefined) return { mean };
  const { feature, split } = best;
  const goesLeft = (row: number): boolean => isLeft(features[feature]!, split, row);
  return {
    feature,
    split,
    left: growTree(features, target, rows.filter(goesLeft)),
    right: growTree(
      features,
      target,
      rows.filter((row) => !goesLeft(row)),
    ),
  };
}

/** @param read a feature's value for the row in question */
export function predict(tree: Tree, features: readonly Feature[], read: (feature: number) => number): number {
  let node = tree;
  while (!("mean" in node)) {
    const value = read(node.feature);
    const left = features[node.feature]!.kind === "number" ? value <= node.split : value === node.split;
    node = left ? node.left : node.right;
  }
  return node.mean;
}

const isLeft = ({ kind, values }: Feature, split: number, row: number): boolean =>
  kind === "number" ? values[row]! <= split : values[row]! === split;

const meanOf = (target: Float64Array, rows: readonly number[]): number =>
  rows.reduce((sum, row) => sum + target[row]!, 0) / Math.max(1, rows.length);

function bestSplit(
  features: readonly Feature[],
  target: Float64Array,
  rows: readonly number[],
): { readonly feature: number; readonly split: number } | undefined {
  let best: { feature: number; split: number } | undefined;
  let most = 1e-12;
  features.forEach((feature, k) => {
    for (const split of splitsOf(feature, rows)) {
      const gain = gainOf(feature, split, target, rows);
      if (gain > most) [most, best] = [gain, { feature: k, split }];
    }
  });
  return best;
}

/** Between neighbouring numbers; each of the choices, of which one of two says it all. */
function splitsOf({ kind, values }: Feature, rows: readonly number[]): number[] {
  const found = [...new Set(rows.map((row) => values[row]!))].sort((a, b) => a - b);
  if (kind === "choice") return found.length < 3 ? found.slice(1) : found;
  return found.slice(1).map((value, k) => (value + found[k]!) / 2);
}

/** How much the sum of squared errors falls. */
function gainOf(feature: Feature, split: number, target: Float64Array, rows: readonly number[]): number {
  let [left, right, count] = [0, 0, 0];
  for (const row of rows) {
    if (isLeft(feature, split, row)) {
      left += target[row]!;
      count++;
    } else right += target[row]!;
  }
  if (count === 0 || count === rows.length) return 0;
  const whole = left + right;
  return left ** 2 / count + right ** 2 / (rows.length - count) - whole ** 2 / rows.length;
}
