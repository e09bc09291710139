import type { Dataset, Samples } from "../data/index.js";
import { throwIfAborted } from "../errors.js";
import { kindOf, observations } from "../features/index.js";
import { createRandom, type RandomSource } from "../math/random.js";
import { argsort } from "../math/sort.js";
import { type Model, type ScoreOptions, type Scores, samplesFor } from "../model/index.js";
import { counted, percent } from "../text/format.js";
import type { Attribution, Subject } from "./attribution.js";
import { type Background, backgroundOf } from "./background.js";
import { cardRanges, knownRanges } from "./card-ranges.js";
import { counterfactuals } from "./counterfactual.js";
import type { Contribution, Counterfactual, Explanation, Explanations } from "./explanation.js";
import { gameOf } from "./game.js";
import { type PreparedMethod, preparedMethod } from "./methods.js";
import { type Neighbour, nearestOf } from "./nearest-rows.js";
import { checkRows, type ExplainOptions, PATH_TOLERANCE, type Settings, settingsOf } from "./options.js";
import type { NormalRange, Units } from "./units.js";
import { unitsOf } from "./units-of.js";

/**
 * Why rows are abnormal: what each column adds to a row's score, as compared with normal rows; the nearest of these; and
 * the least change that would make the row normal. It works for every detector, by scoring mixtures of the row and normal
 * rows with the model itself, or by the terms of the score, where it is a sum of such. Of a series, windows are explained: of each run of flagged windows that share steps the
 * worst, where only flagged ones are asked for. A column that the model does not read contributes nothing, and is not
 * listed.
 *
 * @example
 * const { rows } = await explain(model, today, { background: normal, flagged: true, top: 3 });
 * for (const { row, contributions } of rows) console.log(row, contributions[0]);
 *
 * @throws HypersphereError `unfit-data` for too few normal rows to compare with; `invalid-option`, also for method "exact" of
 * a model without such terms; else as `model.score`
 */
export async function explain(
  model: Model,
  given: Dataset | Samples,
  options: ExplainOptions = {},
): Promise<Explanations> {
  const settings = settingsOf(options);
  const samples = samplesFor(model.card, given);
  const { data } = observations(samples);
  const { rule, percentile, threshold, operatingPoint, backend, signal } = options;
  const decision = { rule, percentile, threshold, operatingPoint, backend, signal };
  if (options.rows !== undefined) checkRows(options.rows, data.rowCount, data.source);
  const random = createRandom(settings.seed);
  // Refuses before anything takes long.
  const method = await preparedMethod(settings, model, decision, random);
  try {
    return await explainBy(method, model, data, settings, options, decision, random);
  } finally {
    await method.release();
  }
}

async function explainBy(
  prepared: PreparedMethod,
  model: Model,
  data: Dataset,
  settings: Settings,
  options: ExplainOptions,
  decision: ScoreOptions,
  random: RandomSource,
): Promise<Explanations> {
  const { method } = settings;
  const { signal, onProgress } = options;
  const scored = await model.score(data, decision);
  const rows = rowsToExplain(data, scored, options);
  const background = await backgroundOf(
    model,
    data,
    scored,
    options.background,
    rows,
    decision,
    random.stream("explain", "background"),
    // The terms of a score need no other row.
    method === "exact",
  );
  const few = background.kind === "reconstructions" || background.kind === "none";
  // Where there are no normal rows to look at, the card says what columns were like.
  const ranges = few ? cardRanges(model.card) : undefined;
  const known = few ? knownRanges(model.card) : undefined;
  const units = await unitsOf(data, background.data, model.card.schema, known);
  const compared = comparisons(data, background);
  const attributing = await prepared.on(data, background, units);
  const { together } = attributing;
  const explained: Explanation[] = [];
  for (let from = 0; from < rows.length; from += together) {
    throwIfAborted(signal);
    const neighbours: Neighbour[][] = [];
    const subjects = Array.from(rows.subarray(from, from + together), (row): Subject => {
      const others = compared(row);
      const own = nearestOf(units, row, others, settings.neighbours);
      neighbours.push(own);
      return { row, score: scored.scores[row]!, others, nearest: Uint32Array.from(own, ({ at }) => at) };
    });
    const attributions = await attributing.of(subjects);
    const changes = await changesOf(subjects, attributions, units, model, decision, scored, settings);
    subjects.forEach((subject, k) => {
      const { row } = subject;
      const counterfactual = changes.get(row);
      // A reconstruction may be no normal row.
      const normal = neighbours[k]!.filter(({ at }) => background.isAnomaly?.[at] !== 1);
      explained.push({
        ...{ row, score: subject.score, pValue: scored.pValues[row]! },
        isAnomaly: scored.isAnomaly[row] === 1,
        ...listed(row, attributions[k]!, units, settings.top, normal[0]?.at, ranges),
        ...(attributions[k]!.path && { path: attributions[k]!.path }),
        nearest: normal.map(({ at, distance }) => ({ row: background.rows[at]!, distance })),
        ...(counterfactual !== undefined && { counterfactual }),
      });
    });
    onProgress?.(Math.min(rows.length, from + together) / rows.length);
  }
  const { source, kind, flagged } = background;
  return {
    method,
    threshold: scored.threshold,
    rows: explained,
    rowCount: data.rowCount,
    background: { source, kind, rows: background.rows.length, flagged },
    notes: scored.notes,
    warnings: [...warningsOf(background, options.background, data), ...missedWarning(explained, data)],
  };
}

