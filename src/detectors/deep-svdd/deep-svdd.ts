import type { Table } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { Graph, serialize } from "../../graph/index.js";
import { spearman } from "../../math/quantile.js";
import type { Model } from "../../model/index.js";
import { refuseConstantPaths } from "../../nn/constant-paths.js";
import type { EncoderDesign } from "../../nn/encoder.js";
import { mlp } from "../../nn/mlp.js";
import { float32, type Runtime } from "../../runtime/index.js";
import type { FitOptions, Json, TrainingContext, TrainingData } from "../contract.js";
import { fitDetector, type TrainedDetector } from "../fit.js";
import { parseOptions } from "../parse-options.js";
import { type MemberResult, MemberTraining } from "./member.js";
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
  const design = designOf(options, data.train.columns);
  refuseConstantPaths(design);
  const results = await trainMembers(design, options, data, context);
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

function designOf(options: DeepSvddOptions, inputDim: number): EncoderDesign {
  const { hiddenDims, latentDim, activation, slope, bias, initialization, reconstruction, scaling } = options;
  const automatic = scaling === "min-max" ? "sigmoid" : "linear";
  return mlp({
    inputDim,
    hiddenDims,
    latentDim,
    activation,
    slope,
    bias,
    initialization,
    inputsPerUnit: Math.min(options.inputsPerUnit, inputDim),
    reconstruction: reconstruction === "auto" ? automatic : reconstruction,
  });
}

async function trainMembers(
  design: EncoderDesign,
  options: DeepSvddOptions,
  data: TrainingData,
  context: TrainingContext,
): Promise<MemberResult[]> {
  const { backend, onProgress } = context;
  const stop = new AbortController();
  const signals = context.signal === undefined ? [stop.signal] : [stop.signal, context.signal];
  const memberContext = { ...context, signal: AbortSignal.any(signals) };
  const runtimes = await backend.open(Math.min(backend.cores, options.members));
  const { pretrainEpochs, epochs } = trainingPlan(options, data.train.rows);
  const epochsPerMember = pretrainEpochs + epochs;
  const done = new Float64Array(options.members);
  const results = new Array<MemberResult>(options.members);
  let next = 0;
  const work = async (runtime: Runtime): Promise<void> => {
    while (next < options.members) {
      const member = next++;
      const training = new MemberTraining(
        member,
        design,
        options,
        data,
        runtime,
        memberContext,
        (stage, epoch, loss) => {
          done[member] = stage === "pretraining" ? epoch : pretrainEpochs + epoch;
          const whole = done.reduce((sum, count) => sum + count, 0);
          onProgress?.({
            stage,
            fraction: whole / (epochsPerMember * options.members),
            member: member + 1,
            members: options.members,
            epoch,
            epochs: stage === "pretraining" ? pretrainEpochs : epochs,
            loss,
          });
        },
      );
      results[member] = await training.run();
      done[member] = epochsPerMember;
    }
  };
  // When one fails, the others stop at their next chunk of steps, and only then are the threads closed: a thread that
  // is ended in the middle of a run takes the whole process down with it.
  const failures: unknown[] = [];
  const guarded = async (runtime: Runtime): Promise<void> => {
    try {
      await work(runtime);
    } catch (error) {
      failures.push(error);
      stop.abort(error);
    }
  };
  // Two members share a thread: while one of them waits for what is computed here, the other one trains.
  await Promise.all([...runtimes, ...runtimes].map(guarded));
  await Promise.all(runtimes.map((runtime) => runtime.close()));
  if (failures.length > 0) throw failures[0];
  return results;
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
