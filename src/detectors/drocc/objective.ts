import {
  abs,
  add,
  detach,
  div,
  exp,
  type Graph,
  gather,
  gradients,
  log,
  loop,
  maximum,
  mean,
  mul,
  neg,
  square,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.js";
import type { StepContext } from "../../train/program.js";
import type { LogitNetwork } from "./network.js";
import {
  columnWeights,
  lengthOf,
  NO_LENGTH,
  type Norm,
  projectToShell,
  type ShellSize,
} from "./projection.js";

/** Steps between projections. */
const PROJECT_EVERY = 10;

/** Where negatives are looked for, and how. */
export interface Shell extends ShellSize {
  readonly ascentSteps: number;
  /** Length of a step as a share of the radius. */
  readonly ascentStep: number;
}

/** All that is not normal, as training sees it. */
export interface Surroundings extends Shell {
  /** By which the shell is measured. */
  readonly norm: Norm;
  /** Weight of a negative against a normal row. */
  readonly mu: number;
  /** Times cubed normal noise: how far away further negatives are, in units of the scaled features; 0 for none. */
  readonly far: number;
}

/** log(1 + e^z), [rows]: the cost of a logit where there should be a low one; of -z where there should be a high one. */
export function softplus(z: Tensor): Tensor {
  // Written with |z|, for which e never overflows and whose derivative at 0 is a half, as it should be.
  const size = abs(z);
  return add(mul(add(z, size), 0.5), log(add(exp(neg(size)), 1)));
}

/**
 * The displacement of every row, within the shell, at which the network finds it most normal: steps of equal length up
 * the gradient, with a projection after every tenth and the last.
 *
 * The cost of a negative, log(1 + e^z), rises with its logit z, and only the gradient's direction counts: z is climbed
 * itself. The gradient of the cost points the same way but vanishes where the network is already sure.
 *
 * @param x [rows, d]
 * @param noise normal, [rows, d]; where the ascent starts from
 * @param logits from rows to [rows]
 * @param weights of the features in lengths, [rows, d]; without them lengths are Euclidean. Steps always are
 */
export function worstDisplacements(
  scope: Graph,
  x: Tensor,
  noise: Tensor,
  shell: Shell,
  logits: (rows: Tensor) => Tensor,
  weights?: Tensor,
): Tensor {
  const { radius, outerRatio, ascentSteps, ascentStep } = shell;
  const columns = x.shape[1] as number;
  // Lengths of normal vectors gather about the root of their dimension: these about the middle of the shell.
  const start = projectToShell(
    mul(noise, (radius * (1 + outerRatio)) / 2 / Math.sqrt(columns)),
    shell,
    weights,
  );
  const climb = (graph: Graph, from: Tensor, steps: number): Tensor => {
    const { carried } = loop(graph, graph.index(steps), [from], (_, [h]) => {
      const [gradient] = gradients(sum(logits(add(x, h!))), [h!]);
      const step = div(mul(gradient!, ascentStep * radius), maximum(lengthOf(gradient!), NO_LENGTH));
      return { carried: [add(h!, step)], collected: [] };
    });
    return projectToShell(carried[0]!, shell, weights);
  };
  const blocks = Math.floor(ascentSteps / PROJECT_EVERY);
  const rest = ascentSteps % PROJECT_EVERY;
  const { carried } = loop(scope, scope.index(blocks), [start], (_, [h], inner) => ({
    carried: [climb(inner, h!, PROJECT_EVERY)],
    collected: [],
  }));
  return detach(rest === 0 ? carried[0]! : climb(scope, carried[0]!, rest));
}

/** Batch rows that are normal should have high logits: mean of log(1 + e^-z) (the first phase of training). */
export function normalLoss({ logits }: LogitNetwork, context: StepContext): Tensor {
  const x = gather(context.data.get("features")!, context.rows);
  return sum(mul(softplus(neg(logits(x, context.parameters, context))), context.weights));
}

/**
 * Goyal et al. 2020, eq. 1: normal rows should have high logits, and the worst places in the shell around each of them
 * low ones. So should places far away from everything, which no shell reaches: without them a network of rectifiers
 * goes on in a straight line beyond the shell, upwards as well as downwards. Labelled anomalies, where there are any, are
 * all shown in every step.
 *
 * Negatives pass through the network as it scores, with its running statistics: by those of a batch of their own they
 * would look like any other batch.
 */
export function robustLoss(network: LogitNetwork, surroundings: Surroundings, context: StepContext): Tensor {
  const { mu, far, norm } = surroundings;
  const { data, parameters, rows, weights } = context;
  const x = gather(data.get("features")!, rows);
  const logits = (at: Tensor): Tensor => network.logits(at, parameters);
  const noise = noiseOf(data.get("noise")!, rows);
  const heed = columnWeights(norm, x, logits);
  const displaced = worstDisplacements(rows.graph, x, noise, surroundings, logits, heed);
  const worst = softplus(logits(add(x, displaced)));
  const abnormal =
    far === 0 ? worst : add(worst, softplus(logits(add(x, farDisplacements(noise, surroundings, heed)))));
  const cost = sum(
    mul(add(softplus(neg(network.logits(x, parameters, context))), mul(abnormal, mu)), weights),
  );
  const anomalies = data.get("anomalies");
  return anomalies === undefined ? cost : add(cost, mul(mean(softplus(logits(anomalies))), mu));
}

/**
 * Displacements beyond the shell, from just outside to far away. Cubes of normal noise: in most of them a few features
 * stand out by much, as they do in anomalies, where plain noise would move all of them alike.
 */
function farDisplacements(
  noise: Tensor,
  { far, radius, outerRatio }: Surroundings,
  weights?: Tensor,
): Tensor {
  const wild = mul(mul(noise, square(noise)), far);
  const length = lengthOf(wild, weights);
  return mul(wild, div(maximum(length, outerRatio * radius), maximum(length, NO_LENGTH)));
}

/** The noise of each row: there may be fewer rows of it, which are then used in turn. */
function noiseOf(noise: Tensor, rows: Tensor): Tensor {
  const count = noise.shape[0] as number;
  return gather(noise, sub(rows, mul(div(rows, count), count)));
}
