import { scopeOf } from "../graph.js";
import type { Operator } from "../operator.js";
import type { Tensor } from "../tensor.js";
import { add, div, mul, sqrt, square, sub } from "./elementwise.js";
import { mean } from "./reduce.js";

const meanOfLast = (x: Tensor): Tensor => mean(x, [-1], { keepDims: true });

/** The divisor is computed from x: its part of the derivative is given together with that of x. */
const normalizeOp: Operator = {
  type: "Div",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  gradient: ({ inputs: [, size], outputs: [y] }, [gradient]) => [
    div(sub(gradient!, mul(y!, meanOfLast(mul(gradient!, y!)))), size!),
  ],
};

/** Divides by the root mean square along the last axis (Zhang and Sennrich 2019): x / sqrt(mean of x^2 + epsilon). */
export function rmsNormalize(x: Tensor, epsilon: number): Tensor {
  const size = sqrt(add(meanOfLast(square(x)), epsilon));
  return scopeOf(x).apply(normalizeOp, [x, size])[0]!;
}
