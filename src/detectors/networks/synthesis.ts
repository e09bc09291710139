import { type Dataset, type Samples, samplesOf } from "../../data/index.js";
import { type FeatureMatrix, kindOf } from "../../features/index.js";
import type { Json, TrainingContext, TrainingData } from "../../model/contract.js";
import { recontrasted } from "../../synthesis/contrast.js";
import { requireImagesFor, synthesizeOutliers } from "../../synthesis/synthesis.js";
import type { CommonOptions } from "../fit/common-options.js";
import type { TrainedDetector } from "../fit/fit.js";
import { joined } from "./joined.js";
import type { SynthesisOptions } from "./synthesis-options.js";

/** Outliers that are made hold this many numbers together at most (512 MB): windows of a series may be many and long. */
const MOST_NUMBERS = 2 ** 27;

/** What training records, and what was made for it, where that was asked for. */
export type WithSynthesis<Report> = Report & { readonly synthesis?: Json };

type Options = SynthesisOptions & Pick<CommonOptions, "contrast">;

/** Before anything is computed. @throws HypersphereError `invalid-option` for kinds that are for images only */
export function checkSynthesis({ synthesis }: SynthesisOptions, data: Dataset | Samples): void {
  if (synthesis !== "none") requireImagesFor(synthesis, kindOf(samplesOf(data).data).axes === 3);
}

/**
 * Trains with outliers made from the training rows, where the options ask for some: as many as there are rows, together
 * with those that the fit was given. What was made is part of what training records, as `synthesis`.
 */
export async function trainWithSynthesis<Report extends object>(
  options: Options,
  given: TrainingData,
  context: TrainingContext,
  train: (data: TrainingData) => Promise<TrainedDetector<Report>>,
): Promise<TrainedDetector<WithSynthesis<Report>>> {
  const made = outliersFor(options, given, context);
  if (made === undefined) return train(given);
  const outliers = joined(given.train.columns, [given.outliers, made.outliers]);
  const { scorer, untrained } = await train({ ...given, outliers });
  const training = { ...scorer.training, synthesis: made.record };
  return { scorer: { score: (features) => scorer.score(features), training }, untrained };
}

function outliersFor(
  { synthesis, contrast }: Options,
  { train, inputShape, columnOf }: TrainingData,
  { random }: TrainingContext,
): { readonly outliers: FeatureMatrix; readonly record: Json } | undefined {
  if (synthesis === "none") return undefined;
  const count = Math.max(1, Math.min(train.rows, Math.floor(MOST_NUMBERS / train.columns)));
  const stream = random.stream("synthesis");
  const { outliers, record } = synthesizeOutliers(synthesis, train, inputShape, count, stream, columnOf);
  const normalised = inputShape.length === 3 && contrast === "gcn";
  return { outliers: normalised ? recontrasted(outliers, train) : outliers, record };
}
