import { throwIfAborted } from "../../errors.js";
import type { FeatureMatrix } from "../../features/index.js";
import type { RandomStream } from "../../math/random.js";
import type { RowReader } from "../../model/contract.js";
import type { Mask } from "./mask.js";

/** Places that are tried for a tile which looks at something. */
const TRIES = 16;

/** The same as `drawnTileRows`, read one by one. */
export async function drawnTiles(...given: Parameters<typeof drawnTileRows>): Promise<RowReader> {
  const { rows, columns, data } = await drawnTileRows(...given);
  return { rows, columns, read: async (row) => data.subarray(row * columns, (row + 1) * columns) };
}

/**
 * Tiles at random places of images, which are read one at a time: as many as cover the images once, or as memory allows. Each
 * image gives equally many; where that would take too much memory, some of the images give one each.
 * @param shape [channels, height, width] of the images
 * @param tile the same of a tile
 * @param mostBytes of all tiles
 */
export async function drawnTileRows(
  images: RowReader,
  shape: readonly [number, number, number],
  tile: readonly [number, number, number],
  mask: Mask | undefined,
  mostBytes: number,
  random: RandomStream,
  signal?: AbortSignal,
): Promise<FeatureMatrix & { readonly data: Float32Array<ArrayBuffer> }> {
  const [channels, height, width] = shape;
  const [, tileHeight, tileWidth] = tile;
  const size = channels * tileHeight * tileWidth;
  const cover = Math.ceil(height / tileHeight) * Math.ceil(width / tileWidth);
  const most = Math.max(1, Math.floor(mostBytes / (size * Float32Array.BYTES_PER_ELEMENT)));
  const each = Math.max(1, Math.min(cover, Math.floor(most / images.rows)));
  const chosen = random.sample(images.rows, Math.min(images.rows, most)).sort();
  const tiles = new Float32Array(chosen.length * each * size);
  let at = 0;
  for (const row of chosen) {
    throwIfAborted(signal);
    const image = await images.read(row);
    for (let k = 0; k < each; k++) {
      const { top, left } = place(shape, tile, mask, random);
      for (let line = 0; line < channels * tileHeight; line++, at += tileWidth) {
        const y = Math.floor(line / tileHeight) * height + top + (line % tileHeight);
        tiles.set(image.subarray(y * width + left, y * width + left + tileWidth), at);
      }
    }
  }
  return { rows: chosen.length * each, columns: size, data: tiles };
}

/** A random place; of several, where a mask hides parts, the one that looks at most. */
function place(
  [, height, width]: readonly [number, number, number],
  [, tileHeight, tileWidth]: readonly [number, number, number],
  mask: Mask | undefined,
  random: RandomStream,
): { readonly top: number; readonly left: number } {
  const draw = () => ({
    top: random.int(height - tileHeight + 1),
    left: random.int(width - tileWidth + 1),
  });
  let best = draw();
  if (mask === undefined) return best;
  let most = mask.share(best.top, best.left, tileHeight, tileWidth);
  for (let tried = 1; tried < TRIES && most < 0.5; tried++) {
    const other = draw();
    const share = mask.share(other.top, other.left, tileHeight, tileWidth);
    if (share > most) [best, most] = [other, share];
  }
  return best;
}
