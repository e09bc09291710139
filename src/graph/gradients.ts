import type { Graph } from "./graph.js";
import type { Node } from "./operator.js";
import { add } from "./ops/elementwise.js";
import { formatShape, type Tensor } from "./tensor.js";

/**
 * Reverse-mode differentiation, graph to graph: returns tensors that compute the gradient of a scalar with respect to
 * each of `targets`. The result is part of the same graph and can be differentiated again.
 *
 * Only the nodes between the targets and the loss get a derivative: data, schedules and the branches that the loss
 * does not reach cost nothing.
 *
 * @throws TypeError when the loss is not a scalar, does not depend on a target, or reaches it through an operator
 * without a derivative.
 */
export function gradients(loss: Tensor, targets: readonly Tensor[]): Tensor[] {
  const { dtype } = loss;
  if (loss.shape.length !== 0) {
    throw new TypeError(
      `Only a scalar can be differentiated, and the loss has the shape ${formatShape(loss.shape)}.`,
    );
  }
  if (dtype !== "float32" && dtype !== "float64")
    throw new TypeError(`A loss of ${dtype} cannot be differentiated.`);
  const dependents = dependentsOf(targets, loss.graph);
  const found = new Map<Tensor, Tensor>([[loss, loss.graph.root.scalar(1, dtype)]]);

  for (const { node, wanted } of dependents.reverse()) {
    const outputGradients = node.outputs.map((output) => found.get(output));
    // What the loss does not need has no gradient.
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    if (node.operator.gradient === undefined) throw new TypeError(`${node.operator.type} has no derivative.`);
    const inputGradients = node.operator.gradient(node, outputGradients, wanted);
    node.inputs.forEach((input, k) => {
      const gradient = inputGradients[k];
      if (!wanted[k] || gradient === undefined) return;
      const before = found.get(input);
      found.set(input, before === undefined ? gradient : add(before, gradient));
    });
  }
  return targets.map((target) => {
    const gradient = found.get(target);
    if (gradient === undefined) throw new TypeError(`The loss does not depend on ${target.name}.`);
    return gradient;
  });
}

interface Dependent {
  readonly node: Node;
  /** Which inputs depend on a target. */
  readonly wanted: readonly boolean[];
}

/** The nodes that depend on a target, in an order in which they can run. */
function dependentsOf(targets: readonly Tensor[], scope: Graph): Dependent[] {
  const dependents: Dependent[] = [];
  const reached = new Set<Tensor>(targets);
  // Outer scopes come first: they use nothing of those inside.
  for (const { nodes } of scopesAround(scope)) {
    for (const node of nodes) {
      const wanted = node.inputs.map((input) => reached.has(input));
      if (!wanted.includes(true) && !captures(node, reached)) continue;
      dependents.push({ node, wanted });
      for (const output of node.outputs) reached.add(output);
    }
  }
  return dependents;
}

function scopesAround(scope: Graph): Graph[] {
  return scope.parent === undefined ? [scope] : [...scopesAround(scope.parent), scope];
}

/** Whether a node with a body uses one of the tensors inside of it. */
function captures({ attributes }: Node, tensors: ReadonlySet<Tensor>): boolean {
  return Object.values(attributes).some(
    ({ kind, value }) =>
      kind === "graph" &&
      (value.outputs.some(({ tensor }) => tensors.has(tensor)) ||
        value.nodes.some(
          (node) => node.inputs.some((input) => tensors.has(input)) || captures(node, tensors),
        )),
  );
}
