import { codedMap8 } from "../../maps/map-codes.js";
import type { AnomalyMap } from "../../maps/regions.js";
import { shrunkMap } from "../../maps/shrink.js";
import type { PackedMap } from "./gallery-page.js";

/** A map as a page holds it: at most `side` pixels high and wide, with its highest value kept. */
export async function packedMap(map: AnomalyMap, side: number): Promise<PackedMap> {
  const { height, width, codes, offset, step } = codedMap8(shrunkMap(map, side));
  // Neighbours resemble each other: their differences are small, and shrink well.
  const differences = codes.map((code, k) => code - (codes[k - 1] ?? 0));
  const stream = new Blob([differences]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return { height, width, offset, step, packed: new Uint8Array(await new Response(stream).arrayBuffer()) };
}
