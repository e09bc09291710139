import {
  add,
  div,
  maximum,
  mul,
  split,
  square,
  squaredDistance,
  sub,
  sum,
  type Tensor,
} from "../../../graph/index.js";
import { mean } from "../../../math/quantile.js";
import type { EncoderDesign } from "../../../nn/encoder.js";
import { ParameterLayout } from "../../../nn/parameters.js";
import { collapseSigns } from "../../../train/health.js";
import type { StepContext } from "../../../train/program.js";
import { batchFeatures, datum } from "../../networks/batch.js";
import { hypersphereCenter } from "../center.js";
import { offCentreLimit, softBoundaryRadius, tooCompact } from "../deep-svdd/objectives.js";
import type { Moving, Objective, Vectors } from "../objective.js";
import { stopAt } from "../plan.js";
import type { MultiScaleOptions } from "./options.js";
import { keepMaps, mapsOf, type Tap, tapDistances, tapOutputs, tapRows, tapsOf, whitenTaps } from "./taps.js";

/**
 * Deep SVDD after every block of the encoder (Massoli et al. 2021, MOCCA): each tap k has a centre c_k, fixed before
 * training, and d_k^2 is a row's squared distance to it. A tap is what the block answers times a fixed matrix W_k that
 * makes its covariance over training rows round, as that of the latent space is; the centre and its floor are in the
 * space after it, where distances are measured.
 *
 *     one-class       mean over rows of  1/K sum_k d_k^2 / m_k
 *     soft boundary   1/K sum_k (R_k^2 + 1/nu mean over rows of max(0, d_k^2 - R_k^2)) / m_k
 *     score           1/K sum_k d_k^2 / m_k
 *
 * In the loss m_k is the training rows' mean of d_k^2 before training; in the score it is that of held-out normals
 * after it. With the plain sum, as in the paper, all m_k are 1. The paper's soft-boundary score takes R_k^2 off every
 * term: that is the same for all rows, and changes no order.
 */
export function multiScaleObjective(design: EncoderDesign, options: MultiScaleOptions): Objective {
  const { encoder } = design;
  const taps = tapsOf(design, options.whiten);
  const parameters = [...encoder.parameters, ...mapsOf(taps)];
  const soft = options.objective === "soft-boundary";
  const standardised = options.combine === "standardised";
  const scalesOf = (embedding: Float32Array, center: Float32Array): Float32Array =>
    Float32Array.from(tapDistances(taps, embedding, center), (distances) =>
      standardised ? mean(distances) : 1,
    );
  const combined = (perTap: readonly Float64Array[], scale: Float32Array): Float64Array =>
    Float64Array.from(perTap[0]!, (_, row) => mean(perTap.map((own, k) => own[row]! / scale[k]!)));
  const distances = (embedding: Float32Array, { center, scale }: Vectors): Float64Array =>
    combined(tapDistances(taps, embedding, center!), scale!);
  const nearest = stopAt(options, design.inputShape);
  const radii = (embedding: Float32Array, { center }: Vectors): number[] =>
    tapDistances(taps, embedding, center!).map((own) => softBoundaryRadius(own, options.nu));

  return {
    parameters,
    embed: (x, own, training) => tapOutputs(taps, design, x, own, training),
    views: taps.map(({ name, network, offset, width }) => ({
      name,
      network,
      center: ({ center }) => center!.slice(offset, offset + width),
      signs: (now, start) => collapseSigns(now, start, { offCentre: offCentreLimit(design.inputShape) }),
    })),
    whiten: (values, embedding, covariance) =>
      whitenTaps(taps, new ParameterLayout(parameters), values, embedding, covariance, options.shrinkage),
    anchor(embedding) {
      const center = Float32Array.from(
        taps.flatMap((tap) => [
          ...hypersphereCenter(tapRows(taps, tap, embedding), tap.width, options.centerFloor),
        ]),
      );
      return { center, scale: scalesOf(embedding, center) };
    },
    distances,
    score: (embedding, vectors) =>
      meanOfTaps(relativeDistances(taps, embedding, vectors.get("center")!, vectors.get("scale")!)),
    finish(embedding, { center }) {
      const vectors = { center: center!, scale: scalesOf(embedding, center!) };
      return { unit: mean(distances(embedding, vectors)), vectors };
    },
    loss: (context) => multiScaleLoss(taps, design, soft ? options.nu : undefined, context),
    ...(soft && {
      moving: {
        initial: radiiByName(taps.map(() => 0)),
        async at(epoch: number, vectors: Vectors, embedding: () => Promise<Float32Array>) {
          if (epoch < options.warmupEpochs) return undefined;
          return radiiByName(radii(await embedding(), vectors));
        },
      },
    }),
    assess(standing) {
      const { embedding, held, vectors, moving } = standing;
      const overfitting = tooCompact(standing, nearest);
      if (!soft) return { validation: mean(held), overfitting };
      const costs = tapDistances(taps, embedding, vectors["center"]!).map((own, k) => {
        const radius = moving[radiusName(k)]!;
        const excess = own.map((distance) => Math.max(0, distance - radius ** 2));
        return (radius ** 2 + mean(excess) / options.nu) / vectors["scale"]![k]!;
      });
      return { validation: mean(costs), overfitting };
    },
    report(embedding, vectors) {
      const own = tapDistances(taps, embedding, vectors["center"]!);
      const radius = soft ? radii(embedding, vectors) : undefined;
      return {
        taps: taps.map(({ name, width, map }, k) => ({
          name,
          width,
          whitened: options.whiten && (map !== undefined || k === taps.length - 1),
          distance: mean(own[k]!),
          ...(radius && { radius: radius[k]! }),
        })),
      };
    },
  };
}

/** @param nu of the soft boundary; without it the loss is that of one class */
export function multiScaleLoss(
  taps: readonly Tap[],
  design: EncoderDesign,
  nu: number | undefined,
  context: StepContext,
): Tensor {
  keepMaps(taps, context);
  const embedding = tapOutputs(taps, design, batchFeatures(context), context.parameters, context);
  const scale = datum(context, "scale");
  const relative = relativeDistances(taps, embedding, datum(context, "center"), scale);
  if (nu === undefined) return sum(mul(meanOfTaps(relative), context.weights));
  const scales = split(scale, 0, Array(taps.length).fill(1));
  const costs = relative.map((distance, k) => {
    const radius = div(square(datum(context, radiusName(k))), sum(scales[k]!));
    const excess = maximum(sub(distance, radius), 0);
    return add(radius, sum(mul(excess, mul(context.weights, 1 / nu))));
  });
  return meanOfTaps(costs);
}

/** d_k^2 / m_k, [rows] for every tap, from all taps side by side [rows, widths]. */
function relativeDistances(taps: readonly Tap[], embedding: Tensor, center: Tensor, scale: Tensor): Tensor[] {
  const widths = taps.map(({ width }) => width);
  const centers = split(center, 0, widths);
  const scales = split(scale, 0, Array(taps.length).fill(1));
  return split(embedding, 1, widths).map((block, k) => div(squaredDistance(block, centers[k]!), scales[k]!));
}

const meanOfTaps = (values: readonly Tensor[]): Tensor =>
  div(
    values.reduce((total, value) => add(total, value)),
    values.length,
  );

const radiusName = (tap: number): string => `radius.${tap}`;
const radiiByName = (radii: readonly number[]): Moving =>
  Object.fromEntries(radii.map((radius, k) => [radiusName(k), radius]));
