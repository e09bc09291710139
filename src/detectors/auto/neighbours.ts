import { throwIfAborted } from "../../errors.js";
import type { FeatureMatrix } from "../../features/index.js";

/** The k nearest other rows of every row, by Manhattan distance. */
export interface Neighbourhood {
  readonly k: number;
  /** Distances in rising order, [rows, k]. */
  readonly distances: Float64Array;
  /** Row numbers of the neighbours, [rows, k]. */
  readonly indices: Int32Array;
}

/** Rows between looks at the abort signal. */
const ROWS_PER_TURN = 256;

/**
 * Nearest neighbours of training rows among themselves, each row left out of its own. Manhattan distance: it lets
 * several small deviations weigh as much as a large one, and a single wild column less than Euclid's.
 * @param k at most rows - 1
 */
export async function neighbourhoods(
  { rows, columns, data }: FeatureMatrix,
  k: number,
  signal?: AbortSignal,
): Promise<Neighbourhood> {
  const distances = new Float64Array(rows * k);
  const indices = new Int32Array(rows * k);
  for (let row = 0; row < rows; row++) {
    if (row % ROWS_PER_TURN === 0) {
      throwIfAborted(signal);
      // Lets timers, progress and Ctrl-C through: this loop has the thread to itself.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    insertNearest(data, columns, rows, row, k, distances, indices);
  }
  return { k, distances, indices };
}

function insertNearest(
  data: Float32Array,
  columns: number,
  rows: number,
  row: number,
  k: number,
  distances: Float64Array,
  indices: Int32Array,
): void {
  const first = row * k;
  const own = row * columns;
  distances.fill(Number.POSITIVE_INFINITY, first, first + k);
  let worst = Number.POSITIVE_INFINITY;
  for (let other = 0; other < rows; other++) {
    if (other === row) continue;
    const at = other * columns;
    let distance = 0;
    for (let column = 0; column < columns; column++) {
      distance += Math.abs(data[own + column]! - data[at + column]!);
      // Most candidates are out of the running after a few columns.
      if (distance >= worst) break;
    }
    if (distance >= worst) continue;
    let place = first + k - 1;
    while (place > first && distances[place - 1]! > distance) {
      distances[place] = distances[place - 1]!;
      indices[place] = indices[place - 1]!;
      place--;
    }
    distances[place] = distance;
    indices[place] = other;
    worst = distances[first + k - 1]!;
  }
}
