import type { Table } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { Graph, serialize } from "../../graph/index.js";
import { spearman } from "../../math/quantile.js";
import type { Model } from "../../model/index.js";
import { refuseConstantPaths } from "../../nn/constant-paths.js";
import type { EncoderDesign } from "../../nn/encoder.js";
import { float32, type Runtime } from "../../runtime/index.js";
import type { FitOptions, Json, TrainingContext, TrainingData } from "../contract.js";
import { designOf } from "../design.js";
import { trainMembers } from "../ensemble.js";
import { fitDetector, type TrainedDetector } from "../fit.js";
import { parseOptions } from "../parse-options.js";
import { type EpochListener, type MemberResult, MemberTraining } from "./member.js";
import { type DeepSvddInput, type DeepSvddOptions, deepSvddOptions } from "./options.js";
import { trainingPlan } from "./plan.js";
import { type HypersphereMember, hypersphereScore } from "./scorer.js";

/**
 * Deep SVDD for tables (Ruff et al., "Deep One-Class Classification", ICML 2018): an encoder learns to map normal
 * rows near a fixed centre; the distance to it is the score.
 *
 * A detector holds options only. `fit` leaves it as it was and returns an immutable model.
 *
 * @example
 * const detector = new DeepSvdd({ latentDim: 16, seed: 7 });
 * const model = await detector.fit(await readTable("plant.csv"));
 * const { scores, isAnomaly } = await model.score(await readTable("today.csv"));
 */
export class DeepSvdd {
  static readonly detectorName = "deep-svdd";
  readonly options: DeepSvddOptions;

  /** @throws HypersphereError `invalid-option` for unknown options and values out of range */
  constructor(options: DeepSvddInput = {}) {
    this.options = parseOptions(deepSvddOptions, options);
  }

  /**
   * Learns from rows that are normal, all of them or nearly so. A part is held out to stop in time and to calibrate.
   *
   * @throws HypersphereError `unfit-data` for too few or identical rows and infinite values; `degenerate-encoder` for
   * an encoder that could answer a constant; `collapsed` when training found nothing but a constant; `aborted`
   */
  async fit(table: Table, fitOptions: FitOptions = {}): Promise<Model> {
    return fitDetector(DeepSvdd.detectorName, table, this.options, fitOptions, (data, context) =>
      trainEnsemble(this.options, data, context),
    );
  }
}

async function trainEnsemble(
  options: DeepSvddOptions,
  data: TrainingData,
  context: TrainingContext,
): Promise<TrainedDetector> {
  const design = designOf(options, data.inputShape);
  refuseConstantPaths(design);
  const { pretrainEpochs, epochs } = trainingPlan(options, data.train.rows);
  const results = await trainMembers(options.members, pretrainEpochs + epochs, context, (given) => {
    const { member, runtime, context: memberContext, listener } = given;
    const onEpoch: EpochListener = (stage, epoch, loss) => {
      if (stage === "pretraining") listener(epoch, { stage, epoch, epochs: pretrainEpochs, loss });
      else listener(pretrainEpochs + epoch, { stage, epoch, epochs, loss });
    };
    return new MemberTraining(member, design, options, data, runtime, memberContext, onEpoch).run();
  });
  warnOfCollapse(results, context);

  const trained = results.map((result) => result.trained);
  const untrained = results.map((result) => result.untrained);
  const runtime = await context.backend.inline();
  const validationScores = (members: readonly HypersphereMember[]): Promise<Float32Array> =>
    scoreFeatures(runtime, design, members, data.validation);
  const agreement = spearman(await validationScores(trained), await validationScores(untrained));
  const training = {
    health: { healthy: results.every(({ report }) => report.compactness.signs.length === 0) },
    control: { agreement: Number.isNaN(agreement) ? null : agreement },
    members: results.map(({ report }) => report),
  };
  return {
    scorer: {
      score: (features) => hypersphereScore(design, trained, features),
      training: training as unknown as Json,
    },
    untrained: { score: (features) => hypersphereScore(design, untrained, features) },
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
  design: EncoderDesign,
  members: readonly HypersphereMember[],
  { rows, columns, data }: TrainingData["validation"],
): Promise<Float32Array> {
  const graph = new Graph();
  graph.output(
    "score",
    hypersphereScore(design, members, graph.input("features", "float32", ["rows", columns])),
  );
  const session = await runtime.createSession(serialize(graph));
  const { score } = await session.run({ features: float32([rows, columns], data) });
  await session.release();
  return score!.data as Float32Array;
}
