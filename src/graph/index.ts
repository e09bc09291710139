export { gradients } from "./gradients.js";
export { Graph, type NamedOutput, scopeOf } from "./graph.js";
export { withOutput } from "./onnx/append.js";
export {
  type DecodedModel,
  type DecodedTensor,
  type DecodedValue,
  decodeModel,
  withInitializer,
  withMetadata,
  withMetadataEntry,
} from "./onnx/decode.js";
export { decodeGraph, type ForeignGraph, type ForeignNode } from "./onnx/nodes.js";
export { OPSET } from "./onnx/opset.js";
export { overSteps, type StepModel } from "./onnx/over-steps.js";
export { cutModel, type ModelPiece } from "./onnx/piece.js";
export { withInputThrough } from "./onnx/prepend.js";
export { withBareOutputs } from "./onnx/probe.js";
export { rebuild } from "./onnx/rebuild.js";
export { withoutOutput, withReplacedOutput } from "./onnx/replace.js";
export { type ModelOptions, serialize } from "./onnx/serialize.js";
export { withoutShared, withShared } from "./onnx/shared-initializers.js";
export { WINDOW_STARTS } from "./onnx/step-names.js";
export { type ModelSurvey, refuseForeignOperators, refuseOtherFiles, surveyModel } from "./onnx/survey.js";
export type { TreeNode } from "./onnx/tree-nodes.js";
export { type TreesApart, treesApart } from "./onnx/trees-apart.js";
export { WRITTEN_OPERATORS } from "./onnx/written-operators.js";
export {
  type Attributes,
  type AttributeValue,
  attribute,
  float,
  floats,
  int,
  ints,
  type Node,
  type Operator,
} from "./operator.js";
export { embed } from "./ops/embed.js";
export * from "./ops/index.js";
export { leading } from "./ops/shape.js";
export {
  broadcastShapes,
  type DataType,
  type Dim,
  elementCount,
  formatShape,
  type Shape,
  sameShape,
  staticDim,
  type Tensor,
  type TensorContents,
  type TensorType,
} from "./tensor.js";
export { multiplications } from "./work.js";
