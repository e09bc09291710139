/** Nodes written for other operator sets, as the one that `serialize` writes has them. */
import { HypersphereError } from "../../errors.js";
import { attributeNumbers, attributeText, encodedAttribute, type ForeignNode } from "./nodes.js";

/** The operator set that `serialize` writes. */
export const OPSET = 18;
/** Before it, broadcasting was another. */
const OLDEST = 7;
/** Those of after are not known here. */
const NEWEST = 24;

/** Adds a constant to the graph; returns its name. */
export type AddConstant = (dtype: "float32" | "int64", values: readonly number[], scalar?: boolean) => string;

/** Operators that mean in every set from 7 to 24 what they mean in 18, as far as nodes of the older set can say it. */
const UNCHANGED = new Set(
  (
    "Abs Acos Add And ArgMax ArgMin Asin Atan AveragePool Cast Ceil Concat Constant ConstantOfShape Conv ConvTranspose " +
    "Cos CumSum DepthToSpace Div Einsum Elu Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gemm " +
    "GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish Identity InstanceNormalization IsNaN LRN " +
    "LayerNormalization LeakyRelu Less LessOrEqual Log LpNormalization MatMul Max MaxPool Mean Min Mish Mul Neg Not " +
    "OneHot Or PRelu Pow Range Reciprocal Relu Reshape Round ScatterElements ScatterND Selu Shape Sigmoid Sign Sin Size " +
    "Slice Softplus Softsign SpaceToDepth Sqrt Sub Sum Tanh ThresholdedRelu Tile TopK Transpose Trilu Where"
  ).split(" "),
);
/** Their results differ from run to run. */
const RANDOM = new Set([
  "Bernoulli",
  "Multinomial",
  "RandomNormal",
  "RandomNormalLike",
  "RandomUniform",
  "RandomUniformLike",
]);

type Change = (
  node: ForeignNode,
  from: number,
  constant: AddConstant,
  axes: number | undefined,
) => ForeignNode | readonly ForeignNode[] | undefined;

/** Without some attributes, and with others. */
function changed(
  node: ForeignNode,
  { type = node.type, inputs = node.inputs, outputs = node.outputs }: Partial<ForeignNode>,
  without: readonly string[] = [],
  more: Readonly<Record<string, number | string>> = {},
): ForeignNode {
  const attributes = new Map([...node.attributes].filter(([name]) => !without.includes(name)));
  for (const [name, value] of Object.entries(more)) attributes.set(name, encodedAttribute(name, value));
  return { ...node, type, inputs, outputs, attributes };
}

/** An attribute of whole numbers that became the second input in `since`. */
const axesInput =
  (since: number, name = "axes"): Change =>
  (node, from, constant) => {
    const values = from < since ? attributeNumbers(node, name) : undefined;
    return values === undefined
      ? node
      : changed(node, { inputs: [node.inputs[0]!, constant("int64", values)] }, [name]);
  };

/** Before set 13 all axes from the given one on were taken together: the same where it is the last one. */
const lastAxis: Change = (node, from, _, axes) => {
  const axis = attributeNumbers(node, "axis")?.[0] ?? 1;
  if (from >= 13 || axis === -1) return node;
  return axes !== undefined && axis === axes - 1 ? changed(node, {}, ["axis"], { axis: -1 }) : undefined;
};

