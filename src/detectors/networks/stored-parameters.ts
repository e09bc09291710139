import { add, type Graph, mul, type Tensor } from "../../graph/index.js";
import type { ParameterLayout, Parameters } from "../../nn/parameters.js";

/** A trained member's parameters as constants of a scoring graph, by their names. */
export function storedParameters(
  graph: Graph,
  layout: ParameterLayout,
  values: Float32Array,
  member: number,
): Parameters {
  return new Map(
    layout.views(values).map(({ spec, view }) => [
      spec.name,
      // A copy: a view would keep the whole vector alive, and the file's bytes are read from its buffer.
      graph.initializer(`member${member}.${spec.name}`, "float32", spec.shape, view.slice()),
    ]),
  );
}

/** The mean of the members' scores, each [rows]. */
export const meanOfMembers = (scores: readonly Tensor[]): Tensor =>
  mul(
    scores.reduce((sum, score) => add(sum, score)),
    1 / scores.length,
  );
