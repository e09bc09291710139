/** Options of detectors that see images in tiles. */
export interface TileOptions {
  /** Side of a tile, in pixels; undefined where images are seen whole. */
  readonly tile?: number | undefined;
  /** Pixels that neighbouring tiles share at least; default: an eighth of a tile. */
  readonly overlap?: number | undefined;
}

/** How one axis of an image is covered by tiles of equal length. */
export interface TiledAxis {
  /** Pixels of a tile. */
  readonly tile: number;
  /** First pixel of each tile, ascending: multiples of the pixels that a pixel of the map stands for. */
  readonly starts: readonly number[];
  /** Pixels of the map of a tile. */
  readonly mapTile: number;
  /** For each pixel of the whole map, the tile that it is taken from, and its place in the map of that tile. */
  readonly sources: readonly { readonly tile: number; readonly place: number }[];
}

/** Where images are seen in tiles, the size of one: [channels, height, width]. Smaller images are their own tile. */
export function tileShape(
  [channels, height, width]: readonly [number, number, number],
  { tile = Number.POSITIVE_INFINITY }: TileOptions,
): readonly [number, number, number] {
  return [channels, Math.min(height, tile), Math.min(width, tile)];
}

/** Pixels that neighbouring tiles share. */
export const overlapOf = ({ tile = 0, overlap = Math.floor(tile / 8) }: TileOptions): number => overlap;

/**
 * Covers an axis with tiles. Neighbours share `overlap` pixels or more, and the map changes from one to the other in the
 * middle of what they share. The last tile may end up to `stride - 1` pixels after the axis.
 * @param length pixels of the axis
 * @param tile pixels of a tile, at most `length`
 * @param stride pixels that a pixel of the map stands for
 * @param mapTile pixels of the map of a tile
 */
export function tiledAxis(
  length: number,
  tile: number,
  overlap: number,
  stride: number,
  mapTile: number,
): TiledAxis {
  if (tile === length) {
    const sources = Array.from({ length: mapTile }, (_, place) => ({ tile: 0, place }));
    return { tile, starts: [0], mapTile, sources };
  }
  const units = Math.ceil((length - tile) / stride);
  const most = Math.max(1, Math.floor((tile - overlap) / stride));
  const steps = Math.ceil(units / most);
  const firsts = Array.from({ length: steps + 1 }, (_, k) => Math.round((k * units) / steps));
  const sources: { tile: number; place: number }[] = [];
  for (let place = 0, at = 0; place < Math.ceil(length / stride); place++) {
    const next = firsts[at + 1];
    if (next !== undefined && place >= Math.floor((next + firsts[at]! + mapTile) / 2)) at++;
    sources.push({ tile: at, place: place - firsts[at]! });
  }
  return { tile, starts: firsts.map((first) => first * stride), mapTile, sources };
}
