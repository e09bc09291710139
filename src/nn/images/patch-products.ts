import { add, gather, gemm, leading, loop, reshape, type Tensor, transpose } from "../../graph/index.js";

/** Places of the result whose patches are laid out at a time. */
const PLACES = 4096;

/** Linear functions of patches. */
export interface LinearPatches {
  /** [outputs, channels * side * side] */
  readonly weights: Float32Array;
  /** [outputs] */
  readonly offset: Float32Array;
  /** Of the patches, in pixels. */
  readonly side: number;
  /** Pixels from one patch to the next. */
  readonly stride: number;
}

/**
 * W x + b of each patch x of maps [rows, channels, height, width]: a convolution without padding, float32 [rows, outputs, down,
 * across].
 *
 * It is a matrix product, which a reproducible graph computes in double precision: no runtime has convolutions of that. Whitening
 * subtracts large numbers that are nearly equal, and makes the rest a hundred times larger. In single precision the order
 * in which a runtime adds would be seen in the fifth digit of a map.
 */
export function patchProducts(maps: Tensor, { weights, offset, side, stride }: LinearPatches): Tensor {
  const [rows, channels, height, width] = maps.shape as [number | string, number, number, number];
  const { graph } = maps;
  const outputs = offset.length;
  const places = (length: number): number => Math.floor((length - side) / stride) + 1;
  const [down, across] = [places(height), places(width)];
  const lines = Math.min(down, Math.max(1, Math.floor(PLACES / across)));
  const blocks = Math.ceil(down / lines);
  const pixels = (place: number): number[] => Array.from({ length: side }, (_, k) => place * stride + k);
  // The last block is filled up with copies of the last line.
  const table = Array.from({ length: blocks * lines }, (_, line) => pixels(Math.min(line, down - 1))).flat();
  const rowsOf = graph.root.constant("int64", [blocks, lines * side], BigInt64Array.from(table, BigInt));
  const columns = graph.root.indices(Array.from({ length: across }, (_, place) => pixels(place)).flat());
  const kernel = graph.root.constant("float32", [outputs, channels * side * side], weights);
  const shift = graph.root.constant("float32", [outputs], offset);
  const { collected } = loop(graph, graph.index(blocks), [], (iteration) => {
    const cut = gather(gather(maps, gather(rowsOf, iteration), 2), columns, 3);
    const laid = transpose(reshape(cut, [rows, channels, lines, side, across, side]), [0, 2, 4, 1, 3, 5]);
    const products = gemm(reshape(laid, ["patches", channels * side * side]), kernel, { transB: true });
    const block = reshape(add(products, shift), [rows, lines, across, outputs]);
    return { carried: [], collected: [transpose(block, [0, 3, 1, 2])] };
  });
  const whole = reshape(transpose(collected[0]!, [1, 2, 0, 3, 4]), [rows, outputs, blocks * lines, across]);
  return leading(whole, 2, down);
}
