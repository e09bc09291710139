import { add, div, type Graph, mul, squaredDistance, sub, type Tensor } from "../../graph/index.js";
import type { EncoderDesign } from "../../nn/encoder.js";
import { ParameterLayout } from "../../nn/parameters.js";

/** What is left of a trained member: enough to score. */
export interface HypersphereMember {
  /** Subtracted from the features: where this member's input space has its origin. */
  readonly origin: Float32Array;
  readonly parameters: Float32Array;
  readonly center: Float32Array;
  /** Mean squared distance to the centre of normals held out from training: the unit of its scores. */
  readonly unit: number;
}

/**
 * The score of an ensemble: the mean over members of d^2 relative to held-out normals. A row as far out as the average
 * of those scores about 1, whatever the members' scales. It is again a squared distance to a centre,
 * in the space that the members' latent spaces span together; for a single member the order of scores is that of d^2.
 */
export function hypersphereScore(
  design: EncoderDesign,
  members: readonly HypersphereMember[],
  features: Tensor,
): Tensor {
  const layout = new ParameterLayout(design.encoder.parameters);
  const relative = members.map(({ origin, parameters, center, unit }, k) => {
    const start = features.graph.initializer(`member${k}.origin`, "float32", [origin.length], origin);
    const latent = design.encoder.forward(
      sub(features, start),
      storedParameters(features.graph, layout, parameters, k),
    );
    const middle = features.graph.initializer(`member${k}.center`, "float32", [center.length], center);
    return div(squaredDistance(latent, middle), unit);
  });
  return mul(
    relative.reduce((sum, distance) => add(sum, distance)),
    1 / members.length,
  );
}

export function storedParameters(
  graph: Graph,
  layout: ParameterLayout,
  values: Float32Array,
  member: number,
): ReadonlyMap<string, Tensor> {
  return new Map(
    layout.views(values).map(({ spec, view }) => [
      spec.name,
      // A copy: a view would keep the whole vector alive, and the file's bytes are read from its buffer.
      graph.initializer(`member${member}.${spec.name}`, "float32", spec.shape, view.slice()),
    ]),
  );
}
