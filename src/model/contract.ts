import type { Dataset, LabelsLike, RawImage, Samples } from "../data/index.js";
import type { FeatureMatrix, FeatureSchema, Kind } from "../features/index.js";
import type { DataType, Shape, Tensor, TensorContents } from "../graph/index.js";
import type { RandomSource } from "../math/random.js";
import type { Backend } from "../runtime/index.js";
import type { BackboneRecord, ModelCard } from "./card.js";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Where a fit stands. Events come often; `fraction` runs from 0 to 1 over the whole fit. */
export interface Progress {
  readonly stage: "preparing" | "pretraining" | "training" | "calibrating";
  readonly fraction: number;
  /** Ensemble member at work, from 1. */
  readonly member?: number;
  readonly members?: number;
  /** Fold at work in a robust or cross-conformal fit, from 1; absent in the final fit of the former. */
  readonly fold?: number;
  readonly folds?: number;
  /** Epochs done in this stage, and at most to do. */
  readonly epoch?: number;
  readonly epochs?: number;
  /** What `epoch` and `epochs` count, where data are drawn while training: steps. Absent for epochs. */
  readonly unit?: "step";
  /** Mean training loss of the last epoch. */
  readonly loss?: number;
}

export interface FitOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Receives what a person should know, one sentence at a time: dropped columns, a rollback, small samples. */
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Lets a stopped fit continue where it was. */
  readonly checkpoint?: CheckpointStore | undefined;
  /**
   * What is known of each row, where the samples do not say it themselves: 1 or true for an anomaly, 0 or false for a
   * normal row, -1 for an unlabelled one. Anomalies are learned from, and have no part in scaling, centres, validation
   * or calibration. For detectors that learn from labels.
   */
  readonly labels?: LabelsLike | undefined;
  /** A second data set with the columns or size of the first, of anything but normals, for detectors that learn from it. */
  readonly outliers?: Dataset | Samples | undefined;
  /**
   * Known defects: images with a mask each (`Samples.mask`), of which those labelled normal are left out. They are learned
   * from and have no other part. For detectors that learn from defects.
   */
  readonly defects?: Samples | undefined;
  /** A network whose inner maps are the features of images, for detectors that take one. */
  readonly backbone?: BackboneFile | undefined;
  /** Warm start: a model of the same detector, or of a simpler one, whose networks and centres training continues from. */
  readonly from?: { toBytes(): Uint8Array } | undefined;
  /**
   * Regions of images to ignore, for detectors that make maps: white (from 128 on) means look here, black means ignore. Of
   * the size of the images, or resized as they are.
   */
  readonly mask?: RawImage | undefined;
  /**
   * Hears which rows were used for what, once they are dealt: of the data that the fit takes part in, which is the training
   * part of the samples and of that the rows labelled normal, or all where the detector learns from labels. Not of fits in
   * folds, in which every row has every part.
   */
  readonly onSplit?: ((split: RowSplit) => void) | undefined;
  /**
   * Hears what the decoders of networks that are pretrained made of rows held out: the model keeps none of them. Of a fit in
   * folds, those of the first.
   */
  readonly onDecoded?: ((decoded: DecodedRows) => void) | undefined;
  /**
   * Columns that were settled by more rows than these, as for each model of a fleet: which are used, their kinds and their
   * levels. Their scale, and which of them do not vary, are still learned from the training rows.
   */
  readonly settledColumns?: FeatureSchema | undefined;
  /**
   * Held-out rows that a rule to come needs: each part of a season has at least as many to itself, and never fewer than 99 or
   * than the option `percentile` needs.
   */
  readonly calibrationSize?: number | undefined;
  /** Runs this fit instead of what the door of the package provides: for servers that keep runtimes apart. */
  readonly backend?: Backend | undefined;
}

/** Rows by what a fit used them for: ascending and disjoint. */
export interface RowSplit {
  readonly train: Uint32Array;
  /** Held out to stop training in time. */
  readonly validation: Uint32Array;
  /** Held out for p-values and thresholds. */
  readonly calibration: Uint32Array;
}

/** What a decoder made of rows at the end of pretraining, in features: the numbers that the network is given. */
export interface DecodedRows {
  /** The network of the ensemble, from 0. */
  readonly member: number;
  /** Some rows held out, [rows, columns]. */
  readonly given: FeatureMatrix;
  /** What it made of them, [rows, columns]. */
  readonly made: FeatureMatrix;
  /** What it makes of the mean of the latent vectors, where the centre is then put: [columns]. */
  readonly centre: Float32Array;
}

/** A network of the user's own: an ONNX file that takes an image. */
export interface BackboneFile {
  readonly bytes: Uint8Array;
  /** What the file is called, for the model's card. */
  readonly name?: string | undefined;
}

/** Keeps the state of a fit in progress under a key. Values are plain data and typed arrays. */
export interface CheckpointStore {
  load(key: string): Promise<Checkpoint | undefined>;
  save(key: string, checkpoint: Checkpoint): Promise<void>;
}

