import { reshape, split, type Tensor } from "../graph/index.js";
import type { RandomStream } from "../math/random.js";

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Fills one parameter with its starting values. */
  readonly initialize: (target: Float32Array, stream: RandomStream) => void;
  /** A running statistic: optimisers leave it alone, and the network itself updates it. */
  readonly statistic?: boolean;
}

export const INITIALIZATIONS = ["he", "pytorch"] as const;
export type Initialization = (typeof INITIALIZATIONS)[number];

/**
 * Uniform in +-gain / sqrt(fanIn). A gain of 1 is PyTorch's default (Kaiming-uniform with a = sqrt 5); sqrt 6 keeps
 * the variance from layer to layer before a rectifier (He et al. 2015), sqrt 3 before a linear output.
 */
export function fanInUniform(fanIn: number, gain = 1): ParameterSpec["initialize"] {
  const bound = gain / Math.sqrt(fanIn);
  return (target, stream) => stream.fillUniform(target, -bound, bound);
}

/**
 * Starts each unit from `count` random inputs only; the other weights start at zero and are free to grow. Units with
 * a few features each see interactions, which sums over all features average away.
 * @param fanIn,width shape of the weight, [fanIn, width]
 */
export function sparseUniform(
  fanIn: number,
  width: number,
  count: number,
  gain: number,
): ParameterSpec["initialize"] {
  const bound = gain / Math.sqrt(count);
  return (target, stream) => {
    const own = new Float32Array(count);
    for (let unit = 0; unit < width; unit++) {
      stream.fillUniform(own, -bound, bound);
      stream.sample(fanIn, count).forEach((input, k) => {
        target[input * width + unit] = own[k]!;
      });
    }
  };
}

/**
 * All parameters of a network as one vector, in the order of their specs. Optimisers then work on a single tensor: a
 * dozen nodes in a training program instead of a dozen per layer.
 */
export class ParameterLayout {
  readonly specs: readonly ParameterSpec[];
  /** Elements in the vector. */
  readonly size: number;
  readonly #lengths: readonly number[];

  constructor(specs: readonly ParameterSpec[]) {
    this.specs = specs;
    this.#lengths = specs.map(({ shape }) => shape.reduce((product, length) => product * length, 1));
    this.size = this.#lengths.reduce((sum, length) => sum + length, 0);
  }

  /** Starting values. Each parameter has a stream of its own: a new layer leaves the others as they were. */
  initialize(streamOf: (parameter: string) => RandomStream): Float32Array<ArrayBuffer> {
    const values = new Float32Array(this.size);
    for (const { spec, view } of this.views(values)) spec.initialize(view, streamOf(spec.name));
    return values;
  }

  /** Each parameter's part of a vector, as a view into it. */
  views(values: Float32Array): { spec: ParameterSpec; view: Float32Array }[] {
    let offset = 0;
    return this.specs.map((spec, k) => {
      const view = values.subarray(offset, offset + this.#lengths[k]!);
      offset += this.#lengths[k]!;
      return { spec, view };
    });
  }

  /** The same parts of a vector inside a graph, by name. */
  tensors(vector: Tensor): ReadonlyMap<string, Tensor> {
    const parts = split(vector, 0, this.#lengths);
    return new Map(this.specs.map(({ name, shape }, k) => [name, reshape(parts[k]!, shape)]));
  }
}

/** Parameters by name, as network functions read them. */
export type Parameters = ReadonlyMap<string, Tensor>;

export function parameter(parameters: Parameters, name: string): Tensor {
  const tensor = parameters.get(name);
  if (tensor === undefined) throw new TypeError(`There is no parameter ${name}.`);
  return tensor;
}
