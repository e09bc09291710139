import type { Command } from "commander";
import type { Dataset, Samples } from "../../data/index.js";
import { SHARED_OPTIONS } from "../../detectors/centre/warm-start.js";
import { learnersFrom, requireLearnsFrom, type Supervision } from "../../detectors/fit/abilities.js";
import { type DetectorEntry, detectors } from "../../detectors/registry.js";
import { HypersphereError } from "../../errors.js";
import { kindOf } from "../../features/index.js";
import type { Json } from "../../model/contract.js";
import type { Model, ModelCard } from "../../model/index.js";
import { count, counted } from "../../text/format.js";
import type { CliContext } from "../command.js";
import { loadModelFile } from "../files/model-file.js";
import { openSamples } from "../files/open-samples.js";
import { objectOf } from "../print/map-training.js";
import type { ReportLine } from "../print/training-report.js";
import type { TrainingSampleFlags } from "./sample-flags.js";

/** What a training can learn from beside its rows. */
export interface SupervisionFlags {
  readonly outliers?: string;
  readonly defects?: string;
  readonly from?: string;
}

export function addSupervisionFlags(command: Command): void {
  const learners = (what: Supervision): string => learnersFrom(what, Object.values(detectors)).join(", ");
  command
    .optionsGroup("Learning from what is not normal:")
    .option(
      "--outliers <data>",
      `rows or images of anything but normals, to learn from (${learners("outliers")})`,
    )
    .option(
      "--defects <folder>",
      `images with known defects, and masks of those in ground_truth/, to learn from (${learners("defects")})`,
    )
    .option(
      "--from <model>",
      `go on from this model, whose networks and centres are kept (${learners("from")})`,
    );
}

/** Refuses before anything is read. @throws HypersphereError `invalid-option` for a detector that has no use for them */
export function checkSupervisionFlags(
  detector: DetectorEntry,
  { outliers, defects, from }: SupervisionFlags,
): void {
  const known = Object.values(detectors);
  if (outliers !== undefined) requireLearnsFrom(detector, "outliers", known);
  if (defects !== undefined) requireLearnsFrom(detector, "defects", known);
  if (from !== undefined) requireLearnsFrom(detector, "from", known);
}

/** The model to go on from, where there is one. */
export async function startingModel({ from }: SupervisionFlags): Promise<Model | undefined> {
  return from === undefined ? undefined : (await loadModelFile(from)).model;
}

/** What the networks of a starting model are like: options that need not be said again. */
export function startingOptions(model: Model | undefined): Record<string, Json> {
  if (model === undefined) return {};
  return Object.fromEntries(
    SHARED_OPTIONS.filter((name) => name in model.card.options).map((name) => [
      name,
      model.card.options[name]!,
    ]),
  );
}

/** The second data set of anything but normals, read as the first: texts that look like numbers are texts in both. */
export async function readOutliers(
  { outliers }: SupervisionFlags,
  data: Dataset,
  flags: TrainingSampleFlags,
  context: CliContext,
): Promise<Samples | undefined> {
  if (outliers === undefined) return undefined;
  const texts = kindOf(data)
    .columns(data)
    .filter(({ kind }) => kind === "categorical")
    .map(({ name }) => [name, "categorical"] as const);
  const columnTypes = texts.length === 0 ? undefined : Object.fromEntries(texts);
  const { exclude = [], ...reading } = withoutLabels(flags);
  return readWithout(exclude, (left) =>
    openSamples(outliers, { ...reading, ...left }, context, { part: "train", columnTypes }),
  );
}

/** Reads without columns of the training rows, of which other rows need not have each. */
async function readWithout<T>(
  exclude: readonly string[],
  read: (left: { exclude?: readonly string[] }) => Promise<T>,
): Promise<T> {
  try {
    return await read(exclude.length === 0 ? {} : { exclude });
  } catch (error) {
    const { option, column } = error instanceof HypersphereError ? error.details : {};
    if (option !== "exclude" || column === undefined || !exclude.includes(column)) throw error;
    return readWithout(
      exclude.filter((name) => name !== column),
      read,
    );
  }
}

/** Images with known defects, read as the others. */
export async function readDefects(
  { defects }: SupervisionFlags,
  flags: TrainingSampleFlags,
  context: CliContext,
): Promise<Samples | undefined> {
  return defects === undefined ? undefined : openSamples(defects, withoutLabels(flags), context);
}

/** How other data than the training rows are read: their labels are their own. */
function withoutLabels({
  labelColumn: _,
  normalLabel: _n,
  anomalyLabel: _a,
  normalClass: _c,
  labels: _l,
  ...reading
}: TrainingSampleFlags) {
  return reading;
}

/** What a model learned from beside its rows, and what its training made of them, for reports. */
export function describeSupervision({ data, training }: Pick<ModelCard, "data" | "training">): ReportLine[] {
  const { labels, outliers, defects, from } = data;
  const lines: ReportLine[] = [];
  if (labels !== undefined) {
    const { anomalies, normals } = labels;
    lines.push([
      "labels",
      `${counted(anomalies, "anomaly", "anomalies")} and ${counted(normals, "normal row")}; the anomalies are learned from, and in no part of the rows`,
    ]);
  }
  const sources = [
    ...(outliers === undefined ? [] : [`${counted(outliers.rows, "row")} of a second data set`]),
    ...describeSynthesis(training),
  ];
  if (sources.length > 0) lines.push(["outliers", sources.join(", and ")]);
  if (defects !== undefined) lines.push(["defects", `${counted(defects.rows, "image")} with known defects`]);
  if (from !== undefined) lines.push(["went on from", `the model with SHA-256 ${from.slice(0, 16)}...`]);
  return lines;
}

/** "800 made by confetti from training rows"; of a fit in folds, all that its folds have made. */
function describeSynthesis(training: Json): string[] {
  const { folds } = objectOf(training);
  const trainings = Array.isArray(folds) ? folds.map((fold) => objectOf(fold)["training"]) : [training];
  const records = trainings.map((each) => objectOf(objectOf(each)["synthesis"]));
  const { synthesis } = records[0] ?? {};
  if (typeof synthesis !== "string") return [];
  const made = records.reduce((sum, { outliers }) => sum + Number(outliers), 0);
  return [
    `${count(made)} made by ${synthesis} from training rows${records.length > 1 ? ` of ${records.length} folds` : ""}`,
  ];
}