/** What an Upsample, and a Resize before set 11, is in later sets. */
function resized(node: ForeignNode, scales: string): ForeignNode | undefined {
  const mode = attributeText(node, "mode") ?? "nearest";
  if (mode !== "nearest" && mode !== "linear" && mode !== "bilinear") return undefined;
  return changed(node, { type: "Resize", inputs: [node.inputs[0]!, "", scales] }, ["scales"], {
    mode: mode === "nearest" ? mode : "linear",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
}

/** How nodes of operators that changed are written anew; undefined for those that cannot be. */
const CHANGES: Readonly<Record<string, Change>> = {
  BatchNormalization: (node) => {
    const runs =
      (attributeNumbers(node, "spatial")?.[0] ?? 1) === 1 &&
      node.outputs.slice(1).every((name) => name === "");
    return runs ? changed(node, { outputs: node.outputs.slice(0, 1) }, ["spatial"]) : undefined;
  },
  Cast: (node) => changed(node, {}, ["saturate"]),
  AveragePool: (node, from) =>
    from < 19 || (attributeNumbers(node, "dilations") ?? []).every((each) => each === 1)
      ? changed(node, {}, ["dilations"])
      : undefined,
  Clip: (node, from, constant) => {
    if (from >= 11) return node;
    const [min, max] = ["min", "max"].map((name) => {
      const [value] = attributeNumbers(node, name) ?? [];
      return value === undefined ? "" : constant("float32", [value], true);
    }) as [string, string];
    return changed(node, { inputs: [node.inputs[0]!, min, max] }, ["min", "max"]);
  },
  // Later sets unpack in blocks, and to other types.
  DequantizeLinear: (node) =>
    ["block_size", "output_dtype"].every((name) => (attributeNumbers(node, name)?.[0] ?? 0) === 0)
      ? changed(node, {}, ["block_size", "output_dtype"])
      : undefined,
  // A network that scores drops nothing out.
  Dropout: (node) =>
    node.outputs.slice(1).every((name) => name === "")
      ? {
          ...node,
          type: "Identity",
          inputs: [node.inputs[0]!],
          outputs: [node.outputs[0]!],
          attributes: new Map(),
        }
      : undefined,
  Gelu: (node, _, constant) => gelu(node, constant),
  LogSoftmax: lastAxis,
  Softmax: lastAxis,
  Pad: (node, from, constant) => {
    if (from >= 19 && attributeText(node, "mode") === "wrap") return undefined;
    if (from >= 11) return node;
    const pads = constant("int64", attributeNumbers(node, "pads") ?? []);
    const value = constant("float32", [attributeNumbers(node, "value")?.[0] ?? 0], true);
    return changed(node, { inputs: [node.inputs[0]!, pads, value] }, ["pads", "value"]);
  },
  Resize: (node, from) => {
    if (from < 11) return resized(node, node.inputs[1]!);
    const mode = attributeText(node, "coordinate_transformation_mode");
    return mode === "tf_half_pixel_for_nn" || mode === "half_pixel_symmetric" ? undefined : node;
  },
  Upsample: (node, from, constant) =>
    resized(node, from < 9 ? constant("float32", attributeNumbers(node, "scales") ?? []) : node.inputs[1]!),
  Scatter: (node) => changed(node, { type: "ScatterElements" }),
  Slice: (node, from, constant) => {
    if (from >= 10) return node;
    const starts = attributeNumbers(node, "starts") ?? [];
    const parts = [
      starts,
      attributeNumbers(node, "ends") ?? [],
      attributeNumbers(node, "axes") ?? [...starts.keys()],
    ];
    const inputs = [node.inputs[0]!, ...parts.map((each) => constant("int64", each))];
    return changed(node, { inputs }, ["starts", "ends", "axes"]);
  },
  Split: (node, from, constant) => {
    const lengths = from < 13 ? attributeNumbers(node, "split") : undefined;
    if (lengths !== undefined)
      return changed(node, { inputs: [node.inputs[0]!, constant("int64", lengths)] }, ["split"]);
    return from >= 18 || node.inputs.length > 1
      ? node
      : changed(node, {}, [], { num_outputs: node.outputs.length });
  },
  Squeeze: axesInput(13),
  Unsqueeze: axesInput(13),
  TopK: (node, from) => (from < 10 ? undefined : node),
  ReduceSum: axesInput(13),
  ...Object.fromEntries(
    ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare"].map((name) => [
      `Reduce${name}`,
      axesInput(18),
    ]),
  ),
};

/** x (1 + erf(x / sqrt 2)) / 2, an operator of its own from set 20 on; its approximation stays one. */
function gelu(node: ForeignNode, constant: AddConstant): readonly ForeignNode[] | undefined {
  if ((attributeText(node, "approximate") ?? "none") !== "none") return undefined;
  const [x, out] = [node.inputs[0]!, node.outputs[0]!];
  const step = (type: string, inputs: readonly string[], output: string): ForeignNode => ({
    ...{ type, domain: "", inputs, outputs: [output] },
    attributes: new Map(),
  });
  return [
    step("Mul", [x, constant("float32", [Math.SQRT1_2], true)], `${out}/scaled`),
    step("Erf", [`${out}/scaled`], `${out}/erf`),
    step("Add", [`${out}/erf`, constant("float32", [1], true)], `${out}/both`),
    step("Mul", [x, `${out}/both`], `${out}/twice`),
    step("Mul", [`${out}/twice`, constant("float32", [0.5], true)], out),
  ];
}

/**
 * A node of the default domain, written for operator set `from`, as one or several of {@link OPSET}.
 * @param axes how many its result has, where that is known
 * @throws HypersphereError `invalid-model` that names the operator and both sets, where it means another thing there; for
 * operators of other domains, and those that draw random numbers
 */
export function inOurOpset(
  node: ForeignNode,
  from: number,
  axes: number | undefined,
  constant: AddConstant,
): readonly ForeignNode[] {
  const { type, domain } = node;
  if (domain !== "") {
    throw refused(
      `The network uses the operator ${JSON.stringify(`${domain}:${type}`)}, which is not of standard ONNX.`,
      "Export it without functions and operators of its own.",
    );
  }
  if (RANDOM.has(type)) {
    throw refused(
      `The network uses ${type}, which draws random numbers: the same image would score differently each time.`,
      "Export it for inference.",
    );
  }
  if (type === "BatchNormalization" && (attributeNumbers(node, "training_mode")?.[0] ?? 0) !== 0) {
    throw refused(
      "The network uses BatchNormalization in its form for training: what it says of an image depends on those that are seen with it.",
      "Export it for inference (in PyTorch, after model.eval()).",
    );
  }
  if (from === OPSET && type !== "Dropout") return [node];
  if (from < OLDEST || from > NEWEST) throw otherOpset(type, from);
  const change = CHANGES[type];
  if (change === undefined) {
    if (UNCHANGED.has(type)) return [node];
    throw otherOpset(type, from);
  }
  const written = change(node, from, constant, axes);
  if (written === undefined) throw otherOpset(type, from);
  return "type" in written ? [written] : written;
}

const otherOpset = (type: string, from: number): HypersphereError =>
  refused(
    `The network is of operator set ${from} and uses ${type}, which cannot be written in operator set ${OPSET}, that of hypersphere's models.`,
    `Export the network for operator set ${OPSET}.`,
  );

const refused = (message: string, hint: string): HypersphereError =>
  new HypersphereError("invalid-model", message, { hint });
