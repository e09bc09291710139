import { add, div, gather, minimum, mul, neg, sqrt, square, sub, sum, type Tensor } from "../graph/index.js";

export const OPTIMIZERS = ["adam", "adamw", "sgd"] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

export interface OptimizerOptions {
  readonly name: OptimizerName;
  /** Adam adds it to the gradient (as PyTorch's Adam does), AdamW shrinks the weights directly, SGD adds it. */
  readonly weightDecay: number;
  /** Of SGD; 0 for plain gradient descent. */
  readonly momentum?: number;
  /** Of Adam and AdamW: how much of the running means of gradients and of their squares a step keeps. Default 0.9, 0.999. */
  readonly betas?: readonly [number, number];
}

/** One optimiser as part of a training program: all parameters are one vector. */
export interface Optimizer {
  /** Vectors of the parameters' length that it carries from step to step, all starting at zero. */
  readonly stateCount: number;
  /** Numbers that it needs for a step, counted from 1, at a learning rate. */
  scheduleOf(step: number, learningRate: number): readonly number[];
  /** Nodes of one update. `schedule` holds the numbers above, in their order. */
  update(parameters: Tensor, gradient: Tensor, states: readonly Tensor[], schedule: Tensor): OptimizerUpdate;
}

export interface OptimizerUpdate {
  readonly parameters: Tensor;
  readonly states: readonly Tensor[];
}

const BETAS = [0.9, 0.999] as const;
const EPSILON = 1e-8;

export function optimizer({ name, weightDecay, momentum = 0, betas = BETAS }: OptimizerOptions): Optimizer {
  switch (name) {
    case "adam":
      return adam(weightDecay, betas, false);
    case "adamw":
      return adam(weightDecay, betas, true);
    case "sgd":
      return sgd(weightDecay, momentum);
  }
}

/** The same with gradients longer than `most` shortened to that length, as by PyTorch's `clip_grad_norm_`. */
export function clipped(inner: Optimizer, most: number): Optimizer {
  return {
    ...inner,
    update(parameters, gradient, states, schedule) {
      const length = sqrt(sum(square(gradient)));
      const factor = minimum(div(most, add(length, CLIP_EPSILON)), 1);
      return inner.update(parameters, mul(gradient, factor), states, schedule);
    },
  };
}

const CLIP_EPSILON = 1e-6;

const entry = (schedule: Tensor, k: number): Tensor => gather(schedule, schedule.graph.root.index(k));

/**
 * Adam (Kingma and Ba 2015) as PyTorch computes it, rearranged for fewer nodes. With running sums m' = m / (1 - b1)
 * and v' = v / (1 - b2) instead of running means,
 *
 *     m' <- b1 m' + g        v' <- b2 v' + g^2
 *     w  <- w - rate m' / (sqrt(v') + floor)
 *     rate  = lr (1 - b1) / (1 - b1^t) sqrt((1 - b2^t) / (1 - b2))
 *     floor = eps sqrt((1 - b2^t) / (1 - b2))
 */
function adam(weightDecay: number, [beta1, beta2]: readonly [number, number], decoupled: boolean): Optimizer {
  return {
    stateCount: 2,
    scheduleOf(step, learningRate) {
      const correction = Math.sqrt((1 - beta2 ** step) / (1 - beta2));
      const rate = ((learningRate * (1 - beta1)) / (1 - beta1 ** step)) * correction;
      return [rate, EPSILON * correction, 1 - learningRate * weightDecay];
    },
    update(parameters, gradient, [m, v], schedule) {
      const coupled = !decoupled && weightDecay !== 0;
      const g = coupled ? add(gradient, mul(parameters, weightDecay)) : gradient;
      const nextM = add(mul(m!, beta1), g);
      const nextV = add(mul(v!, beta2), square(g));
      const direction = div(nextM, add(sqrt(nextV), entry(schedule, 1)));
      const kept = decoupled && weightDecay !== 0 ? mul(parameters, entry(schedule, 2)) : parameters;
      return { parameters: sub(kept, mul(direction, entry(schedule, 0))), states: [nextM, nextV] };
    },
  };
}

/** PyTorch's SGD: momentum without dampening. */
function sgd(weightDecay: number, momentum: number): Optimizer {
  return {
    stateCount: momentum === 0 ? 0 : 1,
    scheduleOf: (_, learningRate) => [learningRate],
    update(parameters, gradient, [velocity], schedule) {
      const g = weightDecay === 0 ? gradient : add(gradient, mul(parameters, weightDecay));
      const step = velocity === undefined ? g : add(mul(velocity, momentum), g);
      return {
        parameters: add(parameters, mul(step, neg(entry(schedule, 0)))),
        states: velocity === undefined ? [] : [step],
      };
    },
  };
}
