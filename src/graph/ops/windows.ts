import { scopeOf } from "../graph.js";
import { int, type Operator } from "../operator.js";
import { normalizedAxis, staticDim, type Tensor } from "../tensor.js";
import { add } from "./elementwise.js";
import { concat, reshape, split } from "./shape.js";

function apply(operator: Operator, inputs: readonly Tensor[], attributes = {}): Tensor {
  return scopeOf(...inputs).apply(operator, inputs, attributes)[0]!;
}

const padOperator = (axis: number, before: number, after: number): Operator => ({
  type: "Pad",
  infer: ([x]) => [
    {
      dtype: x!.dtype,
      shape: x!.shape.map((dim, k) => (k === axis ? staticDim(x!, axis) + before + after : dim)),
    },
  ],
  gradient: ({ inputs: [x] }, [gradient]) => [part(gradient!, axis, before, staticDim(x!, axis))],
});

/** Zeros before and after what a tensor holds along one axis of known length. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  if (before === 0 && after === 0) return x;
  const at = normalizedAxis(axis, x.shape);
  const along = (length: number): number[] => x.shape.map((_, k) => (k === at ? length : 0));
  return apply(padOperator(at, before, after), [
    x,
    x.graph.root.indices([...along(before), ...along(after)]),
  ]);
}

/** `length` entries of an axis, from `start` on. */
function part(x: Tensor, axis: number, start: number, length: number): Tensor {
  const rest = staticDim(x, axis) - start - length;
  const parts = [start, length, rest].filter((each) => each > 0);
  return split(x, axis, parts)[start > 0 ? 1 : 0]!;
}

/** Windows as a Gather of steps; its transpose adds every window back to the steps that it came from. */
function windowsOperator(length: number, stride: number): Operator {
  return {
    type: "Gather",
    infer: ([x]) => {
      const count = windowCount(staticDim(x!, 1), length, stride);
      return [{ dtype: x!.dtype, shape: [x!.shape[0]!, count, length, x!.shape[2]!] }];
    },
    gradient: ({ inputs: [x] }, [gradient]) => [overlapAdd(gradient!, stride, staticDim(x!, 1))],
  };
}

const windowCount = (steps: number, length: number, stride: number): number =>
  Math.floor((steps - length) / stride) + 1;

/**
 * From [rows, windows, length, width] to [rows, steps, width]. Steps are summed up class by class of their number
 * modulo the stride: within a class, windows follow each other at a distance of one, so that whole tensors are added.
 */
function overlapAdd(x: Tensor, stride: number, steps: number): Tensor {
  const [rows, windows, length, width] = x.shape as [number, number, number, number];
  const places = split(
    x,
    2,
    Array.from({ length }, () => 1),
  ).map((place) => reshape(place, [rows, windows, width]));
  const shifts = Math.ceil(length / stride);
  const classes = Array.from({ length: stride }, (_, residue) =>
    places
      .filter((_, place) => place % stride === residue)
      .map((place, shift) => pad(place, 1, shift, shifts - 1 - shift))
      .reduce((sum, shifted) => add(sum, shifted)),
  );
  const covered = stride * (windows + shifts - 1);
  const whole = reshape(concat(classes, 2), [rows, covered, width]);
  return covered > steps ? part(whole, 1, 0, steps) : pad(whole, 1, 0, steps - covered);
}

/**
 * Lays the steps of a series out so that a convolution over time is one matrix product: window w of the result holds
 * steps stride w to stride w + length - 1, one after the other.
 *
 * @param x [rows, steps, width], steps and width known when the graph is built
 * @param stride from 1 to `length`
 * @returns [rows, windows, length * width]
 */
export function windows(x: Tensor, length: number, stride = 1): Tensor {
  const width = staticDim(x, 2);
  const count = windowCount(staticDim(x, 1), length, stride);
  if (count < 1 || stride < 1 || stride > length) {
    throw new TypeError(
      `windows of ${length} steps at a distance of ${stride} do not fit ${x.shape[1]} steps.`,
    );
  }
  const steps = Array.from({ length: count * length }, (_, k) =>
    BigInt(stride * Math.floor(k / length) + (k % length)),
  );
  const index = x.graph.constant("int64", [count, length], BigInt64Array.from(steps));
  const gathered = apply(windowsOperator(length, stride), [x, index], { axis: int(1) });
  return reshape(gathered, [x.shape[0]!, count, length * width]);
}
