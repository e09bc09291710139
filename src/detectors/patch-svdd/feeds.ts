import { gather, reshape, type Tensor } from "../../graph/index.js";
import { float32, type Values } from "../../runtime/index.js";
import type { ProgramSpec, StepContext } from "../../train/program.js";
import { PATCH_SIDES, type PatchSize, type SampleTensors } from "./objective.js";
import { DIRECTIONS, type PatchSamples, sampleSize } from "./patch-pairs.js";

/** Something of each size of patches in use. */
export type BySize<T> = Readonly<Partial<Record<PatchSize, T>>>;

export const bySize = <T>(sizes: readonly PatchSize[], make: (size: PatchSize) => T): BySize<T> =>
  Object.fromEntries(sizes.map((size) => [size, make(size)]));

const patchesName = (size: PatchSize): string => `patches_${size}`;
const directionsName = (size: PatchSize): string => `directions_${size}`;

/** The patches of a run as data of its program: one row for each step. */
export function patchData(
  sizes: readonly PatchSize[],
  perStep: BySize<number>,
  channels: number,
): ProgramSpec["data"] {
  return Object.fromEntries(
    sizes.flatMap((size) => [
      [
        patchesName(size),
        {
          dtype: "float32",
          shape: ["drawn", perStep[size]! * sampleSize(PATCH_SIDES[size], channels)],
        } as const,
      ],
      [
        directionsName(size),
        { dtype: "float32", shape: ["drawn", perStep[size]! * DIRECTIONS.length] } as const,
      ],
    ]),
  );
}

/** The values of these data. */
export function patchFeeds(samples: BySize<PatchSamples>, steps: number): Values {
  return Object.fromEntries(
    Object.entries(samples).flatMap(([size, { patches, directions }]) => [
      [patchesName(size as PatchSize), float32([steps, patches.length / steps], patches)],
      [directionsName(size as PatchSize), float32([steps, directions.length / steps], directions)],
    ]),
  );
}

/** What a step of the program sees of them. */
export function stepSamples({ data, rows }: StepContext, size: PatchSize, samples: number): SampleTensors {
  const own = (name: string): Tensor => gather(data.get(name)!, rows);
  return {
    samples,
    patches: own(patchesName(size)),
    directions: reshape(own(directionsName(size)), [samples, DIRECTIONS.length]),
  };
}
