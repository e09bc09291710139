import { add, gemm, mean, mul, reshape, sub, type Tensor, transpose } from "../../graph/index.js";
import { batchStatistics, runningStatistics } from "../batch-norm.js";
import type { EncoderDesign, EncoderNetwork, TrainingMode } from "../encoder.js";
import { fanInUniform, type ParameterSpec, type Parameters, parameter } from "../parameters.js";
import { checkedShape, cnn } from "./general.js";
import type { ImageOptions } from "./network.js";
import { type Normalization, type ResidualEncoder, residualEncoder } from "./resnet-small.js";
import { LEAST_SQUARE, squared, squareSide } from "./square.js";

export const RESNET_SMALL = "resnet-small";
/** Channels after the first layer. */
const WIDTH = 16;
const WEIGHT = "encoder.latent.weight";
const BIAS = "encoder.latent.bias";

/** The residual network for images of this shape, and the side of the squares that it sees them as. */
export function residualFor(
  [channels, height, width]: readonly [channels: number, height: number, width: number],
  { slope, activation, initialization }: Pick<ImageOptions, "slope" | "activation" | "initialization">,
): { readonly side: number; readonly residual: ResidualEncoder } {
  const side = squareSide(height, width);
  const residual = residualEncoder([channels, side], {
    width: WIDTH,
    activation,
    slope,
    gain: initialization === "pytorch" ? 1 : Math.sqrt(6),
  });
  return { side, residual };
}

/**
 * A small residual network as an encoder: the means of its last maps, and a linear layer to the latent space, which starts
 * from the identity where both are as long. Images that are no squares are stretched to one. The decoder is that of `cnn`.
 * Compactness training leaves the statistics of batch normalisation as they are: those of a batch would follow the rows to the
 * centre.
 *
 * @throws HypersphereError `invalid-option` for images below 8 x 8, and for other than 1 or 3 channels
 */
export function resnetSmall(inputShape: readonly number[], options: ImageOptions): EncoderDesign {
  const shape = checkedShape(RESNET_SMALL, inputShape, LEAST_SQUARE);
  const { latentDim, bias } = options;
  const { side, residual } = residualFor(shape, options);
  const width = residual.widths.at(-1)!;
  const weight: ParameterSpec = {
    name: WEIGHT,
    shape: [width, latentDim],
    initialize: latentDim === width ? identity(width) : fanInUniform(width, Math.sqrt(3)),
  };
  const offset: ParameterSpec = { name: BIAS, shape: [latentDim], initialize: fanInUniform(width) };
  // Whitening goes into the last of them.
  const parameters = [...residual.parameters, ...(bias ? [offset] : []), weight];

  const pooledMaps = (x: Tensor, values: Parameters, normalized: Normalization | undefined): Tensor[] => {
    const square = reshape(squared(x, shape, side), [x.shape[0]!, shape[0], side, side]);
    if (normalized === undefined) return residual.evaluate(square, values).map((map) => mean(map, [2, 3]));
    return residual
      .train(transpose(square, [2, 3, 1, 0]), values, normalized)
      .map((map) => transpose(mean(map, [0]), [1, 0]));
  };
  const latentOf = (pooled: Tensor, values: Parameters): Tensor => {
    const latent = gemm(pooled, parameter(values, WEIGHT));
    return bias ? add(latent, parameter(values, BIAS)) : latent;
  };
  const network = (normalizedBy: (values: Parameters, training: TrainingMode) => Normalization) => {
    const blocks: EncoderNetwork["blocks"] = (x, values, training) => {
      const pooled = pooledMaps(x, values, training && normalizedBy(values, training));
      return [...pooled, latentOf(pooled.at(-1)!, values)];
    };
    const forward: EncoderNetwork["forward"] = (...given) => blocks(...given).at(-1)!;
    return { parameters, blocks, forward };
  };
  return {
    inputShape,
    latentDim,
    encoder: network(byBatch),
    frozen: network(byRunning),
    decoder: cnn(inputShape, options).decoder,
  };
}

const identity =
  (width: number): ParameterSpec["initialize"] =>
  (target) => {
    for (let k = 0; k < width; k++) target[k * width + k] = 1;
  };

const byBatch =
  (values: Parameters, training: TrainingMode): Normalization =>
  (layer, x) => {
    const { mean: centre, factor } = batchStatistics(layer, x, values, training);
    return mul(sub(x, centre), factor);
  };

const byRunning =
  (values: Parameters): Normalization =>
  (layer, x) => {
    const { mean: centre, factor } = runningStatistics(layer, values);
    const column = (each: Tensor): Tensor => reshape(each, [x.shape[1]!, 1]);
    return mul(sub(x, column(centre)), column(factor));
  };
