import { scopeOf } from "../graph.js";
import { type Attributes, attribute, int, ints, type Operator } from "../operator.js";
import {
  broadcastShapes,
  type Dim,
  elementCount,
  formatShape,
  normalizedAxis,
  type Shape,
  sameShape,
  sameType,
  staticDim,
  type Tensor,
} from "../tensor.js";
import { sumTo } from "./reduce.js";

function apply(operator: Operator, inputs: readonly Tensor[], attributes: Attributes = {}): Tensor {
  return scopeOf(...inputs).apply(operator, inputs, attributes)[0]!;
}

function constantShape(tensor: Tensor): number[] {
  return Array.from(tensor.contents as BigInt64Array, Number);
}

/** At most one length may be symbolic: it becomes ONNX's -1, the length that follows from the others. */
function shapeTensor(x: Tensor, shape: Shape): Tensor {
  const symbolic = shape.filter((dim) => typeof dim === "string");
  if (symbolic.length > 1) throw new TypeError(`${formatShape(shape)} has more than one open length.`);
  return x.graph.root.indices(shape.map((dim) => (typeof dim === "string" ? -1 : dim)));
}

function reshapeOperator(shape: Shape): Operator {
  return {
    type: "Reshape",
    infer: ([x]) => {
      const before = elementCount(x!.shape);
      const after = elementCount(shape);
      if (before !== undefined && after !== undefined && before !== after) {
        throw new TypeError(`${before} elements do not fit the shape ${formatShape(shape)}.`);
      }
      return [{ dtype: x!.dtype, shape }];
    },
    gradient: ({ inputs }, [gradient]) => [reshape(gradient!, inputs[0]!.shape)],
  };
}

export function reshape(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : apply(reshapeOperator(shape), [x, shapeTensor(x, shape)]);
}

const transposeOp: Operator = {
  type: "Transpose",
  infer: ([x], attributes) => {
    const order = attribute<readonly number[]>(attributes, "perm");
    return [{ dtype: x!.dtype, shape: order.map((axis) => x!.shape[axis]!) }];
  },
  gradient: ({ attributes }, [gradient]) => {
    const order = attribute<readonly number[]>(attributes, "perm");
    return [
      transpose(
        gradient!,
        Array.from(order, (_, axis) => order.indexOf(axis)),
      ),
    ];
  },
};

/** Reorders axes: axis i of the result is axis `order[i]` of `x`. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  if (order.length !== x.shape.length || x.shape.some((_, axis) => !order.includes(axis))) {
    throw new TypeError(`Transpose(${formatShape(x.shape)}): the order [${order}] does not fit.`);
  }
  return order.every((axis, position) => axis === position)
    ? x
    : apply(transposeOp, [x], { perm: ints(order) });
}

function expandOperator(shape: Shape): Operator {
  return {
    type: "Expand",
    infer: ([x]) => {
      if (!sameShape(broadcastShapes(x!.shape, shape), shape)) {
        throw new TypeError(`only axes of length 1 can be repeated to ${formatShape(shape)}.`);
      }
      return [{ dtype: x!.dtype, shape }];
    },
    gradient: ({ inputs }, [gradient]) => [sumTo(gradient!, inputs[0]!.shape)],
  };
}

/** Repeats along axes of length 1. Where a length is symbolic it is read from `model`, a tensor of that shape. */
export function expand(x: Tensor, shape: Shape, model?: Tensor): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const dynamic = shape.some((dim) => typeof dim === "string");
  if (dynamic && model === undefined) throw new TypeError(`${formatShape(shape)} has an open length.`);
  return apply(expandOperator(shape), [
    x,
    dynamic ? shapeOf(model!) : x.graph.root.indices(shape as number[]),
  ]);
}

const shapeOp: Operator = {
  type: "Shape",
  infer: ([x]) => [{ dtype: "int64", shape: [x!.shape.length] }],
};

/** The shape of a tensor when the graph runs, as one-dimensional int64. */
export const shapeOf = (x: Tensor): Tensor => apply(shapeOp, [x]);

const concatOp: Operator = {
  type: "Concat",
  infer: (inputs, attributes) => {
    const [first] = inputs;
    const axis = normalizedAxis(attribute<number>(attributes, "axis"), first!.shape);
    let length = 0;
    for (const input of inputs) {
      const aligned = input.shape.every((dim, k) => k === axis || dim === first!.shape[k]);
      if (input.shape.length !== first!.shape.length || !aligned)
        throw new TypeError("shapes differ off the axis.");
      length += staticDim(input, axis);
    }
    return [{ dtype: sameType(inputs), shape: first!.shape.map((dim, k) => (k === axis ? length : dim)) }];
  },
  gradient: ({ inputs, attributes }, [gradient]) => {
    const axis = attribute<number>(attributes, "axis");
    return split(
      gradient!,
      axis,
      inputs.map((input) => staticDim(input, axis)),
    );
  },
};

export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new TypeError("Concat: there is nothing to put together.");
  return tensors.length === 1 ? first : apply(concatOp, tensors, { axis: int(axis) });
}

const splitOp: Operator = {
  type: "Split",
  infer: (inputs, attributes) => {
    const axis = normalizedAxis(attribute<number>(attributes, "axis"), inputs[0]!.shape);
    const lengths = constantShape(inputs[1]!);
    const whole = lengths.reduce((sum, length) => sum + length, 0);
    if (whole !== inputs[0]!.shape[axis])
      throw new TypeError(`parts of ${lengths.join(" + ")} do not add up.`);
    return lengths.map((length) => ({
      dtype: inputs[0]!.dtype,
      shape: inputs[0]!.shape.map((dim, k) => (k === axis ? length : dim)),
    }));
  },
  gradient: ({ outputs, attributes }, gradients) => {
    const parts = outputs.map((output, k) => gradients[k] ?? zeros(output));
    return [concat(parts, attribute<number>(attributes, "axis"))];
  },
};

function zeros(like: Tensor): Tensor {
  const zero = like.graph.root.scalar(0, like.dtype as "float32" | "float64");
  return expand(
    reshape(
      zero,
      like.shape.map(() => 1),
    ),
    like.shape,
    like,
  );
}

/** Cuts a tensor along one axis into parts of the given lengths. */
export function split(x: Tensor, axis: number, lengths: readonly number[]): readonly Tensor[] {
  if (lengths.length === 1 && x.shape.at(axis) === lengths[0]) return [x];
  const scope = scopeOf(x);
  return scope.apply(splitOp, [x, scope.indices(lengths)], { axis: int(axis) });
}

/** The first `length` entries of an axis of known length. */
export function leading(x: Tensor, axis: number, length: number): Tensor {
  const rest = staticDim(x, axis) - length;
  return rest === 0 ? x : split(x, axis, [length, rest])[0]!;
}

const gatherOp: Operator = {
  type: "Gather",
  infer: ([data, index], attributes) => {
    const axis = normalizedAxis(attribute<number>(attributes, "axis"), data!.shape);
    const shape: Dim[] = [...data!.shape.slice(0, axis), ...index!.shape, ...data!.shape.slice(axis + 1)];
    return [{ dtype: data!.dtype, shape }];
  },
  // A place is a whole number, and says nothing of small changes.
  gradient: (_, __, wanted) => {
    if (wanted[0]) throw new TypeError("Gather has no derivative.");
    return [];
  },
};

/**
 * Picks rows (or entries of another axis) by int64 index. Not differentiable with respect to `data`: it reads data and
 * schedules.
 */
export const gather = (data: Tensor, index: Tensor, axis = 0): Tensor =>
  apply(gatherOp, [data, index], { axis: int(axis) });
