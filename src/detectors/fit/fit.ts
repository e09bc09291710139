import { type Dataset, listNames, type Samples, samplesOf, settledReading } from "../../data/index.js";
import { HypersphereError, throwIfAborted } from "../../errors.js";
import {
  columnSchema,
  fingerprint,
  fitInputSchema,
  type InputSchema,
  indicesOf,
  inputShape,
  inSeason,
  kindOf,
  type ReferenceProfile,
  type RowGroups,
  sketchRows,
} from "../../features/index.js";
import { createRandom } from "../../math/random.js";
import type {
  FitOptions,
  Json,
  RowSplit,
  Scorer,
  TrainingContext,
  TrainingData,
} from "../../model/contract.js";
import {
  buildCrossModel,
  buildModel,
  MODEL_FORMAT,
  Model,
  type ModelCard,
  scoringModel,
} from "../../model/index.js";
import { currentBackend } from "../../runtime/index.js";
import { calibrationSizeForRate, percentileThreshold } from "../../scoring/index.js";
import { count, counted, percent } from "../../text/format.js";
import { VERSION } from "../../version.js";
import { maskFingerprint } from "../maps/mask.js";
import { augmentingOf } from "./augmentation.js";
import { calibrate, seasonRecord, untrainedSeason } from "./calibrate.js";
import { askedFor, columnDoubts, growthDoubt } from "./column-doubts.js";
import type { CommonOptions } from "./common-options.js";
import { crossFit } from "./cross-fit.js";
import { blockwise, keepApart, oneOfEach, repeats, splitRows } from "./hold-out.js";
import { imageTies } from "./image-ties.js";
import { type Learner, sortSupervision, type TrainingSet, trainingSet } from "./supervision.js";
import { type FitJob, type RowChoice, type TrainedDetector, trainPart, type ViewOf } from "./train-part.js";

export type { CommonOptions } from "./common-options.js";
export type { RowChoice, TrainedDetector } from "./train-part.js";

/** What a detector needs of its training rows. */
export interface RowNeeds {
  readonly choose?: RowChoice;
  /** Whether it takes rows that overlap, see `FeatureMatrix`; others are given copies. */
  readonly overlapping?: boolean;
  /** Whether it reads training rows one at a time, see `TrainingData.reads`. */
  readonly oneByOne?: boolean;
  /** Larger images are made smaller to have this many pixels, where no option says otherwise. */
  readonly imagePixels?: number | undefined;
  /** How images are seen through a network of the user's own, where the detector does not do that itself. */
  readonly view?: ViewOf | undefined;
  /** How data become features, where that is settled already: the training rows have no say in it then. */
  readonly schema?: InputSchema | undefined;
  /** Fingerprint of the rows that its networks have learned from before this fit. */
  readonly learned?: string | undefined;
}

/** With fewer rows, held-out normals are too few to say anything. */
export const FEWEST_ROWS = 30;

/** Rows held out for calibration must be new to the networks: else they look more normal than any row to come. */
const SAME_ROWS =
  "The starting model was trained from these very rows. Rows held out for calibration are in part rows that it has learned from: p-values come out too small, and alarms more often than promised. Go on with rows that it has not seen.";

/**
 * The part of a fit that all detectors share: check the rows, hold some out, learn the features, train, calibrate on
 * rows that training has not seen, and put everything into one model.
 */
