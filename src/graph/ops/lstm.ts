import { Graph, scopeOf } from "../graph.js";
import { type Attributes, float, int, ints, type Operator } from "../operator.js";
import { type Shape, sameShape, staticDim, type Tensor } from "../tensor.js";
import { add, mul, sigmoid, square, sub, tanh } from "./elementwise.js";
import { gemm } from "./matmul.js";
import { applyRounding } from "./rounding.js";
import { concat, expand, gather, reshape, split } from "./shape.js";

/** What a step of a recurrence makes. */
interface ScanStep {
  readonly carried: readonly Tensor[];
  readonly collected: readonly Tensor[];
}

interface ScanSpec {
  /** Starting values of what goes from step to step. */
  readonly carried: readonly Tensor[];
  /** [steps, ...]: one entry for each step. */
  readonly fed: readonly Tensor[];
  /** Tensors around it that the body reads, and that gradients have to reach. */
  readonly captured: readonly Tensor[];
  readonly backwards: boolean;
  step(carried: readonly Tensor[], fed: readonly Tensor[]): ScanStep;
  readonly gradient?: Operator["gradient"];
}

/** ONNX's Scan: reads and writes the entries of whole tensors in place, which a Loop would have to copy. */
function scan({ carried, fed, captured, backwards, step, gradient }: ScanSpec): readonly Tensor[] {
  const inputs = [...carried, ...fed, ...captured];
  const scope = scopeOf(...inputs);
  const body = new Graph(scope);
  const prefix = scope.unique("scan");
  const enter = (name: string, { dtype }: Tensor, shape: Shape): Tensor =>
    body.input(`${prefix}_${name}`, dtype, shape);
  const made = step(
    carried.map((tensor, k) => enter(`in_${k}`, tensor, tensor.shape)),
    fed.map((tensor, k) => enter(`fed_${k}`, tensor, tensor.shape.slice(1))),
  );
  for (const [k, tensor] of made.carried.entries()) body.output(`${prefix}_out_${k}`, tensor);
  for (const [k, tensor] of made.collected.entries()) body.output(`${prefix}_collected_${k}`, tensor);

  const steps = fed[0]!.shape[0]!;
  const operator: Operator = {
    type: "Scan",
    hidden: captured.length,
    carried: carried.length,
    infer: () => [
      ...carried.map(({ dtype, shape }) => ({ dtype, shape })),
      ...made.collected.map(({ dtype, shape }) => ({ dtype, shape: [steps, ...shape] })),
    ],
    ...(gradient && { gradient }),
  };
  const attributes: Attributes = {
    body: { kind: "graph", value: body },
    num_scan_inputs: int(fed.length),
    ...(backwards && {
      scan_input_directions: ints(fed.map(() => 1)),
      scan_output_directions: ints(made.collected.map(() => 1)),
    }),
  };
  return scope.apply(operator, inputs, attributes);
}

/** a b + c in one pass over the product. */
const gemmPlusOp: Operator = {
  type: "Gemm",
  infer: ([a, b]) => [{ dtype: a!.dtype, shape: [a!.shape[0]!, b!.shape[1]!] }],
};
const gemmPlus = (a: Tensor, b: Tensor, c: Tensor): Tensor =>
  applyRounding(gemmPlusOp, [a, b, c], { alpha: float(1), beta: float(1) });

/** [steps, rows, width] as a matrix. */
function matrix(x: Tensor): Tensor {
  const [steps, rows, width] = x.shape as [number, number, number];
  return reshape(x, [typeof rows === "number" ? steps * rows : "positions", width]);
}

function zeros(shape: Shape, model: Tensor): Tensor {
  const zero = model.graph.root.constant(
    model.dtype as "float32",
    [1, 1],
    model.dtype === "float64" ? Float64Array.of(0) : Float32Array.of(0),
  );
  return expand(zero, shape, model);
}

