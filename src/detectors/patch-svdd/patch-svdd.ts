import { throwIfAborted } from "../../errors.js";
import { Graph, mean, serialize } from "../../graph/index.js";
import type { RowReader, TrainingContext } from "../../model/contract.js";
import { float32, type Runtime } from "../../runtime/index.js";
import type { Detector } from "../define.js";
import { defineMapDetector, type MapTrainingData, type TrainedMaps } from "../maps/define-map-detector.js";
import { judgeCollapse } from "../networks/collapse.js";
import { storedParameters } from "../networks/stored-parameters.js";
import { type TrainedEncoder, usableSizes } from "./embedding.js";
import { type BySize, bySize } from "./feeds.js";
import { type PatchMemory, patchMemories } from "./memory.js";
import type { PatchSize } from "./objective.js";
import { type PatchSvddInput, type PatchSvddOptions, patchSvddOptions } from "./options.js";
import { PatchImages, patchView, viewShape } from "./patch-images.js";
import { patchMap, sizeMaps } from "./patch-map.js";
import { type PatchTrainingReport, TRAINING_SHARE, trainPatches } from "./training.js";

/** What is recorded of a memory of normal embeddings. */
export interface PatchMemoryReport {
  readonly kept: number;
  /** How far what a coreset left out is from it at most; absent for memories of each position. */
  readonly radius?: number;
}

/** What a model's card says of the training of PatchSVDD. */
export interface PatchSvddReport {
  readonly health: { readonly healthy: boolean };
  readonly sizes: readonly PatchSize[];
  readonly encoder: PatchTrainingReport;
  readonly memory: BySize<PatchMemoryReport>;
}

/**
 * PatchSVDD (Yi and Yoon, "Patch SVDD: Patch-level SVDD for Anomaly Detection and Segmentation", ACCV 2020): encoders
 * learn to map neighbouring patches near each other and to tell where a patch lies from another one; the distance of each
 * patch to the nearest normal one is the map.
 *
 * @example
 * const model = await new PatchSvdd({ seed: 7 }).fit(await open("parts/"));
 * await model.score(await open("today/", { model }), { onMap: (map, row) => show(map) });
 */
export const PatchSvdd = defineMapDetector<PatchSvddOptions, PatchSvddInput, PatchSvddReport>({
  name: "patch-svdd",
  title: "PatchSVDD: distance of each patch's embedding to the nearest normal one",
  options: patchSvddOptions,
  train: trainPatchSvdd,
});
export type PatchSvdd = Detector<PatchSvddOptions>;

async function trainPatchSvdd(
  options: PatchSvddOptions,
  { images, validation, shape }: MapTrainingData,
  context: TrainingContext,
): Promise<TrainedMaps<PatchSvddReport>> {
  const sizes = usableSizes(options.scales, viewShape(shape));
  if (options.scales !== "small" && !sizes.includes("large")) {
    context.onWarning?.(
      `Images of ${shape[2]} x ${shape[1]} pixels are too small for pairs of large patches: maps are made from small ones.`,
    );
  }
  context.onProgress?.({ stage: "preparing", fraction: 0 });
  const view = await patchView(images, shape, options.centring, context.signal);
  const encoder = { channels: shape[0], latentDim: options.latentDim };
  const [runtime] = (await context.backend.open(1)) as [Runtime];
  try {
    const [learned, heldOut] = [
      await PatchImages.open(runtime, images, view),
      await PatchImages.open(runtime, validation, view),
    ];
    const task = { options, encoder, sizes, images: learned, heldOut };
    const { layout, parameters, untrained, report } = await trainPatches(task, runtime, context);
    await learned.close();
    await heldOut.close();
    judgeCollapse(
      "The patch encoder",
      [{ stage: "training", report, fatal: report.ended === "collapse" && report.kept === 0 }],
      "Lower the learning rate or lambda.",
      context,
    );
    const mapOf = async (values: Float32Array, part: number) => {
      const trained: TrainedEncoder = {
        encoder,
        sizes,
        view,
        stored: (graph) => storedParameters(graph, layout, values, 0),
      };
      const onImage = (share: number): void =>
        context.onProgress?.({
          stage: "calibrating",
          fraction: TRAINING_SHARE + (1 - TRAINING_SHARE) * 0.4 * (part + share),
        });
      const memories = await patchMemories(options, trained, images, runtime, context, onImage);
      const means =
        options.combine === "sum"
          ? await meanDistances(trained, memories, validation, runtime, context.signal)
          : {};
      return { raw: patchMap(options, trained, memories, means), memories };
    };
    const { raw, memories } = await mapOf(parameters, 0);
    const control = await mapOf(untrained, 1);
    return {
      raw,
      untrained: control.raw,
      training: {
        health: { healthy: report.signs.length === 0 },
        sizes,
        encoder: report,
        memory: bySize(sizes, (size) => memoryReport(memories[size]!)),
      },
    };
  } finally {
    await runtime.close();
  }
}

const memoryReport = ({ kept, radius }: PatchMemory): PatchMemoryReport => ({
  kept,
  ...(radius !== undefined && { radius }),
});

/** Mean of each size's map over images and positions. */
async function meanDistances(
  trained: TrainedEncoder,
  memories: BySize<PatchMemory>,
  images: RowReader,
  runtime: Runtime,
  signal: AbortSignal | undefined,
): Promise<BySize<number>> {
  const graph = new Graph();
  const maps = sizeMaps(graph.input("features", "float32", [1, images.columns]), trained, memories);
  for (const size of trained.sizes) graph.output(size, mean(maps[size]!));
  const session = await runtime.createSession(serialize(graph), { threads: runtime.cores });
  const sums: Record<string, number> = {};
  try {
    for (let row = 0; row < images.rows; row++) {
      throwIfAborted(signal);
      const results = await session.run({ features: float32([1, images.columns], await images.read(row)) });
      for (const size of trained.sizes) {
        sums[size] = (sums[size] ?? 0) + (results[size]!.data as Float32Array)[0]! / images.rows;
      }
    }
  } finally {
    await session.release();
  }
  return bySize(trained.sizes, (size) => sums[size]!);
}
