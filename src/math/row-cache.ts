/** The most recently used rows of a matrix that is too large to keep. */
export class RowCache {
  /** Rows that fit. */
  readonly capacity: number;
  /** In the order of their last use. */
  readonly #rows = new Map<number, Float32Array>();

  /**
   * @param length of a row, float32
   * @param megabytes to be used at most; two rows are kept in any case
   */
  constructor(length: number, megabytes: number) {
    this.capacity = Math.min(length, Math.max(2, Math.floor((megabytes * 2 ** 20) / (4 * length))));
  }

  has(i: number): boolean {
    return this.#rows.has(i);
  }

  /** Row `i`, where it is there. */
  row(i: number): Float32Array | undefined {
    const row = this.#rows.get(i);
    if (row === undefined) return undefined;
    this.#rows.delete(i);
    this.#rows.set(i, row);
    return row;
  }

  /**
   * Takes a row over, which must not be changed afterwards. In a full cache its values replace those of the row that
   * was not used for longest.
   */
  put(i: number, values: Float32Array): void {
    let row = this.#rows.get(i);
    if (row !== undefined) this.#rows.delete(i);
    else if (this.#rows.size >= this.capacity) {
      const [oldest, memory] = this.#rows.entries().next().value!;
      this.#rows.delete(oldest);
      row = memory;
    }
    row?.set(values);
    this.#rows.set(i, row ?? values);
  }
}
