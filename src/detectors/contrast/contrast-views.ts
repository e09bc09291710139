import {
  gather,
  gemm,
  mean,
  mul,
  reshape,
  smallest,
  square,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.js";
import type { TrainingContext } from "../../model/contract.js";
import { ParameterLayout } from "../../nn/parameters.js";
import { inRowBlocks } from "../../nn/row-blocks.js";
import { type ContrastNetwork, contrastNetwork } from "../../nn/series/contrast-network.js";
import { judgeCollapse } from "../networks/collapse.js";
import { trainMembers } from "../networks/ensemble.js";
import type { StageReport } from "../networks/report.js";
import type { FittedView } from "../windows/fitted-view.js";
import { normalisedWindows } from "../windows/normalised.js";
import type { Stretches, WindowShape } from "../windows/stretches.js";
import { type Memory, rememberWindows } from "./memory.js";
import { directions } from "./objective.js";
import type { ContrastOptions } from "./options.js";
import { trainNetwork } from "./train-network.js";

export interface ContrastView {
  readonly view: FittedView;
  readonly entries: number;
}

/** The view of a network after training and before it. @throws HypersphereError `collapsed` */
export async function contrastViews(
  options: ContrastOptions,
  stretches: Stretches,
  context: TrainingContext,
): Promise<{ trained: ContrastView; untrained: ContrastView; report: StageReport }> {
  const network = contrastNetwork(stretches.shape, options.filters);
  const [result] = await trainMembers(1, Math.max(1, options.steps), context, (given) =>
    trainNetwork(network, options, stretches, given),
  );
  const { trained, untrained, report } = result!;
  const hint = "Lower the learning rate.";
  judgeCollapse(
    "The network",
    [{ stage: "training", report, fatal: report.kept === 0 && options.steps > 0 }],
    hint,
    context,
  );
  const runtime = await context.backend.inline();
  const layout = new ParameterLayout(network.encoder);
  const of = async (parameters: Float32Array): Promise<ContrastView> => {
    const stream = context.random.stream("memory");
    const memory = await rememberWindows(
      runtime,
      network,
      layout,
      parameters,
      options,
      stretches,
      stream,
      context.signal,
    );
    const value = distanceFromMemory(network, layout, parameters, memory, stretches.shape, options.nearest);
    return { view: { name: "contrast", value, held: memory.held }, entries: memory.entries };
  };
  return { trained: await of(trained), untrained: await of(untrained), report };
}

/** Windows that go through the network at a time. */
const BLOCK = 256;

/** Mean of the least 1 - cosine from what is remembered, as nodes: from features [rows, d] to [rows]. */
function distanceFromMemory(
  network: ContrastNetwork,
  layout: ParameterLayout,
  parameters: Float32Array,
  { entries, directions: remembered }: Memory,
  shape: WindowShape,
  nearest: number,
): (features: Tensor) => Tensor {
  const dim = network.latentDim;
  const k = Math.min(nearest, entries);
  return (features) => {
    const { root } = features.graph;
    const tensors = layout.tensors(root.initializer("contrast", "float32", [layout.size], parameters));
    const table = root.initializer("memory", "float32", [entries, dim], remembered);
    return inRowBlocks(features, BLOCK, (block, scope) => {
      const own = directions(network.embed(normalisedWindows(block, shape), tensors));
      // Which are nearest is found by products, and how near from differences: 1 - cosine would lose digits.
      const { positions } = scope.reproducible(
        () => smallest(mul(gemm(own, table, { transB: true }), -1), k),
        false,
      );
      const rows = own.shape[0]!;
      const apart = sub(reshape(own, [rows, 1, dim]), gather(table, positions));
      return mul(mean(sum(square(apart), [2]), [1]), 0.5);
    });
  };
}
