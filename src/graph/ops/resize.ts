import { int, ints, type Operator } from "../operator.js";
import { formatShape, type Tensor } from "../tensor.js";

const resizeOperator = (height: number, width: number): Operator => ({
  type: "Resize",
  infer: ([x]) => {
    if (x!.shape.length !== 4) throw new TypeError(`${formatShape(x!.shape)} is no batch of images.`);
    return [{ dtype: x!.dtype, shape: [x!.shape[0]!, x!.shape[1]!, height, width] }];
  },
});

/**
 * Images float32 [rows, channels, any height, any width] at another size, by linear interpolation. Where they become
 * smaller every pixel counts (antialiasing), as in Pillow. Constant in the eyes of the differentiation.
 */
export function resize(x: Tensor, height: number, width: number): Tensor {
  const { root } = x.graph;
  const unused = root.constant("float32", [0], new Float32Array(0));
  return x.graph.apply(resizeOperator(height, width), [x, unused, unused, root.indices([height, width])], {
    mode: { kind: "string", value: "linear" },
    antialias: int(1),
    axes: ints([2, 3]),
  })[0]!;
}
