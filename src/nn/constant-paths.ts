import { HypersphereError } from "../errors.js";
import { attribute, Graph, type Node, type Tensor } from "../graph/index.js";
import { type EncoderDesign, sizeOf } from "./encoder.js";
import { dividesByOwnSize, isZero } from "./graph-patterns.js";
import { ParameterLayout } from "./parameters.js";

/**
 * Deep SVDD has a trivial solution: a network that outputs the centre for every input has zero loss and detects
 * nothing. Ruff et al. 2018 (Propositions 1-3) name its causes: additive constants (biases, offsets of
 * normalisations, position codes) and bounded activations, which emulate biases once they saturate.
 *
 * An encoder without such a path maps zero to zero, whatever its weights, and grows without bound along some
 * direction. This walks the encoder's graph and checks the rule operator by operator, so that it holds for every
 * encoder, also for those that users write.
 */
export interface ConstantPath {
  /** ONNX name of the operator at fault. */
  readonly operator: string;
  /** A parameter involved, where there is one. */
  readonly parameter: string | undefined;
  readonly reason: string;
}

/**
 * What is known of a tensor. All but shares and constants are zero where the input is zero.
 *
 * Gates are what recurrent networks and attention need bounded functions for. A product with a gate is allowed, also
 * that of a gate and a bounded signal, the state of an LSTM: it starts from zero, stays there without input, and grows
 * with its inputs until both factors saturate. What remains of the risk is just that: where an input always has the
 * same sign, large weights can bring such a product close to a constant. A normalised signal is closer to one: what
 * points in one direction whatever its length becomes constant. So it may only be added to one that is not normalised.
 */
const LINEAR_LIKE = "linear-like";
/** Within bounds whatever the input. */
const GATED = "gated";
/** Divided by its own size. */
const NORMALIZED = "normalized";
/** Within bounds, and not yet multiplied by a gate: no feature. */
const BOUNDED = "bounded";
/** Between zero and one, and not zero where the input is: a factor for others, no feature. */
const SHARE = "share";
/** Does not depend on the input. */
const CONSTANT = "constant";
const ZERO = "zero";

interface State {
  readonly kind:
    | typeof LINEAR_LIKE
    | typeof GATED
    | typeof NORMALIZED
    | typeof BOUNDED
    | typeof SHARE
    | typeof CONSTANT
    | typeof ZERO;
  /** Not zero where the input is zero. */
  readonly offset?: boolean;
  /** What bounded or normalised it. */
  readonly source?: Node | undefined;
}

const isFixed = ({ kind }: State): boolean => kind === CONSTANT || kind === ZERO;

const PASSES_THROUGH = new Set(["Identity", "Neg", "LeakyRelu", "Relu", "Abs", "Cast"]);
const SHAPE_ONLY = new Set([
  "Reshape",
  "Transpose",
  "Split",
  "Slice",
  "Expand",
  "Gather",
  "Squeeze",
  "Unsqueeze",
  // Only ever with zeros.
  "Pad",
]);
const POOLS = new Set([
  "MaxPool",
  "AveragePool",
  "GlobalAveragePool",
  "ReduceMean",
  "ReduceSum",
  "ReduceMax",
]);
const PRODUCTS = new Set(["Mul", "Gemm", "MatMul", "Conv", "ConvTranspose"]);
const SUMS = new Set(["Add", "Sub", "Concat", "Where", "Max", "Min"]);

/**
 * @param statistics running means of a network's own signals among the parameters. To subtract them is harmless: they
 *   vanish with the signals, while a learned offset stays. Zero, as far as constant paths are concerned
 */
export function findConstantPaths(
  input: Tensor,
  output: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
  statistics: ReadonlySet<string> = new Set(),
): ConstantPath[] {
  const search = new Search(input, parameters, statistics);
  search.judgeOutput(output);
  return search.found;
}

class Search {
  readonly found: ConstantPath[] = [];
  readonly #names: ReadonlyMap<Tensor, string>;
  readonly #states: Map<Tensor, State>;
  readonly #reported = new Set<Node>();

  constructor(input: Tensor, parameters: ReadonlyMap<string, Tensor>, statistics: ReadonlySet<string>) {
    this.#names = new Map([...parameters].map(([name, tensor]) => [tensor, name]));
    this.#states = new Map([[input, { kind: LINEAR_LIKE }]]);
    for (const name of statistics) this.#states.set(parameters.get(name)!, { kind: ZERO });
  }

