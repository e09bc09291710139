import type { Graph } from "./graph.js";
import type { Node } from "./operator.js";

/** Element types that our graphs use; the names are those of ONNX. */
export type DataType = "float32" | "float64" | "int32" | "int64" | "uint8" | "bool" | "string";

/** A length known when the graph is built, or the name of one that is known only when it runs. */
export type Dim = number | string;
export type Shape = readonly Dim[];

export interface TensorType {
  readonly dtype: DataType;
  readonly shape: Shape;
}

/** Literal contents of a tensor, row-major. */
export type TensorContents =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | readonly string[];

/**
 * A value in a graph that has not run yet: the output of a node, an input, or a constant. Tensors are made by a
 * {@link Graph} and by the operator functions, never directly.
 */
export interface Tensor extends TensorType {
  /** The scope that computes this value; a Loop body may use the values of every scope around it. */
  readonly graph: Graph;
  /** Unique within the model. */
  readonly name: string;
  /** What computes it; undefined for inputs, constants and initializers. */
  readonly node: Node | undefined;
  /** Literal contents, where they are known when the graph is built. */
  readonly contents: TensorContents | undefined;
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** The number of elements, or undefined where a dimension is symbolic. */
export function elementCount(shape: Shape): number | undefined {
  let count = 1;
  for (const dim of shape) {
    if (typeof dim === "string") return undefined;
    count *= dim;
  }
  return count;
}

/** The length of one axis (negative counts from the end) as a number; throws where it is symbolic. */
export function staticDim(tensor: TensorType, axis: number): number {
  const dim = tensor.shape.at(axis);
  if (typeof dim !== "number") {
    throw new TypeError(
      `Axis ${axis} of a tensor of shape ${formatShape(tensor.shape)} has no fixed length.`,
    );
  }
  return dim;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** The element type that all of the tensors have; throws where they differ. */
export function sameType(tensors: readonly TensorType[]): DataType {
  const { dtype } = tensors[0]!;
  const other = tensors.find((tensor) => tensor.dtype !== dtype);
  if (other !== undefined) throw new TypeError(`element types ${dtype} and ${other.dtype} differ.`);
  return dtype;
}

/** An axis counted from the front; negative ones count from the end. */
export function normalizedAxis(axis: number, shape: Shape): number {
  const normalized = axis < 0 ? axis + shape.length : axis;
  if (!(normalized >= 0 && normalized < shape.length)) {
    throw new TypeError(`axis ${axis} does not exist in ${formatShape(shape)}.`);
  }
  return normalized;
}

/** NumPy's broadcasting rule, with symbolic lengths equal only to themselves. */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new TypeError(`Shapes ${formatShape(a)} and ${formatShape(b)} cannot be broadcast together.`);
  });
}
