import { scopeOf } from "../graph.js";
import type { Attributes, Operator } from "../operator.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";

/**
 * Applies an operator whose result depends on how a runtime does its arithmetic: in which order it adds, which
 * polynomial it takes for an exponential. ONNX Runtime chooses by the number of rows, by processor and by platform.
 *
 * In a graph that is to be reproducible, see `Graph.reproducible`, float32 operands enter it as float64. Results then
 * differ in their sixteenth digit at most; rounded to float32, they are the same but for one in some ten million.
 */
export function applyRounding(
  operator: Operator,
  inputs: readonly Tensor[],
  attributes: Attributes = {},
): Tensor {
  const scope = scopeOf(...inputs);
  const rounds = scope.isReproducible && inputs[0]!.dtype === "float32";
  if (!rounds) return scope.apply(operator, inputs, attributes)[0]!;
  const wide = inputs.map((input) => (input.dtype === "float32" ? cast(input, "float64") : input));
  return cast(scope.apply(operator, wide, attributes)[0]!, "float32");
}
