import { atLeastBeyondLimit, LIMIT } from "../../features/index.js";
import { add, div, gemm, neg, reshape, type Tensor } from "../../graph/index.js";
import { type Activation, activate } from "../../nn/dense.js";
import type { EncoderDesign, TrainingMode } from "../../nn/encoder.js";
import { fanInUniform, ParameterLayout, type Parameters, parameter } from "../../nn/parameters.js";
import { storedParameters } from "../networks/stored-parameters.js";

/** An encoder and, on top of it, one logit: positive where a row looks normal. */
export interface LogitNetwork {
  readonly layout: ParameterLayout;
  /** From rows [rows, inputs] to logits [rows]. */
  logits(x: Tensor, parameters: Parameters, training?: TrainingMode): Tensor;
}

/** The activation stands between the encoder's output, which is linear, and the logit; the logit has an offset. */
export function logitNetwork(
  { encoder, latentDim }: EncoderDesign,
  { activation, slope }: { readonly activation: Activation; readonly slope: number },
): LogitNetwork {
  const layout = new ParameterLayout([
    ...encoder.parameters,
    { name: "logit.weight", shape: [latentDim, 1], initialize: fanInUniform(latentDim) },
    { name: "logit.bias", shape: [1], initialize: fanInUniform(latentDim) },
  ]);
  return {
    layout,
    logits(x, parameters, training) {
      const hidden = activate(encoder.forward(x, parameters, training), activation, slope);
      const product = gemm(hidden, parameter(parameters, "logit.weight"));
      return reshape(add(product, parameter(parameters, "logit.bias")), [x.shape[0]!]);
    },
  };
}

/** The score of an ensemble: the mean of its members' logits with the sign turned. */
export function logitScore(
  { layout, logits }: LogitNetwork,
  members: readonly Float32Array[],
  features: Tensor,
): Tensor {
  const sum = members
    .map((values, k) => logits(features, storedParameters(features.graph, layout, values, k)))
    .reduce((total, logit) => add(total, logit));
  // Far out, where no place of training was near, a logit may have either sign.
  return atLeastBeyondLimit(neg(div(sum, members.length)), features, LIMIT);
}
