import {
  add,
  div,
  gather,
  greater,
  less,
  maximum,
  mul,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from "../../../graph/index.js";
import { mean } from "../../../math/quantile.js";
import type { TrainingData } from "../../../model/contract.js";
import type { EncoderDesign } from "../../../nn/encoder.js";
import type { StepContext } from "../../../train/program.js";
import { datum } from "../../networks/batch.js";
import { squaredDistances } from "../center.js";
import { batchDistances, outpaced, sphere, tooCompact } from "../deep-svdd/objectives.js";
import { batchesFor, labelledExamples, shareOfNegatives } from "../examples.js";
import type { Objective, Standing } from "../objective.js";
import { stopAt } from "../plan.js";
import type { DeepSadOptions } from "./options.js";

type LossOptions = Pick<DeepSadOptions, "push" | "epsilon" | "margin">;

/**
 * Deep SAD (Ruff et al. 2020): the mean over the batch of w t(d^2), where t is d^2 for rows that are not labelled,
 * d^2 + epsilon for labelled normals, and 1 / (d^2 + epsilon) for labelled anomalies. Weights w make it the paper's
 * objective or the one with a mean of its own for anomalies, see `rowWeights`.
 *
 * Data: "center" [dim], "unit" [1] which divides d^2, and for every row "verdict" (1, 0, -1) and "weight".
 */
export function deepSadLoss(design: EncoderDesign, options: LossOptions, context: StepContext): Tensor {
  const distance = div(batchDistances(design, context), datum(context, "unit"));
  const verdict = gather(datum(context, "verdict"), context.rows);
  const weight = gather(datum(context, "weight"), context.rows);
  const pulled = where(greater(verdict, 0), add(distance, options.epsilon), distance);
  const term = where(less(verdict, 0), pushed(distance, options), pulled);
  return sum(mul(mul(term, weight), context.weights));
}

/** What a labelled anomaly costs at a squared distance; finite at 0, where its gradient by the latent vector is 0. */
function pushed(distance: Tensor, { push, epsilon, margin }: LossOptions): Tensor {
  const kept = add(distance, epsilon);
  return push === "inverse" ? div(1, kept) : square(maximum(sub(margin, sqrt(kept)), 0));
}

/** The same outside of a graph. */
function pushedValue(distance: number, { push, epsilon, margin }: LossOptions): number {
  const kept = distance + epsilon;
  return push === "inverse" ? 1 / kept : Math.max(0, margin - Math.sqrt(kept)) ** 2;
}

/**
 * How much a row counts in a mean over visited rows, of which `share` are anomalies. joint: 1, and eta where labelled.
 * separate: such that the mean comes to (1/n) sum over all others + (eta/m) sum over the m anomalies, in expectation
 * over batches: a batch without anomalies has only the first part, one with some more than its share of the second.
 */
export function rowWeights(
  { normalizer, eta }: Pick<DeepSadOptions, "normalizer" | "eta">,
  share: number,
): { readonly unlabelled: number; readonly normal: number; readonly anomaly: number } {
  if (normalizer === "joint") return { unlabelled: 1, normal: eta, anomaly: eta };
  const others = 1 / (1 - share);
  return { unlabelled: others, normal: others, anomaly: share === 0 ? 0 : eta / share };
}

/**
 * Whether training has gone far enough. Without negatives this is Deep SVDD. With them, normals may come as near to the
 * centre as they like, since a constant answer no longer is where the objective leads; what is left is that training rows
 * must not come nearer than held-out ones by more than a fifth, for the same rows as in Deep SVDD.
 */
function wentTooFar(standing: Standing, nearest: number): boolean {
  return standing.negatives.length === 0 ? tooCompact(standing, nearest) : nearest > 0 && outpaced(standing);
}

/** Deep SAD's objective for the rows of a fit. */
export function deepSadObjective(
  design: EncoderDesign,
  options: DeepSadOptions,
  data: TrainingData,
): Objective {
  const { relativeDistances } = options;
  const common = sphere(design, options);
  const batches = batchesFor(options.batches, data);
  const share = shareOfNegatives(batches, data);
  const weights = rowWeights(options, share);
  const isNormal = (row: number): boolean => data.labelledNormal?.[row] === 1;
  return {
    ...common,
    anchor(embedding, center) {
      const vectors = common.anchor(embedding, center);
      const unit = relativeDistances ? mean(squaredDistances(embedding, vectors["center"]!)) : 1;
      return { ...vectors, unit: Float32Array.of(unit) };
    },
    // The loss alone needs the unit.
    finish: (embedding, { center }) => common.finish(embedding, { center: center! }),
    loss: (context) => deepSadLoss(design, options, context),
    examples: labelledExamples(data, batches, {
      verdict: { train: (row) => (isNormal(row) ? 1 : 0), negative: -1 },
      weight: {
        train: (row) => (isNormal(row) ? weights.normal : weights.unlabelled),
        negative: weights.anomaly,
      },
    }),
    assess(standing) {
      const unit = standing.vectors["unit"]![0]!;
      const pull = ((1 - share) * weights.unlabelled * mean(standing.held)) / unit;
      const pushes = standing.negatives.map((distance) => pushedValue(distance / unit, options));
      const push = share === 0 ? 0 : share * weights.anomaly * mean(pushes);
      return {
        validation: pull + push,
        overfitting: wentTooFar(standing, stopAt(options, design.inputShape)),
      };
    },
  };
}
