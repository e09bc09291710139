import { Graph, serialize, type Tensor } from "../../graph/index.js";
import {
  FINEST_STRIDE,
  largeEmbeddings,
  type PatchEncoder,
  smallEmbeddings,
} from "../../nn/images/patch-encoder.js";
import type { ParameterLayout } from "../../nn/parameters.js";
import { float32, type Runtime } from "../../runtime/index.js";
import type { PatchSize } from "./patch-sizes.js";

/** Deviation of what goes into tanh: it bends hardly anything there yet. */
const BEFORE_TANH = 0.5;
/** Layers that end in tanh. */
const LAST = ["small.7", "large.1"];
const LEAST_DEVIATION = 1e-6;

/**
 * Scales and shifts the encoders' weights, layer by layer, until every channel has mean 0 and deviation 1 over patches of
 * the data (Salimans and Kingma, "Weight normalization", NeurIPS 2016). Without normalisation inside the network, what a
 * random start makes of images is nearly the same in all channels after eight layers: mostly their brightness.
 * @param views [rows, channels, side, side] of the data
 * @returns parameters of the layout, those of other layers unchanged
 */
export async function standardised(
  runtime: Runtime,
  layout: ParameterLayout,
  parameters: Float32Array,
  encoder: PatchEncoder,
  sizes: readonly PatchSize[],
  views: Float32Array,
  side: number,
): Promise<Float32Array<ArrayBuffer>> {
  const rows = views.length / (encoder.channels * side * side);
  const shape = [rows, encoder.channels, side, side];
  const result = parameters.slice();
  const parts = new Map(layout.views(result).map(({ spec, view }) => [spec.name, view]));
  const graph = new Graph();
  const tensors = layout.tensors(graph.input("parameters", "float32", [layout.size]));
  const names: string[] = [];
  const onLayer = (name: string, sums: Tensor): void => {
    names.push(name);
    graph.output(name, sums);
  };
  const small = smallEmbeddings(
    encoder,
    graph.input("views", "float32", shape),
    tensors,
    FINEST_STRIDE,
    onLayer,
  );
  if (sizes.includes("large")) largeEmbeddings(small, tensors, FINEST_STRIDE, onLayer);
  const session = await runtime.createSession(serialize(graph), { threads: runtime.cores });
  await session.bind({ views: float32(shape, views) });
  for (const name of names) {
    const results = await session.run({ parameters: float32([layout.size], result) });
    const { data, shape: made } = results[name]!;
    const [bias, weight] = [parts.get(`${name}.bias`)!, parts.get(`${name}.weight`)!];
    const fanIn = weight.length / bias.length;
    const target = LAST.includes(name) ? BEFORE_TANH : 1;
    moments(data as Float32Array, made as number[]).forEach(({ mean, deviation }, channel) => {
      const factor = target / Math.max(deviation, LEAST_DEVIATION);
      for (let k = channel * fanIn; k < (channel + 1) * fanIn; k++) weight[k]! *= factor;
      bias[channel] = (bias[channel]! - mean) * factor;
    });
  }
  await session.release();
  return result;
}

/** Of each channel of [rows, channels, height, width]. */
function moments(
  data: Float32Array,
  [rows, channels, height, width]: readonly number[],
): { readonly mean: number; readonly deviation: number }[] {
  const area = height! * width!;
  const count = rows! * area;
  return Array.from({ length: channels! }, (_, channel) => {
    const each = (use: (value: number) => void): void => {
      for (let row = 0; row < rows!; row++) {
        const start = (row * channels! + channel) * area;
        for (let k = start; k < start + area; k++) use(data[k]!);
      }
    };
    let [mean, squares] = [0, 0];
    each((value) => {
      mean += value / count;
    });
    each((value) => {
      squares += (value - mean) ** 2 / count;
    });
    return { mean, deviation: Math.sqrt(squares) };
  });
}
