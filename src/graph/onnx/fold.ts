/** Whole numbers of a model that follow from lengths alone: how many blocks there are, and which rows each has. */
import type { Graph } from "../graph.js";
import type { Shape, Tensor } from "../tensor.js";
import { attributeNumbers, type ForeignNode } from "./nodes.js";

/** More numbers than this are left to the graph. */
const MOST_NUMBERS = 2 ** 16;
/** In ONNX's numbering. */
const INT64 = 7;
const BOOL = 9;

type Pair = (a: bigint, b: bigint) => bigint;

const PAIRS: Readonly<Record<string, Pair>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Min: (a, b) => [a, b][Number(b < a)]!,
  Max: (a, b) => [a, b][Number(b > a)]!,
};
const COMPARISONS: Readonly<Record<string, Pair>> = {
  Less: (a, b) => (a < b ? 1n : 0n),
  LessOrEqual: (a, b) => (a <= b ? 1n : 0n),
  Greater: (a, b) => (a > b ? 1n : 0n),
  GreaterOrEqual: (a, b) => (a >= b ? 1n : 0n),
};

/**
 * What a node makes of constants of whole numbers, as constants.
 * @returns undefined where an input is none, or the operator is left to the graph
 */
export function folded(
  node: ForeignNode,
  inputs: readonly Tensor[],
  graph: Graph,
): readonly Tensor[] | undefined {
  if (inputs.length === 0 || !inputs.every(isWhole)) return undefined;
  const [first, second, third] = inputs.map(numbersOf) as [bigint[], bigint[], bigint[]];
  const whole = (shape: Shape, numbers: readonly bigint[]): readonly Tensor[] => [
    graph.constant("int64", shape, BigInt64Array.from(numbers)),
  ];
  const flags = (shape: Shape, numbers: readonly bigint[]): readonly Tensor[] => [
    graph.constant("bool", shape, Uint8Array.from(numbers, Number)),
  ];
  const [x, index] = inputs as [Tensor, Tensor];
  const pair = PAIRS[node.type] ?? COMPARISONS[node.type];
  if (pair !== undefined) {
    // One number with all, or numbers of the same shape.
    const [a, b] = [x.shape.length, index.shape.length];
    if (first.length !== 1 && second.length !== 1 && (a !== b || first.length !== second.length))
      return undefined;
    if (node.type === "Div" && second.includes(0n)) return undefined;
    const [shape, length] = a > b || (a === b && first.length > 1) ? [x.shape, first] : [index.shape, second];
    const at = (numbers: readonly bigint[], k: number): bigint => numbers[numbers.length === 1 ? 0 : k]!;
    const made = length.map((_, k) => pair(at(first, k), at(second, k)));
    return PAIRS[node.type] === undefined ? flags(shape, made) : whole(shape, made);
  }
  const [to] = attributeNumbers(node, "to") ?? [];
  if (node.type === "Cast" && to === INT64) return whole(x.shape, first);
  if (node.type === "Cast" && to === BOOL) {
    return flags(
      x.shape,
      first.map((number) => (number === 0n ? 0n : 1n)),
    );
  }
  if (x.dtype !== "int64") return undefined;
  if (node.type === "Reshape" && !second.some((length) => length <= 0n))
    return whole(second.map(Number), first);
  if (node.type === "Range")
    return whole([lengthOf(first[0]!, second[0]!, third[0]!)], ranged(first[0]!, second[0]!, third[0]!));
  if (x.shape.length !== 1) return undefined;
  if (node.type === "Gather") {
    return whole(
      index.shape,
      second.map((place) => first.at(Number(place))!),
    );
  }
  if (node.type === "Split") {
    let from = 0;
    return second.flatMap((count) => {
      const part = first.slice(from, from + Number(count));
      from += part.length;
      return whole([part.length], part);
    });
  }
  return undefined;
}

const isWhole = ({ dtype, contents }: Tensor): boolean =>
  (dtype === "int64" || dtype === "bool") && contents !== undefined && contents.length <= MOST_NUMBERS;

const numbersOf = ({ contents }: Tensor): bigint[] =>
  Array.from<number | bigint, bigint>(contents as ArrayLike<number | bigint>, (value) => BigInt(value));

const lengthOf = (from: bigint, to: bigint, step: bigint): number =>
  Math.max(0, Math.ceil(Number(to - from) / Number(step)));

const ranged = (from: bigint, to: bigint, step: bigint): bigint[] =>
  Array.from({ length: lengthOf(from, to, step) }, (_, k) => from + BigInt(k) * step);
