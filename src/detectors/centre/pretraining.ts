import { squaredDistance } from "../../graph/index.js";
import { mean } from "../../math/quantile.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import type { EncoderDesign } from "../../nn/encoder.js";
import { ParameterLayout } from "../../nn/parameters.js";
import type { Runtime } from "../../runtime/index.js";
import { Forward } from "../../train/forward.js";
import { collapseSigns } from "../../train/health.js";
import { LatentProbe } from "../../train/latent-probe.js";
import { withRunningStatistics } from "../../train/running-statistics.js";
import { runStage } from "../../train/stage.js";
import { reconstructionLoss } from "../networks/batch.js";
import type { MemberCheckpoints, Pretrained } from "../networks/checkpoints.js";
import { LEFT_OUT, stageReport } from "../networks/report.js";
import type { SettledOptions } from "./options.js";
import { trainingPlan } from "./plan.js";
import type { MemberRows } from "./rows.js";
import { assessedEvery, openStageTrainer } from "./stage-trainer.js";
import { byTransforms, pretrainByTransforms } from "./transforms.js";

export interface PretrainingTask {
  readonly member: number;
  readonly design: EncoderDesign;
  readonly options: SettledOptions;
  readonly data: TrainingData;
  readonly rows: MemberRows;
  /** What the loss needs in order to see rows from the member's origin. */
  readonly origin: Parameters<typeof openStageTrainer>[0]["data"];
  readonly checkpoints: MemberCheckpoints;
  onEpoch(epoch: number, loss: number): void;
}

/** Trains the encoder as half of an autoencoder, or by transforms. Returns the encoder's parameters. */
export async function pretrain(
  task: PretrainingTask,
  runtime: Runtime,
  context: TrainingContext,
): Promise<Pretrained> {
  const { member, design, options, data, rows, checkpoints } = task;
  const done = checkpoints.pretrained;
  if (done !== undefined) return done;
  if (byTransforms(options)) return pretrainByTransforms(task, runtime, context);
  const { encoder, decoder } = design;
  const { columns } = data.train;
  const layout = new ParameterLayout([...encoder.parameters, ...decoder.parameters]);
  const encoderLayout = new ParameterLayout(encoder.parameters);
  const initial = await withRunningStatistics(
    runtime,
    layout,
    (x, p, training) => decoder.forward(encoder.forward(x, p, training), p, training),
    layout.initialize((name) => context.random.stream("member", member, name)),
    rows.probe,
  );
  const encoderOf = (parameters: Float32Array): Float32Array => parameters.slice(0, encoderLayout.size);
  const { pretrainEpochs: epochs, batchSize } = trainingPlan(options, data.train.rows);
  if (epochs === 0) {
    return { parameters: encoderOf(initial), report: LEFT_OUT };
  }
  const watch = await LatentProbe.open(runtime, encoderLayout, encoder, rows.probe);
  const error = await Forward.open(runtime, layout, columns, (x, p) =>
    squaredDistance(decoder.forward(encoder.forward(x, p), p), x),
  );
  const trainer = await openStageTrainer(
    {
      stage: "pretraining",
      member,
      layout,
      matrix: data.train,
      visits: data.train.rows,
      batchSize,
      order: (stream) => stream.permutation(data.train.rows),
      data: task.origin,
      loss: (step) => reconstructionLoss(design, step),
    },
    options,
    runtime,
    context,
  );
  try {
    const { snapshot: start } = await watch.read(initial);
    const result = await runStage(trainer, checkpoints.resume("pretraining") ?? trainer.start(initial), {
      epochs,
      every: assessedEvery(epochs),
      patience: options.patience,
      assess: async ({ parameters }) => ({
        validation: mean(await error.run(parameters, rows.validation)) / columns,
        signs: collapseSigns((await watch.read(parameters)).snapshot, start, { directions: false }),
      }),
      onEpochs: task.onEpoch,
      onAssessed: (progress) => checkpoints.save("pretraining", progress),
    });
    const autoencoder = result.state.parameters;
    const pretrained = { parameters: encoderOf(autoencoder), report: stageReport(result), autoencoder };
    await checkpoints.savePretrained(pretrained);
    return pretrained;
  } finally {
    await trainer.close();
    await error.close();
    await watch.close();
  }
}
