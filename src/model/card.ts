import type { Reading } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import type { InputSchema, ReferenceProfile, RowSketch } from "../features/index.js";
import {
  MAP_TIES,
  PLAIN_TIES,
  type ProbabilityCalibration,
  type Threshold,
  type Ties,
} from "../scoring/index.js";
import { parseJson } from "../text/parse-json.js";
import { shown } from "../text/shown.js";
import { checkCard } from "./check-card.js";
import type { Json, MaskRecord } from "./contract.js";
import { isObject } from "./shape.js";
import { upgradeCard, withReading } from "./upgrade.js";

/** Version of the model file's layout; readers refuse what they do not know. */
export const MODEL_FORMAT = 1;

/** What a model says about itself. Stored as JSON in the ONNX file's metadata. */
export interface ModelCard {
  /** Version of this layout. */
  readonly format: typeof MODEL_FORMAT;
  /** Name in the registry of detectors, e.g. "deep-svdd". */
  readonly detector: string;
  /** Every option, defaults included: the same options and data give the same model. */
  readonly options: Readonly<Record<string, Json>>;
  /** What made the model: the package, ONNX Runtime, and the build of it that ran. */
  readonly versions: { readonly hypersphere: string; readonly onnxruntime: string; readonly runtime: string };
  /** The training data, counted in rows: rows of a table, windows of a series, or images. */
  readonly data: {
    /** Rows that the fit was given. */
    readonly rows: number;
    /** Rows that it trained on. */
    readonly train: number;
    /** Rows held out to stop training in time. */
    readonly validation: number;
    /** Rows held out to calibrate p-values and thresholds. */
    readonly calibration: number;
    /**
     * Places among the ascending calibration scores, from 0, of those of windows that share no time step with each other;
     * absent where no rows share anything.
     */
    readonly calibrationApart?: readonly number[];
    /**
     * Groups of images that are nearly the same, or of rows of a table that are copies, and the images or rows in them. A
     * group stays together in every split, and one of each calibrates; the others of a group that was held out are in no
     * part. Absent without any.
     */
    readonly nearDuplicates?: { readonly groups: number; readonly rows: number };
    /**
     * How the copies of training images were changed that training saw beside them, and how many there were of each: none of
     * them validates or calibrates. Absent without any.
     */
    readonly augmentation?: {
      readonly changes: readonly string[];
      readonly strength: number;
      readonly copies: number;
    };
    /** SHA-256 over the data: names, kinds and values of columns, or sizes and pixels of images. */
    readonly fingerprint: string;
    /** Tells whether rows to come are among these, or among the known defects; absent in models of earlier versions. */
    readonly known?: RowSketch;
    /** Labelled rows. The anomalies are counted in `rows` and in none of its parts. */
    readonly labels?: { readonly anomalies: number; readonly normals: number; readonly fingerprint: string };
    /** A second data set, from which the fit learned what is not normal. */
    readonly outliers?: { readonly rows: number; readonly fingerprint: string };
    /** Images with known defects, which the fit learned from. */
    readonly defects?: { readonly rows: number; readonly fingerprint: string };
    /** SHA-256 of the model that the fit started from (warm start). */
    readonly from?: string;
  };
  /** How the training data were read, where options said so: other data are read the same way. */
  readonly reading?: Reading;
  /** How rows of a table, windows of series or images become features. */
  readonly schema: InputSchema;
  /** How the training rows were distributed, for drift checks. Models of version 0.1.0 have it for tables at most. */
  readonly reference?: ReferenceProfile;
  /** Size of the output `map`, in pixels; absent where the model says nothing of where. */
  readonly map?: {
    readonly height: number;
    readonly width: number;
    /** Regions that the model ignores; absent where it looks at everything. */
    readonly mask?: MaskRecord;
  };
  /**
   * Inner values of the graph, each as the name of its tensor: `features` [rows, numbers]; `changed` [rows], where constant
   * columns are watched; and what shows what the model learned, where there is such: `memberK.latent` [rows, width] and, where
   * there is one, `memberK.centre` [width]; `memberK.reconstruction` [rows, numbers], or what it leaves of the features as
   * `memberK.residual`. Those of a fit in folds begin with `foldK.`. Absent in files of earlier versions.
   */
  readonly inside?: Readonly<Record<string, string>>;
  /** The output `contribution`, which says what each part of a row adds to its score; absent without it. */
  readonly contribution?: ContributionRecord;
  /** Normal rows of training, for explanations to compare with; absent where none were asked for. */
  readonly normalRows?: NormalRowsRecord;
  /** Names of the views that the score joins, each of them the output `view_NAME`; absent where it is made of one. */
  readonly views?: readonly string[];
  /** The user's own network that is a part of the model; absent without one. */
  readonly backbone?: BackboneRecord;
  /** What the detector recorded: curves, health, the untrained control. */
  readonly training: Json;
  /** The rule in force, which decides `is_anomaly` by default. */
  readonly threshold: Threshold;
  /** Which scores count as equal; absent for a share of 2⁻¹⁸, and a size of 0, or of 4 where there is a map. */
  readonly ties?: Ties;
  /** Further rules by name, such as one for the day and one for the night. */
  readonly operatingPoints: Readonly<Record<string, Threshold>>;
  /** How the output `probability` came about; absent until the model is calibrated with labels. */
  readonly probability?: ProbabilityCalibration;
  /** Only on models of a robust fit: what was estimated and left out. */
  readonly contamination?: ContaminationRecord;
  /** Which normals scores are compared with by the time of day or week; absent where it is all of them. */
  readonly season?: SeasonRecord;
  /** How the model was adapted to another operating point than that of its training; absent where it was not. */
  readonly adapted?: AdaptationRecord;
}

