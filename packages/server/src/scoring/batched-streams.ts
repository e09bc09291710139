import { type Model, ModelStream, type StreamAnswer } from "hypersphere";
import { Gatherer } from "../gatherer.js";
import type { Settings } from "../settings.js";

type Rows = readonly unknown[];
type Bounds = Pick<Settings, "gatherMs" | "gatherRows">;

/**
 * Rows of tables that come in different requests, scored together. Each row is read and refused by itself, and its score does
 * not depend on its neighbours: see ModelStream.
 */
export class BatchedStreams {
  readonly #bounds: Bounds;
  /** By model and by threshold: a stream decides by one. */
  readonly #streams = new WeakMap<Model, Map<number, Promise<Gatherer<Rows, StreamAnswer[]>>>>();

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** One answer per row, in their order. */
  async score(model: Model, threshold: number, rows: Rows): Promise<StreamAnswer[]> {
    return (await this.#gathererOf(model, threshold)).add(rows);
  }

  #gathererOf(model: Model, threshold: number): Promise<Gatherer<Rows, StreamAnswer[]>> {
    const streams = this.#streams.get(model) ?? new Map();
    this.#streams.set(model, streams);
    const found = streams.get(threshold);
    if (found !== undefined) return found;
    const opened = this.#open(model, threshold);
    streams.set(threshold, opened);
    opened.catch(() => streams.delete(threshold));
    return opened;
  }

  async #open(model: Model, threshold: number): Promise<Gatherer<Rows, StreamAnswer[]>> {
    const stream = await ModelStream.open(model, { threshold });
    return new Gatherer({
      waitMs: this.#bounds.gatherMs,
      most: this.#bounds.gatherRows,
      sizeOf: (rows) => rows.length,
      run: async (requests) => {
        if (requests.length === 1) return [await stream.push(requests[0]!)];
        const answers = await stream.push(requests.flat());
        let from = 0;
        return requests.map(({ length }) => {
          from += length;
          return answers.slice(from - length, from);
        });
      },
    });
  }
}
