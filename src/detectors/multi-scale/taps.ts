import { Graph, staticDim } from "../../graph/index.js";
import { type EncoderDesign, type Network, sizeOf } from "../../nn/encoder.js";
import { ParameterLayout } from "../../nn/parameters.js";
import { squaredDistances } from "../deep/center.js";

/** The output of one of an encoder's blocks, and where it lies among all of them side by side. */
export interface Tap {
  readonly name: string;
  readonly width: number;
  readonly offset: number;
  readonly network: Network;
}

/** The taps of an encoder, from the first block to the latent space. */
export function tapsOf({ encoder, inputShape }: EncoderDesign): Tap[] {
  const graph = new Graph();
  const layout = new ParameterLayout(encoder.parameters);
  const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
  const widths = encoder
    .blocks(graph.input("x", "float32", ["rows", sizeOf(inputShape)]), parameters)
    .map((block) => staticDim(block, 1));
  let offset = 0;
  return widths.map((width, k) => {
    const network: Network = {
      parameters: encoder.parameters,
      forward: (x, own, training) => encoder.blocks(x, own, training)[k]!,
    };
    const name = k === widths.length - 1 ? "latent" : `block ${k + 1}`;
    const tap = { name, width, offset, network };
    offset += width;
    return tap;
  });
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
