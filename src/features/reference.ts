/**
 * The distribution of every column of the training rows, in few numbers. The model's card keeps it, so that later data
 * can be compared with training rows that no longer exist.
 */
import type { RandomStream } from "../math/random.js";
import type { RawValues } from "./raw-values.js";
import type { FeatureSchema } from "./schema.js";

/** Rows that edges and counts are taken from: more sharpen a share of a tenth by less than 0.002. */
const MOST_ROWS = 20_000;
const DECILES = 10;

/** Values of a numeric column in bins. */
export interface NumericReference {
  readonly name: string;
  /**
   * Ascending and distinct. Bin k holds edges[k - 1] < value <= edges[k]; the first and the last bin are open, and
   * there is one bin more than edges.
   */
  readonly edges: readonly number[];
  /** Rows per bin, [edges.length + 1]. */
  readonly counts: readonly number[];
  /** Rows without a value; with `counts` they add up to `rows`. */
  readonly missing: number;
}

/** How the training rows were distributed. Categorical columns need no entry: the schema has the shares of their levels. */
export interface ReferenceProfile {
  /** Training rows, time steps or images that were counted, at most 20,000. */
  readonly rows: number;
  /** Of a series, all time steps that are in training windows; absent elsewhere. */
  readonly steps?: number;
  /** In the order of the schema's numeric columns; of images their brightness, contrast and sharpness. */
  readonly numeric: readonly NumericReference[];
}

/**
 * Deciles of every numeric column of the training rows, and the rows between them.
 * @param rows the training rows; of more than 20,000, that many are drawn
 * @param stream decides which
 */
export function fitReference(
  raw: RawValues,
  schema: FeatureSchema,
  rows: ArrayLike<number>,
  stream: RandomStream,
): ReferenceProfile {
  const used =
    rows.length <= MOST_ROWS
      ? rows
      : stream.sample(rows.length, MOST_ROWS).map((position) => rows[position]!);
  const work = new Float64Array(used.length);
  const numeric = schema.numeric.map(({ name }, k): NumericReference => {
    const values = raw.numericColumn(k);
    for (let i = 0; i < used.length; i++) work[i] = values[used[i]!]!;
    return numericReference(name, work);
  });
  return { rows: used.length, numeric };
}

/** Deciles of these values, and how many are between them. @param values NaN where missing */
export function numericReference(name: string, values: ArrayLike<number>): NumericReference {
  const sorted = Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();
  const edges = innerEdges(sorted);
  const { counts } = countBins(sorted, edges);
  return { name, edges, counts: Array.from(counts), missing: values.length - sorted.length };
}

/**
 * The first decile, the fifth and the ninth, of which the bins keep the exact values.
 * @param highest greatest of the values, which is no edge
 * @returns undefined without any value
 */
export function referenceDeciles(
  { edges, counts }: Pick<NumericReference, "edges" | "counts">,
  highest: number,
): { readonly low: number; readonly middle: number; readonly high: number } | undefined {
  const n = counts.reduce((sum, count) => sum + count, 0);
  if (n === 0) return undefined;
  const decile = (k: number): number => {
    let below = 0;
    for (let bin = 0; bin < edges.length; bin++) {
      below += counts[bin]!;
      if (below >= Math.ceil((k * n) / DECILES)) return edges[bin]!;
    }
    return highest;
  };
  return { low: decile(1), middle: decile(DECILES / 2), high: decile(DECILES - 1) };
}

/**
 * The nine inner deciles, as values that occur, without repetition. A value so frequent that it is several deciles at
 * once gets a bin of its own: the value next below it becomes an edge too, or a column of nearly all ones could turn
 * to zeros unnoticed. An edge without values above it is left out.
 */
function innerEdges(sorted: Float64Array): number[] {
  const n = sorted.length;
  const edges = new Set<number>();
  let previous = Number.NaN;
  for (let k = 1; k < DECILES; k++) {
    // Adding zero turns -0 into 0, which JSON would lose.
    const value = (sorted[Math.ceil((k * n) / DECILES) - 1] ?? Number.NaN) + 0;
    if (value === previous) {
      const first = firstAtLeast(sorted, value);
      if (first > 0) edges.add(sorted[first - 1]! + 0);
    }
    edges.add(value);
    previous = value;
  }
  return [...edges].filter((edge) => edge < sorted[n - 1]!).sort((a, b) => a - b);
}

/** Rows per bin of `edges`, and how many are missing (NaN). */
export function countBins(
  values: ArrayLike<number>,
  edges: readonly number[],
): { readonly counts: Float64Array; readonly missing: number } {
  const counts = new Float64Array(edges.length + 1);
  let missing = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) missing++;
    else counts[firstAtLeast(edges, value)]!++;
  }
  return { counts, missing };
}

/** Index of the first of the ascending `sorted` that is at least `value`. */
function firstAtLeast(sorted: ArrayLike<number>, value: number): number {
  let lo = 0;
  let hi = sorted.length;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (sorted[middle]! >= value) hi = middle;
    else lo = middle + 1;
  }
  return lo;
}
