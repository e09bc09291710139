import { batchNormParameters } from "../batch-norm.js";
import type { Pads } from "../convolution.js";
import { sizeOf } from "../encoder.js";
import { fanInUniform, type Initialization, type ParameterSpec } from "../parameters.js";

/** Channels, height, width. A vector is a map of one pixel. */
export type MapShape = readonly [channels: number, height: number, width: number];

/** What follows the weights of a layer. */
interface After {
  /** Batch normalisation without an affine part. */
  readonly normalized?: boolean;
  readonly activated?: boolean;
}

export interface ConvolutionLayer extends After {
  readonly kind: "convolution";
  readonly outputs: number;
  /** Side of the kernel. */
  readonly taps: number;
  /** Zeros around the map, the same number on each side or [top, left, bottom, right]. */
  readonly padding: number | Pads;
  /** Every pixel becomes a square of this side first. Default 1. */
  readonly upsample?: number;
  /** Maxima over squares of two by two, last of all. */
  readonly pooled?: boolean;
}

/** From a map, read as a vector, to a vector. */
export interface DenseLayer extends After {
  readonly kind: "dense";
  readonly outputs: number;
  /** A bias, and then nothing else behind it. */
  readonly bias?: boolean;
}

/** Reads a vector as a map, or leaves a vector as it is; then normalises and activates it. */
export interface FoldLayer extends After {
  readonly kind: "fold";
  readonly shape: MapShape;
}

export type ImageLayer = ConvolutionLayer | DenseLayer | FoldLayer;

export function padsOf({ padding }: ConvolutionLayer): Pads {
  return typeof padding === "number" ? [padding, padding, padding, padding] : padding;
}

/** The shape that a layer gives to maps of a shape. */
export function outputShape(layer: ImageLayer, [, height, width]: MapShape): MapShape {
  switch (layer.kind) {
    case "convolution": {
      const [top, left, bottom, right] = padsOf(layer);
      const length = (before: number, padding: number): number => {
        const full = before * (layer.upsample ?? 1) + padding - layer.taps + 1;
        return layer.pooled ? Math.floor(full / 2) : full;
      };
      const [down, across] = [length(height, top + bottom), length(width, left + right)];
      return [layer.outputs, down, across];
    }
    case "dense":
      return [layer.outputs, 1, 1];
    case "fold":
      return layer.shape;
  }
}

/** Where weights start. "xavier" is Glorot's uniform rule for convolutions (2010), with the gain of a rectifier. */
export type WeightRule = Initialization | "xavier";

/**
 * A layer's parameters. Convolutions have [outputs, channels, taps, taps], dense layers [inputs, outputs] with inputs in
 * the order channels, height, width.
 *
 * @param transposed whether PyTorch has this convolution as a transposed one, with the fan-in of its other side
 */
export function layerParameters(
  name: string,
  layer: ImageLayer,
  input: MapShape,
  { rule, last, transposed }: { rule: WeightRule; last: boolean; transposed: boolean },
): ParameterSpec[] {
  const statistics = layer.normalized ? batchNormParameters(name, statisticsOf(layer)) : [];
  if (layer.kind === "fold") return statistics;
  const gain = rule === "he" ? Math.sqrt(last ? 3 : 6) : 1;
  const weight = `${name}.weight`;
  if (layer.kind === "dense") {
    const inputs = sizeOf(input);
    const offset: ParameterSpec = {
      name: `${name}.bias`,
      shape: [layer.outputs],
      initialize: fanInUniform(inputs),
    };
    const matrix: ParameterSpec = {
      name: weight,
      shape: [inputs, layer.outputs],
      initialize: fanInUniform(inputs, gain),
    };
    return [...statistics, ...(layer.bias ? [offset] : []), matrix];
  }
  const area = layer.taps ** 2;
  const [channels] = input;
  const kernel = (initialize: ParameterSpec["initialize"]): ParameterSpec[] => [
    ...statistics,
    { name: weight, shape: [layer.outputs, channels, layer.taps, layer.taps], initialize },
  ];
  if (rule === "xavier") return kernel(fanInUniform((channels + layer.outputs) * area, XAVIER_GAIN));
  const fanIn = (rule === "pytorch" && transposed ? layer.outputs : channels) * area;
  return kernel(fanInUniform(fanIn, gain));
}

/** sqrt 6 of Glorot's bound, and sqrt(2 / (1 + 0.01^2)) for a LeakyReLU of slope 0.01. */
const XAVIER_GAIN = Math.sqrt(6) * Math.sqrt(2 / (1 + 0.01 ** 2));

/** How many channels are normalised. */
function statisticsOf(layer: ImageLayer): number {
  return layer.kind === "fold" ? layer.shape[0] : layer.outputs;
}
