import { HypersphereError } from "../errors.js";
import {
  columnSchema,
  type FeatureSchema,
  inputColumns,
  kindOfSchema,
  type ReferenceProfile,
} from "../features/index.js";
import type { ProbabilityCalibration, Threshold } from "../scoring/index.js";
import { shown } from "../text/shown.js";
import type { AdaptationRecord, ContaminationRecord, ModelCard } from "./card.js";
import { CARD_SHAPES } from "./card-shape.js";
import { shapeFault } from "./shape.js";

/** Lengths beyond this are no lengths: windows, images and calibration scores are held in memory. */
const LONGEST = 2 ** 31 - 1;
/** Scores that differ by more are not equal, whatever a file says. */
const WIDEST_TIES = 2 ** -8;

/**
 * Whether a card is one: its types as they are declared, and its numbers in their ranges.
 * @throws HypersphereError `invalid-model` that names the first field that is not
 */
export function checkCard(card: unknown): asserts card is ModelCard {
  const fault = shapeFault(card, { type: "ModelCard" }, CARD_SHAPES);
  if (fault !== undefined) throw wrongCard(fault.path, fault.value, fault.expected);
  checkRanges(card as ModelCard);
}

export function wrongCard(path: string, value: unknown, expected: string): HypersphereError {
  const what = value === undefined ? "is missing" : `is ${shown(value)}`;
  return new HypersphereError(
    "invalid-model",
    `The model's card is not valid: ${path === "" ? "it" : path} ${what}, expected ${expected}.`,
    { hint: "Copy the original again, or train the model again." },
  );
}

function checkRanges(card: ModelCard): void {
  const { data, schema, reference, threshold, operatingPoints, probability, contamination, adapted, ties } =
    card;
  for (const name of ["rows", "train", "validation", "calibration"] as const) {
    whole(data[name], `data.${name}`, name === "calibration" ? 1 : 0);
  }
  ascending(data.calibrationApart, "data.calibrationApart");
  data.calibrationApart?.forEach((place, k) =>
    whole(place, `data.calibrationApart[${k}]`, 0, data.calibration - 1),
  );
  if (data.labels !== undefined) {
    whole(data.labels.anomalies, "data.labels.anomalies");
    whole(data.labels.normals, "data.labels.normals");
  }
  if (data.outliers !== undefined) whole(data.outliers.rows, "data.outliers.rows");
  if (data.defects !== undefined) whole(data.defects.rows, "data.defects.rows");
  checkSchema(schema);
  if (reference !== undefined) checkReference(reference, columnSchema(schema));
  if (ties !== undefined) {
    within(ties.share, "ties.share", 0, WIDEST_TIES);
    within(ties.size, "ties.size", 0);
  }
  checkThreshold(threshold, "threshold");
  for (const [name, point] of Object.entries(operatingPoints))
    checkThreshold(point, `operatingPoints.${name}`);
  if (probability !== undefined) checkProbability(probability);
  if (contamination !== undefined) checkContamination(contamination);
  if (adapted !== undefined) checkAdaptation(adapted, columnSchema(schema));
  checkViews(card.views);
  checkSeason(card);
}

function checkSeason({ season, schema }: ModelCard): void {
  const asked = kindOfSchema(schema).layout(schema)?.season;
  if ((season === undefined) !== (asked === undefined))
    throw wrongCard("season", season ?? null, `that of ${asked ?? "no season"}`);
  if (season === undefined) return;
  within(season.period, "season.period", 1);
  whole(season.parts, "season.parts", 1);
  whole(season.windows, "season.windows", 1);
  season.fromAll.forEach((part, k) => whole(part, `season.fromAll[${k}]`, 0, season.parts - 1));
}

/** Names of outputs and of columns are made of them. */
function checkViews(views: ModelCard["views"]): void {
  views?.forEach((name, k) => {
    if (!/^[a-z][a-z0-9-]*$/.test(name) || views.indexOf(name) !== k)
      throw wrongCard(`views[${k}]`, name, "names of views in kebab case, each once");
  });
}

function checkSchema(schema: ModelCard["schema"]): void {
  const { layout, shape } = kindOfSchema(schema);
  for (const length of shape(schema)) whole(length, "schema: a length of the input", 0);
  const columns = columnSchema(schema);
  if (columns !== undefined)
    checkColumns(columns, (columns as unknown) === schema ? "schema" : "schema.steps");
  const cut = layout(schema);
  if (cut === undefined) return;
  whole(cut.window, "schema.layout.window", 1);
  whole(cut.stride, "schema.layout.stride", 1);
  if (cut.found?.period !== undefined) whole(cut.found.period, "schema.layout.found.period", 1);
  if (cut.found?.autocorrelation !== undefined)
    within(cut.found.autocorrelation, "schema.layout.found.autocorrelation", -1);
  if (cut.detrend !== undefined) whole(cut.detrend, "schema.layout.detrend", cut.window);
  if (cut.maxGap !== undefined) within(cut.maxGap, "schema.layout.maxGap", 0);
  if (cut.usualStep !== undefined) within(cut.usualStep, "schema.layout.usualStep", Number.MIN_VALUE);
  if (cut.every !== undefined) within(cut.every, "schema.layout.every", Number.MIN_VALUE);
}

