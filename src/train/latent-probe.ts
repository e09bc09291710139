import type { FeatureMatrix } from "../features/index.js";
import {
  div,
  Graph,
  gemm,
  mean,
  serialize,
  sqrt,
  square,
  squaredDistance,
  sub,
  sum,
  type Tensor,
} from "../graph/index.js";
import type { Network } from "../nn/encoder.js";
import type { ParameterLayout } from "../nn/parameters.js";
import { float32, type Runtime, type Session } from "../runtime/index.js";
import { type LatentSnapshot, snapshotOf } from "./health.js";

/** The latent space as the probe rows show it. */
export interface ProbeReading {
  /** Squared distances of the probe rows to the centre. */
  readonly distances: Float64Array;
  readonly snapshot: LatentSnapshot;
}

/**
 * Watches a latent space through a fixed set of rows, the probe, while parameters change. Training does so dozens of
 * times, so all sums over rows run in ONNX Runtime: in JavaScript they took longer than the training itself.
 */
export class LatentProbe {
  readonly #session: Session;
  readonly #layout: ParameterLayout;
  readonly #dim: number;

  private constructor(session: Session, layout: ParameterLayout, dim: number) {
    this.#session = session;
    this.#layout = layout;
    this.#dim = dim;
  }

  static async open(
    runtime: Runtime,
    layout: ParameterLayout,
    encoder: Network,
    { rows, columns, data }: FeatureMatrix,
  ): Promise<LatentProbe> {
    const graph = new Graph();
    const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
    const latent = encoder.forward(graph.input("x", "float32", [rows, columns]), parameters);
    const dim = latent.shape[1] as number;
    const average = mean(latent, [0]);
    const centred = sub(latent, average);
    graph.output("deviations", sqrt(div(sum(square(centred), [0]), rows - 1)));
    graph.output("participation", participation(centred));
    graph.output("from_center", squaredDistance(latent, graph.input("center", "float32", [dim])));
    graph.output("from_mean", squaredDistance(latent, average));
    const session = await runtime.createSession(serialize(graph));
    await session.bind({ x: float32([rows, columns], data) });
    return new LatentProbe(session, layout, dim);
  }

  /**
   * @param parameters may be longer than the encoder's layout; its own come first
   * @param center without one, distances are taken to the probe's own mean
   */
  async read(parameters: Float32Array, center?: Float32Array): Promise<ProbeReading> {
    const results = await this.#session.run({
      parameters: float32([this.#layout.size], parameters.subarray(0, this.#layout.size)),
      center: float32([this.#dim], center ?? new Float32Array(this.#dim)),
    });
    const values = (name: string): Float32Array => results[name]!.data as Float32Array;
    const distances = Float64Array.from(values(center === undefined ? "from_mean" : "from_center"));
    const snapshot = snapshotOf(values("deviations"), values("participation")[0]!, distances);
    return { distances, snapshot };
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

/**
 * (sum of eigenvalues)^2 / (sum of their squares) of the covariance of centred rows [n, dim]. The sum of squared
 * eigenvalues is the squared Frobenius norm, so that no decomposition is needed, and the products of rows with rows
 * have the same one as those of columns with columns: the smaller matrix will do. Dividing by the trace first keeps
 * squares of large values finite.
 */
function participation(centred: Tensor): Tensor {
  const [rows, dim] = centred.shape as [number, number];
  const products = gemm(centred, centred, dim <= rows ? { transA: true } : { transB: true });
  return div(1, sum(square(div(products, sum(square(centred))))));
}
