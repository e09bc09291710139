import type { FeatureMatrix } from "../../features/index.js";
import type { Tensor } from "../../graph/index.js";
import type { MaskRecord, RowReader, TrainingContext } from "../../model/contract.js";
import { drawnTiles } from "./drawn-tiles.js";
import type { RawMap } from "./map-calibration.js";
import { type Mask, maskFingerprint, maskOf } from "./mask.js";
import { maskedFeatures, maskedMap, maskedReader, maskedRow, meanColour } from "./masked.js";
import { tiledMap } from "./tiled-map.js";
import { type TileOptions, tileShape } from "./tiling.js";

/** Memory that tiles to train from take at most, and tiles that training is judged by. */
const MOST_BYTES = { train: 4e8, validation: 1e8 };

/** How a detector sees images: whole or in tiles, everything or what a mask leaves. */
export interface ImageView {
  readonly tiled: boolean;
  /** What training reads: images or tiles. */
  readonly images: RowReader;
  readonly validation: RowReader;
  /** [channels, height, width] of these */
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly mask: Mask | undefined;
  readonly record: MaskRecord | undefined;
  /** Rows of other whole images, as training would see them. */
  masked(rows: FeatureMatrix): FeatureMatrix;
  /** The raw map of whole images, from that of what training reads. */
  rawMap(raw: RawMap): RawMap;
  /** What is left of a map in ignored regions. */
  finished(map: Tensor): Tensor;
}

/**
 * @param reads whole images
 * @param shape [channels, height, width] of them
 * @throws HypersphereError `invalid-option` for a mask of other proportions, or one that ignores everything
 */
export async function imageView(
  reads: { readonly train: RowReader; readonly validation: RowReader },
  shape: readonly [number, number, number],
  options: TileOptions,
  { mask: given, random, signal }: TrainingContext,
): Promise<ImageView> {
  const [, height, width] = shape;
  const mask = given && maskOf(given, height, width);
  const colour = mask && (await meanColour(reads.train, mask));
  const seen = (images: RowReader): RowReader => (mask ? maskedReader(images, mask, colour!) : images);
  const tile = tileShape(shape, options);
  const tiled = tile[1] < height || tile[2] < width;
  const draw = (images: RowReader, name: keyof typeof MOST_BYTES): Promise<RowReader> =>
    drawnTiles(seen(images), shape, tile, mask, MOST_BYTES[name], random.stream("tiles", name), signal);
  return {
    tiled,
    images: tiled ? await draw(reads.train, "train") : seen(reads.train),
    validation: tiled ? await draw(reads.validation, "validation") : seen(reads.validation),
    shape: tile,
    mask,
    record: mask && { ignored: mask.ignored, fingerprint: await maskFingerprint(given!) },
    masked(rows) {
      if (mask === undefined) return rows;
      const data = rows.data.slice();
      for (let row = 0; row < rows.rows; row++) {
        maskedRow(data.subarray(row * rows.columns, (row + 1) * rows.columns), mask, colour!);
      }
      return { ...rows, data };
    },
    rawMap(raw) {
      const whole = tiledMap(raw, shape, options);
      return mask === undefined ? whole : (features) => whole(maskedFeatures(features, mask, colour!));
    },
    finished: (map) => (mask === undefined ? map : maskedMap(map, mask)),
  };
}
