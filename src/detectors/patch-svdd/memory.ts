import type { Tensor } from "../../graph/index.js";
import type { RowReader, TrainingContext } from "../../model/contract.js";
import { patchProducts } from "../../nn/images/patch-products.js";
import type { Runtime } from "../../runtime/index.js";
import { drawnVectors } from "../maps/drawn-vectors.js";
import { eachImage } from "../maps/each-image.js";
import { globalMemory, type NormalPatches, positionMemory } from "../maps/normal-patches.js";
import { beyondRounding, globalDistances, positionDistances } from "../maps/patch-distances.js";
import type { VectorMaps } from "../maps/vector-maps.js";
import { whiteningOf } from "../maps/whitened-patches.js";
import { embedded, placesOf, type TrainedEncoder } from "./embedding.js";
import type { PatchSvddOptions } from "./options.js";
import type { PatchSize } from "./patch-sizes.js";

/** Where normal embeddings are from that one is compared with: anywhere, or its own place. */
export type MemoryKind = "global" | "position";

/** Normal embeddings of one size of patches, and how distances to them are taken. */
export interface EmbeddingMemory {
  readonly kind: MemoryKind;
  readonly normals: NormalPatches;
  /** Mean distance of held-out normal patches, of each kind that was tried. */
  readonly heldOut: Readonly<Partial<Record<MemoryKind, number>>>;
  /** @param embeddings [rows, latentDim, down, across] @returns [rows, down, across] */
  distances(embeddings: Tensor): Tensor;
}

const DEFAULT_SIZE = { global: 2000, position: 8 } as const;
/** Embeddings that a global memory is chosen from, and that whitening is learned from. */
const CANDIDATES = 20_000;
/** Directions in which normal patches differ less than this share of the most are not made larger than it. */
const FLOOR = 1e-4;

/** What making a memory takes. */
export interface Remembering {
  readonly runtime: Runtime;
  readonly images: RowReader;
  /** Normals that no memory is made from. */
  readonly validation: RowReader;
  /** From where it is made; left out, of those that are possible the one that held-out normal patches are nearer to. */
  readonly kind: MemoryKind | undefined;
  /** Whether places of images are not the same places of a part. */
  readonly tiled: boolean;
  readonly context: Pick<TrainingContext, "random" | "signal">;
  /** Hears of the share that is done. */
  readonly onProgress: (fraction: number) => void;
}

/**
 * Remembers normal embeddings: a greedy choice of those from anywhere, or of those of each place.
 * @throws HypersphereError `aborted`
 */
export async function embeddingMemory(
  options: PatchSvddOptions,
  trained: TrainedEncoder,
  size: PatchSize,
  { runtime, images, validation, kind: wanted, tiled, context: { random, signal }, onProgress }: Remembering,
): Promise<EmbeddingMemory> {
  const [height, width] = placesOf(trained.view);
  const { latentDim } = trained.encoder;
  const plain = {
    ...{ channels: latentDim, height, width },
    vectors: (features: Tensor) => embedded(features, trained)[size]!,
  };
  const stream = random.stream("memory", size);
  const matrix = options.whiten
    ? await whiteningOf(
        runtime,
        await drawnVectors(runtime, images, plain, CANDIDATES, stream, signal),
        latentDim,
        { components: latentDim, floor: FLOOR },
      )
    : undefined;
  const space = (embeddings: Tensor): Tensor =>
    matrix === undefined ? embeddings : patchProducts(embeddings, { ...matrix, side: 1, stride: 1 });
  const maps: VectorMaps = { ...plain, vectors: (features) => space(plain.vectors(features)) };
  const kinds: MemoryKind[] = wanted !== undefined ? [wanted] : tiled ? ["global"] : ["position", "global"];
  const tried: EmbeddingMemory[] = [];
  for (const kind of kinds) {
    const choosing = {
      ...{ runtime, random, signal },
      onProgress: (share: number) => onProgress((tried.length + 0.8 * share) / kinds.length),
    };
    const most = options.memorySize ?? DEFAULT_SIZE[kind];
    const normals =
      kind === "global"
        ? await globalMemory(images, maps, { size: most, candidates: Math.max(most, CANDIDATES) }, choosing)
        : await positionMemory(images, maps, most, choosing);
    const own = (embeddings: Tensor): VectorMaps => ({ ...maps, vectors: () => space(embeddings) });
    const measured = (embeddings: Tensor): Tensor =>
      kind === "global"
        ? globalDistances(embeddings, own(embeddings), normals, `patches.${size}`)
        : positionDistances(embeddings, own(embeddings), normals);
    const distances = (embeddings: Tensor): Tensor =>
      beyondRounding(measured(embeddings), normals.vectors, latentDim);
    tried.push({ kind, normals, distances, heldOut: {} });
  }
  const heldOut: Partial<Record<MemoryKind, number>> = {};
  for (const { kind, distances } of tried) {
    heldOut[kind] = await meanOf(runtime, validation, (x) => distances(plain.vectors(x)), signal);
  }
  onProgress(1);
  const nearest = tried.reduce((best, each) => (heldOut[each.kind]! < heldOut[best.kind]! ? each : best));
  return { ...nearest, heldOut };
}

/** Mean over images and places. */
async function meanOf(
  runtime: Runtime,
  images: RowReader,
  map: (features: Tensor) => Tensor,
  signal: AbortSignal | undefined,
): Promise<number> {
  let sum = 0;
  const take = (values: Float32Array): void => {
    sum += values.reduce((total, value) => total + value, 0) / values.length;
  };
  await eachImage(runtime, [images], map, take, signal);
  return sum / images.rows;
}