export interface Checkpoint {
  readonly json: Json;
  readonly vectors: Readonly<Record<string, Float32Array>>;
}

/** Features of rows that are too large, or too many, to be held all together. */
export interface RowReader {
  readonly rows: number;
  /** Numbers of a row. */
  readonly columns: number;
  /** Features of one row, [columns]; not to be changed. */
  read(row: number): Promise<Float32Array>;
}

/** What a detector trains from: features of normal rows, as the model will compute them. */
export interface TrainingData {
  /**
   * Rows that are read when they are wanted, for detectors that asked for that (`DetectorDefinition.oneByOne`): `train` and
   * `validation` have no rows then.
   */
  readonly reads?: { readonly train: RowReader; readonly validation: RowReader };
  /** What the numbers of a row mean: [features], [steps, channels], or [channels, height, width]. */
  readonly inputShape: readonly number[];
  /**
   * How many training rows there are: `train` holds all of them, or those that the detector chose. Changed copies, where
   * options ask for some, come after them and are not counted.
   */
  readonly rowCount: number;
  readonly train: FeatureMatrix;
  /** Of images whose contrast is as it is: the pixels, from 0 to 1, that became the features 0 and 1. */
  readonly pixelRange?: { readonly min: number; readonly max: number };
  /** For each feature of a row, or of a time step, which column it was made from; absent for images. */
  readonly columnOf?: Uint32Array;
  /** Normals that training does not see, for stopping in time; empty for detectors that asked for none. */
  readonly validation: FeatureMatrix;
  /** 1 for each training row that is labelled normal, 0 for unlabelled ones; absent without labels. */
  readonly labelledNormal?: Uint8Array;
  /** Labelled anomalies. They are learned from, and have no other part. */
  readonly anomalies?: FeatureMatrix;
  /** Rows of a second data set, of anything but normals, for detectors that learn from it. */
  readonly outliers?: FeatureMatrix;
  /** Images with known defects, and where those are, for detectors that learn from them. */
  readonly defects?: KnownDefects;
}

/** Images with known defects, at the size that the model sees. */
export interface KnownDefects {
  readonly images: FeatureMatrix;
  /** [height * width] for each image: 1 where the defect is, else 0; never 0 everywhere. */
  readonly masks: readonly Uint8Array[];
}

export interface TrainingContext
  extends Omit<FitOptions, "labels" | "outliers" | "defects" | "backend" | "onSplit"> {
  /** Tells fits apart that must not share checkpoints: a hash of options, data and version. */
  readonly identity: string;
  readonly random: RandomSource;
  readonly backend: Backend;
}

/** Regions of images that a model ignores. */
export interface MaskRecord {
  /** Share of the pixels, in (0, 1). */
  readonly ignored: number;
  /** SHA-256 over the size of the mask and what it looks at. */
  readonly fingerprint: string;
}

/** Several ways to look at a row. */
export interface Views {
  /** In kebab case. */
  readonly names: readonly string[];
  /** From features [rows, d] to deviations above what is usual to each view, float32 [rows], in the order of the names. */
  values(features: Tensor): readonly Tensor[];
}

/** Values inside of a written model's graph, which more is computed from. */
export interface InnerValues {
  /** Names of the inner values that the card lists. */
  readonly names: readonly string[];
  /** One of them. @throws HypersphereError `invalid-model` where the card does not list it */
  value(name: string, dtype: DataType, shape: Shape): Tensor;
  /** An initializer of the model, and its contents. */
  initializer(name: string): { readonly tensor: Tensor; readonly data: TensorContents };
}

/** How a score is a sum over the features of a row. */
export interface ScoreTerms {
  /**
   * What each feature adds, float64 [rows, features], from values inside of the graph; they sum up to the score of a row
   * without changes in watched columns. 0 is what a row adds that could not be more normal.
   * @param partOf [features] the part of the row, such as a column, that each belongs to
   */
  of(card: ModelCard, inside: InnerValues, partOf: Uint32Array): Tensor;
  /** Why the score of a fit with these options is no such sum, as half of a sentence; undefined where it is one. */
  missing?(options: Readonly<Record<string, Json>>, kind: Kind): string | undefined;
}

/** A trained detector, as the model file needs it. */
export interface Scorer {
  /** Nodes that turn features [rows, d] into scores [rows], float32; higher is more abnormal. */
  score(features: Tensor): Tensor;
  /**
   * Of images, where the score comes from: nodes that turn features into maps, float32 [rows, height, width]. The score is
   * then the highest value of the map, and `score` says the same.
   */
  map?(features: Tensor): Tensor;
  /**
   * The views that the score is joined from (`joinedViews`), each for itself, so that a person can see which of them spoke.
   * The score is then what joins them, and `score` says the same.
   */
  readonly views?: Views | undefined;
  /** What the maps ignore, where a mask was given. */
  readonly mask?: MaskRecord;
  /** Records of the training: curves, health, controls. They become part of the model's card. */
  readonly training: Json;
  /** The user's own network in it, where there is one. */
  readonly backbone?: BackboneRecord;
}
