import type { FeatureMatrix } from "../../features/index.js";

export const KERNELS = ["rbf", "polynomial", "sigmoid", "linear"] as const;

/**
 * A kernel with its numbers, named and defined as in scikit-learn:
 *
 *     rbf         exp(-gamma |x - y|^2)
 *     polynomial  (gamma x'y + coef0)^degree
 *     sigmoid     tanh(gamma x'y + coef0)
 *     linear      x'y
 */
export interface Kernel {
  readonly name: (typeof KERNELS)[number];
  readonly gamma: number;
  readonly coef0: number;
  readonly degree: number;
}

/** 1 / (d Var(X)) over all entries of the training matrix ("scale"), 1 / d ("auto"), or the number itself. */
export function gammaOf(gamma: "scale" | "auto" | number, { columns, data }: FeatureMatrix): number {
  if (typeof gamma === "number") return gamma;
  if (gamma === "auto") return 1 / columns;
  let mean = 0;
  for (const value of data) mean += value / data.length;
  let variance = 0;
  for (const value of data) variance += (value - mean) ** 2 / data.length;
  return variance === 0 ? 1 : 1 / (columns * variance);
}

/** K(x, x) is the same for all x. */
export const hasConstantDiagonal = (kernel: Kernel): boolean => kernel.name === "rbf";

/** x_i'x_i of every row. */
export function squaredNorms({ rows, columns, data }: FeatureMatrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) sum += data[k]! ** 2;
    return sum;
  });
}

/** K(x_i, x_i) of every row, from its squared norm. */
export function kernelDiagonal(kernel: Kernel, norms: Float64Array): Float64Array {
  return norms.map((norm) => kernelOfProduct(kernel, norm, 0));
}

/** K(x, y), in double precision: for checks, and for a few rows. */
export function kernelOf(kernel: Kernel, x: ArrayLike<number>, y: ArrayLike<number>): number {
  let product = 0;
  let squaredDistance = 0;
  for (let k = 0; k < x.length; k++) {
    product += x[k]! * y[k]!;
    squaredDistance += (x[k]! - y[k]!) ** 2;
  }
  return kernelOfProduct(kernel, product, squaredDistance);
}

function kernelOfProduct(kernel: Kernel, product: number, squaredDistance: number): number {
  const { name, gamma, coef0, degree } = kernel;
  switch (name) {
    case "rbf":
      return Math.exp(-gamma * squaredDistance);
    case "polynomial":
      return (gamma * product + coef0) ** degree;
    case "sigmoid":
      return Math.tanh(gamma * product + coef0);
    case "linear":
      return product;
  }
}
