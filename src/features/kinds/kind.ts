import type {
  Augmenting,
  Column,
  Dataset,
  Season,
  Segment,
  SeriesLayout,
  Timeline,
} from "../../data/index.js";
import type { DataType, Tensor } from "../../graph/index.js";
import type { RandomSource, RandomStream } from "../../math/random.js";
import type { Runtime } from "../../runtime/index.js";
import type { MissingTokens } from "../../text/missing-tokens.js";
import type { ImageContrast, InputSchema } from "../input-schema.js";
import type { FeatureMatrix } from "../matrix.js";
import type { RawRows } from "../raw-rows.js";
import type { RawValues } from "../raw-values.js";
import type { ReferenceProfile } from "../reference.js";
import type { ConstantColumns, FeatureSchema, Scaling } from "../schema.js";
import type { Measures } from "./measures.js";

/** The options of a fit for how data become features. */
export interface InputOptions {
  readonly scaling: Scaling;
  /** Longer side of the images that networks see, in pixels. */
  readonly imageSize?: number | undefined;
  /** Larger images are made smaller to have this many pixels where `imageSize` is not given; default: 64 along a side. */
  readonly imagePixels?: number | undefined;
  readonly contrast: ImageContrast;
  /** Default "watch". */
  readonly constantColumns?: ConstantColumns | undefined;
  /** Columns that a person has asked for by name: they are features even where they number or date the rows. */
  readonly named?: ReadonlySet<string> | undefined;
  /** Hears of columns that are learned from although they may number the rows, and what they look like: see `RowMark`. */
  readonly onDoubt?: ((column: string, mark: string) => void) | undefined;
  /** Columns whose use, kinds and levels were settled by more rows than these: only their scale is learned. */
  readonly settled?: FeatureSchema | undefined;
}

/** Rows of a data set dealt to groups, see `Samples.rows`. */
export interface RowShares<D extends Dataset = Dataset> {
  /** The rows of a group, ascending. */
  rows(group: number): Uint32Array;
  /** The observations that those rows make, ascending. */
  observations(group: number): Uint32Array;
  /** What those rows make by themselves: no observation that has a part outside them. */
  data(group: number): D;
}

/** What computing features takes. */
export interface FeatureContext {
  readonly runtime: Runtime;
  readonly signal?: AbortSignal | undefined;
}

/** What rows go through between their features and the detector, such as a network of the user's own. */
export interface FeatureView {
  /** Numbers that it makes of a row. */
  readonly columns: number;
  /** From features to float32 [rows, columns]. */
  of(features: Tensor): Tensor;
}

/** An input of a model's graph: what a caller in any language has to feed. */
export interface InputSpec {
  readonly name: "numeric" | "categorical" | "image" | "time";
  readonly dtype: Extract<DataType, "float64" | "string" | "uint8">;
  /** Numbers are fixed; a name stands for any length, the same in every input. */
  readonly shape: readonly (number | string)[];
  /** What the last axis holds, for inputs made of columns. */
  readonly columns?: readonly string[];
}

/** Which observations are repeats of each other, such as two photographs of one thing or copies of a row. */
export interface RowGroups {
  /** [rows] number of the group that a row belongs to, from 0 in the order of their first rows; alone or with others. */
  readonly of: Uint32Array;
  readonly count: number;
  /** Of rows of a table, the columns in which hardly two rows agree that are no copies. */
  readonly telling?: readonly string[];
}

/** The parts of an observation that a score is shared out to: columns that are read, of a row or of each step, or pixels. */
export interface Parts {
  /** [columns], [steps, columns] or [height, width]; columns in the order of the inputs, numeric ones first. */
  readonly shape: readonly number[];
  /** [features] the part, flat, that each feature belongs to. */
  readonly of: Uint32Array;
  /** Sums over the features of each part, float64 [rows, parts], of float64 [rows, features]. */
  sums(values: Tensor): Tensor;
}

/** Which parts of observations have a changed value where training had only one. */
export interface ChangedParts {
  /** 1 where it has changed, else 0: float32 [rows, watched]. */
  readonly changed: Tensor;
  /** [watched] the part, flat, of each. */
  readonly parts: Uint32Array;
}

