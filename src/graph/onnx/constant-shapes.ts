/** Lengths of what a written graph computes from its constants alone, such as weights in the form that a product takes them. */
import { elementCount } from "../tensor.js";
import { attributeNumbers, type ForeignNode } from "./nodes.js";

/**
 * What the outputs of a node are long; undefined where that is not known of this kind of node.
 * @param shape of its first input
 * @param indices numbers of an input that the model stores
 */
export function constantShapes(
  node: ForeignNode,
  shape: readonly number[],
  indices: (name: string | undefined) => readonly number[] | undefined,
): readonly (readonly number[])[] | undefined {
  switch (node.type) {
    case "Cast":
    case "Sqrt":
      return [shape];
    case "Transpose": {
      const order = attributeNumbers(node, "perm") ?? shape.map((_, axis) => shape.length - 1 - axis);
      return [order.map((axis) => shape[axis]!)];
    }
    case "Pad": {
      const pads = indices(node.inputs[1]);
      if (pads?.length !== 2 * shape.length) return undefined;
      return [shape.map((length, axis) => length + pads[axis]! + pads[axis + shape.length]!)];
    }
    case "Reshape": {
      const lengths = indices(node.inputs[1]);
      return lengths && elementCount(lengths) === elementCount(shape) ? [lengths] : undefined;
    }
    case "Split": {
      const lengths = indices(node.inputs[1]);
      const [axis = 0] = attributeNumbers(node, "axis") ?? [];
      if (lengths?.length !== node.outputs.length || axis < 0) return undefined;
      return lengths.map((length) => shape.map((whole, k) => (k === axis ? length : whole)));
    }
    default:
      return undefined;
  }
}
