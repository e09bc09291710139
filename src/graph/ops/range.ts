import { scopeOf } from "../graph.js";
import type { Operator } from "../operator.js";
import type { Dim, Tensor } from "../tensor.js";

function rangeOperator(length: Dim): Operator {
  return {
    type: "Range",
    infer: (inputs) => {
      if (inputs.some(({ dtype, shape }) => dtype !== "int64" || shape.length > 0)) {
        throw new TypeError("bounds are int64 scalars.");
      }
      return [{ dtype: "int64", shape: [length] }];
    },
  };
}

/** The integers 0 .. limit - 1. `limit` is an int64 scalar, known when the graph runs; `length` is its name. */
export function range(limit: Tensor, length: Dim): Tensor {
  const scope = scopeOf(limit);
  return scope.apply(rangeOperator(length), [scope.index(0), limit, scope.index(1)])[0]!;
}