/** When observations were, in seconds since 1970 by the clock that the data state, and what of it they are compared by. */
export interface SeasonTimes {
  readonly season: Season;
  readonly times: Float64Array;
}

/** The inputs of a graph by their names. */
export type Inputs = ReadonlyMap<InputSpec["name"], Tensor>;

/**
 * Everything that differs between tables, series and images. Code that has to treat data by its kind asks for it here;
 * no other place tests the kind of a data set. D is the data set, S how it becomes features (part of the card).
 */
export interface Kind<D extends Dataset = Dataset, S extends InputSchema = InputSchema> {
  readonly name: D["kind"];
  /** What a person calls an observation, several of them, and all that a data set holds: "windows of a series". */
  readonly noun: { readonly one: string; readonly many: string; readonly all: string };
  /** How many axes the numbers of a row have, see `shape`. */
  readonly axes: 1 | 2 | 3;
  /** Whether networks of such rows are computed in single precision alone, so that builds of a runtime differ visibly. */
  readonly roundsSingle: boolean;
  /** The options of a fit that say how data of this kind become features; the others concern other kinds. */
  readonly inputOptions: readonly (keyof InputOptions)[];
  /** What to do where there are too few observations. */
  readonly collect: string;
  /** How to convert data of another kind to this one, where that is possible. */
  readonly convert: string | undefined;

  /** The observations at `rows`, in that order; a row may occur more than once. */
  select(data: D, rows: Uint32Array): D;
  /** Columns of rows or of time steps; images have none. */
  columns(data: D): readonly Column[];
  /** The data with those columns only, of the ones that it has. */
  withColumns(data: D, names: readonly string[]): D;
  /** Height and width of an image as it came, in pixels, and its channels; undefined for other kinds. */
  pixelSize(
    data: D,
    row: number,
  ): Promise<{ readonly height: number; readonly width: number; readonly channels: number }> | undefined;
  /** SHA-256 over the data: equal where two fits had the same data. */
  fingerprint(data: D): Promise<string>;

  /**
   * [rows] a number of 32 bits for each observation, equal for equal ones: of columns, of those that the schema names.
   * @throws HypersphereError `schema-mismatch` for columns that are not there
   */
  digests(data: D, schema: S): Promise<Uint32Array>;

  /** How many observations after one share a part of it, at most: 0 where observations are independent of each other. */
  overlap(data: D): number;
  /** The observations that share a part with any of `rows`, which are among them; ascending. */
  sharing(data: D, rows: Uint32Array): Uint32Array;
  /** As many observations as can be had of which no two share a part: all where none do, else in the order of time. */
  apart(data: D): Uint32Array;
  /**
   * Observations that are nearly the same, as two shots of one thing are, and say of each other what they do not say of
   * new ones; undefined where each stands for itself. Of the rows of tables these are copies, and not rows that are equal
   * because their values are few: new rows have their equals then too, and ties are no harm.
   */
  nearDuplicates(data: D, signal?: AbortSignal): Promise<RowGroups | undefined>;
  /**
   * The observations, and after all of them a changed copy of each, and so on: copy c of row k is row c * n + k. For training
   * only; absent for kinds of which nobody can say what a change leaves normal.
   */
  readonly augmented?: (data: D, augmenting: Augmenting, random: RandomSource) => D;
  /**
   * Deals rows to groups. Windows cut from a table go with the rows that they cover: groups have to be whole series.
   * @param groups one number per row, from 0 and below `count`, or -1 for none
   */
  deal(data: D, groups: Int32Array, count: number): RowShares<D>;
  /** One label per observation from those of time steps, see `Samples.rows`. */
  observationLabels(data: D, labels: Int8Array): Int8Array<ArrayBuffer>;
  /** One value per time step from one per observation, see `Samples.rows`. NaN for steps that no observation covers. */
  stepValues(data: D, values: Float32Array, combine: "mean" | "max" | undefined): Float32Array<ArrayBuffer>;
  /** The row that completes an observation, see `Samples.rows`: of a window that was cut from a table, the last one. */
  lastRow(data: D, observation: number): number;
  /** Longer side of a typical image, in pixels, by the first of them; undefined for other kinds. */
  typicalSide(data: D): Promise<number | undefined>;
  /** The place of each time step in the order of time; undefined where that is not known, or there are several series. */
  stepOrder(data: D): Uint32Array | undefined;
  /** The time steps that observations were cut from, see `Samples.rows`; undefined where they are not known. */
  timeline(data: D): Timeline | undefined;
  /** The season that observations are compared within, and when each of `rows` was; undefined where they are compared with all. */
  season(data: D, rows: Uint32Array): SeasonTimes | undefined;
  /** Of kinds that are cut from time steps, how those are reached; absent for others. */
  readonly timeSteps?: {
    /** The observations that lie in stretches of time steps without a gap, one every `stride` steps. */
    within(data: D, stretches: readonly Segment[], stride: number): D;
    /**
     * The columns of all time steps, in the order of a model's inputs.
     * @throws HypersphereError `schema-mismatch` for columns that are not there
     */
    values(data: D, schema: S): RawValues;
    /** The same schema with other columns of a time step. */
    withColumns(schema: S, columns: FeatureSchema): S;
  };

