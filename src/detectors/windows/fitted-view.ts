import { add, log, type Tensor } from "../../graph/index.js";
import type { Scorer, View } from "../../model/contract.js";
import { joinedViews } from "../../nn/joined-views.js";
import { logFloor, standardisation, standardised } from "../../nn/standardisation.js";

/** One way to look at windows, before it is standardised. */
export interface FittedView {
  /** In kebab case. */
  readonly name: string;
  /** From features [rows, d] to numbers of at least 0, float32 [rows]; higher is more abnormal. */
  value(features: Tensor): Tensor;
  /** The same of training windows, each as if nothing had been fitted to it, as far as that can be had. */
  readonly held: Float64Array;
}

/**
 * Several views as one score: the logarithm of each less its mean, by its deviation, over training windows, joined as `auto`
 * does it. No label has a part in it.
 */
export function viewScorer(fitted: readonly FittedView[]): Pick<Scorer, "score" | "views"> {
  const views = fitted.map(({ name, value, held }): View => {
    const floor = logFloor(held);
    const scale = standardisation(held.map((each) => Math.log(each + floor)));
    return { name, values: (features) => standardised(log(add(value(features), floor)), scale) };
  });
  return { views, score: (features) => joinedViews(views.map(({ values }) => values(features))) };
}
