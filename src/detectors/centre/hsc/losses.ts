import {
  abs,
  add,
  div,
  exp,
  less,
  log,
  maximum,
  mul,
  neg,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  where,
} from "../../../graph/index.js";
import type { HscOptions } from "./options.js";

/** Keeps the loss of an anomaly finite at the centre, -log(1e-9) = 20.7, as the authors' code does. */
const FLOOR = 1e-9;
/** Below this a norm counts as zero: its square is still a float32, and the derivative of the root finite. */
const LEAST_SQUARE = 1e-30;

/** How far out latent vectors are, [rows, dim] to [rows]: 0 at the centre, which is 0, and growing from there. */
export function radii(latent: Tensor, radius: HscOptions["radius"]): Tensor {
  if (radius === "l1") return sum(abs(latent), [1]);
  const squared = sum(square(latent), [1]);
  switch (radius) {
    case "l2-squared":
      return squared;
    case "l2":
      return sqrt(maximum(squared, LEAST_SQUARE));
    case "pseudo-huber":
      // sqrt(s + 1) - 1, without the cancellation for small s.
      return div(squared, add(sqrt(add(squared, 1)), 1));
  }
}

/** The same for one latent vector outside of a graph. */
export function radiusOf(latent: Float32Array, radius: HscOptions["radius"]): number {
  if (radius === "l1") return latent.reduce((total, value) => total + Math.abs(value), 0);
  const squared = latent.reduce((total, value) => total + value * value, 0);
  switch (radius) {
    case "l2-squared":
      return squared;
    case "l2":
      return Math.sqrt(squared);
    case "pseudo-huber":
      return squared / (Math.sqrt(squared + 1) + 1);
  }
}

/**
 * -log(1 - exp(-h) + 1e-9) for h >= 0. Near 0, 1 - exp(-h) would be what rounding leaves of it; there it is written
 * with t = tanh(h / 2) as 2t / (1 + t). Far out t is all rounding, and the plain form is exact.
 */
export function anomalyLoss(h: Tensor): Tensor {
  const t = tanh(mul(h, 0.5));
  const near = div(mul(t, 2), add(t, 1));
  const far = sub(1, exp(neg(h)));
  return neg(log(add(where(less(h, 1), near, far), FLOOR)));
}

/** Hypersphere classification: h for normals, -log(1 - exp(-h)) for anomalies. @param anomalous [rows] 1 or 0 */
export function hscTerms(h: Tensor, anomalous: Tensor): Tensor {
  return where(less(anomalous, 0.5), h, anomalyLoss(h));
}

/** Cross entropy of a logit of being an anomaly: max(x, 0) - x y + log(1 + exp(-|x|)), which never overflows. */
export function crossEntropy(logit: Tensor, anomalous: Tensor): Tensor {
  return add(sub(maximum(logit, 0), mul(logit, anomalous)), log(add(exp(neg(abs(logit))), 1)));
}

/** Focal loss (Lin et al. 2017): (1 - p)^gamma times the cross entropy -log p, p the probability of the right answer. */
export function focalLoss(logit: Tensor, anomalous: Tensor, gamma: number): Tensor {
  const entropy = crossEntropy(logit, anomalous);
  if (gamma === 0) return entropy;
  // (1 - p)^gamma = exp(-gamma * cross entropy of the wrong answer): finite wherever the logit is.
  const wrong = crossEntropy(logit, sub(1, anomalous));
  return mul(exp(mul(wrong, -gamma)), entropy);
}

/** The losses of one row outside of a graph, by its radius or logit. */
export function termOf(
  value: number,
  anomalous: boolean,
  { loss, focalGamma }: Pick<HscOptions, "loss" | "focalGamma">,
): number {
  if (loss === "hsc") return anomalous ? -Math.log(-Math.expm1(-value) + FLOOR) : value;
  const entropy = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  const own = entropy(anomalous ? -value : value);
  return loss === "bce" ? own : own * Math.exp(-focalGamma * entropy(anomalous ? value : -value));
}
