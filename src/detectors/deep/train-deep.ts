import { HypersphereError } from "../../errors.js";
import { Graph, serialize } from "../../graph/index.js";
import { spearman } from "../../math/quantile.js";
import type { EncoderDesign } from "../../nn/encoder.js";
import { float32, type Runtime } from "../../runtime/index.js";
import type { Json, TrainingContext, TrainingData } from "../contract.js";
import { trainMembers } from "../ensemble.js";
import type { TrainedDetector } from "../fit.js";
import { type EpochListener, type MemberResult, MemberTraining } from "./member.js";
import type { Objective } from "./objective.js";
import type { DeepOptions } from "./options.js";
import { trainingPlan } from "./plan.js";
import { type DeepMember, ensembleScore } from "./scorer.js";
import { handedOver } from "./stage-trainer.js";

/** What an ensemble of encoders is made of: the network, the options of its stages, and what it is trained towards. */
export interface DeepTask {
  readonly design: EncoderDesign;
  readonly options: DeepOptions;
  readonly objective: Objective;
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
  const { options, objective } = task;
  const data = { ...given, train: handedOver(given.train) };
  const { pretrainEpochs, epochs } = trainingPlan(options, data.train.rows);
  const results = await trainMembers(options.members, pretrainEpochs + epochs, context, (each) => {
    const { member, runtime, context: memberContext, listener } = each;
    const onEpoch: EpochListener = (stage, epoch, loss) => {
      if (stage === "pretraining") listener(epoch, { stage, epoch, epochs: pretrainEpochs, loss });
      else listener(pretrainEpochs + epoch, { stage, epoch, epochs, loss });
    };
    return new MemberTraining({ ...task, member, data, onEpoch }, runtime, memberContext).run();
  });
  warnOfCollapse(results, context);

  const trained = results.map((result) => result.trained);
  const untrained = results.map((result) => result.untrained);
  const runtime = await context.backend.inline();
  const validationScores = (members: readonly DeepMember[]): Promise<Float32Array> =>
    scoreFeatures(runtime, objective, members, data.validation);
  const agreement = spearman(await validationScores(trained), await validationScores(untrained));
  const training = {
    health: { healthy: results.every(({ report }) => report.compactness.signs.length === 0) },
    control: { agreement: Number.isNaN(agreement) ? null : agreement },
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
