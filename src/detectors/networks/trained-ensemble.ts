import type { FeatureMatrix } from "../../features/index.js";
import { Graph, serialize, type Tensor } from "../../graph/index.js";
import { spearman } from "../../math/quantile.js";
import type { TrainingContext } from "../../model/contract.js";
import { float32, type Runtime } from "../../runtime/index.js";
import type { TrainedDetector } from "../fit/fit.js";

/** One network as training left it, as it was before, and what became of it. */
export interface MemberOutcome<M, R> {
  readonly trained: M;
  readonly untrained: M;
  readonly report: R;
}

/** The score of an ensemble, as nodes: [rows, features] to [rows]. */
export type EnsembleScore<M> = (members: readonly M[], features: Tensor) => Tensor;

/** What the card of every ensemble of networks says of its training. */
export interface EnsembleReport<R> {
  readonly health: { readonly healthy: boolean };
  /** Rank correlation of the held-out rows' scores with those of the same networks before training; null without any. */
  readonly control: { readonly agreement: number | null };
  readonly members: readonly R[];
}

/**
 * What a fit makes of trained members: their score, that of the untrained control, and the record of the training.
 * @param healthy whether no member is suspicious
 * @param validation rows held out, by which trained and untrained networks are compared
 * @param extras what the detector records beside, between control and members
 */
export async function trainedEnsemble<M, R, E extends object = object>(
  outcomes: readonly MemberOutcome<M, R>[],
  score: EnsembleScore<M>,
  healthy: boolean,
  validation: FeatureMatrix,
  { backend }: TrainingContext,
  extras?: E,
): Promise<TrainedDetector<EnsembleReport<R> & E>> {
  const trained = outcomes.map((outcome) => outcome.trained);
  const untrained = outcomes.map((outcome) => outcome.untrained);
  const runtime = await backend.inline();
  const scores = (members: readonly M[]): Promise<Float32Array> =>
    scoreFeatures(runtime, (features) => score(members, features), validation);
  const agreement = spearman(await scores(trained), await scores(untrained));
  const training: EnsembleReport<R> = {
    health: { healthy },
    control: { agreement: Number.isNaN(agreement) ? null : agreement },
    ...extras,
    members: outcomes.map(({ report }) => report),
  };
  return {
    scorer: {
      score: (features) => score(trained, features),
      training: training as EnsembleReport<R> & E,
    },
    untrained: { score: (features) => score(untrained, features) },
  };
}

/** What a score answers for rows of features, [rows]. */
export async function scoreFeatures(
  runtime: Runtime,
  score: (features: Tensor) => Tensor,
  { rows, columns, data }: FeatureMatrix,
): Promise<Float32Array> {
  const graph = new Graph();
  graph.output("score", score(graph.input("features", "float32", ["rows", columns])));
  const session = await runtime.createSession(serialize(graph));
  const { score: answered } = await session.run({ features: float32([rows, columns], data) });
  await session.release();
  return answered!.data as Float32Array;
}
