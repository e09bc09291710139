/** Builds a part of a written model again, out of operators that have derivatives. */
import { ELEMENT_TYPE } from "../element-type.js";
import type { Graph } from "../graph.js";
import {
  abs,
  add,
  cast,
  clamp,
  concat,
  conv,
  convTranspose,
  div,
  elu,
  equal,
  exp,
  expand,
  floor,
  gather,
  gemm,
  greater,
  greaterOrEqual,
  identity,
  isNaN as isMissing,
  leakyRelu,
  less,
  lessOrEqual,
  log,
  matmul,
  max,
  maximum,
  maxPool,
  mean,
  minimum,
  mul,
  neg,
  not,
  pad,
  patches,
  relu,
  reshape,
  sigmoid,
  sign,
  smallest,
  softmax,
  split,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  transpose,
  where,
} from "../ops/index.js";
import { type DataType, type Shape, staticDim, type Tensor } from "../tensor.js";
import { type DecodedModel, decodeModel } from "./decode.js";
import { folded } from "./fold.js";
import { INPUT, NODE, OUTPUT } from "./graph-fields.js";
import { namesIn, neededNodes } from "./needed.js";
import { attributeGraph, attributeNumbers, decodeNode, type ForeignNode } from "./nodes.js";
import { readFields } from "./wire.js";

/** Turns of a Loop that are written out, one after the other, at most: its derivative is then that of what they hold. */
const MOST_TURNS = 256;
/** Field of a ValueInfoProto. */
const VALUE_NAME = 1;

/** A graph's values by their names. */
type Known = Map<string, Tensor>;
/** The inputs of a node, in their order; those that it leaves out are undefined. */
type Build = (node: ForeignNode, inputs: readonly Tensor[], graph: Graph) => readonly Tensor[];

/**
 * Adds to `graph` what computes a value of a model as `serialize` writes it, from other values on. All lengths have to be
 * known: what the file leaves open follows from those that are given. Loops with a known number of turns are written out.
 *
 * @param given values of the model by their names, each of a fixed shape, in place of what computes them there
 * @param wanted name of the value
 * @throws TypeError where it depends on an input that is not given, or on an operator that cannot be built again, such as
 * the trees of a forest
 * @throws HypersphereError `invalid-model` where the file makes no sense
 */
export function rebuild(
  graph: Graph,
  model: Uint8Array,
  given: ReadonlyMap<string, Tensor>,
  wanted: string,
): Tensor {
  const decoded = decodeModel(model);
  const fields = Array.from(readFields(decoded.graph));
  const { nodes } = neededNodes(fields, [wanted], new Set(given.keys()));
  const needed = fields.filter((field) => nodes.has(field)).map(({ bytes }) => decodeNode(bytes));
  const known: Known = new Map(given);
  runNodes(needed, known, new Rebuilding(graph, decoded));
  return known.get(wanted)!;
}

class Rebuilding {
  readonly graph: Graph;
  readonly #model: DecodedModel;
  readonly #stored = new Map<string, Tensor>();

  constructor(graph: Graph, model: DecodedModel) {
    this.graph = graph;
    this.#model = model;
  }

