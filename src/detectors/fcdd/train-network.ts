import { reshape } from "../../graph/index.js";
import type { RandomSource, RandomStream } from "../../math/random.js";
import type { MapNetwork } from "../../nn/images/map-network.js";
import { ParameterLayout } from "../../nn/parameters.js";
import { float32, type TensorValue } from "../../runtime/index.js";
import { clipped, optimizer } from "../../train/optimizers.js";
import { withRunningStatistics } from "../../train/running-statistics.js";
import { trainSteps, warmedCosine } from "../../train/step-trainer.js";
import { startOf } from "../../train/trainer.js";
import { MemberCheckpoints } from "../networks/checkpoints.js";
import type { MemberContext } from "../networks/ensemble.js";
import type { StageReport } from "../networks/report.js";
import { WatchedSteps } from "../networks/watched-steps.js";
import { type CropSource, drawCrops } from "./crops.js";
import { stepLoss } from "./objective.js";
import type { FcddOptions } from "./options.js";
import { mapSigns, Probe, type ProbeCrops } from "./probe.js";

/** Steps whose crops are made at a time. */
const STEPS_PER_RUN = 5;

export interface TrainedNetwork {
  readonly trained: Float32Array;
  readonly untrained: Float32Array;
  readonly report: StageReport;
}

/**
 * Trains a network on crops that are drawn while it trains.
 * @param source images to learn from
 * @param watched images that training does not learn from, by which it is watched
 */
export async function trainNetwork(
  network: MapNetwork,
  options: FcddOptions,
  source: CropSource,
  watched: CropSource,
  { member, runtime, context, listener }: MemberContext,
): Promise<TrainedNetwork> {
  const { random, signal } = context;
  const { batchSize, steps } = options;
  const layout = new ParameterLayout(network.parameters);
  const checkpoints = new MemberCheckpoints(member, context);
  await checkpoints.open();
  const [channels, height, width] = source.crop;
  const first = drawn(source, options, [random.stream("statistics")]);
  const initial = await withRunningStatistics(
    runtime,
    layout,
    (x, parameters, training) =>
      network.forward(reshape(x, [x.shape[0]!, channels, height, width]), parameters, training),
    layout.initialize((name) => random.stream("member", member, name)),
    {
      rows: batchSize,
      columns: channels * height * width,
      data: first.crops.data as Float32Array<ArrayBuffer>,
    },
  );
  const probe = await Probe.open(
    runtime,
    layout,
    network,
    options.loss,
    drawn(watched, options, [random.stream("probe")]),
  );
  try {
    const start = await probe.read(initial);
    const adam = clipped(optimizer({ name: "adam", weightDecay: options.weightDecay }), options.clip);
    const begin = checkpoints.resume("training") ?? {
      state: startOf(adam, initial),
      best: { epoch: 0, parameters: initial, optimizerStates: [] },
      bestValidation: start.loss,
      curve: [],
    };
    const watch = new WatchedSteps(begin, {
      ...{ steps, stepsPerRun: STEPS_PER_RUN, listener, checkpoints },
      async assess(parameters) {
        const reading = await probe.read(parameters);
        return { loss: reading.loss, signs: mapSigns(reading, start) };
      },
    });
    await trainSteps(
      runtime,
      {
        layout,
        batchSize,
        optimizer: adam,
        data: {
          crops: { dtype: "float32", shape: ["crops", channels, height, width] },
          masks: { dtype: "float32", shape: ["crops", height, width] },
        },
        loss: stepLoss(network, options.loss),
      },
      watch.state,
      {
        steps,
        stepsPerRun: STEPS_PER_RUN,
        learningRate: warmedCosine(options.learningRate, steps, options.warmUp),
        data: (from, to) => drawn(source, options, streamsOf(random, member, from, to)),
        onSteps: (state, losses) => watch.onSteps(state, losses, steps),
        signal,
      },
    );
    const { parameters: trained, report } = watch.result;
    return { trained, untrained: initial, report };
  } finally {
    await probe.close();
  }
}

const streamsOf = (random: RandomSource, member: number, from: number, to: number): RandomStream[] =>
  Array.from({ length: to - from }, (_, k) => random.stream("member", member, "crops", from + k));

/** The crops of several steps, one after the other: what the program takes. @param streams one for each step */
function drawn(
  source: CropSource,
  options: FcddOptions,
  streams: readonly RandomStream[],
): ProbeCrops & Record<string, TensorValue> {
  const { batchSize } = options;
  const [channels, height, width] = source.crop;
  const count = streams.length * batchSize;
  const crops = new Float32Array(count * channels * height * width);
  const masks = new Float32Array(count * height * width);
  streams.forEach((stream, step) => {
    const part = <T extends Float32Array>(whole: T): Float32Array => {
      const length = whole.length / streams.length;
      return whole.subarray(step * length, (step + 1) * length);
    };
    drawCrops(source, options, stream, part(crops), part(masks));
  });
  return {
    crops: float32([count, channels, height, width], crops),
    masks: float32([count, height, width], masks),
  };
}
