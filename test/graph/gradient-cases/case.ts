import type { Graph } from "../../../src/graph/graph.js";
import type * as operators from "../../../src/graph/ops/index.js";
import type { Shape, Tensor } from "../../../src/graph/tensor.js";

export type Float = "float32" | "float64";
export type Operators = typeof operators;
/** Adds up a tensor with a different factor for every element, so that no two errors cancel. */
export type Weigh = (y: Tensor) => Tensor;
type Build = (ops: Operators, x: Record<string, Tensor>, graph: Graph, weigh: Weigh) => Tensor;

/** An expression of operators whose derivatives are compared with finite differences. */
export interface Case {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly build: Build;
  /** float64 unless ONNX Runtime has no kernel for it. */
  readonly dtype?: Float;
  /** Element types of single inputs, where they differ. */
  readonly dtypes?: Readonly<Record<string, Float>>;
  /** From a uniform number and a position; by default of size 0.3 to 1.5 and either sign, away from kinks at 0. */
  readonly value?: (uniform: number, index: number) => number;
}

export const signed = (uniform: number): number =>
  uniform < 0.5 ? -0.3 - 2.4 * uniform : 0.3 + 2.4 * (uniform - 0.5);
export const between =
  (low: number, high: number) =>
  (uniform: number): number =>
    low + uniform * (high - low);
/** Every element in a cell of its own: no two within 0.05 of each other. */
export const distinct = (uniform: number, index: number): number =>
  (((index * 7) % 24) - 11.5) * 0.2 + 0.1 * uniform;

/** A case of one operand, [2, 3] unless told. */
export const unary = (
  name: string,
  build: (ops: Operators, x: Tensor) => Tensor,
  options: Partial<Case> = {},
): Case => ({ name, inputs: { x: [2, 3] }, build: (ops, { x }) => build(ops, x!), ...options });
