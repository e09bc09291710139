import {
  add,
  exp,
  gemm,
  log,
  max,
  mean,
  mul,
  split,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import { batchNormalized } from "../../nn/batch-norm.js";
import type { TrainingMode } from "../../nn/encoder.js";
import type { ResidualEncoder } from "../../nn/images/resnet-small.js";
import { fanInUniform, type ParameterSpec, type Parameters, parameter } from "../../nn/parameters.js";
import { CLASSES } from "./views.js";

const OUTPUTS = CLASSES.reduce((sum, classes) => sum + classes, 0);

/** Parameters of the encoder, and of a linear head with a bias for each kind of transform. */
export function transformParameters(encoder: ResidualEncoder): ParameterSpec[] {
  const width = encoder.widths.at(-1)!;
  return [
    ...encoder.parameters,
    { name: "heads.weight", shape: [OUTPUTS, width], initialize: fanInUniform(width) },
    { name: "heads.bias", shape: [OUTPUTS], initialize: fanInUniform(width) },
  ];
}

/** What the heads answer. @param pooled means of the last maps over their positions, [views, width] */
export const headLogits = (pooled: Tensor, parameters: Parameters): Tensor =>
  add(
    gemm(pooled, parameter(parameters, "heads.weight"), { transB: true }),
    parameter(parameters, "heads.bias"),
  );

/**
 * -log p of a view's transforms, summed over the heads.
 * @param logits [..., classes of all heads]
 * @param targets 1 for the right classes, else 0; of the same shape, or repeated along axes of length 1
 */
export function crossEntropies(logits: Tensor, targets: Tensor): Tensor {
  const axis = logits.shape.length - 1;
  const wanted = split(targets, axis, CLASSES);
  return split(logits, axis, CLASSES)
    .map((own, head) => {
      const centred = sub(own, max(own, [axis], { keepDims: true }));
      return sub(log(sum(exp(centred), [axis])), sum(mul(centred, wanted[head]!), [axis]));
    })
    .reduce((total, each) => add(total, each));
}

/** The loss of a step: the mean over its views. @param views [side, side, channels, views] */
export function transformLoss(
  encoder: ResidualEncoder,
  views: Tensor,
  targets: Tensor,
  parameters: Parameters,
  training: Pick<TrainingMode, "record">,
): Tensor {
  const maps = encoder.train(views, parameters, (layer, x) =>
    batchNormalized(layer, x, parameters, training),
  );
  const pooled = transpose(mean(maps.at(-1)!, [0]), [1, 0]);
  return mean(crossEntropies(headLogits(pooled, parameters), targets));
}
