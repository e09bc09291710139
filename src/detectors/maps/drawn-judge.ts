import type { Tensor } from "../../graph/index.js";
import type { RandomSource } from "../../math/random.js";
import { PixelTally } from "../../metrics/index.js";
import type { RowReader } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import { DEFECTS, withDefect } from "../../synthesis/defects.js";
import type { ImageShape } from "../../synthesis/images.js";
import { eachImage } from "./each-image.js";

/** Which of two networks a model scores with, by how well each finds defects that were drawn into held-out normal images. */
export interface KeptNetwork {
  readonly network: "trained" | "untrained";
  /** Average precision over the pixels of those images; null where none of the drawn defects could be seen. */
  readonly averagePrecision: { readonly trained: number | null; readonly untrained: number | null };
  readonly images: number;
}

/** More images tell networks hardly apart that so many do not. */
export const MOST_DRAWN = 64;

/**
 * Average precision of the pixels of each map, on normal images with a drawn defect each: confetti and synthetic ones in
 * turn. They are the same for all maps, and for the same seed.
 * @param images features in [0, 1]
 * @param maps from features to [rows, height, width] of the same size
 */
export async function drawnPrecision(
  runtime: Runtime,
  images: RowReader,
  shape: ImageShape,
  maps: readonly ((features: Tensor) => Tensor)[],
  random: RandomSource,
  signal: AbortSignal | undefined,
): Promise<(number | null)[]> {
  const [, height, width] = shape;
  const rows = Math.min(images.rows, MOST_DRAWN);
  const figures: (number | null)[] = [];
  for (const map of maps) {
    const masks: Uint8Array[] = [];
    const damaged: RowReader = {
      rows,
      columns: images.columns,
      async read(row) {
        // What a reader gives may be the same memory each time.
        const own = within(await images.read(row));
        const other = within(await images.read((row + 1) % images.rows));
        const stream = random.stream("drawn defects", row);
        const { image, mask } = withDefect(DEFECTS[row % DEFECTS.length]!, own, shape, other, stream);
        masks.push(mask);
        return image;
      },
    };
    const tally = new PixelTally();
    await eachImage(
      runtime,
      [damaged],
      map,
      (scores) => tally.add({ height, width, scores, mask: masks.at(-1)! }),
      signal,
    );
    figures.push(tally.hasBothKinds ? tally.figures().averagePrecision : null);
  }
  return figures;
}

const within = (features: Float32Array): Float32Array =>
  Float32Array.from(features, (value) => Math.min(1, Math.max(0, value)));
