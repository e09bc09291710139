import { scopeOf } from "../graph.js";
import { int, type Operator } from "../operator.js";
import type { Tensor } from "../tensor.js";
import { mul, sub } from "./elementwise.js";
import { sum } from "./reduce.js";

const softmaxOp: Operator = {
  type: "Softmax",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  // With y the result, dx = y (dy - sum of y dy).
  gradient: ({ outputs: [y] }, [gradient]) => {
    const weighted = mul(gradient!, y!);
    return [sub(weighted, mul(y!, sum(weighted, [-1], { keepDims: true })))];
  },
};

/** exp(x) over its sum, along the last axis. */
export const softmax = (x: Tensor): Tensor => scopeOf(x).apply(softmaxOp, [x], { axis: int(-1) })[0]!;