  /** Learns from the training rows how data become features. @throws HypersphereError `unfit-data` */
  fitSchema(data: D, rows: ArrayLike<number>, options: InputOptions, context: FeatureContext): Promise<S>;
  /** The columns that a model reads, of a row or of a time step; undefined for images. */
  columnSchema(schema: S): FeatureSchema | undefined;
  /** How windows were cut, which a model repeats on other data; undefined for kinds that are not cut. */
  layout(schema: S): SeriesLayout | undefined;
  /** What the numbers of a row mean: [features], [steps, channels], or [channels, height, width]. */
  shape(schema: S): readonly number[];
  /** [height, width] that all images have to have; undefined where a model takes any, and for other kinds. */
  onlySize(schema: S): readonly [height: number, width: number] | undefined;
  /** The pixels, from 0 to 1, that become the features 0 and 1; undefined where features are something else. */
  pixelRange(schema: S): { readonly min: number; readonly max: number } | undefined;
  /** The inputs that a model's graph declares. */
  inputs(schema: S): readonly InputSpec[];
  /** From a model's inputs to features, float32 [rows, product of `shape`]. */
  features(schema: S, inputs: Inputs): Tensor;
  /**
   * The observations that features [rows, ...shape] stand for, each apart from the others. Absent for images: brightness,
   * contrast and size that were taken out cannot be put back.
   */
  readonly undone?: (schema: S, features: Float32Array, source: string) => D;
  /** The cells of watched constant columns that have changed; undefined where none is watched. */
  changed(schema: S, inputs: Inputs): ChangedParts | undefined;
  /** The parts of an observation that a score is shared out to, see `Parts`. */
  parts(schema: S): Parts;
  /** The data with those cells missing that a model's tokens say are; the data themselves where there are none. */
  withMissing(data: D, schema: S, tokens: MissingTokens): D;
  /**
   * Data in the form of a model's inputs.
   * @throws HypersphereError `schema-mismatch` for columns or sizes other than those of training
   */
  rawRows(data: D, schema: S): RawRows;
  /** Features of the listed rows, computed by the very graph that goes into the model file. */
  compute(data: D, schema: S, rows: ArrayLike<number>, context: FeatureContext): Promise<FeatureMatrix>;
  /** How the columns of the training rows were distributed, or measures of the training images, for `measures` to come. */
  reference(
    data: D,
    schema: S,
    rows: ArrayLike<number>,
    stream: RandomStream,
  ): ReferenceProfile | Promise<ReferenceProfile>;
  /**
   * What can be compared with `reference`.
   * @throws HypersphereError `schema-mismatch` for columns that are not there
   */
  measures(data: D, schema: S): Measures | Promise<Measures>;

  /** What a model of this kind takes, as a heading and a sentence each. */
  describe(schema: S): readonly (readonly [string, string])[];
  /** Lines of Python that make `feeds` for a model, and the modules that they import. */
  pythonFeeds(schema: S): { readonly modules: string; readonly lines: readonly string[] };
}
