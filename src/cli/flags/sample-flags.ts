import type { Command } from "commander";
import { SEASONS, type Season } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { addDataFlags, addLabelFlags, type DataFlags, type LabelFlags, limit } from "./data-flags.js";
import { whole } from "./parse.js";

/** How images are read, as the flags say. */
export interface ImageFlags {
  /** File of class numbers beside an IDX file. */
  readonly labels?: string;
  readonly normalClass?: number;
  readonly skipCorrupt?: boolean;
  readonly maxPixels?: number;
}

/** How windows are cut from a table of time steps. */
export interface SeriesFlags {
  readonly series?: boolean;
  readonly window?: number;
  readonly stride?: number;
  readonly timeColumn?: string;
  readonly entityColumn?: string;
  readonly maxGap?: string;
  readonly every?: string;
  readonly fill?: "last" | "linear";
  readonly detrend?: number;
  readonly season?: Season | "none";
}

/** How the windows over a time step make its score. */
export interface PointFlags {
  readonly stride?: number;
  readonly combine?: "mean" | "max";
}

/** The columns that are read. */
export interface ColumnFlags {
  readonly columns?: readonly string[];
  readonly exclude?: readonly string[];
}

/** Everything that flags can say of reading data. */
export interface SampleFlags extends Partial<DataFlags>, LabelFlags, ImageFlags, SeriesFlags, ColumnFlags {
  readonly idColumn?: string;
  /** Column that says train or test. */
  readonly splitColumn?: string;
  /** Column of the entities of a fleet. */
  readonly perEntity?: string;
}

export interface TrainingSampleFlags extends DataFlags, LabelFlags, ImageFlags, SeriesFlags, ColumnFlags {}
export interface ScoringSampleFlags extends DataFlags, LabelFlags, ImageFlags, PointFlags {
  readonly idColumn?: string;
}

/** Flags of a command that learns from data. */
export function addTrainingSampleFlags(command: Command, labels: string): void {
  addLabelFlags(command, labels);
  addDataFlags(command);
  addImageFlags(command);
  command
    .optionsGroup("Series (one row per time step):")
    .option("--series", "learn from windows of a series; implied by the flags below")
    .option("--window <steps>", "time steps of a window (default: found from the data)", whole("--window"))
    .option("--stride <steps>", "time steps between windows (default: 1)", whole("--stride"))
    .option("--time-column <name>", "column with time stamps: dates, or numbers")
    .option("--entity-column <name>", "column that tells several series apart")
    .option(
      "--max-gap <span>",
      "a longer time between rows breaks a series, such as 15min (default: 3 steps)",
    )
    .option("--every <span>", "bring irregular series to steps of this length, such as 10s")
    .option("--fill <how>", "what such a step shows between two rows: last or linear (default: last)", fill)
    .option(
      "--detrend <steps>",
      "take slow drift out: values less the median of the last so many steps, such as ten windows (default: none)",
      whole("--detrend"),
    )
    .option(
      "--season <what>",
      "compare windows with normal ones of the same part of a day or a week: day, week or none (default: none)",
      season,
    );
}

/** Flags of a command that scores data with a model, which knows what they are. */
export function addScoringSampleFlags(command: Command, labels?: string): void {
  if (labels !== undefined) addLabelFlags(command, labels);
  addDataFlags(command);
  addImageFlags(command);
  addPointFlags(command);
}

export interface StepSampleFlags extends DataFlags, PointFlags {}

/** Flags of a command that scores time steps with a model. */
export function addStepSampleFlags(command: Command): void {
  addDataFlags(command);
  addPointFlags(command);
}

function addPointFlags(command: Command): void {
  command
    .optionsGroup("Series:")
    .option(...strideFlag)
    .option(
      "--combine <how>",
      "score of a time step from those of the windows over it: mean or max (default: mean)",
      combine,
    );
}

/** Flags of a command that watches data with a model: it looks at no labels, and at windows one by one. */
export function addMonitoringSampleFlags(command: Command): void {
  addDataFlags(command);
  command
    .optionsGroup("Images:")
    .option(...skipCorruptFlag)
    .option(...maxPixelsFlag);
  command.optionsGroup("Series:").option(...strideFlag);
}

export function addImageFlags(command: Command): void {
  command
    .optionsGroup("Images:")
    .option("--labels <file>", "file of class numbers beside an IDX file")
    .option(
      "--normal-class <number>",
      "the class that is normal, where images have classes",
      whole("--normal-class"),
    )
    .option(...skipCorruptFlag)
    .option(...maxPixelsFlag);
}

const skipCorruptFlag = [
  "--skip-corrupt",
  "leave out images that cannot be decoded, or have another size than the model takes, instead of stopping",
] as const;

export const maxPixelsFlag = [
  "--max-pixels <n>",
  "refuse images with more pixels; none for any number (default: 67108864, 8192 x 8192)",
  limit("--max-pixels"),
] as const;

const strideFlag = [
  "--stride <steps>",
  "time steps between windows (default: as trained, at most the window)",
  whole("--stride"),
] as const;

function fill(text: string): "last" | "linear" {
  if (text === "last" || text === "linear") return text;
  throw new HypersphereError("invalid-option", `--fill is "${text}", expected last or linear.`);
}

function season(text: string): Season | "none" {
  const found = text === "none" ? text : SEASONS.find((name) => name === text);
  if (found !== undefined) return found;
  throw new HypersphereError(
    "invalid-option",
    `--season is "${text}", expected ${SEASONS.join(", ")} or none.`,
  );
}

function combine(text: string): "mean" | "max" {
  if (text === "mean" || text === "max") return text;
  throw new HypersphereError("invalid-option", `--combine is "${text}", expected mean or max.`);
}
