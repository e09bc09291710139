import {
  add,
  gather,
  maximum,
  mul,
  square,
  squaredDistance,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.js";
import { quantile } from "../../math/quantile.js";
import { type EncoderDesign, sizeOf } from "../../nn/encoder.js";
import type { StepContext } from "../../train/program.js";

const datum = ({ data }: StepContext, name: string): Tensor => data.get(name)!;

/** Features of the mini-batch, seen from the member's origin where it has one of its own. */
function batch(context: StepContext): Tensor {
  const rows = gather(datum(context, "features"), context.rows);
  const origin = context.data.get("origin");
  return origin === undefined ? rows : sub(rows, origin);
}

/** Mean over rows and features of (x - decode(encode(x)))^2. */
export function reconstructionLoss(design: EncoderDesign, context: StepContext): Tensor {
  const x = batch(context);
  const latent = design.encoder.forward(x, context.parameters, context);
  const error = squaredDistance(design.decoder.forward(latent, context.parameters, context), x);
  return sum(mul(error, mul(context.weights, 1 / sizeOf(design.inputShape))));
}

/** One-class objective (Ruff et al. 2018, eq. 4): the mean of d^2. Weight decay is the optimiser's business. */
export function oneClassLoss(design: EncoderDesign, context: StepContext): Tensor {
  return sum(mul(distances(design, context), context.weights));
}

/**
 * Soft-boundary objective (eq. 3): R^2 + 1/nu mean(max(0, d^2 - R^2)). The radius is data, not a parameter: it is set
 * between epochs, see `softBoundaryRadius`.
 */
export function softBoundaryLoss(design: EncoderDesign, nu: number, context: StepContext): Tensor {
  const radiusSquared = square(datum(context, "radius"));
  const excess = maximum(sub(distances(design, context), radiusSquared), 0);
  return add(radiusSquared, sum(mul(excess, mul(context.weights, 1 / nu))));
}

function distances(design: EncoderDesign, context: StepContext): Tensor {
  const x = batch(context);
  return squaredDistance(design.encoder.forward(x, context.parameters, context), datum(context, "center"));
}

/**
 * The radius that minimises the soft-boundary objective for fixed weights: with f(R^2) = R^2 + 1/(nu n) sum max(0,
 * d^2 - R^2), the slope is 1 - (share of d^2 above R^2) / nu, so R^2 is the (1 - nu) quantile of d^2.
 */
export function softBoundaryRadius(squaredDistances: Float64Array, nu: number): number {
  return Math.sqrt(quantile(squaredDistances, 1 - nu));
}
