import { scopeOf } from "../graph.js";
import { type Attributes, int, type Operator } from "../operator.js";
import { staticDim, type Tensor } from "../tensor.js";
import { equal, where } from "./elementwise.js";
import { sum } from "./reduce.js";
import { reshape } from "./shape.js";

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
  // Each value goes back to where it came from.
  gradient: ({ inputs: [x], outputs: [, positions] }, [gradient]) => {
    const length = staticDim(x!, -1);
    const column = [...positions!.shape, 1];
    const places = scopeOf(x!).indices(Array.from({ length }, (_, k) => k));
    const from = where(
      equal(reshape(positions!, column), places),
      reshape(gradient!, column),
      scopeOf(x!).root.scalar(0, x!.dtype as "float32" | "float64"),
    );
    return [sum(from, [positions!.shape.length - 1])];
  },
};

/** The `k` smallest values along the last axis, ascending, and their positions; equal values by position. */
export function smallest(x: Tensor, k: number): { readonly values: Tensor; readonly positions: Tensor } {
  const scope = scopeOf(x);
  const attributes: Attributes = { axis: int(-1), largest: int(0), sorted: int(1) };
  const [values, positions] = scope.apply(topKOp, [x, scope.indices([k])], attributes);
  return { values: values!, positions: positions! };
}
