/** Nearest neighbours among images that may have been moved a little, for those that may be near-duplicates. */
import { type NearNeighbours, nearNeighbours, type Vectors } from "../../math/near-neighbours.js";
import { alignedDistance } from "./aligned-distance.js";
import { spectrumOf } from "./spectra.js";
import { coarseFirst, type Thumbnails } from "./thumbnails.js";

/** What makes a near-duplicate: less than `share` of the distance to the `neighbour`-th nearest. */
export interface Scale {
  readonly neighbour: number;
  readonly share: number;
}

/** The nearest of an image by each measure that are moved upon it to see whether it is alone. */
const LOOKED_AT = 5;

/**
 * The nearest of each image, once they are moved upon it: of those that are near as they lie, and those that hold the same
 * whatever its place. Images of which no other can be a near-duplicate have none: moving takes most of the time.
 *
 * @param scales what would make a near-duplicate
 */
export function alignedNeighbours(
  { count, channels, planes }: Thumbnails,
  k: number,
  scales: readonly Scale[],
): NearNeighbours {
  const length = planes.length / count;
  const each = (of: (plane: Float32Array, channels: number) => Float32Array): Vectors =>
    joined(
      Array.from({ length: count }, (_, i) => of(planes.subarray(i * length, (i + 1) * length), channels)),
    );
  const lying = nearNeighbours(each(coarseFirst), k);
  const candidates = [lying, nearNeighbours(each(spectrumOf), k)];
  const near = Array.from({ length: count }, () => new Map<number, number>());
  const compare = (i: number, most: number, onPair?: (j: number, distance: number) => void): void => {
    for (const { indices } of candidates) {
      for (let place = 0; place < most; place++) {
        const j = indices[i * k + place]!;
        if (j < 0) break;
        const distance = near[i]!.get(j) ?? alignedDistance(planes, channels, i, j);
        near[i]!.set(j, distance);
        near[j]!.set(i, distance);
        onPair?.(j, distance);
      }
    }
  };
  // Moved, images are nearer than they lie: what is usual comes out at most so large.
  const most = Float64Array.from({ length: count }, (_, i) =>
    Math.max(...scales.map(({ neighbour, share }) => share * lying.distances[i * k + neighbour - 1]!)),
  );
  const accompanied = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    compare(i, Math.min(k, LOOKED_AT), (j, distance) => {
      if (distance <= Math.min(most[i]!, most[j]!)) accompanied[i] = accompanied[j] = 1;
    });
  }
  for (let i = 0; i < count; i++) if (accompanied[i]) compare(i, k);
  return sorted(near, k, accompanied);
}

function joined(rows: readonly Float32Array[]): Vectors {
  const length = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * length);
  rows.forEach((row, i) => {
    data.set(row, i * length);
  });
  return { count: rows.length, length, data };
}

function sorted(near: readonly Map<number, number>[], k: number, wanted: Uint8Array): NearNeighbours {
  const indices = new Int32Array(near.length * k).fill(-1);
  const distances = new Float32Array(near.length * k).fill(Infinity);
  near.forEach((of, i) => {
    if (!wanted[i]) return;
    const nearest = [...of].sort((a, b) => a[1] - b[1] || a[0] - b[0]).slice(0, k);
    nearest.forEach(([j, distance], place) => {
      indices[i * k + place] = j;
      distances[i * k + place] = distance;
    });
  });
  return { k, indices, distances };
}
