import { attribute, float, int, type Operator } from "../operator.js";
import { broadcastShapes, type Dim, formatShape, sameType, type Tensor } from "../tensor.js";
import { square, sub } from "./elementwise.js";
import { sum, sumTo } from "./reduce.js";
import { applyRounding } from "./rounding.js";
import { transpose } from "./shape.js";

/**
 * Y = alpha * op(A) op(B), with op the identity or the transpose. Gemm reads transposed operands in place, so that
 * neither the forward pass nor the two products of the backward pass copy anything:
 *
 *     Y = A B    dA = dY B^T    dB = A^T dY
 */
const gemmOp: Operator = {
  type: "Gemm",
  infer: ([a, b], attributes) => {
    if (a!.shape.length !== 2 || b!.shape.length !== 2) throw new TypeError("matrices have two axes.");
    const [rows, inner] = oriented(a!, attribute<number>(attributes, "transA"));
    const [innerB, columns] = oriented(b!, attribute<number>(attributes, "transB"));
    if (inner !== innerB) throw new TypeError(`inner lengths ${inner} and ${innerB} differ.`);
    return [{ dtype: sameType([a!, b!]), shape: [rows, columns] }];
  },
  gradient: ({ inputs: [a, b], attributes }, [gradient], wanted) => {
    const transA = attribute<number>(attributes, "transA") === 1;
    const transB = attribute<number>(attributes, "transB") === 1;
    const g = gradient!;
    const dA = () =>
      transA ? gemm(b!, g, { transA: transB, transB: true }) : gemm(g, b!, { transB: !transB });
    const dB = () =>
      transB ? gemm(g, a!, { transA: true, transB: transA }) : gemm(a!, g, { transA: !transA });
    return [wanted[0] ? dA() : undefined, wanted[1] ? dB() : undefined];
  },
};

function oriented(matrix: Tensor, transposed: number): readonly [Dim, Dim] {
  const [rows, columns] = matrix.shape as [Dim, Dim];
  return transposed === 1 ? [columns, rows] : [rows, columns];
}

export interface GemmOptions {
  transA?: boolean;
  transB?: boolean;
}

/** The product of two matrices, either of them read as its transpose. */
export function gemm(a: Tensor, b: Tensor, { transA = false, transB = false }: GemmOptions = {}): Tensor {
  return applyRounding(gemmOp, [a, b], {
    alpha: float(1),
    transA: int(transA ? 1 : 0),
    transB: int(transB ? 1 : 0),
  });
}

/** Batched products: the last two axes are matrices, the axes before them are equal or repeat where one is 1. */
const matmulOp: Operator = {
  type: "MatMul",
  infer: ([a, b]) => {
    const left = a!.shape;
    const right = b!.shape;
    if (left.length < 2 || left.length !== right.length) {
      throw new TypeError(`batches of ${formatShape(left)} and ${formatShape(right)} differ.`);
    }
    if (left.at(-1) !== right.at(-2))
      throw new TypeError(`inner lengths ${left.at(-1)} and ${right.at(-2)} differ.`);
    const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2));
    return [{ dtype: sameType([a!, b!]), shape: [...batch, left.at(-2)!, right.at(-1)!] }];
  },
  gradient: ({ inputs: [a, b] }, [gradient], wanted) => [
    wanted[0] ? sumTo(matmul(gradient!, swapLastAxes(b!)), a!.shape) : undefined,
    wanted[1] ? sumTo(matmul(swapLastAxes(a!), gradient!), b!.shape) : undefined,
  ],
};

export function matmul(a: Tensor, b: Tensor): Tensor {
  if (a.shape.length === 2) return gemm(a, b);
  return applyRounding(matmulOp, [a, b]);
}

/** Every matrix of a batch transposed. */
export function swapLastAxes(x: Tensor): Tensor {
  const order = x.shape.map((_, axis) => axis);
  const last = order.length - 1;
  [order[last], order[last - 1]] = [last - 1, last];
  return transpose(x, order);
}

/** Squared Euclidean distance of every row of `x` [rows, d] to the point `c` [d]: shape [rows]. */
export function squaredDistance(x: Tensor, c: Tensor): Tensor {
  return sum(square(sub(x, c)), [1]);
}
