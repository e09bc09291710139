import { HypersphereError } from "../errors.js";
import { inputShape } from "../features/index.js";
import { Graph, gradients, rebuild, serialize, sum, type Tensor } from "../graph/index.js";
import { currentBackend, float32, float64 } from "../runtime/index.js";
import { calibratedInFolds } from "./card.js";
import type { InnerOptions } from "./inner-values.js";
import type { Model } from "./model.js";

/** Numbers of features that go through the graph at a time, about, and points. */
const NUMBERS_PER_RUN = 2 ** 17;
const MOST_POINTS = 128;
const FEWEST_POINTS = 4;

/** The score of a model as a function of features, with its derivative. */
export interface ScoreGradient {
  /** Points that one run takes: no more, no less. */
  readonly points: number;
  /** Features of a point. */
  readonly columns: number;
  /** Whether a run needs times. */
  readonly timed: boolean;
  /**
   * @param features float32 [points, columns]
   * @param times float64 [points], of models that compare scores within a season
   * @returns scores [points], of points without a change in watched columns, and their derivatives [points, columns]
   */
  run(
    features: Float32Array,
    times?: Float64Array,
  ): Promise<{ readonly scores: Float32Array; readonly gradients: Float32Array }>;
  release(): Promise<void>;
}

/**
 * The derivative of a model's score with respect to the features of a row: the graph in the model's file is built again from
 * its features on, and differentiated.
 * @throws HypersphereError `invalid-option` for a score without a derivative, such as that of trees; `invalid-model` for a
 * model of a version that did not say where its graph has the features
 */
export async function scoreGradient(model: Model, options: InnerOptions = {}): Promise<ScoreGradient> {
  const { card } = model;
  const inside = card.inside ?? {};
  if (calibratedInFolds(card)) {
    throw noDerivative(card.detector, "it is the mean of detectors of several folds");
  }
  if (!Object.hasOwn(inside, "features")) {
    throw new HypersphereError(
      "invalid-model",
      "The model does not say where its graph has the features that a score's derivative is taken by.",
      { hint: "It was trained by an earlier version of hypersphere: train it again." },
    );
  }
  const columns = inputShape(card.schema).reduce((product, length) => product * length, 1);
  const points = Math.max(FEWEST_POINTS, Math.min(MOST_POINTS, Math.floor(NUMBERS_PER_RUN / columns)));
  const graph = new Graph();
  const given = new Map<string, Tensor>();
  given.set(inside["features"]!, graph.input("features", "float32", [points, columns]));
  // A change in watched columns is no matter of small steps.
  if (inside["changed"] !== undefined) {
    given.set(inside["changed"], graph.constant("bool", [points], new Uint8Array(points)));
  }
  const timed = card.season !== undefined;
  if (timed) given.set("time", graph.input("time", "float64", [points]));
  try {
    const features = given.get(inside["features"]!)!;
    const score = rebuild(graph, model.toBytes(), given, "score");
    graph.output("score", score);
    graph.output("gradient", gradients(sum(score), [features])[0]!);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw noDerivative(card.detector, cause.message.replace(/\.$/, ""), cause);
  }
  const runtime = await (model.ownBackend ?? options.backend ?? currentBackend()).inline();
  const session = await runtime.createSession(serialize(graph));
  return {
    ...{ points, columns, timed },
    async run(features, times) {
      const { score, gradient } = await session.run({
        features: float32([points, columns], features),
        ...(timed && { time: float64([points], times!) }),
      });
      return { scores: score!.data as Float32Array, gradients: gradient!.data as Float32Array };
    },
    release: () => session.release(),
  };
}

const noDerivative = (detector: string, why: string, cause?: unknown): HypersphereError =>
  new HypersphereError(
    "invalid-option",
    `The score of this model of ${detector} cannot be differentiated: ${why}.`,
    { cause, hint: 'Explain it by method "nearest" or "shapley", which take any model.' },
  );
