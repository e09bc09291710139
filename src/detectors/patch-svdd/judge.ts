import { add, Graph, mean, mul, serialize } from "../../graph/index.js";
import type { PatchEncoder } from "../../nn/images/patch-encoder.js";
import type { ParameterLayout } from "../../nn/parameters.js";
import { float32, type Runtime, type Session } from "../../runtime/index.js";
import { type LatentSnapshot, snapshotOf } from "../../train/health.js";
import { type BySize, bySize } from "./feeds.js";
import { type PatchSize, sampleLosses } from "./objective.js";
import { DIRECTIONS, type PatchSamples } from "./patch-pairs.js";

/** How the encoders do on patches that training does not see. */
export interface PatchReading {
  readonly loss: number;
  /** Share of the position pairs whose direction is told; an eighth is chance. */
  readonly skill: BySize<number>;
  readonly health: BySize<LatentSnapshot>;
}

/** Looks at the same held-out samples every time. */
export class PatchJudge {
  readonly #session: Session;
  readonly #samples: BySize<PatchSamples>;
  readonly #sizes: readonly PatchSize[];

  private constructor(session: Session, samples: BySize<PatchSamples>, sizes: readonly PatchSize[]) {
    this.#session = session;
    this.#samples = samples;
    this.#sizes = sizes;
  }

  static async open(
    runtime: Runtime,
    layout: ParameterLayout,
    encoder: PatchEncoder,
    samples: BySize<PatchSamples>,
    lambda: number,
  ): Promise<PatchJudge> {
    const sizes = Object.keys(samples) as PatchSize[];
    const graph = new Graph();
    const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
    const bound: Record<string, ReturnType<typeof float32>> = {};
    for (const size of sizes) {
      const { samples: count, patches, directions } = samples[size]!;
      const datum = (name: string, shape: readonly number[], values: Float32Array) => {
        bound[`${name}_${size}`] = float32(shape, values);
        return graph.input(`${name}_${size}`, "float32", shape);
      };
      const given = {
        samples: count,
        patches: datum("patches", [patches.length], patches),
        directions: datum("directions", [count, DIRECTIONS.length], directions),
      };
      const { position, distance, logits, embeddings } = sampleLosses(encoder, size, given, parameters);
      graph.output(`loss_${size}`, add(mean(position), mul(mean(distance), lambda)));
      graph.output(`logits_${size}`, logits);
      graph.output(`embeddings_${size}`, embeddings);
    }
    const session = await runtime.createSession(serialize(graph), { threads: runtime.cores });
    await session.bind(bound);
    return new PatchJudge(session, samples, sizes);
  }

  async read(parameters: Float32Array): Promise<PatchReading> {
    const results = await this.#session.run({ parameters: float32([parameters.length], parameters) });
    const values = (name: string, size: PatchSize): Float32Array =>
      results[`${name}_${size}`]!.data as Float32Array;
    return {
      loss: this.#sizes.reduce((sum, size) => sum + values("loss", size)[0]!, 0),
      skill: bySize(this.#sizes, (size) =>
        toldShare(values("logits", size), this.#samples[size]!.directions),
      ),
      health: bySize(this.#sizes, (size) =>
        spaceOf(values("embeddings", size), results[`embeddings_${size}`]!.shape[1]!),
      ),
    };
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

function toldShare(logits: Float32Array, directions: Float32Array): number {
  const count = logits.length / DIRECTIONS.length;
  let told = 0;
  for (let sample = 0; sample < count; sample++) {
    const own = logits.subarray(sample * DIRECTIONS.length, (sample + 1) * DIRECTIONS.length);
    if (directions[sample * DIRECTIONS.length + own.indexOf(Math.max(...own))] === 1) told++;
  }
  return told / count;
}

/** Embeddings [rows, dim] about their mean. */
function spaceOf(embeddings: Float32Array, dim: number): LatentSnapshot {
  const rows = embeddings.length / dim;
  const mean = new Float64Array(dim);
  embeddings.forEach((value, k) => {
    mean[k % dim]! += value / rows;
  });
  const centred = Float64Array.from(embeddings, (value, k) => value - mean[k % dim]!);
  const covariance = new Float64Array(dim * dim);
  const distances = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < dim; i++) {
      const value = centred[row * dim + i]!;
      distances[row]! += value * value;
      for (let j = 0; j < dim; j++)
        covariance[i * dim + j]! += (value * centred[row * dim + j]!) / (rows - 1);
    }
  }
  const variances = mean.map((_, i) => covariance[i * dim + i]!);
  const trace = variances.reduce((sum, variance) => sum + variance, 0);
  const squares = covariance.reduce((sum, value) => sum + value * value, 0);
  return snapshotOf(variances.map(Math.sqrt), trace ** 2 / squares, distances);
}
