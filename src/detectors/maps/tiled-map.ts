import { Graph, gather, loop, reshape, resize, type Tensor, transpose } from "../../graph/index.js";
import { reflectedPlaces } from "../../nn/images/reflect.js";
import type { RawMap } from "./map-calibration.js";
import { overlapOf, type TiledAxis, type TileOptions, tiledAxis, tileShape } from "./tiling.js";

/**
 * The raw map of a whole image from those of its tiles, one after the other in a loop of the graph: what a network computes
 * is held for one tile at a time. Each tile gives the part that is nearest to its middle.
 * @param raw of tiles
 * @param shape [channels, height, width] of the whole images
 */
export function tiledMap(
  raw: RawMap,
  shape: readonly [number, number, number],
  options: TileOptions,
): RawMap {
  const [channels, height, width] = shape;
  const tile = tileShape(shape, options);
  const [, tileHeight, tileWidth] = tile;
  if (tileHeight === height && tileWidth === width) return raw;
  const [mapHeight, mapWidth] = mapShape(raw, tile);
  const overlap = overlapOf(options);
  const axis = (length: number, side: number, map: number): TiledAxis => {
    const stride = Math.max(1, Math.round(side / map));
    return tiledAxis(length, side, overlap, stride, side === length ? map : Math.ceil(side / stride));
  };
  const down = axis(height, tileHeight, mapHeight);
  const across = axis(width, tileWidth, mapWidth);
  return (features) => {
    const rows = features.shape[0]!;
    const { graph } = features;
    const image = reshape(features, [rows, channels, height, width]);
    const [downPlaces, acrossPlaces] = [pixels(graph, down, height), pixels(graph, across, width)];
    const columns = across.starts.length;
    const count = down.starts.length * columns;
    const tiles = Array.from({ length: count }, (_, k) => k);
    const rowOf = graph.root.indices(tiles.map((k) => Math.floor(k / columns)));
    const columnOf = graph.root.indices(tiles.map((k) => k % columns));
    const { collected } = loop(graph, graph.root.index(count), [], (iteration) => {
      const lines = gather(image, gather(downPlaces, gather(rowOf, iteration)), 2);
      const cut = gather(lines, gather(acrossPlaces, gather(columnOf, iteration)), 3);
      const map = raw(reshape(cut, [rows, channels * tileHeight * tileWidth]));
      return { carried: [], collected: [sized(map, down.mapTile, across.mapTile)] };
    });
    return stitched(collected[0]!, down, across);
  };
}

/** Size of the map of an image. */
function mapShape(raw: RawMap, shape: readonly number[]): readonly [height: number, width: number] {
  const size = shape.reduce((product, length) => product * length, 1);
  const [, height, width] = raw(new Graph().input("features", "float32", ["rows", size])).shape;
  return [height as number, width as number];
}

/** The pixels of each tile along an axis, int64 [tiles, length]; the image is mirrored where the last one is longer. */
function pixels(graph: Graph, { starts, tile }: TiledAxis, length: number): Tensor {
  const after = Math.max(0, starts.at(-1)! + tile - length);
  const places = reflectedPlaces(length, 0, after);
  const table = starts.flatMap((start) => places.slice(start, start + tile));
  return graph.root.constant("int64", [starts.length, tile], BigInt64Array.from(table, BigInt));
}

/** Maps [rows, h, w] at another size, where that of a tile does not divide it. */
function sized(map: Tensor, height: number, width: number): Tensor {
  const [rows, h, w] = map.shape;
  if (h === height && w === width) return map;
  return reshape(resize(reshape(map, [rows!, 1, h!, w!]), height, width), [rows!, height, width]);
}

/** @param maps [tiles, rows, height, width] @returns [rows, height, width] of the whole */
function stitched(maps: Tensor, down: TiledAxis, across: TiledAxis): Tensor {
  const rows = maps.shape[1]!;
  const [tilesDown, tilesAcross] = [down.starts.length, across.starts.length];
  const grid = reshape(maps, [tilesDown, tilesAcross, rows, down.mapTile, across.mapTile]);
  const aligned = reshape(transpose(grid, [2, 0, 3, 1, 4]), [
    rows,
    tilesDown * down.mapTile,
    tilesAcross * across.mapTile,
  ]);
  const places = ({ sources, mapTile }: TiledAxis): Tensor =>
    maps.graph.root.indices(sources.map(({ tile, place }) => tile * mapTile + place));
  return gather(gather(aligned, places(down), 1), places(across), 2);
}
