import { HypersphereError } from "../errors.js";
import { Graph, type Node, type Tensor } from "../graph/index.js";
import { type EncoderDesign, sizeOf } from "./encoder.js";
import { ParameterLayout } from "./parameters.js";

/**
 * Deep SVDD has a trivial solution: a network that answers the centre whatever its input has zero loss and knows
 * nothing. Ruff et al. 2018 (Propositions 1-3) name what opens the way to it: additive constants (biases, offsets of
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

/** Zero where the input is zero, and unbounded: what an encoder has to stay. */
const LINEAR_LIKE = "linear-like";
/** Zero where the input is zero, but within bounds: fine as a factor (a gate), not as a feature. */
const BOUNDED = "bounded";
/** Does not depend on the input. */
const CONSTANT = "constant";
/** Not zero where the input is zero. */
const OFFSET = "offset";

type State = typeof LINEAR_LIKE | typeof BOUNDED | typeof CONSTANT | typeof OFFSET;

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

export function findConstantPaths(
  input: Tensor,
  output: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
): ConstantPath[] {
  const nameOf = new Map([...parameters].map(([name, tensor]) => [tensor, name]));
  const found: ConstantPath[] = [];
  const states = new Map<Tensor, State>([[input, LINEAR_LIKE]]);
  const stateOf = (tensor: Tensor): State => {
    const { node } = tensor;
    if (node === undefined) return states.get(tensor) ?? CONSTANT;
    const known = states.get(tensor);
    if (known !== undefined) return known;
    const inputs = node.inputs.map(stateOf);
    // What follows an offset has one as well, but may be at fault itself: every fault is reported at once.
    const own = judge(
      node,
      inputs.map((state) => (state === OFFSET ? LINEAR_LIKE : state)),
    );
    const state = inputs.includes(OFFSET) ? OFFSET : own;
    for (const output of node.outputs) states.set(output, state);
    return state;
  };
  const report = (node: Node, reason: string): void => {
    const parameter = node.inputs.map((tensor) => nameOf.get(tensor)).find((name) => name !== undefined);
    found.push({ operator: node.operator.type, parameter, reason });
  };

  const judge = (node: Node, inputs: readonly State[]): State => {
    const type = node.operator.type;
    // A shape depends on how many rows there are, but not on what is in them.
    if (type === "Shape" || inputs.every((state) => state === CONSTANT)) return CONSTANT;
    if (PASSES_THROUGH.has(type) || SHAPE_ONLY.has(type) || POOLS.has(type)) {
      if (inputs[0] !== CONSTANT) return inputs[0]!;
      report(node, "picks from a constant, which acts as a bias");
      return OFFSET;
    }
    if (PRODUCTS.has(type)) {
      if (type !== "Mul" && inputs.length > 2) {
        report(node, "adds a bias");
        return OFFSET;
      }
      return inputs.includes(LINEAR_LIKE) ? LINEAR_LIKE : BOUNDED;
    }
    if (type === "Div") {
      if (inputs[1] === CONSTANT) return inputs[0]!;
      report(node, "divides by something computed from the input: the quotient may be constant");
      return OFFSET;
    }
    if (type === "Add" || type === "Sub" || type === "Concat" || type === "Where") {
      if (inputs.includes(CONSTANT)) {
        report(
          node,
          type === "Concat" ? "appends a constant feature" : "adds a constant, which acts as a bias",
        );
        return OFFSET;
      }
      return inputs.includes(LINEAR_LIKE) ? LINEAR_LIKE : BOUNDED;
    }
    if (type === "Tanh" || type === "Sigmoid" || type === "Clip" || type === "Elu") {
      const bound = type === "Elu" ? "is bounded below" : "is bounded";
      report(node, `${bound}: a saturated unit answers a constant, which acts as a bias`);
      return type === "Sigmoid" ? OFFSET : BOUNDED;
    }
    report(node, "is not known to keep zero at zero");
    return OFFSET;
  };
  if (stateOf(output) === CONSTANT) {
    const operator = output.node?.operator.type ?? "Identity";
    found.push({ operator, parameter: nameOf.get(output), reason: "does not depend on its input" });
  }
  return found;
}

/** @throws HypersphereError `degenerate-encoder`, naming every constant path, when the encoder has one. */
export function refuseConstantPaths(design: EncoderDesign): void {
  const graph = new Graph();
  const layout = new ParameterLayout(design.encoder.parameters);
  const parameters = new Map(
    layout.specs.map(({ name, shape }) => [name, graph.input(name, "float32", shape)] as const),
  );
  const input = graph.input("x", "float32", ["rows", sizeOf(design.inputShape)]);
  const paths = findConstantPaths(input, design.encoder.forward(input, parameters), parameters);
  if (paths.length === 0) return;
  const listed = paths.map(({ operator, parameter, reason }) =>
    parameter === undefined ? `${operator} ${reason}` : `${operator} with ${parameter} ${reason}`,
  );
  throw new HypersphereError(
    "degenerate-encoder",
    `The encoder can answer a constant whatever its input, so Deep SVDD would collapse: ${[...new Set(listed)].join("; ")}.`,
    { hint: "Leave biases out (bias: false) and use leaky-relu or relu." },
  );
}
