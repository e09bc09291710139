import { scopeOf } from "../graph.js";
import { attribute, int, type Node, type Operator } from "../operator.js";
import { type Dim, elementCount, sameShape, type Shape, staticDim, type Tensor } from "../tensor.js";
import { div, equal, mul, where } from "./elementwise.js";
import { expand, reshape } from "./shape.js";

/** Axes travel as a constant second input (ONNX 18); here they are read back from it. */
function axesOf(inputs: readonly Tensor[]): number[] {
  return Array.from(inputs[1]!.contents as BigInt64Array, Number);
}

function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  const reduced = new Set(axes.map((axis) => (axis < 0 ? axis + shape.length : axis)));
  for (const axis of reduced) if (axis >= shape.length) throw new TypeError(`axis ${axis} does not exist.`);
  return shape.flatMap((dim, axis): Dim[] => (reduced.has(axis) ? (keepDims ? [1] : []) : [dim]));
}

function reduction(type: string, derivative?: (gradient: Tensor, x: Tensor, y: Tensor) => Tensor): Operator {
  return {
    type,
    infer: (inputs, attributes) => [
      {
        dtype: inputs[0]!.dtype,
        shape: reducedShape(inputs[0]!.shape, axesOf(inputs), attribute<number>(attributes, "keepdims") === 1),
      },
    ],
    ...(derivative && {
      gradient: ({ inputs, outputs }: Node, [gradient]: readonly (Tensor | undefined)[]) => {
        const x = inputs[0]!;
        const kept = reducedShape(x.shape, axesOf(inputs), true);
        return [derivative(reshape(gradient!, kept), x, reshape(outputs[0]!, kept))];
      },
    }),
  };
}

const sumOp = reduction("ReduceSum", (g, x) => expand(g, x.shape, x));
const meanOp = reduction("ReduceMean", (g, x) => {
  const ratio = elementCount(x.shape)! / elementCount(g.shape)!;
  return expand(div(g, ratio), x.shape, x);
});
// Equal maxima share the gradient in full each: a subgradient, and the ties are of measure zero.
const maxOp = reduction("ReduceMax", (g, x, y) => mul(g, where(equal(x, y), like1(x), 0)));

function like1(x: Tensor): Tensor {
  return x.graph.root.scalar(1, x.dtype as "float32" | "float64");
}

function reduce(operator: Operator, x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  const scope = scopeOf(x);
  return scope.apply(operator, [x, scope.indices(axes)], { keepdims: int(keepDims ? 1 : 0) })[0]!;
}

export interface ReduceOptions {
  /** Leave reduced axes in the shape with length 1. */
  keepDims?: boolean;
}

const allAxes = (x: Tensor): number[] => x.shape.map((_, axis) => axis);

export function sum(x: Tensor, axes: readonly number[] = allAxes(x), { keepDims = false }: ReduceOptions = {}): Tensor {
  return axes.length === 0 ? x : reduce(sumOp, x, axes, keepDims);
}

export function mean(x: Tensor, axes: readonly number[] = allAxes(x), { keepDims = false }: ReduceOptions = {}): Tensor {
  return reduce(meanOp, x, axes, keepDims);
}

export function max(x: Tensor, axes: readonly number[] = allAxes(x), { keepDims = false }: ReduceOptions = {}): Tensor {
  return reduce(maxOp, x, axes, keepDims);
}

/** Undoes broadcasting: sums a gradient over the axes along which `shape` was repeated. */
export function sumTo(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((dim, axis) => (axis < lead || (shape[axis - lead] === 1 && dim !== 1) ? [axis] : []));
  return reshape(sum(gradient, axes, { keepDims: true }), shape);
}

/** The mean over one axis of known length, as a sum and a factor (cheaper to differentiate). */
export function meanOver(x: Tensor, axis: number): Tensor {
  return mul(sum(x, [axis]), 1 / staticDim(x, axis));
}
