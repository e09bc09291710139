import type { z } from "zod";
import { HypersphereError } from "../../errors.js";
import type { Tensor } from "../../graph/index.js";
import type { Json, RowReader, Scorer, TrainingContext, TrainingData } from "../../model/contract.js";
import { mapPeak } from "../../nn/images/map-peak.js";
import type { Runtime } from "../../runtime/index.js";
import { type DetectorClass, type DetectorDefinition, defineDetector } from "../define.js";
import type { CommonOptions } from "../fit/common-options.js";
import { calibratedMap, calibrateMaps, type MapOptions, type RawMap } from "./map-calibration.js";
import { MAP_PIXELS } from "./options.js";

/** What a detector of maps trains from: images that are read when they are wanted. */
export interface MapTrainingData extends Pick<TrainingData, "anomalies" | "outliers" | "labelledNormal"> {
  /** Features of an image are [channels, height, width]. */
  readonly images: RowReader;
  /** Normals that training does not see; maps are calibrated on them afterwards. */
  readonly validation: RowReader;
  /** [channels, height, width] */
  readonly shape: readonly [channels: number, height: number, width: number];
}

export interface TrainedMaps<Report = Json> {
  readonly raw: RawMap;
  /**
   * Normals that the maps are calibrated on: those that training has not seen (default), or all, where what it learns is so
   * little that images it has seen look like others. More of them make steadier maps.
   */
  readonly calibrateOn?: "validation" | "all";
  /** The same before training, where there is something to train. */
  readonly untrained?: RawMap;
  readonly training: Report;
}

export interface MapDetectorDefinition<Options extends CommonOptions & MapOptions, Report>
  extends Pick<DetectorDefinition<Options, Report>, "name" | "title" | "learnsFrom" | "before"> {
  readonly options: z.ZodObject & z.ZodType<Options>;
  train(options: Options, data: MapTrainingData, context: TrainingContext): Promise<TrainedMaps<Report>>;
}

/**
 * Makes the class of a detector that says where an image is abnormal. Its maps are calibrated, smoothed and brought to the
 * size of the image here; the image's score is the highest value of its map.
 */
export function defineMapDetector<
  Options extends CommonOptions & MapOptions,
  Input extends object = Partial<Options>,
  Report = Json,
>(definition: MapDetectorDefinition<Options, Report>): DetectorClass<Options, Input, Report> {
  return defineDetector<Options, Input, Report>({
    ...definition,
    kinds: ["images"],
    oneByOne: true,
    imagePixels: MAP_PIXELS,
    before(options, data, fitOptions) {
      if (options.calibration === "cross") throw noFolds(definition.name);
      definition.before?.(options, data, fitOptions);
    },
    async train(options, data, context) {
      const { reads, inputShape, anomalies, outliers, labelledNormal } = data;
      const given: MapTrainingData = {
        images: reads!.train,
        validation: reads!.validation,
        shape: inputShape as MapTrainingData["shape"],
        ...(anomalies && { anomalies }),
        ...(outliers && { outliers }),
        ...(labelledNormal && { labelledNormal }),
      };
      const {
        raw,
        untrained,
        training,
        calibrateOn = "validation",
      } = await definition.train(options, given, context);
      const runtime = await context.backend.inline();
      const normals = calibrateOn === "all" ? [given.images, given.validation] : [given.validation];
      const scorerOf = (map: RawMap) =>
        mapScorer(map, options, given.shape, normals, runtime, context.signal);
      const scorer = await scorerOf(raw);
      return {
        scorer: { ...scorer, training },
        untrained: untrained && (await scorerOf(untrained)),
      };
    },
  });
}

/** Raw maps, calibrated on normals. */
async function mapScorer(
  raw: RawMap,
  options: MapOptions,
  shape: MapTrainingData["shape"],
  normals: readonly RowReader[],
  runtime: Runtime,
  signal: AbortSignal | undefined,
): Promise<Required<Pick<Scorer, "score" | "map">>> {
  const [, height, width] = shape;
  const calibration = await calibrateMaps(runtime, normals, shape, raw, options, signal);
  const map = (features: Tensor): Tensor =>
    calibratedMap(raw(features), calibration, { height, width }, options);
  return { map, score: (features) => mapPeak(map(features)) };
}

function noFolds(name: string): HypersphereError {
  return new HypersphereError(
    "invalid-option",
    `${name} makes maps, and cannot calibrate in folds: each fold would have a map of its own.`,
    { hint: 'Use calibration "split".' },
  );
}
