import { ELEMENT_TYPE } from "../element-type.js";
import { scopeOf } from "../graph.js";
import { attribute, int, type Operator } from "../operator.js";
import type { DataType, Tensor } from "../tensor.js";

const castOp: Operator = {
  type: "Cast",
  infer: ([x], attributes) => {
    const to = attribute<number>(attributes, "to");
    const dtype = (Object.keys(ELEMENT_TYPE) as DataType[]).find((name) => ELEMENT_TYPE[name] === to)!;
    return [{ dtype, shape: x!.shape }];
  },
  gradient: ({ inputs: [x] }, [gradient]) => [
    x!.dtype.startsWith("float") ? cast(gradient!, x!.dtype) : undefined,
  ],
};

export function cast(x: Tensor, dtype: DataType): Tensor {
  return x.dtype === dtype ? x : scopeOf(x).apply(castOp, [x], { to: int(ELEMENT_TYPE[dtype]) })[0]!;
}

// A cast to the type that it has: the one node without effect that nothing else writes. Nodes are shared by what they
// compute, and an Identity could be shared with one that has a derivative.
const detachOp: Operator = { ...castOp, gradient: () => [undefined] };

/** The same values, constant in the eyes of the differentiation: what a search found, not how it found it. */
export const detach = (x: Tensor): Tensor =>
  scopeOf(x).apply(detachOp, [x], { to: int(ELEMENT_TYPE[x.dtype]) })[0]!;