export async function fitDetector(
  detector: Learner,
  samples: Dataset | Samples,
  options: CommonOptions,
  fitOptions: FitOptions,
  train: (data: TrainingData, context: TrainingContext) => Promise<TrainedDetector>,
  {
    choose,
    overlapping = false,
    oneByOne = false,
    imagePixels,
    view,
    schema: settled,
    learned,
  }: RowNeeds = {},
): Promise<Model> {
  const backend = fitOptions.backend ?? currentBackend();
  const { name } = detector;
  const given = trainingSet(detector, samples, fitOptions);
  const { reading = {} } = samplesOf(samples);
  const supervised = await sortSupervision(detector, given, fitOptions);
  const { data } = supervised;
  requireRows(data);
  throwIfAborted(fitOptions.signal);
  fitOptions.onProgress?.({ stage: "preparing", fraction: 0 });

  const dataFingerprint = await fingerprint(given.data);
  if (learned === dataFingerprint) fitOptions.onWarning?.(SAME_ROWS);
  const groups = await repeats(data, options, fitOptions.signal);
  if (groups?.telling) fitOptions.onWarning?.(copiesNote(data, groups, groups.telling));
  const runtime = await backend.inline();
  const masked = fitOptions.mask === undefined ? [] : [await maskFingerprint(fitOptions.mask)];
  const augmenting = augmentingOf(options);
  const identity = JSON.stringify([name, VERSION, options, dataFingerprint, ...supervised.digest, ...masked]);
  const job: FitJob = {
    ...supervised,
    options,
    fitOptions: {
      ...fitOptions,
      onSplit: fitOptions.onSplit && ((parts) => fitOptions.onSplit!(placedAmong(given, parts))),
    },
    train,
    choose,
    overlapping,
    oneByOne,
    imagePixels,
    view,
    schema: settled,
    reading,
    groups,
    backend,
    runtime,
    identity,
  };
  const makeCard: CardMaker = async (schema, scorer, used, calibration) => {
    const { training, map, views, mask, backbone } = scorer;
    const digests = await kindOf(data).digests(data, schema);
    const { defects } = supervised;
    const ofDefects = defects ? await kindOf(defects.data).digests(defects.data, schema) : [];
    return {
      format: MODEL_FORMAT,
      detector: name,
      options: options as unknown as Record<string, Json>,
      versions: { hypersphere: VERSION, onnxruntime: runtime.version, runtime: runtime.kind },
      data: {
        rows: given.data.rowCount,
        train: used.train.length,
        validation: used.validation,
        calibration: calibration.length,
        ...(used.calibrationApart && { calibrationApart: used.calibrationApart }),
        ...(augmenting && { augmentation: augmenting }),
        ...(groups && { nearDuplicates: countRepeats(groups) }),
        fingerprint: dataFingerprint,
        known: sketchRows(defects ? Uint32Array.from([...digests, ...ofDefects]) : digests),
        ...supervised.record,
      },
      ...(columnSchema(schema) && { reading: settledReading(reading) }),
      schema,
      reference: await referenceOf(data, schema, used.train, options.seed),
      ...(map && { map: { ...mapSize(schema), ...(mask && { mask }) } }),
      ...(views && { views: views.names }),
      ...(backbone && { backbone }),
      ...(kindOf(data).roundsSingle && { ties: imageTies(calibration, scorer) }),
      training,
      threshold: percentileThreshold(calibration, options.percentile),
      operatingPoints: {},
    };
  };
  return Model.fromBytes(await (options.calibration === "cross" ? fitFolds : fitOnce)(job, makeCard));
}

/** Rows of the data that are split, among those that the fit was given: labelled anomalies are not split. */
function placedAmong({ labels }: TrainingSet, { train, validation, calibration }: RowSplit): RowSplit {
  if (labels === undefined) return { train, validation, calibration };
  const places = indicesOf(labels, (label) => label !== 1);
  const placed = (rows: Uint32Array): Uint32Array => rows.map((row) => places[row]!);
  return { train: placed(train), validation: placed(validation), calibration: placed(calibration) };
}

type CardMaker = (
  schema: InputSchema,
  scorer: Pick<Scorer, "training" | "map" | "views" | "mask" | "backbone">,
  used: {
    readonly train: Uint32Array;
    readonly validation: number;
    readonly calibrationApart?: readonly number[] | undefined;
  },
  calibration: Float32Array,
) => Promise<ModelCard>;

/** Maps have the size of the images that the model sees. */
function mapSize(schema: InputSchema): Pick<NonNullable<ModelCard["map"]>, "height" | "width"> {
  const [, height, width] = inputShape(schema) as [number, number, number];
  return { height, width };
}

/** Training on a part of the rows, calibration on another. */
async function fitOnce(job: FitJob, makeCard: CardMaker): Promise<Uint8Array> {
  const { data, options, fitOptions, groups } = job;
  const random = createRandom(options.seed);
  const dealt = keepApart(data, splitRows(data.rowCount, blockwise(data, options), random, groups));
  const parts = { ...dealt, calibration: oneOfEach(dealt.calibration, groups, random) };
  warnOfFewGroups(job, parts.calibration.length);
  fitOptions.onSplit?.(parts);
  const schema = await schemaOf(job, parts.train);
  const { scorer, untrained } = await trainPart(job, schema, parts, random);
  fitOptions.onProgress?.({ stage: "calibrating", fraction: 1 });
  const { apart, season, ...calibrated } = await calibrate(job, schema, scorer, parts.calibration);
  const used = { train: parts.train, validation: parts.validation.length, calibrationApart: apart };
  const card = await makeCard(schema, scorer, used, calibrated.calibration);
  const control = untrained && (await untrainedSeason(job, schema, untrained, parts.calibration));
  return buildModel({
    ...{ scorer, season, ...calibrated },
    card: season === undefined ? card : { ...card, season: seasonRecord(season.tables) },
    untrained: untrained && scoringModel(schema, untrained, control),
  });
}

