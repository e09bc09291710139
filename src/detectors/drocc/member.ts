import { type FeatureMatrix, sampleFeatures } from "../../features/index.js";
import { add, concat, reshape, split, type Tensor } from "../../graph/index.js";
import type { RandomSource, RandomStream } from "../../math/random.js";
import type { Parameters } from "../../nn/parameters.js";
import { float32 } from "../../runtime/index.js";
import { Forward } from "../../train/forward.js";
import { optimizer } from "../../train/optimizers.js";
import { runStage } from "../../train/stage.js";
import { Trainer, type TrainingState } from "../../train/trainer.js";
import type { TrainingData } from "../contract.js";
import { MemberCheckpoints } from "../deep/checkpoints.js";
import { type StageReport, stageReport } from "../deep/report.js";
import type { MemberContext } from "../ensemble.js";
import type { LogitNetwork } from "./network.js";
import { normalLoss, robustLoss, type Shell, type Surroundings, worstDisplacements } from "./objective.js";
import type { DroccOptions } from "./options.js";

/** Held-out rows by which training is judged; each of them takes as many passes as a training row. */
const VALIDATION_ROWS = 500;
/** Features above this many bytes stay in one place; smaller ones are copied to where a member trains. */
const LARGE_FEATURES = 64 * 2 ** 20;
/** Noise from which negatives start, drawn anew for every epoch: more rows than fit in here share it. */
const NOISE_BYTES = 16 * 2 ** 20;
/** Assessments of a training. */
const ASSESSMENTS = 40;

export interface MemberResult {
  readonly trained: Float32Array;
  readonly untrained: Float32Array;
  readonly report: MemberReport;
}

export interface MemberReport extends StageReport {
  /** Share of held-out rows that the network finds more normal than the worst place in the shell around each. */
  readonly separation: number;
}

export interface DroccPlan {
  readonly plainEpochs: number;
  readonly epochs: number;
  readonly batchSize: number;
}

/** Small tables need many epochs and large ones few: as many as make up the steps, unless they are given. */
export function droccPlan(options: DroccOptions, rows: number): DroccPlan {
  const batchSize = Math.min(options.batchSize, rows);
  return {
    plainEpochs: options.plainEpochs,
    epochs: options.epochs ?? Math.ceil(options.steps / Math.ceil(rows / batchSize)),
    batchSize,
  };
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
  const { random, signal } = context;
  const { epochs, plainEpochs } = droccPlan(options, data.train.rows);
  const checkpoints = new MemberCheckpoints(member, context);
  await checkpoints.open();
  const initial = network.layout.initialize((name) => random.stream("member", member, name));
  const held = sampleFeatures(data.validation, VALIDATION_ROWS, random.stream("validation"));
  const examined = besideNoise(held, random.stream("member", member, "validation noise"));
  const judge = await Forward.open(runtime, network.layout, examined.columns, (rows, parameters) =>
    judged(network, surroundings, rows, parameters),
  );
  const assess = async (parameters: Float32Array): Promise<Verdict> =>
    verdict(await judge.run(parameters, examined, signal), options.mu);
  const trainer = await openTrainer(network, surroundings, options, data.train, given);
  try {
    const start = async (): Promise<TrainingState> =>
      trainer.start(await trainPlainly(network, options, data.train, given, initial));
    const result = await runStage(
      withFreshNoise(trainer, data.train, random, member),
      checkpoints.resume("training") ?? (await start()),
      {
        epochs,
        every: Math.max(1, Math.ceil(epochs / ASSESSMENTS)),
        // The network and its negatives take turns in getting better: costs rise for a while before rates fall.
        patience: Number.POSITIVE_INFINITY,
        assess: async ({ parameters }) => {
          const { cost, signs } = await assess(parameters);
          return { validation: cost, signs };
        },
        onEpochs: (epoch, loss) => listener(plainEpochs + epoch, { stage: "training", epoch, epochs, loss }),
        onAssessed: (progress) => checkpoints.save("training", progress),
      },
    );
    const { parameters } = result.state;
    const { separation } = await assess(parameters);
    return { trained: parameters, untrained: initial, report: { ...stageReport(result), separation } };
  } finally {
    await trainer.close();
    await judge.close();
  }
}

/** Noise beside rows, [rows, 2 d]: where the search for their negatives starts from. */
function besideNoise({ rows, columns, data }: FeatureMatrix, stream: RandomStream): FeatureMatrix {
  const both = new Float32Array(rows * columns * 2);
  for (let row = 0; row < rows; row++) {
    const [at, middle] = [row * columns * 2, row * columns * 2 + columns];
    both.set(data.subarray(row * columns, (row + 1) * columns), at);
    stream.fillNormal(both.subarray(middle, middle + columns));
  }
  return { rows, columns: 2 * columns, data: both };
}

