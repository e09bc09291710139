import {
  cast,
  concat,
  expand,
  gather,
  gemm,
  minimum,
  mul,
  reshape,
  smallest,
  split,
  square,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.js";

/** Coordinates of rows that only fill up the last group: far from everything, with squares that stay finite. */
export const NOWHERE = 1e15;

/** How the training rows lie in the model. */
export interface SearchLayout {
  /** Neighbours wanted. */
  readonly k: number;
  /** Rows of the table that is searched, features of each. */
  readonly rows: number;
  readonly columns: number;
  /** Neighbouring rows that share one distance in the first pass, and how many such groups there are. */
  readonly groupSize: number;
  readonly groups: number;
  /** Query rows that are worked on at a time. */
  readonly block: number;
}

/** Bytes that the distances of one block of query rows to one row of every group take up: a second-level cache. */
const BLOCK_BYTES = 2 ** 21;
/** Fewer query rows at a time make matrix products slow, even where more do not fit into the cache. */
const LEAST_BLOCK = 64;
/** Bytes of the candidates of one block of query rows. */
const CANDIDATE_BYTES = 2 ** 24;

/**
 * The first pass costs the n / groupSize groups of a row, the second its k * groupSize candidates with all their
 * features: the sum is least where both are about the same.
 */
export function searchLayout(k: number, rows: number, columns: number): SearchLayout {
  const balanced = Math.round(Math.sqrt((4 * rows) / (k * columns)));
  const groupSize = Math.max(1, Math.min(32, balanced, Math.floor(rows / k)));
  const groups = Math.ceil(rows / groupSize);
  const byDistances = Math.max(LEAST_BLOCK, BLOCK_BYTES / (8 * groups));
  const byCandidates = CANDIDATE_BYTES / (8 * k * groupSize * columns);
  const block = Math.max(1, Math.floor(Math.min(256, byDistances, byCandidates)));
  return { k, rows, columns, groupSize, groups, block };
}

/** Training rows as the model stores them: [groups, groupSize * columns], the last group filled up. */
export function searchTable(data: Float32Array, layout: SearchLayout): Float32Array {
  const table = new Float32Array(layout.groups * layout.groupSize * layout.columns).fill(NOWHERE);
  table.set(data.subarray(0, layout.rows * layout.columns));
  return table;
}

/**
 * Squared distances of query rows to their k nearest rows of a table, ascending: float64 [block, k]. Exact, in two
 * passes.
 *
 * 1. |x - y|^2 - |x|^2 = |y|^2 - 2 x y for all y, as matrix products. Of every group of rows only the least is kept:
 *    the k nearest rows lie in the k groups with the least values, since each of them makes its group one of those.
 *    In float64, because the difference of large numbers that are nearly equal loses as many digits as they have in
 *    common: in float32 nothing would be left between the rows of a narrow cluster far from the origin.
 * 2. The distances to all rows of these groups from differences, which cancel nothing. Squares and sums are float64
 *    as well: then the order of summation, which differs between one row and many, cannot be seen in the score.
 *
 * @param x float32 [block, columns]
 * @param table float32 [groups, groupSize * columns] as `searchTable` makes it
 */
export function nearestDistances(x: Tensor, table: Tensor, layout: SearchLayout): Tensor {
  const { k, columns, groupSize, groups } = layout;
  const [block] = x.shape;
  const scope = table.graph;

  // These depend on nothing but the table: ONNX Runtime computes them once, when it loads the model.
  const members = split(cast(table, "float64"), 1, Array(groupSize).fill(columns));
  const augmented = members.map((y) => concat([y, sum(square(y), [1], { keepDims: true })], 1));

  const query = cast(x, "float64");
  const one = expand(
    scope.constant("float64", [1, 1], Float64Array.of(1)),
    [block!, 1],
    sum(query, [1], { keepDims: true }),
  );
  const left = concat([mul(query, -2), one], 1);
  const least = augmented
    .map((y) => gemm(left, y, { transB: true }))
    .reduce((low, distances) => minimum(low, distances));

  const { positions } = smallest(least, Math.min(k, groups));
  const candidates = Math.min(k, groups) * groupSize;
  const found = reshape(gather(table, positions), [block!, candidates, columns]);
  const differences = cast(sub(found, reshape(x, [block!, 1, columns])), "float64");
  return smallest(sum(square(differences), [2]), k).values;
}
