/**
 * Scores compared within a season: a window of the night with windows of the night.
 *
 * Each part of a day or a week has its own calibration scores, so that the p-value of a window is Mondrian conformal (Vovk,
 * Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005, section 4.5): normal windows have to be exchangeable
 * with those of the same part alone. The score itself is brought from the scale of its part to one that all parts share, by a
 * map that grows with it and takes the i-th calibration score of the part to the i-th of the common ones. So every
 * rule that compares a score with calibration scores compares within the part, without knowing of it.
 */
import { HypersphereError } from "../../errors.js";
import { tieBound } from "../ties.js";

/** A season cut into equal parts. */
export interface SeasonParts {
  /** Seconds after which it begins anew. */
  readonly period: number;
  readonly parts: number;
}

/** What scores are compared with, part by part. */
export interface SeasonTables extends SeasonParts {
  /** Ascending calibration scores of each part, [n] each. */
  readonly own: readonly Float32Array[];
  /** What the i-th score of each part becomes, ascending: the means over the parts, [n]. */
  readonly common: Float32Array;
  /** Parts with too few scores of their own: theirs are drawn from all. */
  readonly fromAll: readonly number[];
}

const DAY = 86_400;
/** A week begins on a Monday; 1970 began on a Thursday. */
export const SEASON_OFFSET = 3 * DAY;

const DAY_PARTS = [24, 12, 8, 6, 4, 3, 2];
const WEEK_PARTS = [168, 84, 56, 42, 28, 21, 14, 7];
const partsOf = (period: number, counts: readonly number[]): SeasonParts[] =>
  counts.map((parts) => ({ period, parts }));
const CUTS = {
  day: partsOf(DAY, DAY_PARTS),
  week: [...partsOf(7 * DAY, WEEK_PARTS), ...partsOf(DAY, DAY_PARTS)],
} as const;

/** Of the calibration scores at least this share has to be compared with its own part. */
const SHARE = 0.9;

/** The part, from 0, that a time in seconds since 1970 is in. */
export function seasonPart(time: number, { period, parts }: SeasonParts): number {
  const since = time + SEASON_OFFSET;
  return Math.floor((since - Math.floor(since / period) * period) / (period / parts));
}

/**
 * Cuts the season into as many parts as leave each with enough calibration scores, and draws equally many of each.
 * @param scores of held-out normals, in the order of time
 * @param times seconds since 1970 of each
 * @param needed scores that a part has to have, from 1
 * @returns one part with all scores where even two parts would have too few
 * @throws HypersphereError `unfit-data` without scores
 */
export function seasonTables(
  scores: ArrayLike<number>,
  times: ArrayLike<number>,
  season: keyof typeof CUTS,
  needed: number,
): SeasonTables {
  if (scores.length === 0 || scores.length !== times.length) {
    throw new HypersphereError(
      "unfit-data",
      `season: ${scores.length} scores and ${times.length} times, expected one time per score and at least one of each.`,
    );
  }
  for (const cut of CUTS[season]) {
    const members = dealt(times, cut);
    const enough = members.filter((places) => places.length >= needed);
    const held = enough.reduce((sum, { length }) => sum + length, 0);
    if (enough.length > 1 && held >= SHARE * scores.length) return tablesOf(scores, cut, members, needed);
  }
  const whole = { period: DAY, parts: 1 };
  return tablesOf(scores, whole, dealt(times, whole), 1);
}

/** Places of the scores of each part, in their order. */
function dealt(times: ArrayLike<number>, cut: SeasonParts): number[][] {
  const members = Array.from({ length: cut.parts }, (): number[] => []);
  for (let k = 0; k < times.length; k++) members[seasonPart(times[k]!, cut)]!.push(k);
  return members;
}

function tablesOf(
  scores: ArrayLike<number>,
  { period, parts }: SeasonParts,
  members: readonly number[][],
  needed: number,
): SeasonTables {
  const sizes = members.map(({ length }) => length).filter((length) => length >= needed);
  const size = Math.min(...sizes);
  const all = Array.from({ length: scores.length }, (_, k) => k);
  const fromAll = members.flatMap(({ length }, part) => (length < needed ? [part] : []));
  const own = members.map((places) => {
    const from = places.length < needed ? all : places;
    // Which of them count must not depend on how high they are.
    return Float32Array.from(
      { length: size },
      (_, k) => scores[from[Math.floor((k * from.length) / size)]!]!,
    ).sort();
  });
  const known = own.filter((_, part) => !fromAll.includes(part));
  const common = Float32Array.from(
    { length: size },
    (_, k) => known.reduce((sum, table) => sum + table[k]!, 0) / known.length,
  );
  return { period, parts, own, common: common.sort(), fromAll };
}

/** How a part's scores go on below its lowest and above its highest: as they do between the middle one and that one. */
export interface SeasonSlopes {
  readonly low: number;
  readonly high: number;
}

export function seasonSlopes({ own, common }: Pick<SeasonTables, "own" | "common">): SeasonSlopes[] {
  const [middle, last] = [common.length >> 1, common.length - 1];
  return own.map((table) => {
    const slope = (from: number, to: number): number => {
      const spread = table[to]! - table[from]!;
      return spread > 0 ? (common[to]! - common[from]!) / spread : 1;
    };
    return { low: slope(0, middle), high: slope(middle, last) };
  });
}

/** A score as it is compared with `common`; the model's graph computes the same, see model/season.ts. */
export function seasonalScore(tables: SeasonTables, score: number, time: number): number {
  const part = seasonPart(time, tables);
  const { low, high } = seasonSlopes(tables)[part]!;
  const [own, common] = [tables.own[part]!, tables.common];
  const bound = tieBound(score);
  const last = own.length - 1;
  const below = own.filter((value) => value < bound).length;
  if (below === 0) return Math.min(common[0]!, common[0]! + low * (score - own[0]!));
  if (below > last) return Math.max(common[last]!, common[last]! + high * (score - own[last]!));
  const [from, to] = [own[below - 1]!, own[below]!];
  const share = Math.min(1, Math.max(0, (score - from) / (to - from)));
  return common[below - 1]! + share * (common[below]! - common[below - 1]!);
}
