import { throwIfAborted } from "../../errors.js";
import { greedyCentres } from "../../math/greedy-centres.js";
import type { RandomStream } from "../../math/random.js";
import { whitening } from "../../math/whitening.js";
import type { RowReader, TrainingContext } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import { covarianceOf } from "../../train/covariance.js";
import { Embedder, gridOf, type TrainedEncoder } from "./embedding.js";
import { type BySize, bySize } from "./feeds.js";
import type { PatchSize } from "./objective.js";
import type { PatchSvddOptions } from "./options.js";

/** Normal embeddings of one size of patches. */
export interface PatchMemory {
  /** Mean of the embeddings, [dim]: distances are taken about it, so that squares of large numbers do not cancel. */
  readonly centre: Float32Array;
  /** [dim, dim], applied to centred column vectors. */
  readonly whitening: Float32Array | undefined;
  /** Centred and whitened: [kept, dim], or [positions, kept, dim] for a memory of each position. */
  readonly vectors: Float32Array;
  readonly kept: number;
  readonly perPosition: boolean;
  /** How far the embeddings that a coreset left out are from it at most. */
  readonly radius?: number;
}

/** Images whose patches are embedded at most, and embeddings that a coreset is chosen from. */
const MOST_IMAGES = 300;
const CANDIDATES = 20_000;
/** Of the covariance towards a multiple of the identity: tanh leaves some directions with hardly any variance. */
const SHRINKAGE = 0.01;

/**
 * What the distances of embeddings are taken to: a greedy coreset of the embeddings of normal patches of anywhere, or
 * those of a few images at each position.
 * @throws HypersphereError `aborted`
 */
export async function patchMemories(
  options: PatchSvddOptions,
  trained: TrainedEncoder,
  images: RowReader,
  runtime: Runtime,
  { random, signal }: Pick<TrainingContext, "random" | "signal">,
  onImage: (share: number) => void,
): Promise<BySize<PatchMemory>> {
  const { sizes, view, encoder } = trained;
  const stream = random.stream("memory");
  const chosen = stream.sample(images.rows, Math.min(images.rows, MOST_IMAGES));
  const collected = bySize(sizes, (size) => new Collected(options, size, trained, chosen.length));
  const embedder = await Embedder.open(runtime, trained);
  try {
    for (const [k, image] of chosen.entries()) {
      throwIfAborted(signal);
      const embeddings = await embedder.read(await images.read(image));
      for (const size of sizes) collected[size]!.take(embeddings[size]!, stream);
      onImage((k + 1) / chosen.length);
    }
  } finally {
    await embedder.close();
  }
  const memories: Partial<Record<PatchSize, PatchMemory>> = {};
  for (const size of sizes) {
    const grid = gridOf(size, view);
    memories[size] = await memoryOf(
      options,
      collected[size]!,
      encoder.latentDim,
      grid[0] * grid[1],
      runtime,
      stream,
    );
  }
  return memories;
}

/** Embeddings that are kept while images go by. */
class Collected {
  readonly #perImage: number;
  readonly #positions: number;
  readonly #dim: number;
  readonly #whole: number;
  readonly candidates: Float32Array;
  /** Of whole images, each [positions, dim], for memories of each position. */
  readonly images: Float32Array[] = [];
  #filled = 0;

  constructor(
    { memory, memoryPerPosition }: PatchSvddOptions,
    size: PatchSize,
    { view, encoder }: TrainedEncoder,
    images: number,
  ) {
    const [down, across] = gridOf(size, view);
    this.#positions = down * across;
    this.#dim = encoder.latentDim;
    this.#perImage = Math.min(this.#positions, Math.ceil(CANDIDATES / images));
    this.#whole = memory === "position" ? memoryPerPosition : 0;
    this.candidates = new Float32Array(images * this.#perImage * this.#dim);
  }

  take(embeddings: Float32Array, stream: RandomStream): void {
    const dim = this.#dim;
    for (const position of stream.sample(this.#positions, this.#perImage)) {
      this.candidates.set(embeddings.subarray(position * dim, (position + 1) * dim), this.#filled);
      this.#filled += dim;
    }
    if (this.images.length < this.#whole) this.images.push(embeddings);
  }
}

async function memoryOf(
  { memory, memorySize, whiten }: PatchSvddOptions,
  { candidates: all, images }: Collected,
  dim: number,
  positions: number,
  runtime: Runtime,
  stream: RandomStream,
): Promise<PatchMemory> {
  const rows = all.length / dim;
  const sums = new Float64Array(dim);
  all.forEach((value, k) => {
    sums[k % dim]! += value;
  });
  const centre = Float32Array.from(sums, (sum) => sum / rows);
  const matrix = whiten ? await whiteningOf(runtime, all, dim) : undefined;
  const space = { centre, whitening: matrix };
  if (memory === "position") {
    const kept = images.length;
    const vectors = new Float32Array(positions * kept * dim);
    images.forEach((image, k) => {
      const own = transformed(image, dim, space);
      for (let position = 0; position < positions; position++) {
        vectors.set(own.subarray(position * dim, (position + 1) * dim), (position * kept + k) * dim);
      }
    });
    return { ...space, vectors, kept, perPosition: true };
  }
  const points = transformed(all, dim, space);
  const { chosen, radius } = greedyCentres(points, dim, memorySize, stream.int(rows));
  const vectors = new Float32Array(chosen.length * dim);
  chosen.forEach((row, k) => {
    vectors.set(points.subarray(row * dim, (row + 1) * dim), k * dim);
  });
  return { ...space, vectors, kept: chosen.length, perPosition: false, radius };
}

async function whiteningOf(runtime: Runtime, data: Float32Array, dim: number): Promise<Float32Array> {
  const { matrix } = whitening(await covarianceOf(runtime, data, dim), dim, {
    kind: "pca",
    shrinkage: SHRINKAGE,
  });
  return Float32Array.from(matrix);
}

/** Centred, and whitened where that is wanted, [rows, dim]. */
function transformed(
  data: Float32Array,
  dim: number,
  { centre, whitening: matrix }: Pick<PatchMemory, "centre" | "whitening">,
): Float32Array {
  const result = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += dim) {
    for (let i = 0; i < dim; i++) {
      if (matrix === undefined) {
        result[start + i] = data[start + i]! - centre[i]!;
        continue;
      }
      let sum = 0;
      for (let k = 0; k < dim; k++) sum += matrix[i * dim + k]! * (data[start + k]! - centre[k]!);
      result[start + i] = sum;
    }
  }
  return result;
}
