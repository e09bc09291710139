import { int, type Operator } from "../operator.js";
import { sameShape, sameType, type Tensor } from "../tensor.js";
import { mul, sub } from "./elementwise.js";
import { matmul, swapLastAxes } from "./matmul.js";
import { sum } from "./reduce.js";
import { applyRounding } from "./rounding.js";

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
export const softmax = (x: Tensor): Tensor => applyRounding(softmaxOp, [x], { axis: int(-1) });

/**
 * Shares times values, with the scores that the shares are the softmax of as a hidden input. The sum over all values
 * that softmax's derivative needs is the product of the result and its gradient (Dao et al. 2022): much smaller
 * tensors, and two passes over the scores' gradient instead of four.
 */
const readOp: Operator = {
  type: "MatMul",
  hidden: 1,
  infer: ([shares, values]) => [
    { dtype: sameType([shares!, values!]), shape: [...shares!.shape.slice(0, -1), values!.shape.at(-1)!] },
  ],
  gradient: ({ inputs: [shares, values], outputs: [read] }, [gradient], wanted) => {
    const total = (): Tensor => sum(mul(gradient!, read!), [-1], { keepDims: true });
    return [
      undefined,
      wanted[1] ? matmul(swapLastAxes(shares!), gradient!) : undefined,
      wanted[2] ? mul(shares!, sub(matmul(gradient!, swapLastAxes(values!)), total())) : undefined,
    ];
  },
};

/**
 * Each query's mean of the values, weighted by softmax(query . key).
 * @param queries,keys,values [..., tokens, width], of the same shape and at least three axes; queries come scaled
 */
export function attention(queries: Tensor, keys: Tensor, values: Tensor): Tensor {
  if (!sameShape(queries.shape, keys.shape) || !sameShape(queries.shape, values.shape)) {
    throw new TypeError(
      `queries [${queries.shape}], keys [${keys.shape}] and values [${values.shape}] differ.`,
    );
  }
  const scores = matmul(queries, swapLastAxes(keys));
  const shares = softmax(scores);
  return applyRounding(readOp, [shares, values, scores]);
}
