import type { z } from "zod";
import { HypersphereError } from "../../errors.js";
import type { Json, RowReader, Scorer, TrainingContext, TrainingData } from "../../model/contract.js";
import type { BackboneRecord } from "../../model/index.js";
import { mapPeak } from "../../nn/images/map-peak.js";
import type { Runtime } from "../../runtime/index.js";
import { figure } from "../../text/format.js";
import { type DetectorClass, type DetectorDefinition, defineDetector } from "../define.js";
import type { CommonOptions } from "../fit/common-options.js";
import { drawnPrecision, type KeptNetwork, MOST_DRAWN } from "./drawn-judge.js";
import { imageView } from "./image-view.js";
import { calibratedMap, calibrateMaps, type MapOptions, type RawMap } from "./map-calibration.js";
import { MAP_PIXELS } from "./options.js";
import type { TileOptions } from "./tiling.js";

/** What a detector of maps trains from: images that are read when they are wanted. */
export interface MapTrainingData
  extends Pick<TrainingData, "anomalies" | "outliers" | "defects" | "labelledNormal"> {
  /** Features of an image, or of a tile where images are seen in tiles, are [channels, height, width]. */
  readonly images: RowReader;
  /** Normals that training does not see; maps are calibrated on them afterwards. */
  readonly validation: RowReader;
  /** [channels, height, width] of an image or a tile */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** See `TrainingData.pixelRange`. */
  readonly pixelRange?: NonNullable<TrainingData["pixelRange"]>;
  /** Whether these are tiles: the same place in two of them is then not the same place of a part. */
  readonly tiled: boolean;
}

export interface TrainedMaps<Report = Json> {
  readonly raw: RawMap;
  /**
   * Normals that the maps are calibrated on: those that training has not seen (default), or all, where what it learns is so
   * little that images it has seen look like others. More of them make steadier maps.
   */
  readonly calibrateOn?: "validation" | "all";
  /** Standard deviation of the Gaussian that smooths means and variances of maps, in pixels of the image. */
  readonly momentsSigma?: number;
  /** The same before training, where there is something to train. */
  readonly untrained?: RawMap;
  readonly training: Report;
  /**
   * Where the networks before training are kept if they find drawn defects better: the report, with which it is. The model has no
   * untrained control then, since it is one.
   */
  readonly keepBetter?: ((kept: KeptNetwork) => Report) | undefined;
  /** The user's own network, where the maps are made from its features. */
  readonly backbone?: BackboneRecord;
}

export interface MapDetectorDefinition<Options extends CommonOptions & MapOptions & TileOptions, Report>
  extends Pick<
    DetectorDefinition<Options, Report>,
    "name" | "title" | "learnsFrom" | "learnsAgainst" | "backbone" | "before"
  > {
  readonly options: z.ZodObject & z.ZodType<Options>;
  train(options: Options, data: MapTrainingData, context: TrainingContext): Promise<TrainedMaps<Report>>;
}

/**
 * Makes the class of a detector that says where an image is abnormal. Its maps are calibrated, smoothed and brought to the
 * size of the image here; the image's score is the highest value of its map.
 */
export function defineMapDetector<
  Options extends CommonOptions & MapOptions & TileOptions,
  Input extends object = Partial<Options>,
  Report = Json,
>(definition: MapDetectorDefinition<Options, Report>): DetectorClass<Options, Input, Report> {
  return defineDetector<Options, Input, Report>({
    ...definition,
    kinds: ["images"],
    oneByOne: true,
    masks: true,
    ...mapParts<Options, Report>(definition),
  });
}

