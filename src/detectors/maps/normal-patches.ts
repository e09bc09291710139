/** Which normal patches are remembered. */
import { throwIfAborted } from "../../errors.js";
import { greedyCentres, randomlyProjected } from "../../math/greedy-centres.js";
import type { RandomSource } from "../../math/random.js";
import type { RowReader } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import { drawnVectors } from "./drawn-vectors.js";
import { eachImage } from "./each-image.js";
import type { VectorMaps } from "./vector-maps.js";

export interface NormalPatches {
  /** [entries, channels], or of each position [entries, channels, height * width] */
  readonly vectors: Float32Array;
  readonly entries: number;
  /** Patches that those were chosen from. */
  readonly candidates: number;
  /** Largest distance of a candidate from the nearest patch that is remembered, as far as random projections tell (global). */
  readonly radius: number;
}

/** Distances are compared in so many dimensions when patches are chosen. */
const CHOICE_DIMENSIONS = 32;
/** Numbers that are held of patches by position: 200 MB. */
const MOST_NUMBERS = 5e7;

/** What choosing takes. */
interface Choosing {
  readonly runtime: Runtime;
  readonly random: RandomSource;
  readonly signal: AbortSignal | undefined;
  /** Hears of the share that is done, from 0 to 1. */
  readonly onProgress: (fraction: number) => void;
}

/** Patches from anywhere: candidates at random places, as many from each image. */
export async function globalMemory(
  images: RowReader,
  maps: VectorMaps,
  { size, candidates: most }: { readonly size: number; readonly candidates: number },
  { runtime, random, signal, onProgress }: Choosing,
): Promise<NormalPatches> {
  const { channels } = maps;
  const stream = random.stream("patches");
  const drawn = await drawnVectors(runtime, images, maps, most, stream, signal, (count) =>
    onProgress((0.5 * count) / images.rows),
  );
  const candidates = drawn.length / channels;
  const reduced = randomlyProjected(drawn, channels, CHOICE_DIMENSIONS, random.stream("projection"));
  const first = random.stream("first").int(candidates);
  const { chosen, radius } = greedyCentres(reduced.points, reduced.dim, size, first, (count) => {
    throwIfAborted(signal);
    if (count % 64 === 0) onProgress(0.5 + (0.5 * count) / size);
  });
  const vectors = new Float32Array(chosen.length * channels);
  chosen.forEach((row, k) => {
    vectors.set(drawn.subarray(row * channels, (row + 1) * channels), k * channels);
  });
  return { vectors, entries: chosen.length, candidates, radius };
}

/** For each position the patches that the images have there. */
export async function positionMemory(
  images: RowReader,
  maps: VectorMaps,
  size: number,
  { runtime, random, signal, onProgress }: Choosing,
): Promise<NormalPatches> {
  const { channels } = maps;
  const area = maps.height * maps.width;
  const most = Math.max(size, Math.floor(MOST_NUMBERS / (channels * area)));
  const used = Math.min(images.rows, most);
  const rows = random.stream("images").sample(images.rows, used).sort();
  const all = new Float32Array(used * channels * area);
  const chosen = { ...images, rows: used, read: (k: number) => images.read(rows[k]!) };
  let row = 0;
  const take = (vectors: Float32Array): void => {
    all.set(vectors, row * channels * area);
    onProgress((0.5 * ++row) / used);
  };
  await eachImage(runtime, [chosen], maps.vectors, take, signal);
  const entries = Math.min(size, used);
  const vectors = new Float32Array(entries * channels * area);
  const here = new Float32Array(used * channels);
  let radius = 0;
  for (let place = 0; place < area; place++) {
    throwIfAborted(signal);
    for (let k = 0; k < used * channels; k++) here[k] = all[k * area + place]!;
    const centres = greedyCentres(here, channels, entries, place % used);
    // Where images are alike there are fewer: the last is repeated.
    for (let entry = 0; entry < entries; entry++) {
      const row = centres.chosen[Math.min(entry, centres.chosen.length - 1)]!;
      for (let channel = 0; channel < channels; channel++) {
        vectors[(entry * channels + channel) * area + place] = here[row * channels + channel]!;
      }
    }
    radius = Math.max(radius, centres.radius);
    onProgress(0.5 + (0.5 * (place + 1)) / area);
  }
  return { vectors, entries, candidates: used * area, radius };
}
