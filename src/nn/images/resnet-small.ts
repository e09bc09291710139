import { add, conv, mul, neg, reshape, type Tensor } from "../../graph/index.js";
import { batchNormParameters, runningStatistics } from "../batch-norm.js";
import { convolve } from "../convolution.js";
import { type Activation, activate } from "../dense.js";
import { fanInUniform, type ParameterSpec, type Parameters, parameter } from "../parameters.js";
import { convolvePatches, stridedLength } from "../patch-convolution.js";

/**
 * A small residual encoder (He et al. 2016) without biases: a 3 x 3 stem, and three blocks of two 3 x 3 convolutions that
 * halve the map and double the channels, each beside a 1 x 1 convolution. Batch normalisation has no affine part.
 */
export interface ResidualEncoder {
  readonly parameters: readonly ParameterSpec[];
  /** Channels after the stem and after each block. */
  readonly widths: readonly number[];
  /** Sides of the maps there. */
  readonly sides: readonly number[];
  /** Multiplications of its convolutions for one image. */
  readonly multiplications: number;
  /**
   * With running statistics, which become part of the weights.
   * @param x [rows, channels, side, side]
   * @returns the maps after the stem and after each block, [rows, width, side, side]
   */
  evaluate(x: Tensor, parameters: Parameters): readonly Tensor[];
  /**
   * With derivatives in mind.
   * @param x [side, side, channels, rows]
   * @param normalized what batch normalisation does
   * @returns the maps after the stem and after each block, [positions, width, rows]
   */
  train(x: Tensor, parameters: Parameters, normalized: Normalization): readonly Tensor[];
}

/** From the name of a layer and what it computed, [positions, channels, rows], to what is normalised of it. */
export type Normalization = (layer: string, x: Tensor) => Tensor;

const TAPS = 3;
/** Padding and stride of the three kinds of convolution. */
const KEEPING = { pad: 1, stride: 1 } as const;
const HALVING = { pad: 1, stride: 2 } as const;
const SHORTCUT = { pad: 0, stride: 2 } as const;

interface Layer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly taps: number;
}

interface ResidualOptions {
  readonly width: number;
  readonly activation?: Activation;
  /** Of LeakyReLU. */
  readonly slope: number;
  readonly gain?: number;
}

interface Block {
  readonly first: Layer;
  readonly second: Layer;
  readonly shortcut: Layer;
}

/**
 * @param width channels after the stem; every block doubles them
 * @param gain of the starting weights, see `fanInUniform`; by default He's
 */
export function residualEncoder(
  [channels, side]: readonly [channels: number, side: number],
  { width, activation = "leaky-relu", slope, gain = Math.sqrt(6) }: ResidualOptions,
): ResidualEncoder {
  const activated = (x: Tensor): Tensor => activate(x, activation, slope);
  const widths = [1, 2, 4, 8].map((factor) => factor * width);
  const sides = [side];
  for (const _ of widths.slice(1)) sides.push(stridedLength(sides.at(-1)!, TAPS, HALVING));
  const stem: Layer = { name: "resnet.stem", inputs: channels, outputs: width, taps: TAPS };
  const blocks = widths.slice(1).map((outputs, k): Block => {
    const inputs = widths[k]!;
    const name = `resnet.${k + 1}`;
    return {
      first: { name: `${name}.first`, inputs, outputs, taps: TAPS },
      second: { name: `${name}.second`, inputs: outputs, outputs, taps: TAPS },
      shortcut: { name: `${name}.shortcut`, inputs, outputs, taps: 1 },
    };
  });
  const layers = [stem, ...blocks.flatMap(({ first, second, shortcut }) => [first, second, shortcut])];
  const sizeOf = ({ inputs, outputs, taps }: Layer): number => inputs * outputs * taps ** 2;
  const multiplications = blocks.reduce(
    (total, block, k) =>
      total + sides[k + 1]! ** 2 * (sizeOf(block.first) + sizeOf(block.second) + sizeOf(block.shortcut)),
    side ** 2 * sizeOf(stem),
  );
  return {
    parameters: layers.flatMap((layer) => layerParameters(layer, gain)),
    widths,
    sides,
    multiplications,
    evaluate(x, parameters) {
      const maps = [activated(evaluated(x, stem, KEEPING, parameters))];
      for (const { first, second, shortcut } of blocks) {
        const before = maps.at(-1)!;
        const within = activated(evaluated(before, first, HALVING, parameters));
        const sum = add(
          evaluated(within, second, KEEPING, parameters),
          evaluated(before, shortcut, SHORTCUT, parameters),
        );
        maps.push(activated(sum));
      }
      return maps;
    },
    train(x, parameters, normalization) {
      const rows = x.shape[3]!;
      const weight = ({ name }: Layer): Tensor => parameter(parameters, `${name}.weight`);
      const normalized = (y: Tensor, { name, outputs }: Layer): Tensor => {
        const [down, across] = y.shape as [number, number];
        return normalization(name, reshape(y, [down * across, outputs, rows]));
      };
      const asMap = (flat: Tensor, length: number): Tensor => {
        const [, outputs] = flat.shape as [number, number];
        return reshape(flat, [length, length, outputs, rows]);
      };
      const keeping = { taps: TAPS, pads: [1, 1, 1, 1], upsample: 1 } as const;
      const maps = [activated(normalized(convolvePatches(x, weight(stem), KEEPING), stem))];
      blocks.forEach(({ first, second, shortcut }, k) => {
        const before = asMap(maps[k]!, sides[k]!);
        const halved = convolvePatches(before, weight(first), HALVING);
        const within = asMap(activated(normalized(halved, first)), sides[k + 1]!);
        const sum = add(
          normalized(convolve(within, weight(second), keeping), second),
          normalized(convolvePatches(before, weight(shortcut), SHORTCUT), shortcut),
        );
        maps.push(activated(sum));
      });
      return maps;
    },
  };
}

function layerParameters({ name, inputs, outputs, taps }: Layer, gain: number): ParameterSpec[] {
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape: [outputs, inputs, taps, taps],
    initialize: fanInUniform(inputs * taps ** 2, gain),
  };
  return [...batchNormParameters(name, outputs), weight];
}

/** An addition behind a convolution with known weights becomes part of it: normalisation costs nothing. */
function evaluated(
  x: Tensor,
  { name, outputs }: Layer,
  { pad, stride }: { readonly pad: number; readonly stride: number },
  parameters: Parameters,
): Tensor {
  const { mean, factor } = runningStatistics(name, parameters);
  const weight = mul(parameter(parameters, `${name}.weight`), reshape(factor, [outputs, 1, 1, 1]));
  const y = conv(x, weight, { pads: pad, strides: stride });
  return add(y, reshape(neg(mul(mean, factor)), [1, outputs, 1, 1]));
}