/** Repeats of the same thing are one witness, however many there are. */
function warnOfFewGroups({ data, groups, options, fitOptions }: FitJob, calibration: number): void {
  const rate = 1 - options.percentile / 100;
  const needed = calibrationSizeForRate(rate);
  if (groups === undefined || calibration >= needed) return;
  const { noun } = kindOf(data);
  const { groups: several, rows } = countRepeats(groups);
  const alone = splitRows(data.rowCount, blockwise(data, options), createRandom(options.seed)).calibration
    .length;
  // Rounded to the nearest, a share of things is held out.
  const more = Math.ceil((needed - 0.5) / options.calibrationFraction) - groups.count;
  const share = Math.ceil((100 * needed) / groups.count) / 100;
  fitOptions.onWarning?.(
    `${count(rows)} of ${counted(data.rowCount, noun.one, noun.many)} of ${data.source} (${percent(rows / data.rowCount)}) are near-duplicates, in ${counted(several, "group")}, ` +
      `and one of each group calibrates: ${counted(calibration, "score")} of ${noun.many} held out (${count(alone)} if each stood alone) ` +
      `cannot promise fewer than ${percent(1 / (calibration + 1))} false alarms; ${percent(rate)} takes ${count(needed)}. ` +
      `Collect about ${count(more)} more ${noun.many} that are no repeats` +
      `${share < MOST_HELD_OUT_SHARE ? `, or hold out more: option "calibrationFraction" ${share}` : ""}.`,
  );
}

/** Where more than this share calibrates, little is left to learn from. */
const MOST_HELD_OUT_SHARE = 0.6;

/** Copies change nothing that was promised, but are likely to be there by mistake. */
function copiesNote({ source }: Dataset, groups: RowGroups, telling: readonly string[]): string {
  const { rows } = countRepeats(groups);
  return (
    `${rows} of ${groups.of.length} rows of ${source} (${percent(rows / groups.of.length)}) are copies of each other: they are equal, ` +
    `although otherwise hardly two rows agree in ${listNames(telling, 3)}. They are held out together, and one of each calibrates. ` +
    "Where they are there by mistake, keep one of each."
  );
}

/** Groups of more than one row, and the rows in them. */
function countRepeats({ of, count }: RowGroups): NonNullable<ModelCard["data"]["nearDuplicates"]> {
  const sizes = new Uint32Array(count);
  for (const group of of) sizes[group]!++;
  const several = sizes.filter((size) => size > 1);
  return { groups: several.length, rows: several.reduce((sum, size) => sum + size, 0) };
}

/** Training and calibration on all rows, in folds. */
async function fitFolds(job: FitJob, makeCard: CardMaker): Promise<Uint8Array> {
  refuseSeason(job.data);
  const rows = Uint32Array.from({ length: job.data.rowCount }, (_, row) => row);
  const schema = await schemaOf(job, rows);
  const { folds, untrained, training, validation } = await crossFit(job, schema);
  job.fitOptions.onProgress?.({ stage: "calibrating", fraction: 1 });
  const calibration = Float32Array.from(folds.flatMap((fold) => Array.from(fold.calibration))).sort();
  const card = await makeCard(schema, { training }, { train: rows, validation }, calibration);
  return buildCrossModel({ folds, card, untrained });
}

/** Each fold has a detector of its own: the scores of one hour would be those of several detectors. */
function refuseSeason(data: Dataset): void {
  if (!inSeason(data)) return;
  throw new HypersphereError(
    "invalid-option",
    'Option "season" needs rows that are held out once, but option "calibration" is "cross".',
    { hint: "Leave one of them out." },
  );
}

async function schemaOf(
  { data, options, runtime, fitOptions, schema: settled, reading, imagePixels }: FitJob,
  rows: Uint32Array,
): Promise<InputSchema> {
  if (settled !== undefined) return settled;
  const named = askedFor(reading);
  const warn = (sentence: string): void => fitOptions.onWarning?.(sentence);
  columnDoubts(data, named).forEach(warn);
  const onDoubt = (column: string, mark: string): void => warn(growthDoubt(column, mark));
  const schema = await fitInputSchema(
    data,
    rows,
    { ...options, imagePixels, named, onDoubt, settled: fitOptions.settledColumns },
    runtime,
    fitOptions.signal,
  );
  for (const { name, reason } of columnSchema(schema)?.dropped ?? []) {
    warn(`Column "${name}" is left out: ${reason}.`);
  }
  return schema;
}

/** How the training rows were distributed, for later comparison. */
async function referenceOf(
  data: Dataset,
  schema: InputSchema,
  rows: Uint32Array,
  seed: number,
): Promise<ReferenceProfile> {
  return kindOf(data).reference(data, schema, rows, createRandom(seed).stream("reference"));
}

function requireRows(data: Dataset): void {
  if (data.rowCount >= FEWEST_ROWS) return;
  const { noun, collect } = kindOf(data);
  throw new HypersphereError(
    "unfit-data",
    `${data.source} has ${data.rowCount} ${data.rowCount === 1 ? noun.one : noun.many}; training needs at least ${FEWEST_ROWS}.`,
    { hint: collect },
  );
}
