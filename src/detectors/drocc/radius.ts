import { type FeatureMatrix, sampleFeatures } from "../../features/index.js";
import {
  add,
  cast,
  Graph,
  gemm,
  maximum,
  mul,
  reshape,
  serialize,
  smallest,
  sqrt,
  square,
  sum,
} from "../../graph/index.js";
import { median } from "../../math/quantile.js";
import type { RandomSource } from "../../math/random.js";
import { float32, type Runtime } from "../../runtime/index.js";

/** Rows among which neighbours are looked for, and rows whose neighbours are. */
const SEARCHED_ROWS = 10_000;
const QUERY_ROWS = 512;
const ROWS_PER_RUN = 64;
/** Rows this near are the same row, up to rounding. */
const TWINS = 1e-6;

/**
 * Median distance of training rows to their k-th nearest other training row, in the features' space. Labels have no
 * part in it.
 *
 * @param k at least 1, at most rows - 1
 * @returns above 0: where most rows have k twins the median of the others, and where all have, half the root of the
 * number of features (Goyal et al. 2020: rows with features of unit variance are typically that far apart)
 */
export async function neighbourDistance(
  runtime: Runtime,
  features: FeatureMatrix,
  k: number,
  random: RandomSource,
): Promise<number> {
  const searched = sampleFeatures(features, SEARCHED_ROWS, random.stream("radius"));
  const { rows, columns, data } = searched;
  const queries = sampleFeatures(searched, QUERY_ROWS, random.stream("radius", "queries"));

  const graph = new Graph();
  const table = cast(graph.input("table", "float32", [rows, columns]), "float64");
  const query = cast(graph.input("query", "float32", ["queries", columns]), "float64");
  const products = gemm(query, table, { transB: true });
  const squared = add(
    add(mul(products, -2), sum(square(query), [1], { keepDims: true })),
    reshape(sum(square(table), [1]), [1, rows]),
  );
  // The row itself is among those searched, at distance 0.
  const distances = smallest(sqrt(maximum(squared, 0)), k + 1).values;
  graph.output("distances", distances);
  const session = await runtime.createSession(serialize(graph));
  try {
    await session.bind({ table: float32([rows, columns], data) });
    const found: number[] = [];
    for (let from = 0; from < queries.rows; from += ROWS_PER_RUN) {
      const to = Math.min(queries.rows, from + ROWS_PER_RUN);
      const part = queries.data.slice(from * columns, to * columns);
      const result = await session.run({ query: float32([to - from, columns], part) });
      found.push(...(result["distances"]!.data as Float64Array).filter((_, at) => at % (k + 1) === k));
    }
    const middle = median(found);
    if (middle > TWINS) return middle;
    const apart = found.filter((distance) => distance > TWINS);
    return apart.length > 0 ? median(apart) : Math.sqrt(columns) / 2;
  } finally {
    await session.release();
  }
}