  judgeOutput(output: Tensor): void {
    const state = this.#feature(this.#stateOf(output));
    if (isFixed(state)) {
      const operator = output.node?.operator.type ?? "Identity";
      this.found.push({
        operator,
        parameter: this.#names.get(output),
        reason: "does not depend on its input",
      });
    }
    if (state.kind === NORMALIZED) {
      this.#report(
        state.source!,
        "leaves only directions: inputs that differ in size alone have the same output",
      );
    }
  }

  #stateOf(tensor: Tensor): State {
    const known = this.#states.get(tensor);
    if (known !== undefined) return known;
    const { node } = tensor;
    if (node === undefined) return { kind: isZero(tensor) ? ZERO : CONSTANT };
    if (node.operator.type === "Scan" && node.operator.carried !== undefined) this.#judgeScan(node);
    else {
      // The size that something is divided by has an epsilon in it: no fault there.
      const normalizes = node.operator.type === "Div" && dividesByOwnSize(node);
      const read = normalizes ? 1 : node.inputs.length - (node.operator.hidden ?? 0);
      const inputs = node.inputs.slice(0, read).map((each) => this.#stateOf(each));
      const own = normalizes ? this.#normalized(node, inputs[0]!) : this.#judge(node, inputs);
      // What follows an offset has one as well, but may be at fault itself: every fault is reported at once.
      const offset = own.offset === true || inputs.some((state) => state.offset);
      for (const output of node.outputs) this.#states.set(output, { ...own, offset });
    }
    return this.#states.get(tensor)!;
  }

  /** Once for a node, however often it is used. */
  #report(node: Node, reason: string): State {
    if (!this.#reported.has(node)) {
      this.#reported.add(node);
      const parameter = node.inputs
        .map((tensor) => this.#names.get(tensor))
        .find((name) => name !== undefined);
      this.found.push({ operator: node.operator.type, parameter, reason });
    }
    return { kind: LINEAR_LIKE, offset: true };
  }

  /** A state as a feature, which neither a gate nor a bounded signal may be. */
  #feature(state: State): State {
    if (state.kind !== SHARE && state.kind !== BOUNDED) return state;
    const { source } = state;
    this.#report(source!, "is bounded: a saturated unit answers a constant, which acts as a bias");
    return { kind: GATED, offset: state.kind === SHARE };
  }

  #normalized(node: Node, state: State): State {
    return isFixed(state) ? state : { ...this.#feature(state), kind: NORMALIZED, source: node };
  }

  #judge(node: Node, inputs: readonly State[]): State {
    const { type } = node.operator;
    const [first, second] = inputs as [State, State];
    // A shape depends on how many rows there are, but not on what is in them.
    if (type === "Shape") return { kind: CONSTANT };
    if (inputs.every(isFixed)) return { kind: keepsZero(type, inputs) ? ZERO : CONSTANT };
    if (PASSES_THROUGH.has(type) || SHAPE_ONLY.has(type) || POOLS.has(type)) {
      return isFixed(first) ? this.#report(node, "picks from a constant, which acts as a bias") : first;
    }
    if (PRODUCTS.has(type)) {
      if (type !== "Mul" && inputs[2]?.kind === CONSTANT) return this.#report(node, "adds a bias");
      const product = this.#product(type, first, second);
      return inputs[2] === undefined ? product : this.#sum([product, inputs[2]]);
    }
    if (SUMS.has(type)) {
      if (!inputs.some(({ kind }) => kind === CONSTANT)) return this.#sum(inputs, type === "Concat");
      const what = type === "Concat" ? "appends a constant feature" : "adds a constant, which acts as a bias";
      return this.#report(node, what);
    }
    switch (type) {
      case "Div":
        if (isFixed(second)) return first;
        return this.#report(
          node,
          "divides by something computed from the input: the quotient may be constant",
        );
      case "Tanh":
        return { kind: BOUNDED, source: node, offset: this.#feature(first).offset === true };
      case "Sigmoid":
      case "Softmax":
        return { kind: SHARE, source: node, offset: this.#feature(first).offset === true };
      case "Clip":
        this.#report(node, "is bounded: a saturated unit answers a constant, which acts as a bias");
        return { kind: GATED };
      case "Elu":
        this.#report(node, "is bounded below: a saturated unit answers a constant, which acts as a bias");
        return { kind: GATED };
      default:
        return this.#report(node, "is not known to keep zero at zero");
    }
  }

  #product(type: string, a: State, b: State): State {
    if (a.kind === ZERO || b.kind === ZERO) return { kind: ZERO };
    // A scale leaves a gate a gate; a matrix of weights makes a feature of it.
    if (a.kind === CONSTANT || b.kind === CONSTANT) {
      const scaled = a.kind === CONSTANT ? b : a;
      return type === "Mul" ? scaled : this.#feature(scaled);
    }
    for (const factor of [SHARE, BOUNDED]) {
      if (a.kind !== factor && b.kind !== factor) continue;
      const other = a.kind === factor ? b : a;
      return factor === SHARE && other.kind === BOUNDED ? { kind: GATED } : other;
    }
    return this.#sum([a, b]);
  }

  /** What several features are together. Where they stand side by side, weights may leave one of them alone. */
  #sum(states: readonly State[], sideBySide = false): State {
    const features = states.map((state) => this.#feature(state));
    const of = (kind: State["kind"]): State | undefined => features.find((state) => state.kind === kind);
    const [unbounded, normalized] = [of(LINEAR_LIKE), of(NORMALIZED)];
    const strongest = (sideBySide ? (normalized ?? unbounded) : (unbounded ?? normalized)) ??
      of(GATED) ?? { kind: ZERO };
    return { ...strongest, offset: features.some(({ offset }) => offset) };
  }

  /** A recurrence: what it carries is judged until another step changes nothing. */
  #judgeScan(node: Node): void {
    const { attributes, operator } = node;
    const body = attribute<Graph>(attributes, "body");
    const carried = operator.carried!;
    const entering = node.inputs.map((each) => this.#stateOf(each));
    for (let before = entering.slice(0, carried); ; ) {
      for (const { outputs } of body.nodes) for (const output of outputs) this.#states.delete(output);
      for (const [k, tensor] of body.inputs.entries())
        this.#states.set(tensor, k < carried ? before[k]! : entering[k]!);
      const leaving = body.outputs.map(({ tensor }) => this.#stateOf(tensor));
      const after = before.map((state, k) => this.#sum([state, leaving[k]!]));
      if (
        after.every(
          ({ kind, offset = false }, k) =>
            kind === before[k]!.kind && offset === (before[k]!.offset ?? false),
        )
      ) {
        for (const [k, output] of node.outputs.entries()) this.#states.set(output, leaving[k]!);
        return;
      }
      before = after;
    }
  }
}

/** Whether an operator on constants makes zeros of the zeros among them. */
function keepsZero(type: string, inputs: readonly State[]): boolean {
  const zero = (state: State | undefined): boolean => state?.kind === ZERO;
  if (type === "Mul") return inputs.some(zero);
  if (SUMS.has(type)) return inputs.every(zero);
  return (PASSES_THROUGH.has(type) || SHAPE_ONLY.has(type) || POOLS.has(type)) && zero(inputs[0]);
}

/** @throws HypersphereError `degenerate-encoder`, naming every constant path, when the encoder has one. */
export function refuseConstantPaths(design: EncoderDesign): void {
  const graph = new Graph();
  const layout = new ParameterLayout(design.encoder.parameters);
  const parameters = new Map(
    layout.specs.map(({ name, shape }) => [name, graph.input(name, "float32", shape)] as const),
  );
  const input = graph.input("x", "float32", ["rows", sizeOf(design.inputShape)]);
  const statistics = new Set(layout.specs.filter(({ statistic }) => statistic).map(({ name }) => name));
  const output = design.encoder.forward(input, parameters);
  const paths = findConstantPaths(input, output, parameters, statistics);
  if (paths.length === 0) return;
  const listed = paths.map(({ operator, parameter, reason }) =>
    parameter === undefined ? `${operator} ${reason}` : `${operator} with ${parameter} ${reason}`,
  );
  throw new HypersphereError(
    "degenerate-encoder",
    `The encoder can output a constant for every input, so Deep SVDD would collapse: ${[...new Set(listed)].join("; ")}.`,
    { hint: "Leave biases out (bias: false) and use leaky-relu or relu." },
  );
}