  /** An initializer of the model. */
  stored(name: string): Tensor {
    const known = this.#stored.get(name);
    if (known !== undefined) return known;
    if (!this.#model.initializerNames.includes(name)) throw new TypeError(`${name} is not given.`);
    const { dtype, shape, data } = this.#model.initializer(name);
    const tensor = this.graph.constant(dtype, shape, data);
    this.#stored.set(name, tensor);
    return tensor;
  }
}

function runNodes(nodes: readonly ForeignNode[], known: Known, rebuilding: Rebuilding): void {
  const tensorOf = (name: string): Tensor => known.get(name) ?? rebuilding.stored(name);
  for (const node of nodes) {
    const inputs = node.inputs.map(tensorOf);
    const made = madeBy(node, inputs, known, rebuilding);
    node.outputs.forEach((name, k) => {
      // What only derivatives of an earlier kind read, such as where a maximum was, is not made again.
      if (made[k] !== undefined) known.set(name, made[k]);
    });
  }
}

function madeBy(
  node: ForeignNode,
  inputs: readonly Tensor[],
  known: Known,
  rebuilding: Rebuilding,
): readonly Tensor[] {
  if (node.type === "Loop") return turnsOf(node, inputs, known, rebuilding);
  if (node.type === "Scan") return stepsOf(node, inputs, known, rebuilding);
  return folded(node, inputs, rebuilding.graph) ?? buildOf(node)(node, inputs, rebuilding.graph);
}

function buildOf({ type, domain }: ForeignNode): Build {
  const build = domain === "" && Object.hasOwn(BUILDS, type) ? BUILDS[type] : undefined;
  if (build === undefined) throw new TypeError(`${type} has no derivative.`);
  return build;
}

interface Body {
  /** Names of what enters and leaves it. */
  readonly enters: readonly string[];
  readonly leaves: readonly string[];
  readonly nodes: readonly ForeignNode[];
}

function bodyOf(node: ForeignNode): Body {
  const fields = Array.from(readFields(attributeGraph(node, "body")!));
  const named = (wanted: number): string[] =>
    fields.filter(({ field }) => field === wanted).map(({ bytes }) => namesIn(bytes, VALUE_NAME)[0]!);
  return {
    enters: named(INPUT),
    leaves: named(OUTPUT),
    nodes: fields.filter(({ field }) => field === NODE).map(({ bytes }) => decodeNode(bytes)),
  };
}

/** What one run of a body makes of what enters it. */
function runBody(
  { enters, leaves, nodes }: Body,
  entering: readonly Tensor[],
  outer: Known,
  rebuilding: Rebuilding,
): readonly Tensor[] {
  const known: Known = new Map(outer);
  entering.forEach((tensor, k) => {
    known.set(enters[k]!, tensor);
  });
  runNodes(nodes, known, rebuilding);
  return leaves.map((name) => known.get(name) ?? rebuilding.stored(name));
}

/** A Loop as one turn after the other. */
function turnsOf(
  node: ForeignNode,
  [count, condition, ...initial]: readonly Tensor[],
  outer: Known,
  rebuilding: Rebuilding,
): readonly Tensor[] {
  const { graph } = rebuilding;
  const body = bodyOf(node);
  const entering = (turn: number, carried: readonly Tensor[]): readonly Tensor[] => [
    graph.index(turn),
    condition!,
    ...carried,
  ];
  const others = body.leaves.length - 1 - initial.length;
  if (count!.contents === undefined && others === 0 && isFlag(count!)) {
    // One turn or none.
    const chosen = cast(count!, "bool");
    const made = runBody(body, entering(0, initial), outer, rebuilding).slice(1);
    return made.map((after, k) => where(chosen, after, initial[k]!));
  }
  const turns = count!.contents === undefined ? Number.NaN : Number(count!.contents[0]);
  if (!(turns >= (others === 0 ? 0 : 1) && turns <= MOST_TURNS))
    throw new TypeError("Loop has no derivative.");
  let carried = initial;
  const collected: Tensor[][] = Array.from({ length: others }, () => []);
  for (let turn = 0; turn < turns; turn++) {
    const made = runBody(body, entering(turn, carried), outer, rebuilding);
    carried = made.slice(1, 1 + initial.length);
    collect(made.slice(1 + initial.length), collected);
  }
  return [...carried, ...collected.map((each) => concat(each, 0))];
}

/** A Scan from the first step to the last, written out. */
function stepsOf(
  node: ForeignNode,
  inputs: readonly Tensor[],
  outer: Known,
  rebuilding: Rebuilding,
): readonly Tensor[] {
  const body = bodyOf(node);
  const states = inputs.length - numberOf(node, "num_scan_inputs", 0);
  const steps = staticDim(inputs[states]!, 0);
  const turned = [
    ...(attributeNumbers(node, "scan_input_directions") ?? []),
    ...(attributeNumbers(node, "scan_output_directions") ?? []),
  ];
  if (!(steps >= 1 && steps <= MOST_TURNS) || turned.includes(1))
    throw new TypeError("Scan has no derivative.");
  const fed = inputs
    .slice(states)
    .map((each) =>
      split(each, 0, Array<number>(steps).fill(1)).map((own) => reshape(own, each.shape.slice(1))),
    );
  let carried = inputs.slice(0, states);
  const collected: Tensor[][] = body.leaves.slice(states).map(() => []);
  for (let step = 0; step < steps; step++) {
    const made = runBody(body, [...carried, ...fed.map((each) => each[step]!)], outer, rebuilding);
    carried = made.slice(0, states);
    collect(made.slice(states), collected);
  }
  return [...carried, ...collected.map((each) => concat(each, 0))];
}

/** What is collected has one more axis in front. */
function collect(made: readonly Tensor[], collected: readonly Tensor[][]): void {
  made.forEach((tensor, k) => {
    collected[k]!.push(reshape(tensor, [1, ...tensor.shape]));
  });
}

/** Whether a number is 0 or 1 whatever the data: a truth value as a number, or the greatest of several. */
function isFlag({ dtype, node }: Tensor): boolean {
  if (dtype === "bool") return true;
  const type = node?.operator.type;
  return (type === "Cast" || type === "ReduceMax") && isFlag(node!.inputs[0]!);
}

/** Of a constant of whole numbers. */
function numbersOf(tensor: Tensor | undefined): number[] {
  if (tensor?.contents === undefined) throw new TypeError("A shape is known only when the model runs.");
  return Array.from(tensor.contents as BigInt64Array, Number);
}

const numberOf = (node: ForeignNode, name: string, otherwise: number): number =>
  attributeNumbers(node, name)?.[0] ?? otherwise;

/** The one number that a list of an attribute repeats. */
function repeated(node: ForeignNode, name: string): number {
  const [first, ...others] = attributeNumbers(node, name) ?? [];
  if (first === undefined || others.some((each) => each !== first))
    throw new TypeError(`${node.type} has no derivative for unequal ${name}.`);
  return first;
}

const unary =
  (operator: (x: Tensor) => Tensor): Build =>
  (_, [x]) => [operator(x!)];
const binary =
  (operator: (a: Tensor, b: Tensor) => Tensor): Build =>
  (_, [a, b]) => [operator(a!, b!)];
const reduction =
  (operator: typeof sum): Build =>
  (node, [x, axes]) => [operator(x!, numbersOf(axes), { keepDims: numberOf(node, "keepdims", 1) === 1 })];
const convolution =
  (operator: typeof conv): Build =>
  (node, [x, weight]) => {
    if ((attributeNumbers(node, "output_padding") ?? []).some((each) => each !== 0))
      throw new TypeError(`${node.type} with output padding has no derivative.`);
    const [strides, dilations] = [repeated(node, "strides"), repeated(node, "dilations")];
    return [operator(x!, weight!, { pads: attributeNumbers(node, "pads")!, strides, dilations })];
  };

const typeOf = (node: ForeignNode): DataType => {
  const to = numberOf(node, "to", 0);
  return (Object.keys(ELEMENT_TYPE) as DataType[]).find((name) => ELEMENT_TYPE[name] === to)!;
};

/** The lengths that a Reshape asks for, with the one that it leaves open. */
function fullShape(x: Tensor, asked: readonly number[]): Shape {
  const product = (lengths: Shape): number => lengths.reduce<number>((all, each) => all * Number(each), 1);
  const rest = product(x.shape) / product(asked.filter((each) => each !== -1));
  return asked.map((each) => (each === -1 ? rest : each));
}

/** A Gather at places that are known has a derivative: what was copied is added up again. */
const gathered: Build = (node, [x, index]) => {
  // What belongs to a neighbour jumps where another one comes nearer: slopes would miss it. Rows to measure from do not.
  if (index!.node?.operator.type === "TopK" && x!.shape.length === 1)
    throw new TypeError("it jumps where other rows become neighbours");
  const axis = numberOf(node, "axis", 0);
  if (index!.contents === undefined || x!.contents !== undefined) return [gather(x!, index!, axis)];
  const others = x!.shape.flatMap((_, k) => (k === axis ? [] : [k]));
  const picked = patches(transpose(x!, [axis, ...others]), [numbersOf(index)]);
  const width = index!.shape.length;
  const laid = reshape(picked, [...index!.shape, ...others.map((k) => x!.shape[k]!)]);
  const places = index!.shape.map((_, k) => k);
  const rest = others.map((_, k) => width + k);
  return [transpose(laid, [...rest.slice(0, axis), ...places, ...rest.slice(axis)])];
};

const padded: Build = (_, [x, pads]) => {
  const numbers = numbersOf(pads);
  const axes = x!.shape.length;
  return [x!.shape.reduce((whole, _, axis) => pad(whole, axis, numbers[axis]!, numbers[axes + axis]!), x!)];
};

/** y = (x - mean) / sqrt(variance + epsilon) scale + offset, with one number of each for every channel. */
const normalised: Build = (node, [x, ...vectors]) => {
  const channels = staticDim(x!, 1);
  const [scale, offset, centre, variance] = vectors.map((each) =>
    reshape(each, [channels, ...x!.shape.slice(2).map(() => 1)]),
  );
  const factor = div(scale!, sqrt(add(variance!, numberOf(node, "epsilon", 1e-5))));
  return [add(mul(sub(x!, centre!), factor), offset!)];
};

const pooled: Build = (node, [x]) => {
  const size = repeated(node, "kernel_shape");
  if (repeated(node, "strides") !== size) throw new TypeError("MaxPool with overlaps has no derivative.");
  return [maxPool(x!, size)];
};

const clipped: Build = (_, [x, low, high]) => {
  const [from, to] = [low, high].map((bound) => Number(bound?.contents?.[0]));
  if (!(from! <= to!)) throw new TypeError("Clip has no derivative where its bounds are not known.");
  return [clamp(x!, from!, to!)];
};

const BUILDS: Readonly<Record<string, Build>> = {
  Abs: unary(abs),
  Add: binary(add),
  BatchNormalization: normalised,
  Cast: (node, [x]) => [cast(x!, typeOf(node))],
  Clip: clipped,
  Concat: (node, inputs) => [concat(inputs, numberOf(node, "axis", 0))],
  Conv: convolution(conv),
  ConvTranspose: convolution(convTranspose),
  Div: binary(div),
  Elu: unary(elu),
  Equal: binary(equal),
  Exp: unary(exp),
  Expand: (_, [x, shape]) => [expand(x!, numbersOf(shape))],
  Floor: unary(floor),
  Gather: gathered,
  Gemm: (node, [a, b, c]) => {
    const turned = (name: string): boolean => numberOf(node, name, 0) === 1;
    const product = gemm(a!, b!, { transA: turned("transA"), transB: turned("transB") });
    return [c === undefined ? product : add(product, c)];
  },
  Greater: binary(greater),
  GreaterOrEqual: binary(greaterOrEqual),
  Identity: unary(identity),
  IsNaN: unary(isMissing),
  LeakyRelu: (node, [x]) => [leakyRelu(x!, numberOf(node, "alpha", 0.01))],
  Less: binary(less),
  LessOrEqual: binary(lessOrEqual),
  Log: unary(log),
  MatMul: binary(matmul),
  Max: binary(maximum),
  MaxPool: pooled,
  Min: binary(minimum),
  Mul: (_, [a, b]) => [a === b ? square(a!) : mul(a!, b!)],
  Neg: unary(neg),
  Not: unary(not),
  Pad: padded,
  ReduceMax: reduction(max),
  ReduceMean: reduction(mean),
  ReduceSum: reduction(sum),
  Relu: unary(relu),
  Reshape: (_, [x, shape]) => [reshape(x!, fullShape(x!, numbersOf(shape)))],
  // All lengths are known here: no value is needed for them.
  Shape: (_, [x], graph) => [graph.indices(x!.shape.map(Number))],
  Sigmoid: unary(sigmoid),
  Sign: unary(sign),
  Softmax: unary(softmax),
  Split: (node, [x, lengths]) => split(x!, numberOf(node, "axis", 0), numbersOf(lengths)),
  // At 0 the root rises without bound: a distance of 0 counts as flat there.
  Sqrt: (_, [x], graph) => {
    const least = x!.dtype === "float64" ? graph.scalar(1e-300, "float64") : graph.scalar(1e-36);
    return [sqrt(maximum(x!, least))];
  },
  Sub: binary(sub),
  Tanh: unary(tanh),
  TopK: (node, [x, k]) => {
    if (numberOf(node, "largest", 1) === 1) throw new TypeError("TopK has no derivative.");
    const { values, positions } = smallest(x!, numbersOf(k)[0]!);
    return [values, positions];
  },
  Transpose: (node, [x]) => [transpose(x!, attributeNumbers(node, "perm")!)],
  Where: (_, [condition, a, b]) => [where(condition!, a!, b!)],
};
