import {
  add,
  div,
  type Graph,
  gemm,
  matmul,
  mean,
  mul,
  pad,
  reshape,
  softmax,
  sqrt,
  square,
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
    attention(`encoder.${k}.attention`, count, options),
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
      for (const part of parts) stream = add(stream, part.apply(normalized(stream), parameters));
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

/** Every token divided by the root of its mean square. */
const normalized = (x: Tensor): Tensor =>
  div(x, sqrt(add(mean(square(x), [-1], { keepDims: true }), EPSILON)));

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

/** Attention of every token to all, with rotary positions. */
function attention(name: string, tokens: number, options: SeriesOptions): Layer {
  const matrix = (part: string): ParameterSpec => ({
    name: `${name}.${part}`,
    shape: [WIDTH, WIDTH],
    initialize: fanInUniform(WIDTH, gainOf(options.initialization, "linear")),
  });
  const [query, key, value] = [matrix("query"), matrix("key"), matrix("value")];
  const output = linear({
    name: `${name}.output`,
    from: WIDTH,
    to: WIDTH,
    gain: partGain(options),
    bias: options.bias,
  });
  return {
    parameters: parametersOf([{ parameters: [query, key, value] }, output]),
    apply: (x, parameters) => {
      const rotations = rotationsOf(x.graph.root, tokens);
      const weight = (spec: ParameterSpec): Tensor => parameter(parameters, spec.name);
      const scaled = mul(weight(query), 1 / Math.sqrt(HEAD_WIDTH));
      const q = heads(rotated(x, scaled, rotations));
      const k = heads(rotated(x, weight(key), rotations));
      const v = heads(atEveryPosition(x, weight(value)));
      const shares = softmax(matmul(q, transpose(k, [0, 1, 3, 2])));
      const read = transpose(matmul(shares, v), [0, 2, 1, 3]);
      return output.apply(reshape(read, x.shape), parameters);
    },
  };
}

/** [rows, tokens, width] as [rows, heads, tokens, width of a head]. */
function heads(x: Tensor): Tensor {
  const [rows, tokens] = x.shape as [number, number];
  return transpose(reshape(x, [rows, tokens, HEADS, HEAD_WIDTH]), [0, 2, 1, 3]);
}

interface Rotations {
  /** [tokens, width]: of each token's angle, for each number of each head. */
  readonly cosines: Tensor;
  readonly sines: Tensor;
  /** [width, width]: turns every pair of numbers (a, b) to (-b, a). */
  readonly quarterTurn: Tensor;
}

function rotationsOf(graph: Graph, tokens: number): Rotations {
  const cosines = new Float32Array(tokens * WIDTH);
  const sines = new Float32Array(tokens * WIDTH);
  const turn = new Float32Array(WIDTH * WIDTH);
  for (let column = 0; column < WIDTH; column++) {
    const frequency = 10_000 ** ((-2 * Math.floor((column % HEAD_WIDTH) / 2)) / HEAD_WIDTH);
    for (let token = 0; token < tokens; token++) {
      cosines[token * WIDTH + column] = Math.cos(token * frequency);
      sines[token * WIDTH + column] = Math.sin(token * frequency);
    }
    const odd = column % 2 === 1;
    turn[(odd ? column - 1 : column + 1) * WIDTH + column] = odd ? 1 : -1;
  }
  return {
    cosines: graph.constant("float32", [tokens, WIDTH], cosines),
    sines: graph.constant("float32", [tokens, WIDTH], sines),
    quarterTurn: graph.constant("float32", [WIDTH, WIDTH], turn),
  };
}

/** x W with every pair of numbers rotated by its token's angle: turning the weights is cheaper than the tokens. */
function rotated(x: Tensor, weight: Tensor, { cosines, sines, quarterTurn }: Rotations): Tensor {
  const turned = atEveryPosition(x, gemm(weight, quarterTurn));
  return add(mul(atEveryPosition(x, weight), cosines), mul(turned, sines));
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
