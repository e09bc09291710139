import { concat, Graph, gemm, staticDim, type Tensor } from "../../../graph/index.js";
import { type EncoderDesign, type Network, sizeOf, type TrainingMode } from "../../../nn/encoder.js";
import { ParameterLayout, type ParameterSpec, type Parameters, parameter } from "../../../nn/parameters.js";
import type { StepContext } from "../../../train/program.js";
import { squaredDistances } from "../center.js";
import type { Covariance } from "../objective.js";
import { whiteningMap } from "../whitening.js";

/** Wider blocks are left as they are: of 4096 units, the spectrum of the covariance takes minutes and the map 64 MB. */
export const WIDEST_WHITENED = 1024;

/** The output of one of an encoder's blocks, and where it lies among all of them side by side. */
export interface Tap {
  readonly name: string;
  readonly width: number;
  readonly offset: number;
  /** From rows to [rows, width], whitened. */
  readonly network: Network;
  /**
   * W_k [width, width], a fixed linear map: the tap is the block's output times W_k. Whitening cannot be folded into the
   * weights of a block, as it is for the latent space: an activation stands behind them, and the next block reads them.
   */
  readonly map?: ParameterSpec;
}

/**
 * The taps of an encoder, from the first block to the latent space.
 * @param whiten whether blocks before the latent space have maps; the latent space is whitened in the last layer itself
 */
export function tapsOf({ encoder, inputShape }: EncoderDesign, whiten: boolean): Tap[] {
  const graph = new Graph();
  const layout = new ParameterLayout(encoder.parameters);
  const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
  const widths = encoder
    .blocks(graph.input("x", "float32", ["rows", sizeOf(inputShape)]), parameters)
    .map((block) => staticDim(block, 1));
  const last = widths.length - 1;
  let offset = 0;
  return widths.map((width, k) => {
    const map = whiten && k < last && width <= WIDEST_WHITENED ? identityMap(k, width) : undefined;
    const network: Network = {
      parameters: [...encoder.parameters, ...(map ? [map] : [])],
      forward: (x, own, training) => mapped(encoder.blocks(x, own, training)[k]!, map, own),
    };
    const name = k === last ? "latent" : `block ${k + 1}`;
    const tap = { name, width, offset, network, ...(map && { map }) };
    offset += width;
    return tap;
  });
}

function identityMap(tap: number, width: number): ParameterSpec {
  return {
    name: `taps.${tap}.map`,
    shape: [width, width],
    initialize: (target) => {
      for (let unit = 0; unit < width; unit++) target[unit * (width + 1)] = 1;
    },
    statistic: true,
  };
}

const mapped = (block: Tensor, map: ParameterSpec | undefined, parameters: Parameters): Tensor =>
  map === undefined ? block : gemm(block, parameter(parameters, map.name));

/** The maps of all taps that have one. */
export const mapsOf = (taps: readonly Tap[]): ParameterSpec[] => taps.flatMap(({ map }) => map ?? []);

/** All taps side by side, [rows, widths]. */
export function tapOutputs(
  taps: readonly Tap[],
  { encoder }: EncoderDesign,
  x: Tensor,
  parameters: Parameters,
  training?: TrainingMode,
): Tensor {
  const blocks = encoder.blocks(x, parameters, training);
  return concat(
    blocks.map((block, k) => mapped(block, taps[k]!.map, parameters)),
    1,
  );
}

/** Tells a training step that maps stay what they are: weight decay would shrink them. */
export function keepMaps(taps: readonly Tap[], { parameters, record }: StepContext): void {
  for (const { name } of mapsOf(taps)) record(name, parameter(parameters, name));
}

/**
 * Sets every map so that its tap is round over these rows.
 * @param parameters of the encoder, then the maps, which are identities yet
 * @param embedding all taps of training rows side by side, with these parameters
 * @returns new parameters
 * @throws HypersphereError `unfit-data` when a tap has no variance at all
 */
export async function whitenTaps(
  taps: readonly Tap[],
  layout: ParameterLayout,
  parameters: Float32Array,
  embedding: Float32Array,
  covariance: Covariance,
  shrinkage: number,
): Promise<Float32Array> {
  const whitened = parameters.slice();
  const views = new Map(layout.views(whitened).map(({ spec, view }) => [spec.name, view]));
  for (const tap of taps) {
    if (tap.map === undefined) continue;
    const own = await covariance(tapRows(taps, tap, embedding), tap.width);
    views.get(tap.map.name)!.set(whiteningMap(own, tap.width, shrinkage));
  }
  return whitened;
}

/** The columns of one tap, [rows, width], out of all taps side by side. */
export function tapRows(taps: readonly Tap[], { width, offset }: Tap, embedding: Float32Array): Float32Array {
  const total = totalWidth(taps);
  const rows = embedding.length / total;
  const own = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const from = row * total + offset;
    own.set(embedding.subarray(from, from + width), row * width);
  }
  return own;
}

/** Squared distances of every row to each tap's centre, one list per tap. */
export function tapDistances(
  taps: readonly Tap[],
  embedding: Float32Array,
  center: Float32Array,
): Float64Array[] {
  return taps.map((tap) =>
    squaredDistances(tapRows(taps, tap, embedding), center.subarray(tap.offset, tap.offset + tap.width)),
  );
}

export const totalWidth = (taps: readonly Tap[]): number => taps.reduce((sum, { width }) => sum + width, 0);