function checkColumns({ numeric, categorical }: FeatureSchema, at: string): void {
  const names = [...numeric, ...categorical].map(({ name }) => name);
  const twice = names.find((name, k) => names.indexOf(name) !== k);
  if (twice !== undefined) throw wrongCard(`${at} names the column`, twice, "each column once");
  numeric.forEach(({ scale, min, max, missing, knots }, k) => {
    const path = `${at}.numeric[${k}]`;
    within(scale, `${path}.scale`, 0);
    within(max, `${path}.max`, min);
    whole(missing, `${path}.missing`);
    ascending(knots, `${path}.knots`);
  });
  categorical.forEach(({ levels, shares, missing }, k) => {
    const path = `${at}.categorical[${k}]`;
    sameLength(shares, `${path}.shares`, levels.length + 1);
    shares.forEach((share, level) => within(share, `${path}.shares[${level}]`, 0, 1));
    whole(missing, `${path}.missing`);
  });
}

function checkReference({ rows, steps, numeric }: ReferenceProfile, schema: FeatureSchema | undefined): void {
  whole(rows, "reference.rows");
  if (steps !== undefined) whole(steps, "reference.steps");
  if (schema !== undefined) {
    sameLength(numeric, "reference.numeric", schema.numeric.length);
    numeric.forEach(({ name }, k) => {
      const expected = schema.numeric[k]!.name;
      if (name !== expected) throw wrongCard(`reference.numeric[${k}].name`, name, shown(expected));
    });
  }
  numeric.forEach(({ edges, counts, missing }, k) => {
    const path = `reference.numeric[${k}]`;
    ascending(edges, `${path}.edges`);
    sameLength(counts, `${path}.counts`, edges.length + 1);
    counts.forEach((count, bin) => whole(count, `${path}.counts[${bin}]`));
    whole(missing, `${path}.missing`);
  });
}

function checkThreshold({ calibrationSize, expectedFalseAlarmRate: rate }: Threshold, at: string): void {
  whole(calibrationSize, `${at}.calibrationSize`);
  if (rate !== undefined) within(rate, `${at}.expectedFalseAlarmRate`, 0, 1);
}

function checkProbability({ curve, prevalence, labelled, folds }: ProbabilityCalibration): void {
  within(prevalence, "probability.prevalence", 0, 1);
  whole(labelled.anomalies, "probability.labelled.anomalies");
  whole(labelled.normals, "probability.labelled.normals");
  whole(folds, "probability.folds");
  if (curve.method !== "isotonic") return;
  ascending(curve.x, "probability.curve.x");
  sameLength(curve.y, "probability.curve.y", curve.x.length);
  curve.y.forEach((height, k) => within(height, `probability.curve.y[${k}]`, curve.y[k - 1] ?? 0, 1));
}

function checkContamination({ rows, trimmed, folds, rounds }: ContaminationRecord): void {
  whole(rows, "contamination.rows");
  whole(trimmed, "contamination.trimmed", 0, rows);
  whole(folds, "contamination.folds");
  whole(rounds, "contamination.rounds");
}

function checkAdaptation(
  { steps, columns, heldOut }: AdaptationRecord,
  schema: FeatureSchema | undefined,
): void {
  whole(steps.located, "adapted.steps.located");
  whole(steps.calibrated, "adapted.steps.calibrated");
  const names = schema === undefined ? [] : inputColumns(schema).numeric;
  sameLength(columns, "adapted.columns", names.length);
  columns.forEach(({ name, factor, training, now, independent }, k) => {
    const path = `adapted.columns[${k}]`;
    if (name !== names[k]) throw wrongCard(`${path}.name`, name, shown(names[k]));
    within(factor, `${path}.factor`, 0);
    within(training.spread, `${path}.training.spread`, 0);
    within(now.spread, `${path}.now.spread`, 0);
    within(independent, `${path}.independent`, 0);
  });
  heldOut?.forEach((score, k) => {
    within(score, `adapted.heldOut[${k}]`, heldOut[k - 1] ?? -Number.MAX_VALUE);
  });
}

function whole(value: number, path: string, least = 0, most = LONGEST): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw wrongCard(path, value, `a whole number from ${least} to ${most}`);
  }
}

function within(value: number, path: string, least: number, most = Number.MAX_VALUE): void {
  if (value >= least && value <= most) return;
  throw wrongCard(path, value, most === Number.MAX_VALUE ? `at least ${least}` : `from ${least} to ${most}`);
}

function ascending(values: readonly number[] | undefined, path: string): void {
  values?.forEach((value, k) => {
    if (k > 0 && !(value > values[k - 1]!)) throw wrongCard(`${path}[${k}]`, value, `above ${values[k - 1]}`);
  });
}

function sameLength(values: readonly unknown[], path: string, length: number): void {
  if (values.length !== length) throw wrongCard(`${path}.length`, values.length, String(length));
}