/** Which scores of a model, and values of its maps, count as equal. */
export const tiesOf = ({ ties, map }: Pick<ModelCard, "ties" | "map">): Ties =>
  ties ?? (map === undefined ? PLAIN_TIES : MAP_TIES);

/** The parts of a day or a week that scores are compared within, see docs/series.md. */
export interface SeasonRecord {
  /** Seconds after which it begins anew: of a day, or of a week, which begins on a Monday. */
  readonly period: number;
  /** Equal parts that it is cut into; 1 where more would have had too few windows each. */
  readonly parts: number;
  /** Held-out windows of each part that scores are compared with. */
  readonly windows: number;
  /** Parts, from 0, that had too few of their own: they are compared with windows of all parts. */
  readonly fromAll: readonly number[];
}

/** What the output `contribution` holds: shares of the score that add up to it, see docs/explain.md. */
export interface ContributionRecord {
  /** How they are found: the terms that the score is a sum of. */
  readonly method: "exact";
  /** The score of a row that nothing would be said of: contributions add up to the score above it. */
  readonly baseline: number;
  /** Lengths of its axes behind the rows: [columns], [steps, columns], or [height, width] of images. */
  readonly shape: readonly number[];
  /** Names of the columns, in order; absent for images. */
  readonly columns?: readonly string[];
}

/** Normal rows of training that the model keeps, see docs/explain.md. */
export interface NormalRowsRecord {
  /** The row of each in the training data, from 0. */
  readonly rows: readonly number[];
  /** The columns that the model reads. */
  readonly columns: readonly KeptColumn[];
}

/** A column of the rows that a model keeps. */
export interface KeptColumn {
  readonly name: string;
  /** One value for each row: a number, or a text of a category; null where it is missing. */
  readonly values: readonly (number | string | null)[];
}

/** How a model of a series was adapted to another operating point, see docs/series.md. */
export interface AdaptationRecord {
  /** Time steps that location and spread come from, and those that calibrate. */
  readonly steps: { readonly located: number; readonly calibrated: number };
  /** How the spread of columns follows the new rows. */
  readonly spread: "shrink" | "new" | "keep";
  /** SHA-256 over the data that the rows are from, and the windows of them. */
  readonly fingerprint: string;
  /** Checksum in the file of the model that was adapted. */
  readonly from: string;
  /** In the order of the model's input `numeric`. */
  readonly columns: readonly AdaptedColumn[];
  /**
   * Scores of windows held out in training, ascending, or 999 of their quantiles: a threshold is no lower than they make it,
   * where new windows are too few. Absent where the model was adapted before they were kept.
   */
  readonly heldOut?: readonly number[];
}

