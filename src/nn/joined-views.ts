import { abs, add, concat, exp, log, maximum, mean, neg, reshape, type Tensor } from "../graph/index.js";

/** log(1 + e^x), without overflow: max(x, 0) + log(1 + e^-|x|). */
export function softplus(x: Tensor): Tensor {
  return add(maximum(x, 0), log(add(exp(neg(abs(x))), 1)));
}

/**
 * One score from several views of a row, [rows]: one that finds it utterly normal cannot cancel the others.
 * @param views of each [rows], deviations above what is usual to it
 */
export function joinedViews(views: readonly Tensor[]): Tensor {
  const rows = views[0]!.shape[0]!;
  return mean(
    softplus(
      concat(
        views.map((view) => reshape(view, [1, rows])),
        0,
      ),
    ),
    [0],
  );
}
