import {
  abs,
  add,
  clamp,
  detach,
  div,
  equal,
  gradients,
  greater,
  less,
  loop,
  max,
  maximum,
  mean,
  mul,
  neg,
  scopeOf,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from "../../graph/index.js";

/** Lengths below this count as none: gradients of dead rectifiers, displacements that were never made. */
export const NO_LENGTH = 1e-12;

export const NORMS = ["euclidean", "gradient"] as const;
/** How displacements are measured: every feature alike, or each by how much the network heeds it there. */
export type Norm = (typeof NORMS)[number];

/** Where negatives lie: between the radius and outerRatio times the radius. */
export interface ShellSize {
  /** Distance from a normal row beyond which everything counts as abnormal. */
  readonly radius: number;
  /** Outer radius over inner radius, at least 1. */
  readonly outerRatio: number;
}

/** Share of the weights that is the same for every feature: none weighs less than about this, the mean being 1. */
const COMMON_WEIGHT = 0.01;

/**
 * Weights of the features around each row, [rows, d]: the size of the logit's derivative there, over its mean over the
 * features (DROCC-LF of Goyal et al. 2020). Features that the network ignores keep a hundredth, so that nothing may be
 * displaced without end; where it ignores all of them, all weigh 1. Nothing flows back through the weights.
 *
 * @returns undefined for the Euclidean norm, in which all weigh 1
 */
export function columnWeights(norm: Norm, x: Tensor, logits: (rows: Tensor) => Tensor): Tensor | undefined {
  if (norm === "euclidean") return undefined;
  const size = abs(gradients(sum(logits(x)), [x])[0]!);
  const average = mean(size, [1], { keepDims: true });
  const share = div(size, maximum(average, NO_LENGTH));
  return detach(where(less(average, NO_LENGTH), 1, div(add(share, COMMON_WEIGHT), 1 + COMMON_WEIGHT)));
}

/** Lengths of displacements, [rows, 1]: the root of the sum of squares, each times its weight. */
export function lengthOf(h: Tensor, weights?: Tensor): Tensor {
  const squares = square(h);
  const weighed = weights === undefined ? squares : mul(squares, weights);
  return sqrt(sum(weighed, [1], { keepDims: true }));
}

/**
 * Displacements [rows, d] moved to the nearest place, as the crow flies, whose length lies between radius and outerRatio
 * times radius.
 *
 * @param weights of the lengths, [rows, d], all above 0; without them lengths are Euclidean
 */
export function projectToShell(h: Tensor, shell: ShellSize, weights?: Tensor): Tensor {
  return weights === undefined ? onSpheres(h, shell) : onEllipsoids(h, shell, weights);
}

/** Directions stay, lengths are cut off at both ends. */
function onSpheres(h: Tensor, { radius, outerRatio }: ShellSize): Tensor {
  const length = lengthOf(h);
  const moved = div(mul(h, clamp(length, radius, outerRatio * radius)), maximum(length, NO_LENGTH));
  // A displacement of no length has no direction either, and would leave the negative on top of the normal row.
  return where(less(length, NO_LENGTH), radius / Math.sqrt(h.shape[1] as number), moved);
}

/** Each component of a displacement is at least this share of its length: see `onEllipsoids`. */
const LEAST_SHARE = 1e-6;
/** Steps of Newton's method; of 20 000 random rows the worst is then exact to 1e-4, most to rounding. */
const NEWTON_STEPS = 12;

/**
 * The nearest point of an ellipsoid to h has components h / (1 + λ σ) with one λ above -1/σ' for the largest weight σ'
 * (proposition 1 of the paper, which draws λ at random). Written with m = 1 + λ σ' and s = σ / σ' the divisors are
 * (1 - s) + m s, free of cancellation for any m > 0, and the point's length g(m)^(1/2) falls as m grows. 1 / length is
 * concave in m, so that Newton's method climbs to the root from any start below it, without a safeguard.
 *
 * There is no root where h has no component along the largest weights and its others do not reach; so every component
 * is given a little.
 */
function onEllipsoids(h: Tensor, { radius, outerRatio }: ShellSize, weights: Tensor): Tensor {
  const length = lengthOf(h, weights);
  const target = clamp(length, radius, outerRatio * radius);
  // From here on in units of the target, which the point's length is to be.
  const unit = div(h, target);
  const size = maximum(abs(unit), LEAST_SHARE);
  const start = where(less(unit, 0), neg(size), size);
  const rows = { keepDims: true } as const;
  const heaviest = max(weights, [1], rows);
  const share = div(weights, heaviest);
  const rest = sub(1, share);
  const squares = mul(weights, square(start));
  const whole = sqrt(sum(squares, [1], rows));
  const alongHeaviest = mul(sqrt(heaviest), max(where(equal(share, 1), size, 0), [1], rows));
  // Below the root: all divisors are at most m where that is above 1; elsewhere one component alone is long enough.
  const below = where(greater(whole, 1), whole, alongHeaviest);
  const scope = scopeOf(h, weights);
  const { carried } = loop(scope, scope.index(NEWTON_STEPS), [below], (_, [m]) => {
    const divisor = add(rest, mul(share, m!));
    const parts = div(squares, square(divisor));
    const squared = sum(parts, [1], rows);
    const slope = sum(div(mul(parts, share), divisor), [1], rows);
    const step = div(mul(squared, sub(sqrt(squared), 1)), slope);
    return { carried: [add(m!, maximum(step, 0))], collected: [] };
  });
  const found = div(start, add(rest, mul(share, carried[0]!)));
  const exact = mul(found, div(target, lengthOf(found, weights)));
  return where(equal(length, target), h, exact);
}
