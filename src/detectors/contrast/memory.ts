import type { RandomStream } from "../../math/random.js";
import type { ParameterLayout } from "../../nn/parameters.js";
import type { ContrastNetwork } from "../../nn/series/contrast-network.js";
import type { Runtime } from "../../runtime/index.js";
import { Forward } from "../../train/forward.js";
import { kMeans } from "../../train/k-means.js";
import { normalisedWindows } from "../windows/normalised.js";
import type { Stretches } from "../windows/stretches.js";
import { directions } from "./objective.js";
import type { ContrastOptions } from "./options.js";

/** Windows that are remembered, at least where there are so many, and at most. */
const FEWEST_REMEMBERED = 500;
const MOST_REMEMBERED = 2000;
/** Windows that say how far normal ones are from the memory. */
const MOST_HELD = 2000;
/** Windows that are laid out at a time. */
const WINDOWS_PER_RUN = 1024;

export interface Memory {
  readonly entries: number;
  /** Directions of the windows that are remembered, [entries, latentDim]. */
  readonly directions: Float32Array;
  /** Distances of training windows from the memory, as if it held no window that shares a step with them. */
  readonly held: Float64Array;
}

/**
 * What the network has to compare windows with: of k-means among the directions of training windows those that are nearest to
 * the centres.
 */
export async function rememberWindows(
  runtime: Runtime,
  network: ContrastNetwork,
  layout: ParameterLayout,
  parameters: Float32Array,
  options: ContrastOptions,
  stretches: Stretches,
  stream: RandomStream,
  signal?: AbortSignal,
): Promise<Memory> {
  const { windows } = stretches;
  const chosen =
    windows <= options.maxWindows
      ? Uint32Array.from({ length: windows }, (_, window) => window)
      : stream.sample(windows, options.maxWindows).sort();
  const dim = network.latentDim;
  const embedded = await embeddedWindows(runtime, network, layout, parameters, stretches, chosen, signal);
  const rows = chosen.length;
  const wanted = Math.max(FEWEST_REMEMBERED, Math.round(options.memoryShare * rows));
  const count = Math.min(rows, MOST_REMEMBERED, wanted);
  const { nearestRows } = await kMeans(
    runtime,
    { rows, columns: dim, data: embedded },
    count,
    stream,
    signal,
  );
  const remembered = new Float32Array(nearestRows.length * dim);
  nearestRows.forEach((row, k) => remembered.set(embedded.subarray(row * dim, (row + 1) * dim), k * dim));
  const places = Array.from(chosen, (window) => stretches.place(window));
  const asked = rows <= MOST_HELD ? Array.from(places.keys()) : [...stream.sample(rows, MOST_HELD).sort()];
  const entries = Array.from(nearestRows, (row) => places[row]!);
  const held = Float64Array.from(asked, (row) =>
    distanceFromOthers(
      embedded.subarray(row * dim, (row + 1) * dim),
      remembered,
      (entry) => !stretches.share(places[row]!, entries[entry]!),
      options.nearest,
    ),
  );
  return { entries: nearestRows.length, directions: remembered, held };
}

async function embeddedWindows(
  runtime: Runtime,
  network: ContrastNetwork,
  layout: ParameterLayout,
  parameters: Float32Array,
  stretches: Stretches,
  chosen: Uint32Array,
  signal: AbortSignal | undefined,
): Promise<Float32Array<ArrayBuffer>> {
  const { shape } = stretches;
  const embedded = new Float32Array(chosen.length * network.latentDim);
  const forward = await Forward.open(runtime, layout, shape[0] * shape[1], (x, tensors) =>
    directions(network.embed(normalisedWindows(x, shape), tensors)),
  );
  try {
    for (let from = 0; from < chosen.length; from += WINDOWS_PER_RUN) {
      const part = stretches.matrix(chosen.subarray(from, from + WINDOWS_PER_RUN));
      embedded.set(await forward.run(parameters, part, signal), from * network.latentDim);
    }
  } finally {
    await forward.close();
  }
  return embedded;
}

/** Mean of the least 1 - cosine from those entries that count; from all of them, where too few do. */
function distanceFromOthers(
  own: Float32Array,
  remembered: Float32Array,
  counts: (entry: number) => boolean,
  nearest: number,
): number {
  const dim = own.length;
  const entries = Array.from({ length: remembered.length / dim }, (_, entry) => entry);
  const others = entries.filter(counts);
  const k = Math.min(nearest, entries.length);
  const distances = Float64Array.from(others.length < k ? entries : others, (entry) => {
    let squares = 0;
    for (let c = 0; c < dim; c++) squares += (own[c]! - remembered[entry * dim + c]!) ** 2;
    return squares / 2;
  }).sort();
  return distances.subarray(0, k).reduce((sum, value) => sum + value, 0) / k;
}
