import { div, sub, type Tensor } from "../../graph/index.js";
import { ParameterLayout } from "../../nn/parameters.js";
import { meanOfMembers, storedParameters } from "../networks/stored-parameters.js";
import type { Objective, Vectors } from "./objective.js";

/** What is left of a trained member: enough to score. */
export interface DeepMember {
  /** Subtracted from the features: where this member's input space has its origin. */
  readonly origin: Float32Array;
  readonly parameters: Float32Array;
  readonly vectors: Vectors;
  /** What its scores are divided by, such as the mean over normals held out from training. */
  readonly unit: number;
}

/**
 * The score of an ensemble: the mean over members of their scores relative to held-out normals. For distances to a
 * centre, a row as far out as the average of those scores about 1, whatever the members' scales, and the mean is again
 * a squared distance to a centre, in the space that the members' latent spaces span together; for a single member the
 * order of scores is that of d^2.
 */
export function ensembleScore(
  objective: Objective,
  members: readonly DeepMember[],
  features: Tensor,
): Tensor {
  const layout = new ParameterLayout(objective.parameters);
  const { graph } = features;
  const relative = members.map(({ origin, parameters, vectors, unit }, k) => {
    const start = graph.initializer(`member${k}.origin`, "float32", [origin.length], origin);
    const embedding = objective.embed(sub(features, start), storedParameters(graph, layout, parameters, k));
    const tensors = Object.entries(vectors).map(
      ([name, vector]) =>
        [name, graph.initializer(`member${k}.${name}`, "float32", [vector.length], vector)] as const,
    );
    const center = tensors.find(([name]) => name === "center")?.[1];
    graph.mark(`member${k}.latent`, embedding);
    if (center?.shape[0] === embedding.shape[1]) graph.mark(`member${k}.centre`, center!);
    return div(objective.score(embedding, new Map(tensors)), unit);
  });
  return meanOfMembers(relative);
}
