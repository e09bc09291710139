import type { FeatureMatrix } from "../../features/index.js";
import type { Tensor } from "../../graph/index.js";
import { mean, median, quantile } from "../../math/quantile.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import type { EncoderDesign } from "../../nn/encoder.js";
import type { TrainedDetector } from "../fit/fit.js";
import { judgeCollapse, memberName } from "../networks/collapse.js";
import { trainMembers } from "../networks/ensemble.js";
import { handedOver } from "../networks/hand-over.js";
import type { MemberReport } from "../networks/report.js";
import { type EnsembleReport, scoreFeatures, trainedEnsemble } from "../networks/trained-ensemble.js";
import { type EpochListener, type MemberResult, MemberTraining } from "./member.js";
import type { Objective } from "./objective.js";
import { type DeepOptions, settledStage } from "./options.js";
import { memberCount, trainingPlan } from "./plan.js";
import { type DeepMember, ensembleScore } from "./scorer.js";
import { transformSteps } from "./transforms.js";
import type { WarmStart } from "./warm-start.js";

/** What the card says of the training. */
export interface DeepReport extends EnsembleReport<MemberReport> {
  /** Only where training continued from another model. */
  readonly warmStart?: WarmStartReport;
}

/** What a warm start changed, in a unit in which held-out normals scored 1 on average before it. */
export interface WarmStartReport {
  readonly heldOutNormals: WarmStartChange;
  readonly labelledAnomalies?: WarmStartChange;
}

/** Scores of the same rows by the starting model and by the new one. */
export interface WarmStartChange {
  readonly before: ScoreSummary;
  readonly after: ScoreSummary;
}

export interface ScoreSummary {
  readonly mean: number;
  readonly median: number;
  readonly percentile95: number;
}

/** What an ensemble of encoders is made of: the network, the options of its stages, and what it is trained towards. */
export interface DeepTask {
  readonly design: EncoderDesign;
  readonly options: DeepOptions;
  readonly objective: Objective;
  /** A model that training goes on from: its networks, origins and centres are kept, and nothing is pretrained. */
  readonly start?: WarmStart | undefined;
}

/**
 * Trains an ensemble of encoders, each from its own random start, and its untrained control.
 * @throws HypersphereError `collapsed` when a member never was in a healthy state; `aborted`
 */
export async function trainDeep(
  task: DeepTask,
  given: TrainingData,
  context: TrainingContext,
): Promise<TrainedDetector<DeepReport>> {
  return (await trainDeepMembers(task, given, context)).detector;
}

/** The members themselves beside what a fit makes of them. */
export interface TrainedMembers {
  readonly members: readonly MemberResult[];
  readonly detector: TrainedDetector<DeepReport>;
}

/** See `trainDeep`. */
export async function trainDeepMembers(
  task: DeepTask,
  given: TrainingData,
  context: TrainingContext,
): Promise<TrainedMembers> {
  const { objective, start } = task;
  const options = settledStage(task.options);
  const data = { ...given, train: handedOver(given.train) };
  const plan = trainingPlan(options, data.train.rows);
  const { epochs } = plan;
  const members = start?.members ?? memberCount(options, data.inputShape);
  const steps = start === undefined ? transformSteps(options, data) : 0;
  const pretrainEpochs = start === undefined ? plan.pretrainEpochs + steps : 0;
  const pretraining = { epochs: pretrainEpochs, ...(steps > 0 && { unit: "step" as const }) };
  const results = await trainMembers(members, pretrainEpochs + epochs, context, (each) => {
    const { member, runtime, context: memberContext, listener } = each;
    const onEpoch: EpochListener = (stage, epoch, loss) => {
      if (stage === "pretraining") listener(epoch, { stage, epoch, ...pretraining, loss });
      else listener(pretrainEpochs + epoch, { stage, epoch, epochs, loss });
    };
    const own = {
      ...task,
      options,
      member,
      data,
      onEpoch,
      start: start?.member(objective.parameters, member),
    };
    return new MemberTraining(own, runtime, memberContext).run();
  });
  warnOfCollapse(results, context);

  const score = (own: readonly DeepMember[], features: Tensor): Tensor =>
    ensembleScore(objective, own, features);
  const healthy = results.every(({ report }) => report.compactness.signs.length === 0);
  const runtime = await context.backend.inline();
  const changes = start && {
    warmStart: await changesSince(results, data, (own, rows) =>
      scoreFeatures(runtime, (features) => score(own, features), rows),
    ),
  };
  const detector = await trainedEnsemble(results, score, healthy, data.validation, context, changes);
  return { members: results, detector };
}

/** What a warm start came to, in a unit in which held-out normals scored 1 on average before it. */
async function changesSince(
  results: readonly MemberResult[],
  { validation, anomalies }: TrainingData,
  score: (members: readonly DeepMember[], rows: FeatureMatrix) => Promise<Float32Array>,
): Promise<WarmStartReport> {
  const before = results.map(({ started }) => started!);
  const after = results.map(({ trained, started }) => ({ ...trained, unit: started!.unit }));
  const describe = async (members: readonly DeepMember[], rows: FeatureMatrix): Promise<ScoreSummary> => {
    const scores = await score(members, rows);
    return { mean: mean(scores), median: median(scores), percentile95: quantile(scores, 0.95) };
  };
  const both = async (rows: FeatureMatrix): Promise<WarmStartChange> => ({
    before: await describe(before, rows),
    after: await describe(after, rows),
  });
  return {
    heldOutNormals: await both(validation),
    ...(anomalies && { labelledAnomalies: await both(anomalies) }),
  };
}

/** @throws HypersphereError `collapsed` for a member that never was healthy */
function warnOfCollapse(results: readonly MemberResult[], context: TrainingContext): void {
  results.forEach(({ report: { pretraining, compactness } }, member) => {
    judgeCollapse(
      memberName(member, results.length),
      [
        { stage: "pretraining", report: pretraining, fatal: pretraining.kept === 0 },
        {
          stage: "compactness training",
          report: compactness,
          fatal: pretraining.ended === "left out" && compactness.kept === 0,
        },
      ],
      "Lower the weight decay and the learning rate, or raise the latent dimension.",
      context,
    );
  });
}
