import { scopeOf } from "../graph.js";
import { attribute, int, type Node, type Operator } from "../operator.js";
import {
  type Dim,
  elementCount,
  normalizedAxis,
  type Shape,
  sameShape,
  staticDim,
  type Tensor,
} from "../tensor.js";
import { cast } from "./cast.js";
import { div, mul, reaching } from "./elementwise.js";
import { applyRounding } from "./rounding.js";
import { expand, reshape } from "./shape.js";

/** Axes travel as a constant second input (ONNX 18); here they are read back from it. */
function axesOf(inputs: readonly Tensor[]): number[] {
  return Array.from(inputs[1]!.contents as BigInt64Array, Number);
}

function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  const reduced = new Set(axes.map((axis) => normalizedAxis(axis, shape)));
  return shape.flatMap((dim, axis): Dim[] => (reduced.has(axis) ? (keepDims ? [1] : []) : [dim]));
}

function reduction(type: string, derivative?: (gradient: Tensor, x: Tensor, y: Tensor) => Tensor): Operator {
  return {
    type,
    infer: (inputs, attributes) => [
      {
        dtype: inputs[0]!.dtype,
        shape: reducedShape(
          inputs[0]!.shape,
          axesOf(inputs),
          attribute<number>(attributes, "keepdims") === 1,
        ),
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
  const count = elementCount(x.shape.filter((dim, axis) => dim !== g.shape[axis]));
  // An open length is known only when the graph runs.
  const divisor = count ?? div(cast(sizeOf(x), x.dtype), cast(sizeOf(g), x.dtype));
  return expand(div(g, divisor), x.shape, x);
});
// Equal maxima share the gradient evenly.
const maxOp = reduction("ReduceMax", (g, x, y) => {
  const axes = x.shape.flatMap((dim, axis) => (dim === g.shape[axis] ? [] : [axis]));
  const chosen = reaching(x, y);
  return mul(div(g, sum(chosen, axes, { keepDims: true })), chosen);
});

const sizeOp: Operator = { type: "Size", infer: () => [{ dtype: "int64", shape: [] }] };

/** The number of elements when the graph runs. */
const sizeOf = (x: Tensor): Tensor => scopeOf(x).apply(sizeOp, [x])[0]!;

function reduce(operator: Operator, x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  // To ONNX an empty list means all axes.
  if (axes.length === 0) return x;
  const scope = scopeOf(x);
  const inputs = [x, scope.indices(axes)];
  const attributes = { keepdims: int(keepDims ? 1 : 0) };
  // A maximum is one of the elements, whatever the order.
  if (operator === maxOp) return scope.apply(operator, inputs, attributes)[0]!;
  return applyRounding(operator, inputs, attributes);
}

export interface ReduceOptions {
  /** Leave reduced axes in the shape with length 1. */
  keepDims?: boolean;
}

const allAxes = (x: Tensor): number[] => x.shape.map((_, axis) => axis);

export function sum(
  x: Tensor,
  axes: readonly number[] = allAxes(x),
  { keepDims = false }: ReduceOptions = {},
): Tensor {
  return reduce(sumOp, x, axes, keepDims);
}

export function mean(
  x: Tensor,
  axes: readonly number[] = allAxes(x),
  { keepDims = false }: ReduceOptions = {},
): Tensor {
  return reduce(meanOp, x, axes, keepDims);
}

export function max(
  x: Tensor,
  axes: readonly number[] = allAxes(x),
  { keepDims = false }: ReduceOptions = {},
): Tensor {
  return reduce(maxOp, x, axes, keepDims);
}

/** Undoes broadcasting: sums a gradient over the axes along which `shape` was repeated. */
export function sumTo(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((dim, axis) =>
    axis < lead || (shape[axis - lead] === 1 && dim !== 1) ? [axis] : [],
  );
  return reshape(sum(gradient, axes, { keepDims: true }), shape);
}

/** The mean over one axis of known length, as a sum and a factor (cheaper to differentiate). */
export function meanOver(x: Tensor, axis: number): Tensor {
  return mul(sum(x, [axis]), 1 / staticDim(x, axis));
}