/** Logits of rows and of the negatives around them, [rows, 2]. */
function judged(network: LogitNetwork, shell: Shell, both: Tensor, parameters: Parameters): Tensor {
  const [rows, columns] = both.shape as [string, number];
  const [x, noise] = split(both, 1, [columns / 2, columns / 2]) as [Tensor, Tensor];
  const logits = (at: Tensor): Tensor => network.logits(at, parameters);
  const negatives = add(x, worstDisplacements(both.graph, x, noise, shell, logits));
  return concat(
    [logits(x), logits(negatives)].map((answers) => reshape(answers, [rows, 1])),
    1,
  );
}

interface Verdict {
  /** The training's objective, places far away left out. */
  readonly cost: number;
  /** Share of rows told from their negatives. */
  readonly separation: number;
  readonly signs: readonly string[];
}

/** @param logits of held-out rows and of their negatives, [rows, 2] */
function verdict(logits: Float32Array, mu: number): Verdict {
  const rows = logits.length / 2;
  let [cost, separated, lowest, highest] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < rows; row++) {
    const [own, negative] = [logits[2 * row]!, logits[2 * row + 1]!];
    cost += softplusOf(-own) + mu * softplusOf(negative);
    if (own > negative) separated++;
    lowest = Math.min(lowest, own);
    highest = Math.max(highest, own);
  }
  const signs: string[] = [];
  if (!Number.isFinite(cost)) signs.push("the network answers values that are not finite");
  else if (lowest === highest && rows > 1) signs.push("the network answers a constant");
  return { cost: cost / rows, separation: separated / rows, signs };
}

const softplusOf = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** Epochs without negatives. They only raise logits, and leave no trace where training is taken up again later. */
async function trainPlainly(
  network: LogitNetwork,
  options: DroccOptions,
  matrix: FeatureMatrix,
  given: MemberContext,
  initial: Float32Array,
): Promise<Float32Array> {
  const { plainEpochs } = options;
  if (plainEpochs === 0) return initial;
  const trainer = await openTrainer(network, undefined, options, matrix, given);
  try {
    const { state, losses } = await trainer.epochs(trainer.start(initial), plainEpochs);
    const progress = { stage: "pretraining", epoch: plainEpochs, epochs: plainEpochs } as const;
    given.listener(plainEpochs, { ...progress, loss: losses.at(-1)! });
    return state.parameters;
  } finally {
    await trainer.close();
  }
}

/** A trainer that starts the search for negatives from somewhere else in every epoch. */
function withFreshNoise(
  trainer: Trainer,
  matrix: FeatureMatrix,
  random: RandomSource,
  member: number,
): Pick<Trainer, "epochs"> {
  return {
    async epochs(from, count) {
      let state = from;
      const losses: number[] = [];
      for (let k = 0; k < count; k++) {
        const noise = new Float32Array(noiseRows(matrix) * matrix.columns);
        random.stream("member", member, "noise", state.epoch).fillNormal(noise);
        await trainer.update({ noise: float32([noiseRows(matrix), matrix.columns], noise) });
        const epoch = await trainer.epochs(state, 1);
        state = epoch.state;
        losses.push(...epoch.losses);
      }
      return { state, losses };
    },
  };
}

const noiseRows = ({ rows, columns }: FeatureMatrix): number =>
  Math.max(1, Math.min(rows, Math.floor(NOISE_BYTES / Float32Array.BYTES_PER_ELEMENT / columns)));

/** @param surroundings where negatives are looked for; without them there are none */
function openTrainer(
  network: LogitNetwork,
  surroundings: Surroundings | undefined,
  options: DroccOptions,
  matrix: FeatureMatrix,
  { member, runtime, context: { random, signal } }: MemberContext,
): Promise<Trainer> {
  const { rows, columns, data } = matrix;
  const { batchSize, epochs } = droccPlan(options, rows);
  const large = data.byteLength > LARGE_FEATURES;
  const { learningRate, milestones } = options;
  return Trainer.open(
    runtime,
    {
      layout: network.layout,
      optimizer: optimizer({
        name: options.optimizer,
        momentum: options.momentum,
        weightDecay: options.weightDecay,
      }),
      batchSize,
      data: {
        features: { dtype: "float32", shape: ["rows", columns] },
        ...(surroundings && { noise: { dtype: "float32", shape: [noiseRows(matrix), columns] } }),
      },
      loss: (step) =>
        surroundings === undefined ? normalLoss(network, step) : robustLoss(network, surroundings, step),
    },
    large ? {} : { features: float32([rows, columns], data) },
    {
      rowCount: rows,
      batchSize,
      learningRate: {
        base: learningRate,
        milestones: surroundings === undefined ? [] : milestones.map((share) => Math.round(share * epochs)),
        factor: 0.1,
      },
      streamed: large ? { input: "features", matrix } : undefined,
      shuffle: (epoch) =>
        random.stream("member", member, surroundings === undefined ? "plain" : "training", epoch),
      signal,
    },
  );
}
