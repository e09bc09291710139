import type { TrainingContext } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import type { Detector } from "../define.js";
import {
  defineMapDetector,
  type MapTrainingData,
  noPlaces,
  type TrainedMaps,
} from "../maps/define-map-detector.js";
import type { KeptNetwork } from "../maps/drawn-judge.js";
import { judgeCollapse } from "../networks/collapse.js";
import { storedParameters } from "../networks/stored-parameters.js";
import { MAP_STRIDE, type TrainedEncoder, usableSizes } from "./embedding.js";
import { type EmbeddingMemory, embeddingMemory, type MemoryKind } from "./memory.js";
import { type PatchSvddInput, type PatchSvddOptions, patchSvddOptions } from "./options.js";
import { PatchImages, patchView, viewShape } from "./patch-images.js";
import { patchMap } from "./patch-map.js";
import { type BySize, bySize, type PatchSize } from "./patch-sizes.js";
import { type PatchTrainingReport, TRAINING_SHARE, trainPatches } from "./training.js";

/** What is recorded of a memory of normal embeddings. */
export interface PatchSvddMemoryReport {
  readonly kind: MemoryKind;
  /** Embeddings that are remembered, of all or of each place, and those that they were chosen from. */
  readonly remembered: number;
  readonly candidates: number;
  /** Largest distance of a candidate from what is remembered, in the random projections that a global choice is made in. */
  readonly radius: number;
  /** Mean distance of held-out normal patches to each kind of memory that was tried. */
  readonly heldOut: Readonly<Partial<Record<MemoryKind, number>>>;
}

/** What a model's card says of the training of PatchSVDD. */
export interface PatchSvddReport {
  readonly health: { readonly healthy: boolean };
  readonly sizes: readonly PatchSize[];
  readonly encoder: PatchTrainingReport;
  readonly memory: BySize<PatchSvddMemoryReport>;
  /** Which encoders the model scores with; absent where the option says so. */
  readonly kept?: KeptNetwork;
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
  before({ tile, memory }) {
    if (tile !== undefined && memory === "position") throw noPlaces("memory", "position");
  },
  train: trainPatchSvdd,
});
export type PatchSvdd = Detector<PatchSvddOptions>;

async function trainPatchSvdd(
  options: PatchSvddOptions,
  { images, validation, shape, tiled }: MapTrainingData,
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
  const encoder = { channels: shape[0], latentDim: options.latentDim, width: options.encoderWidth };
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
    const given = options.memory === "auto" ? undefined : options.memory;
    const mapOf = async (values: Float32Array, part: number, kinds: BySize<MemoryKind>) => {
      const trained: TrainedEncoder = {
        encoder,
        sizes,
        view,
        stored: (graph) => storedParameters(graph, layout, values, 0),
      };
      const memories: Partial<Record<PatchSize, EmbeddingMemory>> = {};
      for (const [k, size] of sizes.entries()) {
        const onProgress = (share: number): void =>
          context.onProgress?.({
            stage: "calibrating",
            fraction: TRAINING_SHARE + (1 - TRAINING_SHARE) * 0.5 * (part + (k + share) / sizes.length),
          });
        memories[size] = await embeddingMemory(options, trained, size, {
          ...{ runtime, images, validation, kind: given ?? kinds[size], tiled, context, onProgress },
        });
      }
      return { raw: patchMap(options, trained, memories), memories };
    };
    const { raw, memories } = await mapOf(parameters, 0, {});
    // The control compares with normal patches of the same places: what training did is all that differs.
    const control = await mapOf(
      untrained,
      1,
      bySize(sizes, (size) => memories[size]!.kind),
    );
    const training: PatchSvddReport = {
      health: { healthy: report.signs.length === 0 },
      sizes,
      encoder: report,
      memory: bySize(sizes, (size) => memoryReport(memories[size]!)),
    };
    return {
      raw,
      // Places of the map are so far apart: nearer pixels have no moments of their own.
      momentsSigma: MAP_STRIDE,
      untrained: control.raw,
      training,
      keepBetter: options.keep === "better" ? (kept) => ({ ...training, kept }) : undefined,
    };
  } finally {
    await runtime.close();
  }
}

const memoryReport = ({ kind, normals, heldOut }: EmbeddingMemory): PatchSvddMemoryReport => ({
  kind,
  remembered: normals.entries,
  candidates: normals.candidates,
  radius: normals.radius,
  heldOut,
});
