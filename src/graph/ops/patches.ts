import { scopeOf } from "../graph.js";
import { int, type Operator } from "../operator.js";
import { staticDim, type Tensor } from "../tensor.js";
import { sum } from "./reduce.js";
import { concat, expand, reshape } from "./shape.js";

/**
 * A Gather by fixed positions; its transpose is one too: it adds up all that a position was copied to.
 * @param zeros how many of the last positions hold zeros, which stay what they are
 */
const patchesOperator = (index: readonly (readonly number[])[], zeros: number): Operator => ({
  type: "Gather",
  infer: ([x]) => [{ dtype: x!.dtype, shape: [index.length, index[0]!.length, ...x!.shape.slice(1)] }],
  gradient: ({ inputs: [x] }, [gradient]) => {
    const copies: number[][] = Array.from({ length: staticDim(x!, 0) }, () => []);
    index.flat().forEach((position, copy) => {
      copies[position]!.push(copy);
    });
    if (zeros > 0) copies[copies.length - 1] = [];
    const flat = reshape(gradient!, [index.length * index[0]!.length, ...x!.shape.slice(1)]);
    return [sumsOf(flat, copies)];
  },
});

/**
 * For each position the sum of the listed rows. Positions with as many rows are summed together, and put into their order
 * afterwards: where strides leave some with one row and others with four, half of all rows would be zeros else.
 */
function sumsOf(flat: Tensor, lists: readonly (readonly number[])[]): Tensor {
  const counts = [...new Set(lists.map(({ length }) => length))].sort((a, b) => a - b);
  const order: number[] = [];
  const parts = counts.map((count) => {
    const positions = lists.flatMap(({ length }, position) => (length === count ? [position] : []));
    order.push(...positions);
    const width = flat.shape.slice(1);
    if (count === 0) return expand(zerosOf(flat), [positions.length, ...width]);
    const laid = patches(
      flat,
      positions.map((position) => lists[position]!),
    );
    return count === 1 ? reshape(laid, [positions.length, ...width]) : sum(laid, [1]);
  });
  const whole = concat(parts, 0);
  if (order.every((position, k) => position === k)) return whole;
  const placeOf = new Array<number>(order.length);
  order.forEach((position, k) => {
    placeOf[position] = k;
  });
  return reshape(patches(whole, [placeOf]), whole.shape);
}

const zerosOf = (x: Tensor): Tensor =>
  x.graph.root.constant(
    x.dtype,
    x.shape.map(() => 1),
    x.dtype === "float64" ? new Float64Array(1) : new Float32Array(1),
  );

/**
 * Lays out, for each patch, what `x` [positions, ...rest] holds at the positions listed; -1 stands for zeros. All
 * patches are equally long: the result is [patches, length, ...rest]. Convolutions become matrix products this way.
 */
export function patches(x: Tensor, index: readonly (readonly number[])[]): Tensor {
  const positions = staticDim(x, 0);
  const zeros = index.some((patch) => patch.some((place) => place < 0)) ? 1 : 0;
  const whole = zeros === 0 ? x : concat([x, expand(zerosOf(x), [1, ...x.shape.slice(1)])], 0);
  const places = index.map((patch) => patch.map((place) => (place < 0 ? positions : place)));
  const table = x.graph.root.constant(
    "int64",
    [places.length, places[0]!.length],
    BigInt64Array.from(places.flat(), BigInt),
  );
  return scopeOf(whole).apply(patchesOperator(places, zeros), [whole, table], { axis: int(0) })[0]!;
}
