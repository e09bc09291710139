import { add, gather, gemm, mul, sum, type Tensor } from "../../../graph/index.js";
import { mean } from "../../../math/quantile.js";
import type { TrainingData } from "../../../model/contract.js";
import type { EncoderDesign, TrainingMode } from "../../../nn/encoder.js";
import { fanInUniform, type ParameterSpec, type Parameters, parameter } from "../../../nn/parameters.js";
import { collapseSigns } from "../../../train/health.js";
import type { StepContext } from "../../../train/program.js";
import { batchFeatures, datum } from "../../networks/batch.js";
import { batchesFor, labelledExamples, shareOfNegatives } from "../examples.js";
import type { Objective } from "../objective.js";
import { crossEntropy, focalLoss, hscTerms, radii, radiusOf, termOf } from "./losses.js";
import type { HscOptions } from "./options.js";

type Space = Pick<Objective, "parameters" | "embed" | "distances" | "score">;

/** The latent space, judged by its radius about zero. */
function sphereAboutZero({ encoder, latentDim }: EncoderDesign, { radius }: HscOptions): Space {
  return {
    parameters: encoder.parameters,
    embed: (x, parameters, training) => encoder.forward(x, parameters, training),
    distances: (latent) =>
      Float64Array.from({ length: latent.length / latentDim }, (_, row) =>
        radiusOf(latent.subarray(row * latentDim, (row + 1) * latentDim), radius),
      ),
    score: (latent) => radii(latent, radius),
  };
}

/** A classifier: one logit of being an anomaly, on top of the latent space. */
function logit({ encoder, latentDim }: EncoderDesign): Space {
  const head: ParameterSpec[] = [
    { name: "head.weight", shape: [latentDim, 1], initialize: fanInUniform(latentDim) },
    { name: "head.bias", shape: [1], initialize: (target) => target.fill(0) },
  ];
  return {
    parameters: [...encoder.parameters, ...head],
    embed: (x: Tensor, parameters: Parameters, training?: TrainingMode) =>
      add(
        gemm(encoder.forward(x, parameters, training), parameter(parameters, "head.weight")),
        parameter(parameters, "head.bias"),
      ),
    distances: (values) => Float64Array.from(values),
    score: (values) => sum(values, [1]),
  };
}

/**
 * The mean over the batch of the loss of rows known to be normal or not. Data: "anomalous", 1 or 0 for every row.
 */
export function hscLoss(space: Space, options: HscOptions, context: StepContext): Tensor {
  const embedding = space.embed(batchFeatures(context), context.parameters, context);
  const value = space.score(embedding, new Map());
  const anomalous = gather(datum(context, "anomalous"), context.rows);
  return sum(mul(terms(value, anomalous, options), context.weights));
}

function terms(value: Tensor, anomalous: Tensor, { loss, focalGamma }: HscOptions): Tensor {
  if (loss === "hsc") return hscTerms(value, anomalous);
  return loss === "bce" ? crossEntropy(value, anomalous) : focalLoss(value, anomalous, focalGamma);
}

/** Where rows are judged: the sphere of HSC, or a classifier's logit. */
export const hscSpace = (design: EncoderDesign, options: HscOptions): Space =>
  options.loss === "hsc" ? sphereAboutZero(design, options) : logit(design);

/**
 * HSC's objective for the rows of a fit (Ruff, Vandermeulen et al. 2020). The centre is zero, and it needs no guard:
 * with negatives to tell normals from, a constant answer is no solution.
 */
export function hscObjective(design: EncoderDesign, options: HscOptions, data: TrainingData): Objective {
  const space = hscSpace(design, options);
  const batches = batchesFor(options.batches, data);
  const share = shareOfNegatives(batches, data);
  const width = options.loss === "hsc" ? design.latentDim : 1;
  const zero = new Float32Array(width);
  const meanTerm = (values: Float64Array, anomalous: boolean): number =>
    mean(values.map((value) => termOf(value, anomalous, options)));
  return {
    ...space,
    views: [
      {
        name: "",
        network: { parameters: space.parameters, forward: space.embed },
        center: () => zero,
        signs: (now, start) => collapseSigns(now, start, { sphere: false }),
      },
    ],
    anchor: () => ({}),
    // -log p(normal) for HSC, the log of the odds for a classifier: members speak of the same thing already.
    finish: () => ({ unit: 1, vectors: {} }),
    loss: (context) => hscLoss(space, options, context),
    examples: labelledExamples(data, batches, { anomalous: { train: () => 0, negative: 1 } }),
    assess: ({ held, negatives }) => ({
      validation: (1 - share) * meanTerm(held, false) + share * meanTerm(negatives, true),
      overfitting: false,
    }),
  };
}
