import { scopeOf } from "../graph.js";
import { type Attributes, int, type Operator } from "../operator.js";
import { staticDim, type Tensor } from "../tensor.js";

const topKOp: Operator = {
  type: "TopK",
  infer: ([x, k]) => {
    const count = Number((k!.contents as BigInt64Array)[0]);
    const length = staticDim(x!, -1);
    if (!(count >= 1 && count <= length)) throw new TypeError(`${count} of ${length} cannot be chosen.`);
    const shape = [...x!.shape.slice(0, -1), count];
    return [
      { dtype: x!.dtype, shape },
      { dtype: "int64", shape },
    ];
  },
};

/** The `k` smallest values along the last axis, ascending, and their positions; equal values by position. */
export function smallest(x: Tensor, k: number): { readonly values: Tensor; readonly positions: Tensor } {
  const scope = scopeOf(x);
  const attributes: Attributes = { axis: int(-1), largest: int(0), sorted: int(1) };
  const [values, positions] = scope.apply(topKOp, [x, scope.indices([k])], attributes);
  return { values: values!, positions: positions! };
}
