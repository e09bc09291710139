/** A matrix of features, row-major float32 [rows, columns]. */
export interface FeatureMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array<ArrayBuffer>;
  /**
   * Where each row begins in `data`, for rows that overlap as windows of a series do: they are many times larger than
   * the series. Absent where rows follow one another.
   */
  readonly starts?: Uint32Array;
}

/** The place in `data` at which a row begins. */
export function rowStart({ columns, starts }: FeatureMatrix, row: number): number {
  return starts === undefined ? row * columns : starts[row]!;
}

/** The listed rows, or all of them, one after the other. */
export function denseFeatures(matrix: FeatureMatrix, rows?: ArrayLike<number>): FeatureMatrix {
  const { columns, data, starts } = matrix;
  if (rows === undefined && starts === undefined) return matrix;
  const count = rows === undefined ? matrix.rows : rows.length;
  const picked = new Float32Array(count * columns);
  for (let k = 0; k < count; k++) {
    const start = rowStart(matrix, rows === undefined ? k : rows[k]!);
    picked.set(data.subarray(start, start + columns), k * columns);
  }
  return { rows: count, columns, data: picked };
}
