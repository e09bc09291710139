/** Images as one vector each, by a user's own network: detectors of rows see them as rows of a table. */
import { HypersphereError } from "../../errors.js";
import { type FeatureMatrix, type FeatureView, LIMIT } from "../../features/index.js";
import { cast, clamp, concat, decodeModel, div, mean, sub, type Tensor } from "../../graph/index.js";
import type { BackboneFile, TrainingData } from "../../model/contract.js";
import type { BackboneRecord } from "../../model/index.js";
import type { Runtime } from "../../runtime/index.js";
import { imageInput } from "./image-input.js";
import { backboneVectorSchema } from "./options.js";
import { trainingBackbone } from "./training-backbone.js";

/** What networks of photographs are trained at, for those that leave it open. */
const USUAL_PIXELS = 224 * 224;
/**
 * A number that varies less than this share of what they vary by on average is not stretched further: a channel that is
 * nearly silent among the training images would drown all others at its first sound.
 */
const LEAST_SHARE = 0.1;

/** From images to vectors that have not been standardised yet. */
export interface ImageVectors extends FeatureView {
  /**
   * The same in float64 [rows, columns]: what is left when the mean is subtracted may be a hundredth of a number, and its last
   * digits are not to depend on the order in which somebody adds.
   */
  precise(features: Tensor): Tensor;
  readonly record: BackboneRecord;
}

/** What standardises vectors, both [columns]. */
export interface Standardisation {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Pixels of the images that a model with this network has, where no option says otherwise. @throws HypersphereError `invalid-model` */
export function pixelsOf({ bytes }: BackboneFile): number {
  const { height, width } = imageInput(decodeModel(bytes));
  return height === undefined || width === undefined ? USUAL_PIXELS : height * width;
}

/**
 * The network cut at its last feature map, or at the tensors that are named; of each channel the mean over all places.
 * @throws HypersphereError as `trainingBackbone` does
 */
export async function imageVectors(
  runtime: Runtime,
  file: BackboneFile,
  images: Parameters<typeof trainingBackbone>[2],
  options: object,
): Promise<ImageVectors> {
  const own = backboneVectorSchema.parse(options);
  const backbone = await trainingBackbone(runtime, file, images, own, "last");
  const columns = backbone.shapes.reduce((sum, [channels]) => sum + channels, 0);
  const precise = (features: Tensor): Tensor =>
    concat(
      backbone.maps(features).map((map) => mean(cast(map, "float64"), [2, 3])),
      1,
    );
  return {
    columns,
    precise,
    of: (features) => cast(precise(features), "float32"),
    record: { ...backbone.record, vector: columns },
  };
}

/**
 * Mean and deviation of each number over the rows.
 * @throws HypersphereError `unfit-data` where the network answers with numbers that are not finite
 */
export function standardisationOf({ rows, columns, data }: FeatureMatrix): Standardisation {
  const mean = new Float64Array(columns);
  const squares = new Float64Array(columns);
  for (let k = 0; k < rows * columns; k++) mean[k % columns]! += data[k]!;
  for (let k = 0; k < columns; k++) mean[k]! /= rows;
  for (let k = 0; k < rows * columns; k++)
    squares[k % columns]! += (data[k]! - mean[k % columns]!) ** 2 / rows;
  const deviation = squares.map(Math.sqrt);
  const average = deviation.reduce((sum, each) => sum + each, 0) / columns;
  if (!(average > 0 && average < Number.POSITIVE_INFINITY)) {
    throw new HypersphereError(
      "unfit-data",
      "The backbone answers with numbers that are not finite for some of the training images.",
      {
        hint: "Check mean, deviation and order of the channels that it was trained with, or cut it elsewhere.",
      },
    );
  }
  return { mean, deviation: deviation.map((each) => Math.max(each, LEAST_SHARE * average)) };
}

/** Vectors as detectors see them, float32 [rows, columns], in a graph: cut off where features of tables are. */
export function standardised(
  features: Tensor,
  view: ImageVectors,
  { mean: middle, deviation }: Standardisation,
): Tensor {
  const { graph } = features;
  const row = (name: string, values: Float64Array): Tensor =>
    graph.initializer(`vector.${name}`, "float64", [values.length], values);
  const centred = sub(view.precise(features), row("mean", middle));
  return cast(clamp(div(centred, row("deviation", deviation)), -LIMIT, LIMIT), "float32");
}

/** The same of rows that are computed already. */
export function standardisedRows(
  { rows, columns, data }: FeatureMatrix,
  { mean, deviation }: Standardisation,
): FeatureMatrix {
  const scaled = data.map((value, k) =>
    Math.max(-LIMIT, Math.min(LIMIT, (value - mean[k % columns]!) / deviation[k % columns]!)),
  );
  return { rows, columns, data: scaled };
}

/** What a detector learns from, standardised by its training rows. */
export function standardisedData(given: TrainingData, scale: Standardisation): TrainingData {
  const { anomalies, outliers } = given;
  return {
    ...given,
    train: standardisedRows(given.train, scale),
    validation: standardisedRows(given.validation, scale),
    ...(anomalies && { anomalies: standardisedRows(anomalies, scale) }),
    ...(outliers && { outliers: standardisedRows(outliers, scale) }),
  };
}
