import type { FeatureMatrix } from "../../features/index.js";
import type { RandomStream } from "../../math/random.js";
import type { ParameterLayout } from "../../nn/parameters.js";
import { float32, type Runtime, type Values } from "../../runtime/index.js";
import { type OptimizerName, optimizer } from "../../train/optimizers.js";
import type { ProgramSpec } from "../../train/program.js";
import { Trainer } from "../../train/trainer.js";
import { isLarge } from "./hand-over.js";

/** What one stage of one member's training is made of. */
export interface MemberStage {
  readonly layout: ParameterLayout;
  /** The rows; the loss finds them as "features". */
  readonly matrix: FeatureMatrix;
  /** Rows that an epoch visits; by default every row once. */
  readonly visits?: number;
  readonly batchSize: number;
  /** In which order an epoch visits them. */
  readonly shuffle: (epoch: number) => Pick<RandomStream, "permutation">;
  /** What the loss sees beside "features". */
  readonly data: Values;
  /** The same, for what is handed over before each epoch only. */
  readonly later?: ProgramSpec["data"];
  readonly loss: ProgramSpec["loss"];
  readonly optimizer: OptimizerName;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly learningRate: number;
  /** Epochs from which the rate is a tenth of what it was. */
  readonly milestones: readonly number[];
  readonly signal: AbortSignal | undefined;
}

/**
 * Compiles the program of a stage and hands its data over; rows that are too many to be copied are streamed to it as it
 * needs them.
 */
export function openStage(stage: MemberStage, runtime: Runtime): Promise<Trainer> {
  const { layout, matrix, visits, batchSize, shuffle, data, later, loss, signal } = stage;
  const { rows, columns } = matrix;
  const large = isLarge(matrix);
  const declared = Object.entries(data).map(([name, { dtype, shape }]) => [name, { dtype, shape }] as const);
  return Trainer.open(
    runtime,
    {
      layout,
      optimizer: optimizer({
        name: stage.optimizer,
        momentum: stage.momentum,
        weightDecay: stage.weightDecay,
      }),
      batchSize,
      data: {
        features: { dtype: "float32", shape: ["rows", columns] },
        ...later,
        ...Object.fromEntries(declared),
      },
      loss,
    },
    { ...(!large && { features: float32([rows, columns], matrix.data) }), ...data },
    {
      rowCount: visits ?? rows,
      batchSize,
      learningRate: { base: stage.learningRate, milestones: stage.milestones, factor: 0.1 },
      streamed: large ? { input: "features", matrix } : undefined,
      shuffle,
      signal,
    },
  );
}