/** What can be changed of anomalies. */
async function changesOf(
  subjects: readonly Subject[],
  attributions: readonly Attribution[],
  units: Units,
  model: Model,
  decision: ScoreOptions,
  { isAnomaly }: Scores,
  { changes }: Settings,
): Promise<ReadonlyMap<number, Counterfactual | null>> {
  if (changes === 0 || units.normals === 0) return new Map();
  const places = [...subjects.keys()].filter((k) => isAnomaly[subjects[k]!.row] === 1);
  const flagged = places.map((k) => subjects[k]!);
  const found = await counterfactuals(
    flagged,
    places.map((k) => attributions[k]!),
    units,
    gameOf(model, units, decision),
    changes ?? units.changes.most,
  );
  return new Map(flagged.map(({ row }, k) => [row, found[k]!]));
}

/** Worst first. */
function rowsToExplain(data: Dataset, { scores, isAnomaly }: Scores, options: ExplainOptions): Uint32Array {
  const asked =
    options.rows === undefined
      ? Uint32Array.from(scores.keys())
      : Uint32Array.from(new Set(Array.from(options.rows)));
  const wanted = options.flagged ? asked.filter((row) => isAnomaly[row] === 1) : asked;
  const order = argsort(
    Float32Array.from(wanted, (row) => -scores[row]!),
    "scores",
  );
  const worst = Uint32Array.from(order, (place) => wanted[place]!);
  return options.flagged && options.rows === undefined ? worstOfRuns(data, worst) : worst;
}

/** Of observations that share a part the worst only. */
function worstOfRuns(data: Dataset, worstFirst: Uint32Array): Uint32Array {
  const kind = kindOf(data);
  if (kind.overlap(data) === 0) return worstFirst;
  const covered = new Set<number>();
  return worstFirst.filter((row) => {
    const sharing = kind.sharing(data, Uint32Array.of(row));
    const isNew = !covered.has(row);
    // What shares steps with a worse one belongs to its incident, and so does what shares steps with that.
    for (const other of sharing) covered.add(other);
    return isNew;
  });
}

/** Places of the normal rows that a row is compared with, see `Subject.others`. */
function comparisons(data: Dataset, { rows, kind }: Background): (row: number) => Uint32Array {
  const all = Uint32Array.from(rows.keys());
  if (kind === "given" || kind === "kept") return () => all;
  const placeOf = new Map(Array.from(rows, (row, place) => [row, place]));
  if (kind === "reconstructions") return (row) => Uint32Array.of(placeOf.get(row)!);
  return (row) => {
    const sharing = kindOf(data).sharing(data, Uint32Array.of(row));
    const excluded = new Set(Array.from(sharing, (other) => placeOf.get(other)));
    return all.filter((place) => !excluded.has(place));
  };
}

function listed(
  row: number,
  { baseline, contributions, errors }: Attribution,
  units: Units,
  top: number,
  nearest: number | undefined,
  ranges: ((name: string) => NormalRange) | undefined,
): Pick<Explanation, "baseline" | "contributions" | "rest"> {
  const order = Array.from(contributions.keys()).sort(
    (a, b) => contributions[b]! - contributions[a]! || a - b,
  );
  const shown = order.slice(0, top);
  return {
    baseline,
    contributions: shown.map((unit): Contribution => {
      const steps = units.steps?.(unit);
      return {
        feature: units.names[unit]!,
        ...(steps !== undefined && { steps }),
        contribution: contributions[unit]!,
        ...(errors !== undefined && { error: errors[unit]! }),
        value: units.value(row, unit),
        ...(nearest !== undefined && { nearest: units.normalValue(nearest, unit) }),
        normal: ranges?.(units.names[unit]!) ?? units.normal(unit),
      };
    }),
    rest: order.slice(top).reduce((sum, unit) => sum + contributions[unit]!, 0),
  };
}

/** Contributions by derivatives that are no more than near to complete. */
function missedWarning(explained: readonly Explanation[], data: Dataset): string[] {
  const { one, many } = kindOf(data).noun;
  const missed = explained.flatMap(({ path }) =>
    path !== undefined && path.missed > PATH_TOLERANCE ? [path.missed] : [],
  );
  if (missed.length === 0) return [];
  const worst = percent(Math.max(...missed));
  return [
    `The contributions of ${counted(missed.length, one, many)} missed the difference to the normal ${many} by up to ${worst} of it, which was shared out in proportion: the score is not smooth enough on the way from them. Compare with method "nearest".`,
  ];
}

function warningsOf(
  { kind, flagged, source, rows }: Background,
  given: ExplainOptions["background"],
  data: Dataset,
): string[] {
  const { one, many } = kindOf(data).noun;
  const counts = (number: number): string => counted(number, one, many);
  switch (kind) {
    case "none":
      return [
        `No normal ${many} were given, and ${source} has too few that the model takes for normal: normal ranges are the first to the ninth decile of the training rows, and neither nearest ${many} nor changes are named.`,
      ];
    case "data":
      return [
        `No normal ${many} were given to compare with: ${counts(rows.length)} of ${source} itself that the model takes for normal stand in for them.`,
      ];
    case "reconstructions":
      return [
        ...(given === undefined
          ? [
              `No normal ${many} were given, and ${source} has too few that the model takes for normal: each ${one} is compared with what the model's decoder makes of it.`,
            ]
          : []),
        ...(flagged > 0
          ? [
              `What the decoder makes of ${counts(flagged)} is flagged by the model itself: they have no nearest normal ${one}.`,
            ]
          : []),
      ];
    case "kept":
      return flagged === 0
        ? []
        : [
            `${counts(flagged)} of those that the model keeps ${flagged === 1 ? "is" : "are"} flagged, and left out.`,
          ];
    case "given":
      return flagged === 0
        ? []
        : [
            `${counts(flagged)} of the background ${source} ${flagged === 1 ? "is" : "are"} flagged by the model, and left out.`,
          ];
  }
}
