import {
  concat,
  conv,
  type Graph,
  gemm,
  leading,
  matmul,
  max,
  patches,
  reshape,
  staticDim,
  type Tensor,
  transpose,
} from "../graph/index.js";
import {
  type Axis,
  type AxisTransforms,
  axisTransforms,
  kernelTransform,
  kronecker,
  type Matrix,
  outputLength,
} from "./convolution-transforms.js";

/** Lines of zeros on each side, in ONNX's order. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];

/**
 * Convolutions while a network trains. Maps lie with their positions first and the rows of the batch last,
 * [height, width, channels, rows]: whatever happens in space (padding, enlarging, cutting into tiles, sorting by
 * position within the pooling's windows) is then one product with a constant matrix from the left, whatever happens
 * to channels one with a weight, and pooling compares blocks that lie in one piece. ONNX Runtime's Conv, and even more
 * its derivatives by Conv and ConvTranspose, take twice the time.
 */
export interface Convolution {
  /** Side of the square kernel. */
  readonly taps: number;
  /** Zeros around the map. */
  readonly pads: Pads;
  /** Every pixel becomes a square of this side before the kernel slides over it. */
  readonly upsample: number;
}

/** What a convolution gives: all of it for statistics, and the maxima over squares of two by two. */
export interface Pooled {
  /** [positions, channels, rows], positions in any order. */
  readonly all: Tensor;
  /** [height / 2, width / 2, channels, rows]; what is left over at the end of an odd axis is not looked at. */
  readonly maxima: Tensor;
}

/** Outputs per tile and axis: 16 outputs for 64 products at 5 x 5 taps (36 at 3 x 3). */
const TILE = 4;
/** Up to this many channels there is little to multiply with: patches are laid out instead. */
const FEW_CHANNELS = 4;
/** What a convolution may take for tiles or patches, in bytes; larger ones are left to ONNX Runtime's own. */
const MOST_BYTES = 192 * 2 ** 20;
/** Up to this size one product transforms both axes at once; above, one follows the other. */
const KRONECKER_SIZE = 256 * 64;

const natural = (length: number): number[] => Array.from({ length }, (_, k) => k);

/** Positions of even number, then those of odd number, then the one left over at the end of an odd axis. */
function byPhase(length: number): number[] {
  const half = Math.floor(length / 2);
  const every = (start: number): number[] => Array.from({ length: half }, (_, k) => 2 * k + start);
  return [...every(0), ...every(1), ...(length % 2 === 1 ? [length - 1] : [])];
}

/** Height and width. */
function axesOf(x: Tensor, { taps, pads: [top, left, bottom, right], upsample }: Convolution): [Axis, Axis] {
  const shared = { upsample, taps };
  return [
    { ...shared, length: staticDim(x, 0), before: top, after: bottom },
    { ...shared, length: staticDim(x, 1), before: left, after: right },
  ];
}

/**
 * @param x [height, width, channels, rows]
 * @param weight [outputs, channels, taps, taps]
 * @returns [height, width, outputs, rows]
 */
export function convolve(x: Tensor, weight: Tensor, layer: Convolution): Tensor {
  const axes = axesOf(x, layer);
  return fitsTiles(x, weight, axes)
    ? inTiles(
        x,
        weight,
        axes,
        axes.map((axis) => natural(outputLength(axis))),
      )
    : direct(x, weight, layer);
}

/** The same with its maxima over squares of two by two. */
export function convolvePooled(x: Tensor, weight: Tensor, layer: Convolution): Pooled {
  const axes = axesOf(x, layer);
  const lengths = axes.map(outputLength) as [number, number];
  if (fitsPatches(x, weight, axes)) return inPatches(x, weight, axes, lengths);
  const orders = lengths.map(byPhase);
  const sorted = fitsTiles(x, weight, axes)
    ? inTiles(x, weight, axes, orders)
    : patchwise(direct(x, weight, layer), orders);
  const [, , outputs, rows] = sorted.shape as [number, number, number, number];
  const [height, width] = lengths.map((length) => Math.floor(length / 2)) as [number, number];
  const even = leading(leading(sorted, 0, 2 * height), 1, 2 * width);
  const maxima = max(reshape(even, [2, height, 2, width, outputs, rows]), [0, 2]);
  return { all: reshape(sorted, [lengths[0] * lengths[1], outputs, rows]), maxima };
}

function patchwise(x: Tensor, [rows, columns]: readonly number[][]): Tensor {
  const [height, width, ...rest] = x.shape as number[];
  const order = rows!.map((row) => columns!.map((column) => row * width! + column));
  return reshape(patches(reshape(x, [height! * width!, ...rest]), order), [height!, width!, ...rest]);
}

function constantMatrix(graph: Graph, { rows, columns, data }: Matrix): Tensor {
  return graph.root.constant("float32", [rows, columns], data);
}

function fitsTiles(x: Tensor, weight: Tensor, axes: readonly Axis[]): boolean {
  const [outputs, channels, taps] = weight.shape as [number, number, number];
  if (taps > 5 || taps === 1) return false;
  const products = axes
    .map((axis) => (TILE + taps - 1) * Math.ceil(outputLength(axis) / TILE))
    .reduce((product, points) => product * points, 1);
  return products * Math.max(outputs, channels) * staticDim(x, 3) * 4 <= MOST_BYTES;
}

