import { HypersphereError } from "../../errors.js";
import type { FeatureMatrix } from "../../features/index.js";
import { Graph, serialize } from "../../graph/index.js";
import { mean, median, quantile, spearman } from "../../math/quantile.js";
import type { Json, TrainingContext, TrainingData } from "../../model/contract.js";
import type { EncoderDesign } from "../../nn/encoder.js";
import { float32, type Runtime } from "../../runtime/index.js";
import type { TrainedDetector } from "../fit/fit.js";
import { trainMembers } from "../networks/ensemble.js";
import { type EpochListener, type MemberResult, MemberTraining } from "./member.js";
import type { Objective } from "./objective.js";
import type { DeepOptions } from "./options.js";
import { memberCount, trainingPlan } from "./plan.js";
import { type DeepMember, ensembleScore } from "./scorer.js";
import { handedOver } from "./stage-trainer.js";
import type { WarmStart } from "./warm-start.js";

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
): Promise<TrainedDetector> {
  const { options, objective, start } = task;
  const data = { ...given, train: handedOver(given.train) };
  const plan = trainingPlan(options, data.train.rows);
  const { epochs } = plan;
  const members = start?.members ?? memberCount(options, data.inputShape);
  const pretrainEpochs = start === undefined ? plan.pretrainEpochs : 0;
  const results = await trainMembers(members, pretrainEpochs + epochs, context, (each) => {
    const { member, runtime, context: memberContext, listener } = each;
    const onEpoch: EpochListener = (stage, epoch, loss) => {
      if (stage === "pretraining") listener(epoch, { stage, epoch, epochs: pretrainEpochs, loss });
      else listener(pretrainEpochs + epoch, { stage, epoch, epochs, loss });
    };
    const own = { ...task, member, data, onEpoch, start: start?.member(objective.parameters, member) };
    return new MemberTraining(own, runtime, memberContext).run();
  });
  warnOfCollapse(results, context);

  const trained = results.map((result) => result.trained);
  const untrained = results.map((result) => result.untrained);
  const runtime = await context.backend.inline();
  const validationScores = (members: readonly DeepMember[]): Promise<Float32Array> =>
    scoreFeatures(runtime, objective, members, data.validation);
  const changes =
    start &&
    (await changesSince(results, data, (members, rows) => scoreFeatures(runtime, objective, members, rows)));
  const agreement = spearman(await validationScores(trained), await validationScores(untrained));
  const training = {
    health: { healthy: results.every(({ report }) => report.compactness.signs.length === 0) },
    control: { agreement: Number.isNaN(agreement) ? null : agreement },
    ...(changes && { warmStart: changes }),
    members: results.map(({ report }) => report),
  };
  return {
    scorer: {
      score: (features) => ensembleScore(objective, trained, features),
      training: training as unknown as Json,
    },
    untrained: { score: (features) => ensembleScore(objective, untrained, features) },
  };
}

/** What a warm start came to, in a unit in which held-out normals scored 1 on average before it. */
async function changesSince(
  results: readonly MemberResult[],
  { validation, anomalies }: TrainingData,
  score: (members: readonly DeepMember[], rows: FeatureMatrix) => Promise<Float32Array>,
): Promise<Json> {
  const before = results.map(({ started }) => started!);
  const after = results.map(({ trained, started }) => ({ ...trained, unit: started!.unit }));
  const describe = async (members: readonly DeepMember[], rows: FeatureMatrix): Promise<Json> => {
    const scores = await score(members, rows);
    return { mean: mean(scores), median: median(scores), percentile95: quantile(scores, 0.95) };
  };
  const both = async (rows: FeatureMatrix): Promise<Json> => ({
    before: await describe(before, rows),
    after: await describe(after, rows),
  });
  return {
    heldOutNormals: await both(validation),
    ...(anomalies && { labelledAnomalies: await both(anomalies) }),
  };
}

/** A member that went wrong after a healthy start was rolled back; one that never was healthy must not be used. */
function warnOfCollapse(results: readonly MemberResult[], { onWarning }: TrainingContext): void {
  results.forEach(({ report: { pretraining, compactness } }, member) => {
    const name = `Member ${member + 1} of ${results.length}`;
    const neverTrained = pretraining.ended === "left out" && compactness.kept === 0;
    const fatal = pretraining.ended === "collapse" && pretraining.kept === 0 ? pretraining : compactness;
    if (fatal.ended === "collapse" && (fatal === pretraining || neverTrained)) {
      throw new HypersphereError(
        "collapsed",
        `${name} collapsed and had no healthy state before: ${fatal.signs.join("; ")}.`,
        {
          hint: "Lower the weight decay and the learning rate, or raise the latent dimension.",
        },
      );
    }
    for (const [stage, { ended, signs, kept }] of Object.entries({
      pretraining,
      "compactness training": compactness,
    })) {
      if (ended === "collapse") {
        onWarning?.(
          `${name} collapsed in ${stage} and was rolled back to epoch ${kept}: ${signs.join("; ")}.`,
        );
      }
    }
  });
}

async function scoreFeatures(
  runtime: Runtime,
  objective: Objective,
  members: readonly DeepMember[],
  { rows, columns, data }: TrainingData["validation"],
): Promise<Float32Array> {
  const graph = new Graph();
  graph.output(
    "score",
    ensembleScore(objective, members, graph.input("features", "float32", ["rows", columns])),
  );
  const session = await runtime.createSession(serialize(graph));
  const { score } = await session.run({ features: float32([rows, columns], data) });
  await session.release();
  return score!.data as Float32Array;
}
