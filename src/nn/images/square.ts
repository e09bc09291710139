import { matmul, reshape, type Tensor, transpose } from "../../graph/index.js";

/** The smallest side that three halvings leave something of. */
export const LEAST_SQUARE = 8;

/** Side of a square with as many pixels as the image has. */
export const squareSide = (height: number, width: number): number =>
  Math.max(LEAST_SQUARE, Math.round(Math.sqrt(height * width)));

/**
 * Images at a square size, by linear interpolation: a turned image has to have the size of the others.
 * @param x features [rows, channels * height * width]
 * @returns [rows, channels * side * side]
 */
export function squared(
  x: Tensor,
  [channels, height, width]: readonly [number, number, number],
  side: number,
): Tensor {
  if (height === side && width === side) return x;
  const matrix = (length: number): Tensor =>
    x.graph.root.constant("float32", [1, length, side], interpolation(length, side));
  const [rows] = x.shape;
  const lines = reshape(x, [typeof rows === "number" ? rows * channels : "lines", height, width]);
  const wide = matmul(lines, matrix(width));
  const tall = matmul(transpose(wide, [0, 2, 1]), matrix(height));
  return reshape(transpose(tall, [0, 2, 1]), [x.shape[0]!, channels * side * side]);
}

/** [length, side]: columns say which of the old positions each new one is a mean of. */
function interpolation(length: number, side: number): Float32Array {
  const matrix = new Float32Array(length * side);
  for (let k = 0; k < side; k++) {
    const at = Math.min(length - 1, Math.max(0, ((k + 0.5) * length) / side - 0.5));
    const before = Math.floor(at);
    const after = Math.min(length - 1, before + 1);
    matrix[before * side + k]! += 1 - (at - before);
    matrix[after * side + k]! += at - before;
  }
  return matrix;
}
