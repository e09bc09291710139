import { add, Graph, mean, mul, reshape, serialize } from "../../graph/index.js";
import type { PatchEncoder } from "../../nn/images/patch-encoder.js";
import type { ParameterLayout } from "../../nn/parameters.js";
import { float32, type Runtime, type Session } from "../../runtime/index.js";
import { type LatentSnapshot, snapshotOf } from "../../train/health.js";
import { stepViews, viewData, viewFeeds } from "./feeds.js";
import { pairLosses } from "./objective.js";
import { type BySize, bySize, type PatchSize } from "./patch-sizes.js";
import { type CropPlan, type CropViews, DIRECTIONS } from "./view-pairs.js";

/** How the encoders do on patches that training does not see. */
export interface PatchReading {
  readonly loss: number;
  /** Share of the position pairs whose direction is told; an eighth is chance. */
  readonly skill: BySize<number>;
  readonly health: BySize<LatentSnapshot>;
}

/** Looks at the same held-out pairs every time. */
export class PatchJudge {
  readonly #session: Session;
  readonly #pairs: CropViews["pairs"];
  readonly #sizes: readonly PatchSize[];

  private constructor(session: Session, pairs: CropViews["pairs"], sizes: readonly PatchSize[]) {
    this.#session = session;
    this.#pairs = pairs;
    this.#sizes = sizes;
  }

  /** @param held one step */
  static async open(
    runtime: Runtime,
    layout: ParameterLayout,
    encoder: PatchEncoder,
    plan: CropPlan,
    held: CropViews,
    lambda: number,
  ): Promise<PatchJudge> {
    const graph = new Graph();
    const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
    const data = new Map(
      Object.entries(viewData(plan, encoder.channels)).map(
        ([name, { dtype, shape }]) => [name, graph.input(name, dtype, [1, shape[1]!])] as const,
      ),
    );
    const given = stepViews({ data, rows: graph.root.indices([0]) }, plan, encoder.channels);
    for (const [size, losses] of Object.entries(pairLosses(encoder, given, parameters))) {
      const { position, distance, logits, embeddings } = losses;
      graph.output(`loss_${size}`, reshape(add(mean(position), mul(mean(distance), lambda)), [1]));
      graph.output(`logits_${size}`, logits);
      graph.output(`embeddings_${size}`, embeddings);
    }
    const session = await runtime.createSession(serialize(graph), { threads: runtime.cores });
    await session.bind(viewFeeds(held, 1));
    return new PatchJudge(session, held.pairs, plan.sizes);
  }

  async read(parameters: Float32Array): Promise<PatchReading> {
    const results = await this.#session.run({ parameters: float32([parameters.length], parameters) });
    const values = (name: string, size: PatchSize): Float32Array =>
      results[`${name}_${size}`]!.data as Float32Array;
    return {
      loss: this.#sizes.reduce((sum, size) => sum + values("loss", size)[0]!, 0),
      skill: bySize(this.#sizes, (size) => toldShare(values("logits", size), this.#pairs[size]!.directions)),
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
  for (let pair = 0; pair < count; pair++) {
    const own = logits.subarray(pair * DIRECTIONS.length, (pair + 1) * DIRECTIONS.length);
    if (directions[pair * DIRECTIONS.length + own.indexOf(Math.max(...own))] === 1) told++;
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
