import { scopeOf } from "../graph.js";
import { attribute, ints, type Operator } from "../operator.js";
import { formatShape, staticDim, type Tensor } from "../tensor.js";

/**
 * The second output says where each maximum was; only the derivative reads it, and a graph without one is written
 * without it: ONNX Runtime's pooling is several times faster when it need not remember.
 */
const maxPoolOp: Operator = {
  type: "MaxPool",
  optionalOutputs: true,
  infer: ([x], attributes) => {
    if (x!.shape.length < 3) throw new TypeError(`${formatShape(x!.shape)} has no spatial axes.`);
    const window = attribute<readonly number[]>(attributes, "kernel_shape");
    const shape = x!.shape.map((dim, axis) => {
      if (axis < 2) return dim;
      const out = Math.floor(staticDim(x!, axis) / window[axis - 2]!);
      if (out < 1) throw new TypeError(`a window of ${window[axis - 2]} is wider than ${dim}.`);
      return out;
    });
    return [
      { dtype: x!.dtype, shape },
      { dtype: "int64", shape },
    ];
  },
  gradient: ({ inputs: [x], outputs, attributes }, [gradient]) => {
    const window = attribute<readonly number[]>(attributes, "kernel_shape");
    const unpooled = scopeOf(gradient!, outputs[1]!).apply(
      maxUnpoolOperator(x!),
      [gradient!, outputs[1]!, x!.graph.root.indices(x!.shape.map((_, axis) => staticDim(x!, axis)))],
      { kernel_shape: ints(window), strides: ints(window) },
    );
    return [unpooled[0]!];
  },
};

/** Puts values back where the maxima were, and zeros everywhere else. */
const maxUnpoolOperator = (model: Tensor): Operator => ({
  type: "MaxUnpool",
  infer: ([values]) => [{ dtype: values!.dtype, shape: model.shape }],
});

/**
 * Maxima of windows of `size` (one number for all spatial axes) that do not overlap; what is left over at the end of
 * an axis is not looked at. `x` is float32 [rows, channels, ...lengths]. Of tied maxima the first has the gradient,
 * as in PyTorch; to be differentiated, all lengths have to be known.
 */
export function maxPool(x: Tensor, size: number): Tensor {
  const window = ints(x.shape.slice(2).map(() => size));
  return scopeOf(x).apply(maxPoolOp, [x], { kernel_shape: window, strides: window })[0]!;
}
