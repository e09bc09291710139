import { add, log, type Tensor } from "../../graph/index.js";
import type { Scorer, Views } from "../../model/contract.js";
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

/** What joins views as one score, and keeps each of them apart. */
export const joinedScorer = (views: Views): Pick<Scorer, "score" | "views"> => ({
  views,
  score: (features) => joinedViews(views.values(features)),
});

/** The logarithm of each view less its mean, by its deviation, over training windows. No label has a part in it. */
export function standardisedViews(fitted: readonly FittedView[]): Views {
  const scaled = fitted.map(({ value, held }) => {
    const floor = logFloor(held);
    const scale = standardisation(held.map((each) => Math.log(each + floor)));
    return (features: Tensor) => standardised(log(add(value(features), floor)), scale);
  });
  return {
    names: fitted.map(({ name }) => name),
    values: (features) => scaled.map((view) => view(features)),
  };
}

/** Several views as one score, joined as `auto` does it. */
export const viewScorer = (fitted: readonly FittedView[]): Pick<Scorer, "score" | "views"> =>
  joinedScorer(standardisedViews(fitted));
