import { scopeOf } from "../graph.js";
import { int, type Operator } from "../operator.js";
import { staticDim, type Tensor } from "../tensor.js";
import { sum } from "./reduce.js";
import { concat, expand, reshape } from "./shape.js";

/** A Gather by fixed positions; its transpose is one too: it adds up all that a position was copied to. */
const patchesOperator = (index: readonly (readonly number[])[]): Operator => ({
  type: "Gather",
  infer: ([x]) => [{ dtype: x!.dtype, shape: [index.length, index[0]!.length, ...x!.shape.slice(1)] }],
  gradient: ({ inputs: [x] }, [gradient]) => {
    const copies: number[][] = Array.from({ length: staticDim(x!, 0) }, () => []);
    index.flat().forEach((position, copy) => {
      copies[position]!.push(copy);
    });
    // The last position holds the zeros, which stay what they are.
    copies[copies.length - 1] = [];
    const most = Math.max(1, ...copies.map(({ length }) => length));
    const places = copies.map((own) => [...own, ...new Array<number>(most - own.length).fill(-1)]);
    const flat = reshape(gradient!, [index.length * index[0]!.length, ...x!.shape.slice(1)]);
    return [sum(patches(flat, places), [1])];
  },
});

/**
 * Lays out, for each patch, what `x` [positions, ...rest] holds at the positions listed; -1 stands for zeros. All
 * patches are equally long: the result is [patches, length, ...rest]. Convolutions become matrix products this way.
 */
export function patches(x: Tensor, index: readonly (readonly number[])[]): Tensor {
  const positions = staticDim(x, 0);
  const { root } = x.graph;
  const zero = expand(
    root.constant(
      x.dtype,
      x.shape.map(() => 1),
      x.dtype === "float64" ? new Float64Array(1) : new Float32Array(1),
    ),
    [1, ...x.shape.slice(1)],
  );
  const places = index.map((patch) => patch.map((place) => (place < 0 ? positions : place)));
  const table = root.constant(
    "int64",
    [places.length, places[0]!.length],
    BigInt64Array.from(places.flat(), BigInt),
  );
  const whole = concat([x, zero], 0);
  return scopeOf(whole).apply(patchesOperator(places), [whole, table], { axis: int(0) })[0]!;
}
