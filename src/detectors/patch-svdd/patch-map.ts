import { add, mul } from "../../graph/index.js";
import { evenMap } from "../maps/even-map.js";
import type { RawMap } from "../maps/map-calibration.js";
import { embedded, MAP_STRIDE, type TrainedEncoder } from "./embedding.js";
import type { EmbeddingMemory } from "./memory.js";
import type { PatchSvddOptions } from "./options.js";
import type { BySize, PatchSize } from "./patch-sizes.js";

/**
 * The map: at each place the distance of the patch about it to the nearest normal one. Of both sizes it is the product, as
 * published, or the sum, each over its mean on held-out normals.
 */
export function patchMap(
  { combine }: Pick<PatchSvddOptions, "combine">,
  trained: TrainedEncoder,
  memories: BySize<EmbeddingMemory>,
): RawMap {
  const [, height, width] = trained.view.shape;
  return (features) => {
    const embeddings = embedded(features, trained);
    const maps = Object.entries(memories).map(([size, { kind, heldOut, distances }]) => {
      const map = distances(embeddings[size as PatchSize]!);
      return combine === "sum" ? mul(map, 1 / heldOut[kind]!) : map;
    });
    const whole = maps.reduce((both, map) => (combine === "sum" ? add(both, map) : mul(both, map)));
    return evenMap(whole, MAP_STRIDE, [height, width]);
  };
}
