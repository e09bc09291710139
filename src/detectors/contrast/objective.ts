import {
  abs,
  add,
  concat,
  div,
  exp,
  gather,
  gemm,
  log,
  max,
  maximum,
  mean,
  mul,
  neg,
  relu,
  reshape,
  split,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.js";
import type { ContrastNetwork } from "../../nn/series/contrast-network.js";
import type { StepContext } from "../../train/program.js";
import { normalisedWindows } from "../windows/normalised.js";
import type { WindowShape } from "../windows/stretches.js";

/** Added to lengths, so that a vector of zeros has a direction, if none in particular. */
const SHORT = 1e-12;

/** Vectors of length one, [rows, n]: their products are cosines. */
export const directions = (x: Tensor): Tensor =>
  div(x, sqrt(add(sum(square(x), [1], { keepDims: true }), SHORT)));

/**
 * Mean over anchors of max(0, d(anchor, positive) - d(anchor, negative) + margin) with d = 1 - cosine; the negative is the
 * positive of another anchor that lies farthest away.
 * @param anchors [batch, n], and so are the positives
 */
export function tripletLoss(anchors: Tensor, positives: Tensor, margin: number): Tensor {
  const batch = anchors.shape[0] as number;
  const [a, p] = [directions(anchors), directions(positives)];
  const own = sum(mul(a, p), [1]);
  // Cosines are at most 1: with 3 added an own positive is no least one.
  const others = add(gemm(a, p, { transB: true }), diagonal(a, batch, 3));
  const least = neg(max(neg(others), [1]));
  return mean(relu(add(sub(least, own), margin)));
}

function diagonal(x: Tensor, size: number, value: number): Tensor {
  const data = new Float32Array(size * size);
  for (let k = 0; k < size; k++) data[k * size + k] = value;
  return x.graph.root.constant("float32", [size, size], data);
}

/** -log sigmoid(x) = log(1 + e^-x), without overflow. */
const surprise = (x: Tensor): Tensor => add(maximum(neg(x), 0), log(add(exp(neg(abs(x))), 1)));

/**
 * How badly the head tells windows that come right before an anchor from others: the mean over the former plus the mean over
 * the latter of the binary cross entropy.
 * @param before of the pairs (anchor, window before it), [batch]
 * @param known [batch] 1 where there is a window before the anchor, else 0
 * @param random of the pairs (anchor, random window)
 */
export function orderLoss(before: Tensor, known: Tensor, random: Tensor): Tensor {
  const preceding = div(sum(mul(surprise(before), known)), maximum(sum(known), 1));
  return add(preceding, mean(surprise(neg(random))));
}

export interface StepLossOptions {
  readonly margin: number;
  /** Whether the order head is trained as well. */
  readonly ordered: boolean;
}

/** Random windows that an anchor is compared with for its order: anchors are drawn at random, and so are the next in the batch. */
const RANDOM_PAIRS = 5;

/** Each row with the one `by` places further in its place, the first after the last. */
function rotated(x: Tensor, by: number): Tensor {
  const [head, tail] = split(x, 0, [by, (x.shape[0] as number) - by]) as [Tensor, Tensor];
  return concat([tail, head], 0);
}

/**
 * The loss of a training step. Data of the program, of each step its batch: `anchors` and `positives` [batch, d]; with the order
 * head also `earlier` [batch, d], `known` [batch], and `weight` [batch], the same number throughout.
 */
export function stepLoss(
  network: ContrastNetwork,
  shape: WindowShape,
  { margin, ordered }: StepLossOptions,
): (context: StepContext) => Tensor {
  return ({ parameters, data, rows, weights, record }) => {
    const batch = rows.shape[0] as number;
    const of = (name: string): Tensor => gather(data.get(name)!, rows);
    const given = concat(["anchors", "positives", ...(ordered ? ["earlier"] : [])].map(of), 0);
    const embedded = network.embed(normalisedWindows(given, shape), parameters, { weights, record });
    const [anchors, positives, earlier] = split(
      embedded,
      0,
      ordered ? [batch, batch, batch] : [batch, batch],
    ) as [Tensor, Tensor, Tensor];
    const projected = (x: Tensor): Tensor => network.project(x, parameters);
    const triplet = tripletLoss(projected(anchors), projected(positives), margin);
    if (!ordered) return triplet;
    const pairs = (first: Tensor, second: Tensor): Tensor =>
      reshape(network.order(concat([first, second], 1), parameters), [first.shape[0]!]);
    const turns = Array.from({ length: Math.min(RANDOM_PAIRS, batch - 1) }, (_, k) => k + 1);
    const repeated = concat(
      turns.map(() => anchors),
      0,
    );
    const others = concat(
      turns.map((by) => rotated(anchors, by)),
      0,
    );
    const order = orderLoss(pairs(anchors, earlier), of("known"), pairs(repeated, others));
    return add(triplet, mul(mean(of("weight")), order));
  };
}
