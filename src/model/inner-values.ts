import type { Dataset } from "../data/index.js";
import { HypersphereError, throwIfAborted } from "../errors.js";
import { type FeatureMatrix, rawRows } from "../features/index.js";
import { withBareOutputs } from "../graph/index.js";
import { type Backend, currentBackend } from "../runtime/index.js";
import type { Model } from "./model.js";

export interface InnerOptions {
  readonly backend?: Backend | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Inner values of a model for the listed rows, by the names that the card has for them (`card.inside`).
 * @returns [rows, width] of each value that has one row for each row, and [1, width] of what is the same for all
 * @throws HypersphereError `invalid-model` for a card that names what the graph does not compute; else as `model.score`
 */
export async function innerValues(
  model: Model,
  data: Dataset,
  rows: Uint32Array,
  names: readonly string[],
  options: InnerOptions = {},
): Promise<ReadonlyMap<string, FeatureMatrix>> {
  const { inside = {} } = model.card;
  const tensors = [...new Set(names.map((name) => inside[name]!))];
  const values = await tensorValues(model, data, rows, tensors, options);
  return new Map(names.map((name) => [name, values.get(inside[name]!)!]));
}

/**
 * The same of values by the names that they have in the graph.
 * @param tensors distinct
 */
export async function tensorValues(
  model: Model,
  data: Dataset,
  rows: Uint32Array,
  tensors: readonly string[],
  { backend, signal }: InnerOptions = {},
): Promise<ReadonlyMap<string, FeatureMatrix>> {
  const { schema } = model.card;
  const runtime = await (model.ownBackend ?? backend ?? currentBackend()).inline();
  const parts = new Map<string, Float32Array[]>(tensors.map((tensor) => [tensor, []]));
  const session = await opened(tensors, () =>
    runtime.createSession(withBareOutputs(model.toBytes(), "", [], tensors)),
  );
  const shared = new Set<string>();
  try {
    for await (const { from, to, feeds } of rawRows(data, schema).pieces(rows)) {
      throwIfAborted(signal);
      const results = await session.run(feeds);
      for (const [tensor, pieces] of parts) {
        const { shape, data: values } = results[tensor]!;
        // Centres are constants: one row for all of them.
        if (shape.length < 2 || shape[0] !== to - from) shared.add(tensor);
        pieces.push(Float32Array.from(values as Float32Array | Float64Array));
      }
    }
  } finally {
    await session.release();
  }
  const matrixOf = (tensor: string): FeatureMatrix => {
    const pieces = parts.get(tensor)!;
    const count = shared.has(tensor) ? 1 : rows.length;
    const kept = shared.has(tensor) ? pieces.slice(0, 1) : pieces;
    const columns = kept.reduce((sum, { length }) => sum + length, 0) / count;
    const all = new Float32Array(count * columns);
    kept.reduce((at, piece) => {
      all.set(piece, at);
      return at + piece.length;
    }, 0);
    return { rows: count, columns, data: all };
  };
  return new Map(tensors.map((tensor) => [tensor, matrixOf(tensor)]));
}

async function opened<T>(tensors: readonly string[], open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    throw new HypersphereError(
      "invalid-model",
      `The model's card names inner values (${tensors.join(", ")}) that its graph does not compute.`,
      { cause, hint: "Copy the original again, or train the model again." },
    );
  }
}
