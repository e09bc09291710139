import type { FeatureMatrix } from "../../features/index.js";
import { cast, Graph, gemm, reshape, serialize, transpose } from "../../graph/index.js";
import { float32, type Runtime, type Session } from "../../runtime/index.js";
import { extendedFeatures, extendedVectors, kernelFunction } from "./expansion.js";
import type { Kernel } from "./kernel.js";

/** Entries of a result: bounds what one run takes in memory and in time. */
const ENTRIES_PER_RUN = 2 ** 22;

/**
 * Blocks of the matrix K(x_i, v_j), float32 as LIBSVM keeps it, but from products in double precision: distances of
 * rows that lie close together far from the origin are differences of large numbers.
 */
export class KernelBlocks {
  readonly #session: Session;
  readonly #rows: FeatureMatrix;
  readonly #width: number;

  private constructor(session: Session, rows: FeatureMatrix, width: number) {
    this.#session = session;
    this.#rows = rows;
    this.#width = width;
  }

  /** @param vectors v_j; the rows themselves where absent */
  static async open(
    runtime: Runtime,
    kernel: Kernel,
    rows: FeatureMatrix,
    vectors: FeatureMatrix = rows,
  ): Promise<KernelBlocks> {
    const graph = new Graph();
    const x = graph.input("x", "float32", ["rows", rows.columns]);
    const shape = [1, vectors.rows, vectors.columns];
    const table = graph.initializer("vectors", "float32", shape, vectors.data);
    const right = extendedVectors(kernel, cast(table, "float64"));
    const left = extendedFeatures(kernel, cast(x, "float64"));
    const products = gemm(left, transpose(reshape(right, [vectors.rows, right.shape[2]!]), [1, 0]));
    graph.output("kernel", cast(kernelFunction(kernel, products), "float32"));
    return new KernelBlocks(await runtime.createSession(serialize(graph)), rows, vectors.rows);
  }

  /** Computes the listed rows of the matrix. They are the taker's to keep; those of one run share a buffer. */
  async compute(wanted: readonly number[], take: (i: number, row: Float32Array) => void): Promise<void> {
    const { columns, data } = this.#rows;
    const together = Math.max(1, Math.floor(ENTRIES_PER_RUN / this.#width));
    for (let from = 0; from < wanted.length; from += together) {
      const part = wanted.slice(from, from + together);
      const x = new Float32Array(part.length * columns);
      part.forEach((i, k) => {
        x.set(data.subarray(i * columns, (i + 1) * columns), k * columns);
      });
      const { kernel } = await this.#session.run({ x: float32([part.length, columns], x) });
      const block = kernel!.data as Float32Array;
      part.forEach((i, k) => {
        take(i, block.subarray(k * this.#width, (k + 1) * this.#width));
      });
    }
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
