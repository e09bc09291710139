import { add, maximum, mul, square, squaredDistance, sub, sum, type Tensor } from "../../../graph/index.js";
import { mean, quantile } from "../../../math/quantile.js";
import type { EncoderDesign } from "../../../nn/encoder.js";
import { collapseSigns } from "../../../train/health.js";
import type { StepContext } from "../../../train/program.js";
import { batchFeatures, datum } from "../../networks/batch.js";
import { hypersphereCenter, squaredDistances } from "../center.js";
import type { Objective, Standing } from "../objective.js";
import { stopAt } from "../plan.js";
import type { DeepSvddOptions } from "./options.js";

/** One-class objective (Ruff et al. 2018, eq. 4): the mean of d^2. Weight decay is the optimiser's business. */
export function oneClassLoss(design: EncoderDesign, context: StepContext): Tensor {
  return sum(mul(batchDistances(design, context), context.weights));
}

/**
 * Soft-boundary objective (eq. 3): R^2 + 1/nu mean(max(0, d^2 - R^2)). The radius is data, not a parameter: it is set
 * between epochs, see `softBoundaryRadius`.
 */
export function softBoundaryLoss(design: EncoderDesign, nu: number, context: StepContext): Tensor {
  const radiusSquared = square(datum(context, "radius"));
  const excess = maximum(sub(batchDistances(design, context), radiusSquared), 0);
  return add(radiusSquared, sum(mul(excess, mul(context.weights, 1 / nu))));
}

/** Squared distances of the mini-batch to the centre in the latent space, [batch]. */
export function batchDistances({ encoder }: EncoderDesign, context: StepContext): Tensor {
  const latent = encoder.forward(batchFeatures(context), context.parameters, context);
  return squaredDistance(latent, datum(context, "center"));
}

/**
 * The radius that minimises the soft-boundary objective for fixed weights: with f(R^2) = R^2 + 1/(nu n) sum max(0,
 * d^2 - R^2), the slope is 1 - (share of d^2 above R^2) / nu, so R^2 is the (1 - nu) quantile of d^2.
 */
export function softBoundaryRadius(squaredDistances: Float64Array, nu: number): number {
  return Math.sqrt(quantile(squaredDistances, 1 - nu));
}

/** The sphere that all objectives about a centre share: what is not their loss. */
export function sphere(
  { encoder, inputShape }: EncoderDesign,
  { centerFloor, latentDim }: Pick<DeepSvddOptions, "centerFloor" | "latentDim">,
): Omit<Objective, "loss" | "assess"> {
  return {
    parameters: encoder.parameters,
    embed: (x, parameters, training) => encoder.forward(x, parameters, training),
    views: [
      {
        name: "",
        network: encoder,
        center: ({ center }) => center!,
        signs: (now, start) => collapseSigns(now, start, { offCentre: offCentreLimit(inputShape) }),
      },
    ],
    anchor: (embedding, center) => ({
      center: center ?? hypersphereCenter(embedding, latentDim, centerFloor),
    }),
    distances: (embedding, { center }) => squaredDistances(embedding, center!),
    score: (embedding, vectors) => squaredDistance(embedding, vectors.get("center")!),
    finish: (embedding, vectors) => ({
      unit: mean(squaredDistances(embedding, vectors["center"]!)),
      vectors,
    }),
  };
}

/** Deep SVDD's objectives. */
export function deepSvddObjective(design: EncoderDesign, options: DeepSvddOptions): Objective {
  const { objective, nu, warmupEpochs } = options;
  const nearest = stopAt(options, design.inputShape);
  const common = sphere(design, options);
  if (objective === "one-class") {
    return {
      ...common,
      loss: (context) => oneClassLoss(design, context),
      assess: (standing) => ({ validation: mean(standing.held), overfitting: tooCompact(standing, nearest) }),
    };
  }
  const radiusOf = (embedding: Float32Array, center: Float32Array): number =>
    softBoundaryRadius(squaredDistances(embedding, center), nu);
  return {
    ...common,
    loss: (context) => softBoundaryLoss(design, nu, context),
    moving: {
      initial: { radius: 0 },
      async at(epoch, { center }, embedding) {
        if (epoch < warmupEpochs) return undefined;
        return { radius: radiusOf(await embedding(), center!) };
      },
    },
    assess(standing) {
      const radius = standing.moving["radius"]!;
      const excess = standing.held.map((distance) => Math.max(0, distance - radius ** 2));
      return {
        validation: radius ** 2 + mean(excess) / nu,
        overfitting: tooCompact(standing, nearest),
      };
    },
    report: (embedding, { center }) => ({ radius: radiusOf(embedding, center!) }),
  };
}

/**
 * Deep networks move their rows about before they draw them together: after an epoch most of a distance may be common to all
 * rows, and little of it some epochs later. Those of tables that drift do not come back.
 */
export const offCentreLimit = (inputShape: readonly number[]): number =>
  inputShape.length === 1 ? 0.5 : 0.05;

type Ratios = Pick<Standing, "seenRatio" | "heldRatio">;

/**
 * Whether compactness training has gone far enough. Mapping every row to the centre is where its objective leads in
 * the end, so it stops while the sphere still tells rows apart: when training rows are nearer than a share of their
 * starting distance, or have outpaced held-out rows. Where there is no such share, only held-out rows that no longer come
 * nearer end the stage.
 */
export function tooCompact(ratios: Ratios, nearest: number): boolean {
  return nearest > 0 && (ratios.seenRatio < nearest || outpaced(ratios));
}

/** Whether training rows have come nearer to the centre than held-out rows by more than a fifth. */
export function outpaced({ seenRatio, heldRatio }: Ratios): boolean {
  return Math.log(heldRatio / seenRatio) > 0.2;
}
