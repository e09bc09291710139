import type { Tensor } from "../../graph/index.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import { type Detector, defineDetector } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import { judgeCollapse, memberName } from "../networks/collapse.js";
import { designOf } from "../networks/design.js";
import { trainMembers } from "../networks/ensemble.js";
import { stagePlan } from "../networks/plan.js";
import { type EnsembleReport, trainedEnsemble } from "../networks/trained-ensemble.js";
import { type AutoencoderMemberReport, type MemberResult, trainMember } from "./member.js";
import { type AutoencoderInput, type AutoencoderOptions, autoencoderOptions } from "./options.js";
import { ensembleError } from "./scorer.js";

/** What the card says of the training. */
export type AutoencoderReport = EnsembleReport<AutoencoderMemberReport>;

/**
 * Autoencoders (Sakurada and Yairi 2014): networks that learn to reproduce normal rows through a bottleneck. The score
 * is the mean squared error of the reproduction, averaged over features and over the members of an ensemble. A
 * part of the rows is held out to stop in time.
 *
 * @example
 * const model = await new Autoencoder({ latentDim: 8, seed: 7 }).fit(await open("plant.csv"));
 */
export const Autoencoder = defineDetector<AutoencoderOptions, AutoencoderInput, AutoencoderReport>({
  name: "autoencoder",
  title: "Autoencoder: how badly networks that learnt to reproduce normal rows reproduce this one",
  options: autoencoderOptions,
  train: trainEnsemble,
});
export type Autoencoder = Detector<AutoencoderOptions>;

async function trainEnsemble(
  options: AutoencoderOptions,
  data: TrainingData,
  context: TrainingContext,
): Promise<TrainedDetector<AutoencoderReport>> {
  const design = designOf(options, data.inputShape);
  const { epochs } = stagePlan(options, data.train.rows);
  const results = await trainMembers(options.members, Math.max(1, epochs), context, (given) =>
    trainMember(design, options, data, given),
  );
  judge(results, epochs, context);
  const healthy = results.every(({ report }) => report.signs.length === 0 && report.explained > 0);
  const score = (members: readonly Float32Array[], features: Tensor): Tensor =>
    ensembleError(design, members, features);
  return trainedEnsemble(results, score, healthy, data.validation, context);
}

function judge(results: readonly MemberResult[], epochs: number, context: TrainingContext): void {
  results.forEach(({ report }, member) => {
    const name = memberName(member, results.length);
    const fatal = report.kept === 0;
    judgeCollapse(name, [{ stage: "training", report, fatal }], "Lower the learning rate.", context);
    if (epochs > 0 && !(report.explained > 0)) {
      context.onWarning?.(
        `${name} reconstructs held-out normals no better than their mean does. Train longer, or leave out columns that are noise.`,
      );
    }
  });
}
