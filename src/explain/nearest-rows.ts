import { type Dataset, type Samples, samplesOf } from "../data/index.js";
import { observations } from "../features/index.js";
import { createRandom } from "../math/random.js";
import { argsort } from "../math/sort.js";
import type { Model, ScoreOptions } from "../model/index.js";
import { backgroundOf } from "./background.js";
import type { NearestRow } from "./explanation.js";
import type { Units } from "./units.js";
import { unitsOf } from "./units-of.js";

/** A normal row, by its place among the normal rows of the units. */
export interface Neighbour {
  readonly at: number;
  readonly distance: number;
}

/** The nearest of some normal rows, nearest first. @param others their places */
export function nearestOf(units: Units, row: number, others: Uint32Array, most: number): Neighbour[] {
  const away = Float64Array.from(others, (other) => units.distance(row, other));
  const order = argsort(away, "distances").subarray(0, most);
  return Array.from(order, (place) => ({ at: others[place]!, distance: away[place]! }));
}

/**
 * The normal rows that each row of the data is most like, without any explanation. Those that the model flags are left out.
 * @param background normal rows, of which `NearestRow.row` is one
 * @throws HypersphereError `unfit-data` where the model takes fewer than ten of them for normal
 */
export async function nearestRows(
  model: Model,
  given: Dataset | Samples,
  background: Dataset | Samples,
  {
    neighbours = 3,
    seed = 0,
    ...options
  }: ScoreOptions & { readonly neighbours?: number | undefined; readonly seed?: number | string | undefined },
): Promise<NearestRow[][]> {
  const { data } = observations(samplesOf(given));
  const stream = createRandom(seed).stream("explain", "background");
  const scored = await model.score(data, options);
  const rows = Uint32Array.from({ length: data.rowCount }, (_, row) => row);
  const normal = await backgroundOf(model, data, scored, background, rows, options, stream, false);
  const units = await unitsOf(data, normal.data, model.card.schema);
  const all = Uint32Array.from(normal.rows.keys());
  return Array.from(rows, (row) =>
    nearestOf(units, row, all, neighbours).map(({ at, distance }) => ({ row: normal.rows[at]!, distance })),
  );
}
