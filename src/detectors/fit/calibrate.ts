import type { Dataset } from "../../data/index.js";
import { type InputSchema, inSeason, kindOf } from "../../features/index.js";
import { argsort } from "../../math/sort.js";
import { type ConstantWatch, constantWatch, type SeasonRecord } from "../../model/index.js";
import { calibrationSizeForRate, type SeasonTables, seasonTables } from "../../scoring/index.js";
import { counted } from "../../text/format.js";
import { type FitJob, scoreRows, type TrainedDetector } from "./train-part.js";

/** A part of a season with fewer held-out windows could tell apart no p-values below 1 %. */
const FEWEST_IN_PART = 99;

/** What the scores of held-out rows say of scores to come. */
export interface Calibrated {
  /** Ascending; within a season, what all parts of it share. */
  readonly calibration: Float32Array;
  /** Places among them of rows that share no part with each other; absent where no rows share any. */
  readonly apart: readonly number[] | undefined;
  readonly watch: ConstantWatch | undefined;
  readonly season: { readonly tables: SeasonTables; readonly changedLevel: number | undefined } | undefined;
}

/** Scores rows that training has not seen. @param rows ascending */
export async function calibrate(
  job: FitJob,
  schema: InputSchema,
  scorer: TrainedDetector["scorer"],
  rows: Uint32Array,
): Promise<Calibrated> {
  const { data, fitOptions } = job;
  const { scores, changed } = await scoreRows(job, schema, scorer, rows);
  const watch = changed && constantWatch(scores, changed);
  if (watch) {
    changed.forEach((is, row) => {
      if (is) scores[row] = Math.max(scores[row]!, watch.level);
    });
  }
  const tables = tablesOf(job, rows, scores);
  if (tables === undefined) return { ...ranked(data, rows, scores), watch, season: undefined };
  if (tables.parts === 1) fitOptions.onWarning?.(tooFew(job, rows.length));
  else if (tables.fromAll.length > 0) fitOptions.onWarning?.(fewInParts(job, tables));
  const { common } = tables;
  return {
    calibration: common,
    apart: spread(common.length, data, rows),
    watch: watch && { ...constantWatch(common), decides: watch.decides },
    season: { tables, changedLevel: watch?.level },
  };
}

/** The season of the scorer before training, which is compared with its own scores. */
export async function untrainedSeason(
  job: FitJob,
  schema: InputSchema,
  scorer: NonNullable<TrainedDetector["untrained"]>,
  rows: Uint32Array,
): Promise<SeasonTables | undefined> {
  if (!inSeason(job.data)) return undefined;
  const { scores } = await scoreRows(job, schema, scorer, rows);
  return tablesOf(job, rows, scores);
}

/** What a model's card says of its season. */
export const seasonRecord = ({ period, parts, common, fromAll }: SeasonTables): SeasonRecord => ({
  ...{ period, parts, windows: common.length, fromAll },
});

function tablesOf(
  { data, options, fitOptions }: FitJob,
  rows: Uint32Array,
  scores: Float32Array,
): SeasonTables | undefined {
  const found = kindOf(data).season(data, rows);
  return found && seasonTables(scores, found.times, found.season, neededIn(options, fitOptions));
}

const neededIn = (
  { percentile }: Pick<FitJob["options"], "percentile">,
  { calibrationSize = 0 }: Pick<FitJob["fitOptions"], "calibrationSize">,
): number => Math.max(FEWEST_IN_PART, calibrationSizeForRate(1 - percentile / 100), calibrationSize);

function tooFew({ data, options, fitOptions }: FitJob, held: number): string {
  const { noun } = kindOf(data);
  const needed = neededIn(options, fitOptions);
  return (
    `The ${counted(held, "score")} of ${noun.many} held out are too few to compare within a season: even two parts of a day need ` +
    `${needed} each. All are compared with all. ${LONGER}`
  );
}

const LONGER = 'Train on a longer time, or hold out more (option "calibrationFraction").';

function fewInParts({ options, fitOptions }: FitJob, { period, parts, fromAll }: SeasonTables): string {
  const hours = period / parts / HOUR;
  const at = (part: number): string => {
    const hour = part * hours;
    return period > DAY ? `${WEEKDAYS[Math.floor(hour / 24) % 7]} ${hour % 24}:00` : `${hour}:00`;
  };
  const stretches: [from: number, to: number][] = [];
  for (const part of fromAll) {
    const last = stretches.at(-1);
    if (last?.[1] === part) last[1]++;
    else stretches.push([part, part + 1]);
  }
  const which = stretches.map(([from, to]) => `${at(from)} to ${at(to)}`).join(", ");
  return (
    `Fewer than ${neededIn(options, fitOptions)} windows are held out of ${fromAll.length} of the season's ${parts} parts (${which}): ` +
    `windows there are compared with those of all parts, as without a season. ${LONGER}`
  );
}

const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Scores of held-out rows, ascending, and the places among them of rows that share no part with each other. */
function ranked(
  data: Dataset,
  rows: Uint32Array,
  scores: Float32Array,
): Pick<Calibrated, "calibration" | "apart"> {
  const kind = kindOf(data);
  const calibration = scores.toSorted();
  if (kind.overlap(data) === 0) return { calibration, apart: undefined };
  const order = argsort(scores, "calibration scores");
  const chosen = new Set(kind.apart(kind.select(data, rows)));
  const apart = Array.from(order.keys()).filter((place) => chosen.has(order[place]!));
  return { calibration, apart };
}

/**
 * Scores that all parts share are of no row: as many of them count as independent as there would be rows that share nothing,
 * evenly over the ranks.
 */
function spread(count: number, data: Dataset, rows: Uint32Array): readonly number[] | undefined {
  const kind = kindOf(data);
  if (kind.overlap(data) === 0) return undefined;
  const share = kind.apart(kind.select(data, rows)).length / rows.length;
  const apart = Math.max(1, Math.round(share * count));
  return Array.from({ length: apart }, (_, k) => Math.floor(((k + 0.5) * count) / apart));
}