/** What of a detector's definition makes its maps. */
export function mapParts<Options extends CommonOptions & MapOptions & TileOptions, Report>(
  definition: Pick<MapDetectorDefinition<Options, Report>, "name" | "before" | "train">,
): Required<Pick<DetectorDefinition<Options, Report>, "imagePixels" | "before" | "train">> {
  return {
    imagePixels: ({ tile }) => (tile === undefined ? MAP_PIXELS : Number.POSITIVE_INFINITY),
    before(options, data, fitOptions) {
      if (options.calibration === "cross") throw noFolds(definition.name);
      checkTiles(options);
      if (fitOptions.mask !== undefined && options.contrast !== "none") throw noContrast();
      definition.before?.(options, data, fitOptions);
    },
    async train(options, data, context) {
      const { reads, rowCount, inputShape, pixelRange, anomalies, outliers, defects, labelledNormal } = data;
      const shape = inputShape as MapTrainingData["shape"];
      const runtime = await context.backend.inline();
      const view = await imageView(reads!, shape, options, context);
      if (view.tiled && (anomalies ?? outliers ?? defects) !== undefined) throw noExamples(definition.name);
      const given: MapTrainingData = {
        images: view.images,
        validation: view.validation,
        shape: view.shape,
        tiled: view.tiled,
        ...(pixelRange && { pixelRange }),
        ...(anomalies && { anomalies: view.masked(anomalies) }),
        ...(outliers && { outliers: view.masked(outliers) }),
        ...(defects && { defects: { ...defects, images: view.masked(defects.images) } }),
        ...(labelledNormal && !view.tiled && { labelledNormal }),
      };
      const {
        raw,
        untrained,
        training,
        backbone,
        keepBetter,
        calibrateOn = "validation",
        momentsSigma,
      } = await definition.train(options, given, context);
      // Changed copies, which come last, are to learn from: no image that is scored looks like them.
      const originals = { ...reads!.train, rows: rowCount };
      const normals = calibrateOn === "all" ? [originals, reads!.validation] : [reads!.validation];
      const scorerOf = async (map: RawMap): Promise<MapScorer> => {
        const whole = view.rawMap(map);
        const calibration = await calibrateMaps(
          runtime,
          normals,
          shape,
          whole,
          { ...options, momentsSigma },
          view.mask,
          context.signal,
        );
        return mapScorer((features) =>
          view.finished(calibratedMap(whole(features), calibration, shape, options, view.mask)),
        );
      };
      const scorer = await scorerOf(raw);
      const control = untrained && (await scorerOf(untrained));
      const kept =
        keepBetter && control && pixelRange
          ? await betterOf(runtime, reads!.validation, shape, { scorer, control }, context)
          : undefined;
      if (kept?.network === "untrained") context.onWarning?.(untrainedKept(definition.name, kept));
      return {
        scorer: {
          ...(kept?.network === "untrained" ? control! : scorer),
          training: kept ? keepBetter!(kept) : training,
          ...(view.record && { mask: view.record }),
          ...(backbone && { backbone }),
        },
        untrained: kept?.network === "untrained" ? undefined : control,
      };
    },
  };
}

type MapScorer = Required<Pick<Scorer, "score" | "map">>;

/** Labels have no say in it: held-out normals with drawn defects judge. */
async function betterOf(
  runtime: Runtime,
  normals: RowReader,
  shape: MapTrainingData["shape"],
  { scorer, control }: Readonly<Record<"scorer" | "control", MapScorer>>,
  { random, signal }: TrainingContext,
): Promise<KeptNetwork> {
  const maps = [scorer.map, control.map];
  const [trained = null, untrained = null] = await drawnPrecision(
    runtime,
    normals,
    shape,
    maps,
    random,
    signal,
  );
  const worse = trained !== null && untrained !== null && untrained > trained;
  return {
    network: worse ? "untrained" : "trained",
    averagePrecision: { trained, untrained },
    images: Math.min(normals.rows, MOST_DRAWN),
  };
}

function untrainedKept(name: string, { averagePrecision: { trained, untrained } }: KeptNetwork): string {
  return (
    `Training made ${name} find defects that were drawn into held-out images less well (average precision ${figure(trained, 3)}, ` +
    `before it ${figure(untrained, 3)}): the model scores with the networks from before training. Option "keep" can keep the trained ones.`
  );
}

const mapScorer = (map: MapScorer["map"]): MapScorer => ({
  map,
  score: (features) => mapPeak(map(features)),
});

/** For options that tell places of an image apart. */
export const noPlaces = (option: string, value: string): HypersphereError =>
  new HypersphereError(
    "invalid-option",
    `Option "${option}" is "${value}", but in tiles a place is not the same place of a part.`,
    { hint: `Use another value, or leave out the option "tile".` },
  );

function noFolds(name: string): HypersphereError {
  return new HypersphereError(
    "invalid-option",
    `${name} makes maps, and cannot calibrate in folds: each fold would have a map of its own.`,
    { hint: 'Use calibration "split".' },
  );
}

/** @throws HypersphereError `invalid-option` for an overlap without tiles, or one of more than half a tile */
function checkTiles({ tile, overlap }: TileOptions): void {
  if (overlap === undefined) return;
  if (tile === undefined) {
    throw new HypersphereError("invalid-option", `Option "overlap" is ${overlap}, but there are no tiles.`, {
      hint: 'Say how large a tile is (option "tile"), or leave the overlap out.',
    });
  }
  if (overlap > tile / 2) {
    throw new HypersphereError(
      "invalid-option",
      `Option "overlap" is ${overlap}, expected at most ${Math.floor(tile / 2)}: half of a tile of ${tile} pixels.`,
    );
  }
}

function noContrast(): HypersphereError {
  return new HypersphereError(
    "invalid-option",
    "Contrast normalisation takes the mean of whole images: what a mask ignores would have a say in it.",
    { hint: 'Use contrast "none" with a mask.' },
  );
}

function noExamples(name: string): HypersphereError {
  return new HypersphereError(
    "invalid-option",
    `${name} cannot learn from anomalies or outliers in tiles: which tiles of them are abnormal is not known.`,
    { hint: 'Leave out the option "tile", or the anomalies and outliers.' },
  );
}
