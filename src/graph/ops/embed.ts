import type { ModelPiece } from "../onnx/piece.js";
import type { Operator } from "../operator.js";
import type { Tensor, TensorType } from "../tensor.js";

/** No file has a node of this type. */
const EMBEDDED = "Embedded";

/** What runs has the nodes and weights of the piece in place of this one. */
const embedOperator = (embedded: ModelPiece, types: readonly TensorType[]): Operator => ({
  type: EMBEDDED,
  embedded,
  infer: ([input]) => {
    if (input!.dtype !== "float32") throw new TypeError("a part of another model takes float32.");
    return types;
  },
});

/**
 * Puts a part of another model into this one: its nodes and weights become nodes and initializers here, under names that
 * nothing else has. Constant in the eyes of the differentiation.
 *
 * @param x what the piece's input becomes, float32
 * @param types of the piece's outputs, in their order: what there is in the file does not say it
 */
export function embed(piece: ModelPiece, x: Tensor, types: readonly TensorType[]): readonly Tensor[] {
  return x.graph.apply(embedOperator(piece, types), [x]);
}
