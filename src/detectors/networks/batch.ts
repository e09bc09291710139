import { gather, mul, squaredDistance, sub, sum, type Tensor } from "../../graph/index.js";
import { type EncoderDesign, sizeOf } from "../../nn/encoder.js";
import type { StepContext } from "../../train/program.js";

/** A vector that was handed to the training program, by name. */
export function datum({ data }: StepContext, name: string): Tensor {
  const tensor = data.get(name);
  if (tensor === undefined) throw new TypeError(`The training program has no data called ${name}.`);
  return tensor;
}

/** Features of the mini-batch [batch, features], seen from the member's origin where it has one of its own. */
export function batchFeatures(context: StepContext): Tensor {
  const rows = gather(datum(context, "features"), context.rows);
  const origin = context.data.get("origin");
  return origin === undefined ? rows : sub(rows, origin);
}

/** Mean over rows and features of (x - decode(encode(x)))^2. */
export function reconstructionLoss(design: EncoderDesign, context: StepContext): Tensor {
  const x = batchFeatures(context);
  const latent = design.encoder.forward(x, context.parameters, context);
  const error = squaredDistance(design.decoder.forward(latent, context.parameters, context), x);
  return sum(mul(error, mul(context.weights, 1 / sizeOf(design.inputShape))));
}