export interface LstmResult {
  /** The hidden state after the last step, [rows, width]. */
  readonly last: Tensor;
  /** The hidden state after every step, [steps, rows, width]. */
  readonly all: Tensor;
}

/**
 * A long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000) that starts
 * from zero:
 *
 *     i, f, o = sigmoid, g = tanh of (projected_t + h recurrent)
 *     c <- f c + i g        h <- o tanh(c)
 *
 * @param projected [steps, rows, 4 width]: what the inputs of every step give to the gates, in the order i, f, o, g
 * @param recurrent [width, 4 width]
 */
export function lstm(projected: Tensor, recurrent: Tensor): LstmResult {
  const width = staticDim(recurrent, 0);
  const [, rows, gates] = projected.shape;
  if (
    projected.shape.length !== 3 ||
    !sameShape(recurrent.shape, [width, 4 * width]) ||
    gates !== 4 * width
  ) {
    throw new TypeError(`gates of [${projected.shape}] and weights of [${recurrent.shape}] do not fit.`);
  }
  const widths = [width, width, width];
  const first = gather(projected, projected.graph.root.index(0));
  const start = zeros([rows!, width], split(first, 1, [...widths, width])[0]!);
  const [last, , all] = scan({
    carried: [start, start],
    fed: [projected],
    captured: [recurrent],
    backwards: false,
    step: ([h, c], [own]) => {
      const [open, candidate] = split(gemmPlus(h!, recurrent, own!), 1, [3 * width, width]) as [
        Tensor,
        Tensor,
      ];
      const s = sigmoid(open);
      const g = tanh(candidate);
      const [i, f, o] = split(s, 1, widths) as [Tensor, Tensor, Tensor];
      const cell = add(mul(f, c!), mul(i, g));
      const bounded = tanh(cell);
      const hidden = mul(o, bounded);
      return { carried: [hidden, cell], collected: [hidden, h!, c!, s, g, bounded] };
    },
    gradient: ({ outputs }, [byLast, , byAll], wanted) => {
      const [before, ...saved] = outputs.slice(3) as Tensor[];
      const byGates = backThroughTime(recurrent, saved, start, byLast, byAll);
      const byRecurrent = wanted[3] ? gemm(matrix(before!), matrix(byGates), { transA: true }) : undefined;
      return [undefined, undefined, byGates, byRecurrent];
    },
  });
  return { last: last!, all: all! };
}

/**
 * The derivative with respect to the gates of every step, [steps, rows, 4 width], from the last step to the first.
 * What the weights get from it is one product over all steps, outside of the recurrence.
 * @param saved of every step: its cell before, its gates s = (i, f, o) and g, and tanh of its cell after
 */
function backThroughTime(
  recurrent: Tensor,
  saved: readonly Tensor[],
  start: Tensor,
  byLast: Tensor | undefined,
  byAll: Tensor | undefined,
): Tensor {
  const width = staticDim(recurrent, 0);
  const [, , byGates] = scan({
    carried: [byLast ?? start, start],
    fed: byAll === undefined ? saved : [...saved, byAll],
    captured: [recurrent],
    backwards: true,
    step: ([byHidden, byCell], [cell, s, g, bounded, own]) => {
      const dh = own === undefined ? byHidden! : add(byHidden!, own);
      const [i, f, o] = split(s!, 1, [width, width, width]) as [Tensor, Tensor, Tensor];
      const hidden = mul(o, bounded!);
      const dc = add(byCell!, mul(dh, sub(o, mul(hidden, bounded!))));
      const bySigmoids = concat([mul(dc, g!), mul(dc, cell!), mul(dh, bounded!)], 1);
      const ig = mul(i, g!);
      const byTanh = mul(dc, sub(i, mul(ig, g!)));
      const gates = concat([mul(bySigmoids, sub(s!, square(s!))), byTanh], 1);
      return { carried: [gemm(gates, recurrent, { transB: true }), mul(dc, f)], collected: [gates] };
    },
  });
  return byGates!;
}
