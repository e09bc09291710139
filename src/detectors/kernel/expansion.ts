import { throwIfAborted } from "../../errors.js";
import type { FeatureMatrix } from "../../features/index.js";
import {
  add,
  cast,
  concat,
  exp,
  Graph,
  gather,
  gemm,
  loop,
  mul,
  reshape,
  serialize,
  square,
  sum,
  type Tensor,
  tanh,
} from "../../graph/index.js";
import { float32, type Runtime } from "../../runtime/index.js";
import type { Kernel } from "./kernel.js";

/** A function sum_j c_j K(v_j, x), as all kernel machines are. */
export interface KernelExpansion {
  /** Rows v_j, float32 [count, columns]. */
  readonly vectors: FeatureMatrix;
  /** c_j, [count]. */
  readonly coefficients: Float64Array;
}

/**
 * Vectors that are looked at together. A whole table against all vectors would be a matrix of gigabytes; a block of
 * this width stays in the processor's cache, which also makes it the fastest of 64, 128, 256 and 512.
 */
const BLOCK = 128;
/** Rows per run while training: the grain of cancellation. */
const ROWS_PER_RUN = 2048;

/**
 * The expansion as nodes: features float32 [rows, d] to float64 [rows].
 *
 * Products are in double precision. |x|^2 + |v|^2 - 2 x'v cancels, and a decision is a small difference of large sums.
 */
export function expansionGraph(kernel: Kernel, expansion: KernelExpansion, features: Tensor): Tensor {
  const { vectors, coefficients } = expansion;
  const { rows: count, columns } = vectors;
  const graph = features.graph.root;
  const x = cast(features, "float64");
  if (kernel.name === "linear") {
    const weights = new Float64Array(columns);
    for (let j = 0; j < count; j++) {
      for (let k = 0; k < columns; k++) {
        weights[k]! += coefficients[j]! * vectors.data[j * columns + k]!;
      }
    }
    return reshape(gemm(x, graph.initializer("support.weights", "float64", [columns, 1], weights)), ["rows"]);
  }

  const blocks = Math.max(1, Math.ceil(count / BLOCK));
  const width = Math.min(BLOCK, Math.max(1, count));
  const padded = new Float32Array(blocks * width * columns);
  padded.set(vectors.data);
  const weights = new Float64Array(blocks * width);
  weights.set(coefficients);
  const table = graph.initializer("support.vectors", "float32", [blocks, width, columns], padded);
  const v = extendedVectors(kernel, cast(table, "float64"));
  const c = graph.initializer("support.coefficients", "float64", [blocks, width, 1], weights);
  const left = extendedFeatures(kernel, x);
  const part = (block: Tensor): Tensor => {
    const products = gemm(left, reshape(gather(v, block), [width, left.shape[1]!]), { transB: true });
    return gemm(kernelFunction(kernel, products), reshape(gather(c, block), [width, 1]));
  };
  if (blocks === 1) return reshape(part(graph.index(0)), ["rows"]);
  const start = mul(sum(x, [1], { keepDims: true }), 0);
  const { carried } = loop(features.graph, graph.index(blocks), [start], (block, [total]) => ({
    carried: [add(total!, part(block))],
    collected: [],
  }));
  return reshape(carried[0]!, ["rows"]);
}

/** K(x, x) as nodes: features float32 [rows, d] to float64 [rows]. */
export function diagonalGraph(kernel: Kernel, features: Tensor): Tensor {
  const norms = sum(square(cast(features, "float64")), [1]);
  if (kernel.name === "rbf") return add(mul(norms, 0), 1);
  if (kernel.name === "linear") return norms;
  return kernelFunction(kernel, add(mul(norms, kernel.gamma), kernel.coef0));
}

/**
 * What the kernel is a function of is one matrix product, once both sides have further columns:
 *
 *     -gamma |x - v|^2 = [2 gamma x, -gamma |x|^2, 1] . [v, 1, -gamma |v|^2]
 *     gamma x'v + c0   = [gamma x, 1] . [v, c0]
 */
export function extendedFeatures(kernel: Kernel, x: Tensor): Tensor {
  if (kernel.name === "linear") return x;
  const one = add(mul(sum(x, [1], { keepDims: true }), 0), 1);
  if (kernel.name !== "rbf") return concat([mul(x, kernel.gamma), one], 1);
  const norm = mul(sum(square(x), [1], { keepDims: true }), -kernel.gamma);
  return concat([mul(x, 2 * kernel.gamma), norm, one], 1);
}

export function extendedVectors(kernel: Kernel, v: Tensor): Tensor {
  if (kernel.name === "linear") return v;
  const norm = sum(square(v), [2], { keepDims: true });
  if (kernel.name !== "rbf") return concat([v, add(mul(norm, 0), kernel.coef0)], 2);
  return concat([v, add(mul(norm, 0), 1), mul(norm, -kernel.gamma)], 2);
}

/** exp, power or tanh. The exponential in single precision: an error of 3e-8 for a quarter of the time. */
export function kernelFunction(kernel: Kernel, argument: Tensor): Tensor {
  switch (kernel.name) {
    case "rbf":
      return cast(exp(cast(argument, "float32")), "float64");
    case "polynomial":
      return power(argument, kernel.degree);
    case "sigmoid":
      return tanh(argument);
    case "linear":
      return argument;
  }
}

/** x^n by repeated squaring; ONNX's Pow takes a hundred times longer. */
function power(x: Tensor, exponent: number): Tensor {
  let result: Tensor | undefined;
  let base = x;
  for (let rest = exponent; ; base = square(base)) {
    if (rest % 2 === 1) result = result === undefined ? base : mul(result, base);
    rest = Math.floor(rest / 2);
    if (rest === 0) return result!;
  }
}

/** The expansion's value for every row of a matrix. */
export async function evaluateExpansion(
  runtime: Runtime,
  kernel: Kernel,
  expansion: KernelExpansion,
  { rows, columns, data }: FeatureMatrix,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const graph = new Graph();
  graph.output(
    "value",
    expansionGraph(kernel, expansion, graph.input("features", "float32", ["rows", columns])),
  );
  const session = await runtime.createSession(serialize(graph));
  const values = new Float64Array(rows);
  try {
    for (let from = 0; from < rows; from += ROWS_PER_RUN) {
      throwIfAborted(signal);
      const to = Math.min(rows, from + ROWS_PER_RUN);
      const { value } = await session.run({
        features: float32([to - from, columns], data.slice(from * columns, to * columns)),
      });
      values.set(value!.data as Float64Array, from);
    }
  } finally {
    await session.release();
  }
  return values;
}
