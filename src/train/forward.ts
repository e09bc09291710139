import { throwIfAborted } from "../errors.js";
import { type FeatureMatrix, rowsPerRun } from "../features/index.js";
import { Graph, serialize, type Tensor } from "../graph/index.js";
import type { ParameterLayout, Parameters } from "../nn/parameters.js";
import { float32, type Runtime, type Session } from "../runtime/index.js";

/** Rows that go through a network at a time; fewer where they are long. */
const MOST_ROWS = 4096;

/** Evaluates a network for parameters that change between calls, which training needs to assess its progress. */
export class Forward {
  readonly #session: Session;
  readonly #size: number;

  private constructor(session: Session, size: number) {
    this.#session = session;
    this.#size = size;
  }

  /** @param compute from features [rows, columns] to one value or vector per row */
  static async open(
    runtime: Runtime,
    layout: ParameterLayout,
    columns: number,
    compute: (x: Tensor, parameters: Parameters) => Tensor,
  ): Promise<Forward> {
    const graph = new Graph();
    const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
    graph.output("result", compute(graph.input("x", "float32", ["rows", columns]), parameters));
    return new Forward(await runtime.createSession(serialize(graph)), layout.size);
  }

  /** @param parameters may be longer than this network's layout; its own come first */
  async run(
    parameters: Float32Array,
    { rows, columns, data }: FeatureMatrix,
    signal?: AbortSignal,
  ): Promise<Float32Array> {
    const own = parameters.slice(0, this.#size);
    let results: Float32Array | undefined;
    const piece = rowsPerRun(columns, MOST_ROWS);
    for (let from = 0; from < rows; from += piece) {
      throwIfAborted(signal);
      const to = Math.min(rows, from + piece);
      const { result } = await this.#session.run({
        parameters: float32([own.length], own),
        x: float32([to - from, columns], data.slice(from * columns, to * columns)),
      });
      const part = result!.data as Float32Array;
      const width = part.length / (to - from);
      results ??= new Float32Array(rows * width);
      results.set(part, from * width);
    }
    return results ?? new Float32Array(0);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
