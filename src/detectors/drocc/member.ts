import { sampleFeatures } from "../../features/index.js";
import type { TrainingData } from "../../model/contract.js";
import { float32 } from "../../runtime/index.js";
import { runStage } from "../../train/stage.js";
import type { Trainer, TrainingState } from "../../train/trainer.js";
import { MemberCheckpoints } from "../networks/checkpoints.js";
import type { MemberContext } from "../networks/ensemble.js";
import { assessEvery, stagePlan } from "../networks/plan.js";
import { type StageReport, stageReport } from "../networks/report.js";
import { openStage } from "../networks/trainer.js";
import { Judge } from "./judge.js";
import type { LogitNetwork } from "./network.js";
import { freshNoise, noiseRows } from "./noise.js";
import { normalLoss, robustLoss, type Surroundings } from "./objective.js";
import type { DroccOptions } from "./options.js";

/** Held-out rows by which training is judged; each of them takes as many passes as a training row. */
const VALIDATION_ROWS = 500;
/** Labelled anomalies that take part, all of them in every step. */
export const ANOMALIES_PER_STEP = 256;
/** Assessments of a training. */
const ASSESSMENTS = 40;

export interface MemberResult {
  readonly trained: Float32Array;
  readonly untrained: Float32Array;
  readonly report: DroccMemberReport;
}

export interface DroccMemberReport extends StageReport {
  /** Share of held-out rows that the network finds more normal than the worst place in the shell around each. */
  readonly separation: number;
}

/** Trains one network of the ensemble: on normal rows alone first, where asked for, then against negatives. */
export async function trainMember(
  network: LogitNetwork,
  surroundings: Surroundings,
  options: DroccOptions,
  data: TrainingData,
  given: MemberContext,
): Promise<MemberResult> {
  const { member, runtime, context, listener } = given;
  const { random } = context;
  const { plainEpochs } = options;
  const { epochs, batchSize } = stagePlan(options, data.train.rows);
  const checkpoints = new MemberCheckpoints(member, context);
  await checkpoints.open();
  const initial = network.layout.initialize((name) => random.stream("member", member, name));
  const held = sampleFeatures(data.validation, VALIDATION_ROWS, random.stream("validation"));
  const stream = random.stream("member", member, "validation noise");
  const judge = await Judge.open(runtime, network, surroundings, held, batchSize, stream);
  const trainer = await openTrainer(network, surroundings, options, data, given);
  try {
    const start = async (): Promise<TrainingState> =>
      trainer.start(await trainPlainly(network, options, data, given, initial));
    const result = await runStage(
      freshNoise(trainer, data.train, (epoch) => random.stream("member", member, "noise", epoch)),
      checkpoints.resume("training") ?? (await start()),
      {
        epochs,
        every: assessEvery(epochs, ASSESSMENTS),
        // The network and its negatives take turns in getting better: costs rise for a while before rates fall.
        patience: Number.POSITIVE_INFINITY,
        assess: async ({ parameters }) => {
          const { cost, signs } = await judge.judge(parameters);
          return { validation: cost, signs };
        },
        onEpochs: (epoch, loss) => listener(plainEpochs + epoch, { stage: "training", epoch, epochs, loss }),
        onAssessed: (progress) => checkpoints.save("training", progress),
      },
    );
    const { parameters } = result.state;
    const { separation } = await judge.judge(parameters);
    return { trained: parameters, untrained: initial, report: { ...stageReport(result), separation } };
  } finally {
    await trainer.close();
    await judge.close();
  }
}

/** Epochs without negatives. They only raise logits, and leave no trace where training is taken up again later. */
async function trainPlainly(
  network: LogitNetwork,
  options: DroccOptions,
  data: TrainingData,
  given: MemberContext,
  initial: Float32Array,
): Promise<Float32Array> {
  const { plainEpochs } = options;
  if (plainEpochs === 0) return initial;
  const trainer = await openTrainer(network, undefined, options, data, given);
  try {
    const { state, losses } = await trainer.epochs(trainer.start(initial), plainEpochs);
    const progress = { stage: "pretraining", epoch: plainEpochs, epochs: plainEpochs } as const;
    given.listener(plainEpochs, { ...progress, loss: losses.at(-1)! });
    return state.parameters;
  } finally {
    await trainer.close();
  }
}

/** @param surroundings where negatives are looked for; without them there are none */
function openTrainer(
  network: LogitNetwork,
  surroundings: Surroundings | undefined,
  options: DroccOptions,
  { train: matrix, anomalies }: TrainingData,
  { member, runtime, context: { random, signal } }: MemberContext,
): Promise<Trainer> {
  const { rows, columns } = matrix;
  const shown = anomalies && sampleFeatures(anomalies, ANOMALIES_PER_STEP, random.stream("anomalies"));
  const { batchSize, epochs } = stagePlan(options, rows);
  const plain = surroundings === undefined;
  return openStage(
    {
      ...options,
      layout: network.layout,
      matrix,
      batchSize,
      shuffle: (epoch) => random.stream("member", member, plain ? "plain" : "training", epoch),
      data: { ...(!plain && shown && { anomalies: float32([shown.rows, columns], shown.data) }) },
      ...(!plain && { later: { noise: { dtype: "float32", shape: [noiseRows(matrix), columns] } } }),
      loss: (step) => (plain ? normalLoss(network, step) : robustLoss(network, surroundings, step)),
      milestones: plain ? [] : options.milestones.map((share) => Math.round(share * epochs)),
      signal,
    },
    runtime,
  );
}
