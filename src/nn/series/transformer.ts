import {
  add,
  attention,
  concat,
  type Graph,
  mul,
  pad,
  reshape,
  rmsNormalize,
  split,
  sub,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import { activate } from "../dense.js";
import type { EncoderDesign, Network } from "../encoder.js";
import { fanInUniform, type ParameterSpec, parameter } from "../parameters.js";
import {
  activated,
  asRows,
  asSteps,
  atEveryPosition,
  gainOf,
  type Layer,
  latentLayer,
  linear,
  meanOverSteps,
  parametersOf,
  type SeriesOptions,
  withBlocks,
} from "./layers.js";
import { lastSteps } from "./upsampling.js";

const WIDTH = 64;
const HEADS = 4;
const HEAD_WIDTH = WIDTH / HEADS;
const INNER_WIDTH = 2 * WIDTH;
const LAYERS = 2;

/** Attention compares all tokens with all: steps are joined until there are no more than this. */
const MOST_TOKENS = 64;

/** Added to the mean square before the root: zero stays zero. */
const EPSILON = 1e-5;

/** How a window is cut into tokens of equal length; zeros fill up the first one. */
interface Tokens {
  readonly steps: number;
  readonly channels: number;
  readonly count: number;
  /** Steps in a token. */
  readonly length: number;
}

function tokensOf([steps, channels]: readonly [number, number]): Tokens {
  const length = Math.ceil(steps / MOST_TOKENS);
  return { steps, channels, length, count: Math.ceil(steps / length) };
}

/**
 * A transformer encoder (Vaswani et al. 2017) without constants: no biases, normalisation by the root mean square
 * (Zhang and Sennrich 2019) without offset and before each part (so that sums of the parts stay unbounded), positions
 * as rotations of queries and keys (Su et al. 2021) in place of an added code. Steps are joined to at most 64 tokens.
 * The mean over tokens goes to the latent space.
 *
 * The feed-forward part has the activation of the options, by default LeakyReLU. GELU would do no harm, being a linear
 * signal times a gate, but costs an error function forward and an exponential backward.
 */
export function transformer(inputShape: readonly [number, number], options: SeriesOptions): EncoderDesign {
  const tokens = tokensOf(inputShape);
  const { count, length, channels } = tokens;
  const embedding = linear({
    name: "encoder.embedding",
    from: length * channels,
    to: WIDTH,
    gain: gainOf(options.initialization, "linear"),
    bias: options.bias,
  });
  const layers = Array.from({ length: LAYERS }, (_, k) => [
    attentionPart(`encoder.${k}.attention`, count, options),
    feedForward(`encoder.${k}.feed-forward`, options),
  ]);
  const latent = latentLayer(WIDTH, options);
  const encoder = withBlocks([embedding, ...layers.flat(), latent], (x, parameters) => {
    const window = asSteps(x, tokens.steps, channels);
    const cut = reshape(pad(window, 1, count * length - tokens.steps, 0), [
      x.shape[0]!,
      count,
      length * channels,
    ]);
    let stream = embedding.apply(cut, parameters);
    const outputs: Tensor[] = [];
    for (const parts of layers) {
      for (const part of parts) stream = add(stream, part.apply(rmsNormalize(stream, EPSILON), parameters));
      outputs.push(meanOverSteps(stream));
    }
    return [...outputs, latent.apply(outputs.at(-1)!, parameters)];
  });
  return {
    inputShape: [...inputShape],
    latentDim: options.latentDim,
    encoder,
    decoder: tokenDecoder(tokens, options),
  };
}

/** What the residual parts start with: smaller the more of them are summed. */
const partGain = ({ initialization }: SeriesOptions): number =>
  gainOf(initialization, "linear") / (initialization === "pytorch" ? 1 : Math.sqrt(2 * LAYERS));

function feedForward(name: string, options: SeriesOptions): Layer {
  const { bias, initialization } = options;
  const gain = gainOf(initialization, "rectifier");
  const inner = linear({ name: `${name}.0`, from: WIDTH, to: INNER_WIDTH, gain, bias });
  const outer = linear({ name: `${name}.1`, from: INNER_WIDTH, to: WIDTH, gain: partGain(options), bias });
  return {
    parameters: parametersOf([inner, outer]),
    apply: (x, parameters) => outer.apply(activated(inner.apply(x, parameters), options), parameters),
  };
}

/**
 * Attention of every token to all, with rotary positions. Queries, keys and values come from one product. Rotations
 * turn pairs of numbers: its columns are the first numbers of all pairs of the queries and of the keys, then the second
 * ones, then the values, each head by head. So queries and keys are rotated together, by whole tensors.
 */
function attentionPart(name: string, tokens: number, options: SeriesOptions): Layer {
  const inputs: ParameterSpec = {
    name: `${name}.inputs`,
    shape: [WIDTH, 3 * WIDTH],
    initialize: fanInUniform(WIDTH, gainOf(options.initialization, "linear")),
  };
  const output = linear({
    name: `${name}.output`,
    from: WIDTH,
    to: WIDTH,
    gain: partGain(options),
    bias: options.bias,
  });
  return {
    parameters: parametersOf([{ parameters: [inputs] }, output]),
    apply: (x, parameters) => {
      const [rows] = x.shape as [number];
      const product = atEveryPosition(x, parameter(parameters, inputs.name));
      const [first, second, value] = split(product, 2, [WIDTH, WIDTH, WIDTH]) as [Tensor, Tensor, Tensor];
      const { cosines, sines } = rotationsOf(x.graph.root, tokens);
      const turned = concat(
        [sub(mul(first, cosines), mul(second, sines)), add(mul(first, sines), mul(second, cosines))],
        2,
      );
      const pairs = reshape(turned, [rows, tokens, 2, 2, HEADS, HEAD_WIDTH / 2]);
      const [queries, keys] = split(transpose(pairs, [3, 0, 4, 1, 2, 5]), 0, [1, 1]).map((each) =>
        reshape(each, [rows, HEADS, tokens, HEAD_WIDTH]),
      ) as [Tensor, Tensor];
      const values = transpose(reshape(value, [rows, tokens, HEADS, HEAD_WIDTH]), [0, 2, 1, 3]);
      const read = transpose(attention(queries, keys, values), [0, 2, 1, 3]);
      return output.apply(reshape(read, x.shape), parameters);
    },
  };
}

/**
 * Cosines and sines of each token's angles, [tokens, width]: for the pairs of all heads of the queries, and again for
 * those of the keys. Those of the queries include the scale of the scores.
 */
function rotationsOf(graph: Graph, tokens: number): { cosines: Tensor; sines: Tensor } {
  const table = (value: (angle: number) => number): Tensor => {
    const entries = Float32Array.from({ length: tokens * WIDTH }, (_, k) => {
      const [token, column] = [Math.floor(k / WIDTH), k % WIDTH];
      const pair = column % (HEAD_WIDTH / 2);
      const scale = column < WIDTH / 2 ? 1 / Math.sqrt(HEAD_WIDTH) : 1;
      return scale * value(token * 10_000 ** ((-2 * pair) / HEAD_WIDTH));
    });
    return graph.constant("float32", [tokens, WIDTH], entries);
  };
  return { cosines: table(Math.cos), sines: table(Math.sin) };
}

/** A linear layer from the latent space to every token, an activation, and one linear head for all tokens. */
function tokenDecoder({ steps, channels, length, count }: Tokens, options: SeriesOptions): Network {
  const { initialization, latentDim } = options;
  const seed = linear({
    name: "decoder.tokens",
    from: latentDim,
    to: count * WIDTH,
    gain: gainOf(initialization, "rectifier"),
    bias: true,
  });
  const head = linear({
    name: "decoder.head",
    from: WIDTH,
    to: length * channels,
    gain: gainOf(initialization, "linear"),
    bias: true,
  });
  return {
    parameters: parametersOf([seed, head]),
    forward: (latent, parameters) => {
      const tokens = asSteps(activated(seed.apply(latent, parameters), options), count, WIDTH);
      const decoded = asSteps(asRows(head.apply(tokens, parameters)), count * length, channels);
      return activate(asRows(lastSteps(decoded, steps)), options.reconstruction, options.slope);
    },
  };
}
