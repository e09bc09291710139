/**
 * Fewer multiplications for a convolution over one axis (Toom-Cook; Winograd 1980). Instead of sliding a kernel of
 * `taps` over the data, tiles of them and the kernel are seen as polynomials and evaluated at points, where a
 * convolution is a product:
 *
 *     outputs = output^T ((kernel k) * (data x)),   `tile` outputs from tile + taps - 1 products
 *
 * Two axes take the square of that: 4 x 4 outputs of a kernel of 5 x 5 need 64 products, not 400.
 */
export interface ToomCook {
  /** [points][taps] */
  readonly kernel: readonly (readonly number[])[];
  /** [points][points] */
  readonly data: readonly (readonly number[])[];
  /** [points][tile] */
  readonly output: readonly (readonly number[])[];
}

/** Small numbers with short binary fractions: what they are multiplied with loses least. The last one is infinity. */
const POINTS = [0, 1, -1, 0.5, -2, -0.5, 2];

/** @throws TypeError for more points than float32 bears */
export function toomCook(tile: number, taps: number): ToomCook {
  const count = tile + taps - 1;
  if (count - 1 > POINTS.length)
    throw new TypeError(`Tiles of ${tile} for ${taps} taps need ${count} points.`);
  const points = POINTS.slice(0, count - 1);
  const powers = (length: number): number[][] => [
    ...points.map((point) => Array.from({ length }, (_, k) => point ** k)),
    Array.from({ length }, (_, k) => (k === length - 1 ? 1 : 0)),
  ];
  // Interpolation, transposed: the coefficients of Lagrange's polynomials, and of the one that is zero at all points.
  const lagrange = points.map((point, k) =>
    points.reduce<number[]>(
      (product, other, j) => (j === k ? product : multiplied(product, -other, point - other)),
      [1],
    ),
  );
  const vanishing = points.reduce<number[]>((product, point) => multiplied(product, -point, 1), [1]);
  return {
    kernel: powers(taps),
    data: [...lagrange.map((row) => [...row, 0]), vanishing],
    output: powers(tile),
  };
}

/** Coefficients of a polynomial times (x + constant) / scale. */
function multiplied(polynomial: readonly number[], constant: number, scale: number): number[] {
  return [...polynomial, 0].map(
    (value, k) => (value * constant + (k === 0 ? 0 : polynomial[k - 1]!)) / scale,
  );
}

/** One spatial axis of a convolution. */
export interface Axis {
  /** Before it is enlarged. */
  readonly length: number;
  /** Every entry is repeated this many times before the kernel slides over them. */
  readonly upsample: number;
  /** Zeros before and after. */
  readonly before: number;
  readonly after: number;
  readonly taps: number;
}

export const outputLength = ({ length, upsample, before, after, taps }: Axis): number =>
  length * upsample + before + after - taps + 1;

/** Row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

export interface AxisTransforms {
  readonly points: number;
  readonly tiles: number;
  /** From the axis to points x tiles, [points * tiles, length]: with padding and enlargement in it. */
  readonly data: Matrix;
  /** From points x tiles to the output's positions, [positions, points * tiles], in the order asked for. */
  readonly output: Matrix;
}

/** An axis cut into tiles. @param order the output's positions in the order in which they are wanted */
export function axisTransforms(axis: Axis, tile: number, order: readonly number[]): AxisTransforms {
  const { data, output } = toomCook(tile, axis.taps);
  const points = data.length;
  const tiles = Math.ceil(outputLength(axis) / tile);
  const forward = zeros(points * tiles, axis.length);
  const back = zeros(order.length, points * tiles);
  for (let point = 0; point < points; point++) {
    for (let k = 0; k < tiles; k++) {
      const row = (point * tiles + k) * axis.length;
      data[point]!.forEach((value, j) => {
        const at = k * tile + j - axis.before;
        if (at >= 0 && at < axis.length * axis.upsample)
          forward.data[row + Math.floor(at / axis.upsample)]! += value;
      });
    }
    order.forEach((position, row) => {
      const k = Math.floor(position / tile);
      back.data[row * points * tiles + point * tiles + k] = output[point]![position - k * tile]!;
    });
  }
  return { points, tiles, data: forward, output: back };
}

/** Both axes in one matrix: [(a rows, b rows), (a columns, b columns)]. */
export function kronecker(a: Matrix, b: Matrix): Matrix {
  const product = zeros(a.rows * b.rows, a.columns * b.columns);
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < a.columns; j++)
      for (let k = 0; k < b.rows; k++)
        for (let l = 0; l < b.columns; l++)
          product.data[(i * b.rows + k) * product.columns + j * b.columns + l] =
            a.data[i * a.columns + j]! * b.data[k * b.columns + l]!;
  return product;
}

/** [points * points, taps * taps]: the kernel's transformation over both axes. */
export function kernelTransform(tile: number, taps: number): Matrix {
  const { kernel } = toomCook(tile, taps);
  const matrix = { rows: kernel.length, columns: taps, data: Float32Array.from(kernel.flat()) };
  return kronecker(matrix, matrix);
}

const zeros = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  data: new Float32Array(rows * columns),
});
