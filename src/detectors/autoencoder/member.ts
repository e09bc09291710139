import { type FeatureMatrix, sampleFeatures } from "../../features/index.js";
import { mean } from "../../math/quantile.js";
import type { TrainingData } from "../../model/contract.js";
import { type EncoderDesign, sizeOf } from "../../nn/encoder.js";
import { Forward } from "../../train/forward.js";
import { withRunningStatistics } from "../../train/running-statistics.js";
import { runStage } from "../../train/stage.js";
import { reconstructionLoss } from "../networks/batch.js";
import { MemberCheckpoints } from "../networks/checkpoints.js";
import type { MemberContext } from "../networks/ensemble.js";
import { assessEvery, stagePlan } from "../networks/plan.js";
import { type StageReport, stageReport } from "../networks/report.js";
import { openStage } from "../networks/trainer.js";
import type { AutoencoderOptions } from "./options.js";
import { autoencoderLayout, reconstructionError } from "./scorer.js";

/** Held-out rows by which training is judged. */
const VALIDATION_ROWS = 2000;
/** Assessments of a training. */
const ASSESSMENTS = 40;

export interface MemberResult {
  /** Parameters of encoder and decoder. */
  readonly trained: Float32Array;
  readonly untrained: Float32Array;
  readonly report: AutoencoderMemberReport;
}

export interface AutoencoderMemberReport extends StageReport {
  /** Error on held-out rows, per feature. */
  readonly validation: number;
  /** Share of the held-out rows' variance that the reconstruction explains. */
  readonly explained: number;
}

/** Trains one network of the ensemble to reconstruct its input, until held-out rows stop improving. */
export async function trainMember(
  design: EncoderDesign,
  options: AutoencoderOptions,
  data: TrainingData,
  { member, runtime, context, listener }: MemberContext,
): Promise<MemberResult> {
  const { random, signal } = context;
  const { epochs, batchSize } = stagePlan(options, data.train.rows);
  const layout = autoencoderLayout(design);
  const validation = sampleFeatures(data.validation, VALIDATION_ROWS, random.stream("validation"));
  const checkpoints = new MemberCheckpoints(member, context);
  await checkpoints.open();
  const initial = await withRunningStatistics(
    runtime,
    layout,
    (x, p, training) => design.decoder.forward(design.encoder.forward(x, p, training), p, training),
    layout.initialize((name) => random.stream("member", member, name)),
    validation,
  );
  const error = await Forward.open(runtime, layout, sizeOf(design.inputShape), (x, parameters) =>
    reconstructionError(design, x, parameters),
  );
  const trainer = await openStage(
    {
      ...options,
      layout,
      matrix: data.train,
      batchSize,
      shuffle: (epoch) => random.stream("member", member, "training", epoch),
      data: {},
      loss: (step) => reconstructionLoss(design, step),
      signal,
    },
    runtime,
  );
  try {
    const validationError = async (parameters: Float32Array): Promise<number> =>
      mean(await error.run(parameters, validation, signal));
    const result = await runStage(trainer, checkpoints.resume("training") ?? trainer.start(initial), {
      epochs,
      every: assessEvery(epochs, ASSESSMENTS),
      patience: options.patience,
      assess: async ({ parameters }) => {
        const value = await validationError(parameters);
        const signs = Number.isFinite(value) ? [] : ["the reconstruction holds values that are not finite"];
        return { validation: value, signs };
      },
      onEpochs: (epoch, loss) => listener(epoch, { stage: "training", epoch, epochs, loss }),
      onAssessed: (progress) => checkpoints.save("training", progress),
    });
    const reached = await validationError(result.state.parameters);
    return {
      trained: result.state.parameters,
      untrained: initial,
      report: {
        ...stageReport(result),
        validation: reached,
        explained: 1 - reached / variancePerFeature(validation, data.train),
      },
    };
  } finally {
    await trainer.close();
    await error.close();
  }
}

/** The error of an answer that is the training rows' mean, whatever the input. */
function variancePerFeature(rows: FeatureMatrix, { columns, data }: FeatureMatrix): number {
  const average = new Float64Array(columns);
  for (let k = 0; k < data.length; k++) average[k % columns]! += (data[k]! / data.length) * columns;
  let sum = 0;
  for (let k = 0; k < rows.data.length; k++) sum += (rows.data[k]! - average[k % columns]!) ** 2;
  return sum / rows.data.length;
}