/** In tiles, see convolution-transforms.ts: as many small products of weights with data as a tile has points. */
function inTiles(x: Tensor, weight: Tensor, axes: readonly Axis[], orders: readonly number[][]): Tensor {
  const { graph } = x;
  const [outputs, channels, taps] = weight.shape as [number, number, number];
  const rows = staticDim(x, 3);
  const [down, across] = axes.map((axis, k) => axisTransforms(axis, TILE, orders[k]!)) as [
    AxisTransforms,
    AxisTransforms,
  ];
  const kernel = gemm(
    constantMatrix(graph, kernelTransform(TILE, taps)),
    reshape(weight, [outputs * channels, taps * taps]),
    { transB: true },
  );
  const data = bothAxes(x, down.data, across.data);
  const products = matmul(
    reshape(kernel, [down.points, 1, across.points, 1, outputs, channels]),
    reshape(data, [down.points, down.tiles, across.points, across.tiles, channels, rows]),
  );
  const inPoints = [down.points * down.tiles, across.points * across.tiles, outputs, rows];
  return bothAxes(reshape(products, inPoints), down.output, across.output);
}

/** Applies a matrix to each of the two spatial axes of [height, width, channels, rows]. */
function bothAxes(x: Tensor, down: Matrix, across: Matrix): Tensor {
  const { graph } = x;
  const [height, width, channels, rows] = x.shape as [number, number, number, number];
  const shape = [down.rows, across.rows, channels, rows];
  if (down.rows * across.rows * down.columns * across.columns <= KRONECKER_SIZE) {
    const whole = constantMatrix(graph, kronecker(down, across));
    return reshape(gemm(whole, reshape(x, [height * width, channels * rows])), shape);
  }
  const lines = gemm(constantMatrix(graph, down), reshape(x, [height, width * channels * rows]));
  const matrix = reshape(constantMatrix(graph, across), [1, across.rows, across.columns]);
  return reshape(matmul(matrix, reshape(lines, [down.rows, width, channels * rows])), shape);
}

function fitsPatches(x: Tensor, weight: Tensor, axes: readonly Axis[]): boolean {
  const [, channels, taps] = weight.shape as [number, number, number];
  const even = axes.every((axis) => outputLength(axis) % 2 === 0 && axis.upsample === 1);
  const blocks = axes.reduce((product, axis) => product * (outputLength(axis) / 2), 1);
  return (
    channels <= FEW_CHANNELS &&
    even &&
    blocks * (taps + 1) ** 2 * channels * staticDim(x, 3) * 4 <= MOST_BYTES
  );
}

/**
 * All four outputs of a pooling window from one patch, one tap wider than the kernel: for images with few channels,
 * where it takes longer to lay patches out than to multiply them, this takes a third of the patches' memory.
 */
function inPatches(x: Tensor, weight: Tensor, axes: readonly Axis[], lengths: [number, number]): Pooled {
  const [height, width, channels, rows] = x.shape as [number, number, number, number];
  const [outputs, , taps] = weight.shape as [number, number, number];
  const [down, across] = lengths.map((length) => length / 2) as [number, number];
  const side = taps + 1;
  const [top, left] = axes.map(({ before }) => before) as [number, number];
  const place = (y: number, x: number): number =>
    y >= 0 && y < height && x >= 0 && x < width ? y * width + x : -1;
  const index = natural(down * across).map((block) =>
    natural(side * side).map((at) =>
      place(
        2 * Math.floor(block / across) + Math.floor(at / side) - top,
        2 * (block % across) + (at % side) - left,
      ),
    ),
  );
  const laid = patches(reshape(x, [height * width, channels, rows]), index);
  const products = matmul(
    reshape(shiftedKernels(weight), [1, 4 * outputs, side * side * channels]),
    reshape(laid, [down * across, side * side * channels, rows]),
  );
  const maxima = max(reshape(products, [down * across, 4, outputs * rows]), [1]);
  return {
    all: reshape(products, [down * across * 4, outputs, rows]),
    maxima: reshape(maxima, [down, across, outputs, rows]),
  };
}

/** From [outputs, channels, taps, taps] to [phases, outputs, (taps + 1)^2, channels]: one kernel for each shift. */
function shiftedKernels(weight: Tensor): Tensor {
  const [outputs, channels, taps] = weight.shape as [number, number, number];
  const side = taps + 1;
  const columns = 4 * side * side;
  const placed = new Float32Array(taps * taps * columns);
  for (let phase = 0; phase < 4; phase++)
    for (let i = 0; i < taps; i++)
      for (let j = 0; j < taps; j++) {
        const at = (i + (phase >> 1)) * side + j + (phase & 1);
        placed[(i * taps + j) * columns + phase * side * side + at] = 1;
      }
  const matrix = constantMatrix(weight.graph, { rows: taps * taps, columns, data: placed });
  const shifted = gemm(reshape(weight, [outputs * channels, taps * taps]), matrix);
  return transpose(reshape(shifted, [outputs, channels, 4, side * side]), [2, 0, 3, 1]);
}

/** ONNX Runtime's convolution, between two changes of layout. */
function direct(x: Tensor, weight: Tensor, { pads, upsample }: Convolution): Tensor {
  const byRows = enlarged(transpose(x, [3, 2, 0, 1]), upsample);
  return transpose(conv(byRows, weight, { pads }), [2, 3, 1, 0]);
}

/** Nearest-neighbour enlargement of [rows, channels, height, width]. */
export function enlarged(x: Tensor, factor: number): Tensor {
  if (factor === 1) return x;
  const [rows, channels, height, width] = x.shape as [number, number, number, number];
  const repeated = (each: Tensor, axis: number): Tensor => concat(new Array<Tensor>(factor).fill(each), axis);
  const wide = repeated(reshape(x, [rows, channels, height * width, 1]), 3);
  return reshape(repeated(reshape(wide, [rows, channels, height, width * factor]), 3), [
    rows,
    channels,
    height * factor,
    width * factor,
  ]);
}
