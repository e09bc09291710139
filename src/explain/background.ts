import type { Dataset } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { kindOf, observations, selectSamples } from "../features/index.js";
import type { RandomStream } from "../math/random.js";
import type { Model, ScoreOptions, Scores } from "../model/index.js";
import { count, counted } from "../text/format.js";
import { FEWEST_NORMALS, MOST_NORMALS } from "./background-limits.js";
import { keptRows } from "./kept-rows.js";
import type { ExplainOptions } from "./options.js";
import { canReconstruct, reconstructionsOf } from "./reconstructions.js";

/** Rows of the data stand in for normal rows from this p-value on: those below it are the doubtful ones. */
const NORMAL_P_VALUE = 0.1;

/** Where normal rows to compare with come from, see `Explanations.background`. */
export type BackgroundKind = "given" | "kept" | "data" | "reconstructions" | "none";

/** Normal rows. */
export interface Background {
  readonly kind: BackgroundKind;
  readonly data: Dataset;
  /** The row of each in the data that they come from; of reconstructions the row that each is of. */
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
  readonly source: string;
  /** Rows of a given background, or kept ones, that the model flags, and reconstructions that it flags. */
  readonly flagged: number;
  /** [rows] reconstructions that the model flags all the same. */
  readonly isAnomaly?: Uint8Array;
}

/**
 * The normal rows to compare with: those that were given, or that the model keeps, but for what it flags; else rows of the
 * data themselves that the model takes for normal; where these are too few, what the model's decoder makes of each explained row.
 * @param explained rows of the data
 * @param optional whether there may be none, where none are given and the data have too few
 * @throws HypersphereError `unfit-data` where there are too few; `invalid-option` for reconstructions of a model without a decoder
 */
export async function backgroundOf(
  model: Model,
  data: Dataset,
  scored: Scores,
  given: ExplainOptions["background"],
  explained: Uint32Array,
  options: ScoreOptions,
  stream: RandomStream,
  optional: boolean,
): Promise<Background> {
  if (given === "reconstructions") return ownReconstructions(model, data, explained, options);
  const kept = given === undefined ? keptRows(model.card) : undefined;
  const own = given === undefined && kept === undefined;
  const { data: from } = given === undefined ? (kept ?? { data }) : observations(given);
  const { scores, pValues, isAnomaly } = own ? scored : await model.score(from, options);
  const found = Uint32Array.from(scores.keys()).filter(
    (row) => isAnomaly[row] === 0 && (!own || pValues[row]! >= NORMAL_P_VALUE),
  );
  const few = own && found.length < FEWEST_NORMALS;
  if (few && canReconstruct(model.card)) return ownReconstructions(model, data, explained, options);
  const normal = few && optional ? new Uint32Array() : found;
  if (!(few && optional)) requireEnough(normal.length, from, !own);
  const rows =
    normal.length <= MOST_NORMALS
      ? normal
      : stream
          .sample(normal.length, MOST_NORMALS)
          .map((place) => normal[place]!)
          .sort();
  return {
    kind: given !== undefined ? "given" : kept !== undefined ? "kept" : few ? "none" : "data",
    data: selectSamples(from, rows),
    rows: kept === undefined ? rows : rows.map((row) => kept.rows[row]!),
    scores: Float32Array.from(rows, (row) => scores[row]!),
    source: from.source,
    flagged: own ? 0 : countOf(isAnomaly),
  };
}

async function ownReconstructions(
  model: Model,
  data: Dataset,
  rows: Uint32Array,
  options: ScoreOptions,
): Promise<Background> {
  const { isAnomaly, ...made } = await reconstructionsOf(model, data, rows, options);
  return {
    kind: "reconstructions",
    ...made,
    rows,
    isAnomaly,
    source: data.source,
    flagged: countOf(isAnomaly),
  };
}

const countOf = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0);

function requireEnough(normals: number, data: Dataset, given: boolean): void {
  if (normals >= FEWEST_NORMALS) return;
  const { many, one } = kindOf(data).noun;
  throw new HypersphereError(
    "unfit-data",
    given
      ? `Of the background ${data.source} the model takes ${normals === 0 ? "none" : count(normals)} of ${counted(data.rowCount, one, many)} for normal; an explanation compares with at least ${FEWEST_NORMALS}.`
      : `${data.source} has ${normals === 0 ? `no ${many}` : counted(normals, one, many)} that the model takes for normal (p-value at least ${NORMAL_P_VALUE}); an explanation compares with at least ${FEWEST_NORMALS}.`,
    {
      hint: `Give normal ${many}, such as the training data, as option "background".`,
      details: { option: "background", source: data.source },
    },
  );
}
