import { Graph } from "../graph.js";
import type { Operator } from "../operator.js";
import { formatShape, sameShape, type Tensor, type TensorType } from "../tensor.js";

export interface LoopStep {
  /** Next values of the carried tensors, in their order and of their types. */
  readonly carried: readonly Tensor[];
  /** Values that the loop collects: each leaves it with one more axis in front, one entry per step. */
  readonly collected: readonly Tensor[];
}

export interface LoopResult {
  readonly carried: readonly Tensor[];
  readonly collected: readonly Tensor[];
}

/**
 * Runs `body` `steps` times (a scalar int64 tensor). The body may use any tensor of the graphs around it without
 * copying: that is how training steps read the data set.
 */
export function loop(
  graph: Graph,
  steps: Tensor,
  initial: readonly Tensor[],
  body: (iteration: Tensor, carried: readonly Tensor[], scope: Graph) => LoopStep,
): LoopResult {
  const scope = new Graph(graph);
  const prefix = graph.unique("loop");
  const iteration = scope.input(`${prefix}_iteration`, "int64", []);
  const condition = scope.input(`${prefix}_condition`, "bool", []);
  const carriedIn = initial.map((tensor, k) => scope.input(`${prefix}_in_${k}`, tensor.dtype, tensor.shape));
  const step = body(iteration, carriedIn, scope);

  if (step.carried.length !== initial.length) {
    throw new TypeError(`${initial.length} tensors enter the loop and ${step.carried.length} leave it.`);
  }
  step.carried.forEach((tensor, k) => {
    const before = initial[k]!;
    if (!sameShape(tensor.shape, before.shape) || tensor.dtype !== before.dtype) {
      throw new TypeError(
        `Carried tensor ${k} enters the loop as ${formatType(before)} and leaves as ${formatType(tensor)}.`,
      );
    }
  });
  scope.output(`${prefix}_continue`, condition);
  for (const [k, tensor] of step.carried.entries()) scope.output(`${prefix}_out_${k}`, tensor);
  for (const [k, tensor] of step.collected.entries()) scope.output(`${prefix}_collected_${k}`, tensor);

  const count = steps.contents === undefined ? "steps" : Number((steps.contents as BigInt64Array)[0]);
  const operator: Operator = {
    type: "Loop",
    infer: () => [
      ...initial.map(({ dtype, shape }) => ({ dtype, shape })),
      ...step.collected.map(({ dtype, shape }) => ({ dtype, shape: [count, ...shape] })),
    ],
  };
  const forever = graph.root.constant("bool", [], Uint8Array.of(1));
  const outputs = graph.apply(operator, [steps, forever, ...initial], {
    body: { kind: "graph", value: scope },
  });
  return { carried: outputs.slice(0, initial.length), collected: outputs.slice(initial.length) };
}

const formatType = ({ dtype, shape }: TensorType): string => `${dtype} ${formatShape(shape)}`;