/** What happens to a column before the model that was trained sees it: value * factor + offset. */
export interface AdaptedColumn {
  readonly name: string;
  readonly factor: number;
  readonly offset: number;
  /** Location and spread of the training rows: the median and the distance of the outer deciles. */
  readonly training: ColumnPlace;
  /** The same of the new operating point, as the map takes it. */
  readonly now: ColumnPlace;
  /** How many independent values the new rows are worth. */
  readonly independent: number;
}

export interface ColumnPlace {
  /** Median; of a column that did not vary its value. */
  readonly location: number;
  /** Distance of the first decile and the ninth; 0 where it says nothing, and the scale stays. */
  readonly spread: number;
}

/** Which network a model has taken its features from, and how it is fed, see docs/backbones.md. */
export interface BackboneRecord {
  /** Name of the file. */
  readonly name: string;
  /** SHA-256 of the whole file. */
  readonly sha256: string;
  /** Its size. */
  readonly bytes: number;
  /** What the user said of its licence. */
  readonly license?: string;
  /** Operator set that it was written for. */
  readonly opset: number;
  /** The inner tensors that are its features. */
  readonly tensors: readonly string[];
  /** Of each of them: channels, height and width. */
  readonly shapes: readonly (readonly number[])[];
  /** Height of the images that it sees, in pixels. */
  readonly height: number;
  /** Width of them. */
  readonly width: number;
  /** Mean of the channels that is subtracted from pixels of 0 to 1. */
  readonly mean: readonly number[];
  /** Deviation of them that divides. */
  readonly deviation: readonly number[];
  /** Numbers that an image became: the means of those tensors over all places. Absent where the maps themselves are used. */
  readonly vector?: number;
  /** Order of the channels. */
  readonly channels: "rgb" | "bgr";
}

/** How a robust fit cleaned its training rows, see docs/contamination.md. */
export interface ContaminationRecord {
  /** Share of anomalies among the rows as given, without labels; null where the scores have no spread. */
  readonly estimate: number | null;
  /** Lower end of the estimate's 95 % bootstrap interval. */
  readonly low: number | null;
  /** Upper end of it. */
  readonly high: number | null;
  /** Rows before trimming. */
  readonly rows: number;
  /** Rows that were left out. */
  readonly trimmed: number;
  /** The option of that name: a share, or "auto". */
  readonly trim: number | "auto";
  /** Models that scored the rows in each round. */
  readonly folds: number;
  /** Rounds of scoring and trimming. */
  readonly rounds: number;
  readonly seed: number;
  /** Bound on how far the false-alarm rate of normal rows may exceed what calibration on the kept rows says. */
  readonly extraFalseAlarmsAtMost: number;
}

/** Whether each calibration score comes from a detector of its own, while the model scores by the mean of several. */
export const calibratedInFolds = ({ options, adapted }: Pick<ModelCard, "options" | "adapted">): boolean =>
  options["calibration"] === "cross" && adapted === undefined;

/** The output that says what each part of a row adds to its score. */
export const CONTRIBUTION = "contribution";

/** The output of a view. */
export const viewOutput = (name: string): string => `view_${name}`;

export const METADATA = {
  card: "hypersphere.card",
  digest: "hypersphere.sha256",
  /** The same networks before training, as a model of their own in base64. */
  untrained: "hypersphere.untrained",
} as const;

/**
 * The card, checked against its declaration and frozen all the way down: a model is immutable.
 * @throws HypersphereError `invalid-model`
 */
export function parseCard(text: string): ModelCard {
  let card: unknown;
  try {
    card = parseJson(text);
  } catch (cause) {
    throw new HypersphereError(
      "invalid-model",
      `The model's card is not valid JSON: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  }
  const format = isObject(card) ? card["format"] : undefined;
  if (format !== MODEL_FORMAT) {
    throw new HypersphereError(
      "invalid-model",
      `The model file has ${format === undefined ? "no layout version" : `layout version ${shown(format)}`}; this version of hypersphere reads ${MODEL_FORMAT}.`,
      { hint: "Update hypersphere, or train the model again." },
    );
  }
  const upgraded: unknown = upgradeCard(card as ModelCard);
  checkCard(upgraded);
  return frozen(withReading(upgraded));
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
