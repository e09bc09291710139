import { matmul, patches, reshape, type Tensor, transpose } from "../graph/index.js";

/** How a kernel moves over a map. */
export interface Stride {
  /** Zeros on every side. */
  readonly pad: number;
  /** Positions from one place of the kernel to the next. */
  readonly stride: number;
}

export const stridedLength = (length: number, taps: number, { pad, stride }: Stride): number =>
  Math.floor((length + 2 * pad - taps) / stride) + 1;

/**
 * A convolution of maps as convolution.ts has them, as one product with patches that are laid out: for strides, of which a
 * transformation to tiles would compute most for nothing, and for few channels.
 * @param x [height, width, channels, rows]
 * @param weight [outputs, channels, taps, taps]
 * @returns [height, width, outputs, rows]
 */
export function convolvePatches(x: Tensor, weight: Tensor, layer: Stride): Tensor {
  const [height, width, channels, rows] = x.shape as [number, number, number, number];
  const [outputs, , taps] = weight.shape as [number, number, number];
  const { pad, stride } = layer;
  const [down, across] = [stridedLength(height, taps, layer), stridedLength(width, taps, layer)];
  const place = (row: number, column: number): number =>
    row >= 0 && row < height && column >= 0 && column < width ? row * width + column : -1;
  const index = Array.from({ length: down * across }, (_, at) =>
    Array.from({ length: taps * taps }, (_, tap) =>
      place(
        stride * Math.floor(at / across) + Math.floor(tap / taps) - pad,
        stride * (at % across) + (tap % taps) - pad,
      ),
    ),
  );
  const laid = patches(reshape(x, [height * width, channels, rows]), index);
  const byTap = transpose(reshape(weight, [outputs, channels, taps * taps]), [0, 2, 1]);
  const product = matmul(
    reshape(byTap, [1, outputs, taps * taps * channels]),
    reshape(laid, [down * across, taps * taps * channels, rows]),
  );
  return reshape(product, [down, across, outputs, rows]);
}
