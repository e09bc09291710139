import type { Dataset, Samples } from "../data/index.js";
import { HypersphereError, throwIfAborted } from "../errors.js";
import {
  columnSchema,
  type FeatureSchema,
  fingerprint,
  kindOfSchema,
  requireKind,
  type SchemaNotes,
  sketchRows,
  textConstants,
} from "../features/index.js";
import { median } from "../math/quantile.js";
import { createRandom } from "../math/random.js";
import { argsort } from "../math/sort.js";
import { type Model, type ScoreOptions, samplesFor } from "../model/index.js";
import type { Backend } from "../runtime/index.js";
import type { Rule, Threshold } from "../scoring/index.js";
import { count, counted, figure, percent } from "../text/format.js";
import { type OptionNames, refuseUnknownOptions } from "../text/known-options.js";
import { shown } from "../text/shown.js";
import { columnMap, type SpreadRule, schemaBefore } from "./column-map.js";
import { rowsFor, stepsIn, stretchesOf, windowsIn } from "./stretches.js";
import { heldOutQuantiles, keepsAlone, leastPromise, rulesOf, thresholdsOf } from "./thresholds.js";

export interface AdaptOptions {
  /** How many time steps of each series to use, its first ones; default all. */
  readonly rows?: number | undefined;
  /** Decide by this rule, such as "false-alarms 5%"; default: by that in force, with a threshold made anew. */
  readonly rule?: string | Rule | undefined;
  /**
   * How the spread of columns follows the new rows: "shrink", the default, as far as their number can tell; "new" in any
   * case; "keep" not at all, so that only locations move.
   */
  readonly spread?: SpreadRule | undefined;
  /** Receives what a person should know, one sentence at a time. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Runs this instead of what the door of the package provides. */
  readonly backend?: Backend | undefined;
  readonly signal?: AbortSignal | undefined;
}

const OPTIONS = Object.keys({
  rows: true,
  rule: true,
  spread: true,
  onWarning: true,
  backend: true,
  signal: true,
} satisfies OptionNames<AdaptOptions>);
const SPREADS: readonly SpreadRule[] = ["shrink", "new", "keep"];

export interface Adapted {
  readonly model: Model;
  /** Windows that calibrate it, and how many of them share no time step with another. */
  readonly windows: number;
  readonly apart: number;
  /** Shares of windows flagged, of rows that were not used, by the model as it was and as it is; absent without such rows. */
  readonly check?: { readonly windows: number; readonly before: number; readonly after: number };
}

/** More windows sharpen nothing and cost time. */
const MOST_WINDOWS = 10_000;

/**
 * A model of a series for another operating point: its numeric columns are moved and scaled to where they were in training,
 * and p-values and thresholds come from new normal rows; thresholds are no lower than those of training where the new
 * windows are too few to promise what the rule does. Networks, centres and neighbours stay. No label is looked at: all rows
 * that are used have to be normal.
 *
 * @param given normal rows of the new operating point; the first half of those used tells location and spread, the second
 * half calibrates, a window apart
 *
 * @example
 * const { model: adapted } = await adaptModel(model, await open("newline.csv", { model }), { rows: 400 });
 *
 * @throws HypersphereError `unfit-data` for a model or data without time steps, and where there are too few rows for the rule;
 * `schema-mismatch` as `score`; `invalid-option`; `aborted`
 */
export async function adaptModel(
  model: Model,
  given: Dataset | Samples,
  options: AdaptOptions = {},
): Promise<Adapted> {
  refuseUnknownOptions(options, OPTIONS, "of adapting");
  const { rows, rule, spread = "shrink", onWarning = () => {}, backend, signal } = options;
  checkOptions(rows, spread);
  const { data } = samplesFor(model.card, given);
  const { card } = model;
  const { schema } = card;
  const { timeSteps } = kindOfSchema(schema);
  if (timeSteps === undefined) throw noSeries(kindOfSchema(schema).noun.all);
  const kind = requireKind(data, schema);
  const timeline = kind.timeline(data);
  const { window } = kind.layout(schema)!;
  if (timeline === undefined) throw noSteps(data);
  const columns = columnSchema(schema)!;
  const values = timeSteps.values(data, schema);

  const parts = stretchesOf(timeline, rows, window);
  const windows = windowsIn(parts.calibrated, window);
  const series = timeline.entities?.length ?? 1;
  const rules = rulesOf(
    card,
    rule,
    {
      ...{ source: data.source, steps: stepsIn(parts.used), windows },
      rowsFor: (needed) => rowsFor(needed, window, series),
    },
    onWarning,
  );
  const cut = (stretches: typeof parts.used, most = MOST_WINDOWS): Dataset =>
    timeSteps.within(data, stretches, Math.max(1, Math.ceil(windowsIn(stretches, window) / most)));
  const used = cut(parts.used, Number.POSITIVE_INFINITY);
  const { notes } = await kind.measures(used, schema);
  requireSameTexts(data.source, notes, columns);

  const earlier = card.adapted?.columns;
  const moved = columnMap({
    ...{ schema: columns, reference: card.reference?.numeric, earlier, values, spread, onWarning },
    ...{ source: data.source, located: parts.located, used: parts.used },
  });
  throwIfAborted(signal);
  const heldOut =
    card.adapted === undefined ? heldOutQuantiles(model.calibrationScores) : card.adapted.heldOut;
  const mapped = await model.withColumnMap(
    {
      steps: { located: stepsIn(parts.located), calibrated: stepsIn(parts.calibrated) },
      spread,
      fingerprint: await fingerprint(used),
      columns: moved,
      ...(heldOut && { heldOut }),
    },
    timeSteps.withColumns(schema, schemaBefore(columns, moved, earlier, notes.missing)),
  );
  const held = cut(parts.calibrated);
  const { scores } = await mapped.score(held, { backend, signal });
  const order = argsort(scores, "calibration scores");
  const alone = new Set(kind.apart(held));
  const apart = Array.from(order.keys()).filter((place) => alone.has(order[place]!));
  const random = createRandom(Number(card.options["seed"] ?? 0)).stream("reference");
  const every = Uint32Array.from({ length: used.rowCount }, (_, row) => row);
  if (card.probability !== undefined) {
    onWarning(
      "Probabilities were learned from labelled rows of the earlier operating point: they are left out.",
    );
  }
  const adapted = await mapped.withCalibration({
    ...thresholdsOf(rules, { scores: scores.toSorted(), apart: apart.length, heldOut }, card),
    ...{ scores, apart },
    data: { known: sketchRows(await kind.digests(used, mapped.card.schema)) },
    reference: await kind.reference(used, mapped.card.schema, every, random),
  });
  const doubt = resemblance(adapted.card.threshold, apart.length);
  if (doubt !== undefined) onWarning(doubt);
  const odd = heldOut === undefined ? 0 : farAbove(scores, heldOut);
  if (odd > 0) {
    onWarning(
      `${percent(odd)} of the windows that calibrate score more than twice as far above the usual as any window that was held out in training, ` +
        "although the columns were brought to where they were: not all of these rows are normal, or columns depend on each other in another way than " +
        "in training. The model then takes what is alike for normal. Leave rows out that are not normal, or train a model on the new ones.",
    );
  }
  const left = windowsIn(parts.rest, window) === 0 ? undefined : cut(parts.rest);
  return {
    model: adapted,
    ...{ windows: held.rowCount, apart: apart.length },
    ...(left && {
      check: {
        windows: left.rowCount,
        before: await flaggedShare(model, left, { backend, signal }),
        after: await flaggedShare(adapted, left, { backend, signal }),
      },
    }),
  };
}

function checkOptions(rows: number | undefined, spread: SpreadRule): void {
  if (rows !== undefined && !(Number.isSafeInteger(rows) && rows >= 1)) {
    throw new HypersphereError(
      "invalid-option",
      `option "rows" is ${shown(rows)}, expected a whole number of time steps from 1 on.`,
    );
  }
  if (!SPREADS.includes(spread)) {
    throw new HypersphereError(
      "invalid-option",
      `option "spread" is ${shown(spread)}, expected one of ${SPREADS.join(", ")}.`,
    );
  }
}

/** Of tables and images nobody knows which rows are of one operating point. */
function noSeries(data: string): HypersphereError {
  return new HypersphereError(
    "unfit-data",
    `The model was trained on ${data}, and only models of series can be adapted to another operating point.`,
    { hint: "Train a model on normal rows as they are now." },
  );
}

function noSteps({ source }: Dataset): HypersphereError {
  return new HypersphereError(
    "unfit-data",
    `${source} holds windows that were cut already, but no time steps that follow one another.`,
    { hint: "Adapt a model to one row per time step." },
  );
}

/** Texts have no place and no spread: a new one is seen as a change in every row, for good. */
function requireSameTexts(source: string, { changed }: SchemaNotes, columns: FeatureSchema): void {
  const found = textConstants(columns).find(({ name }) => Object.hasOwn(changed, name));
  if (found === undefined || !columns.watched) return;
  const { example, training } = changed[found.name]!;
  throw new HypersphereError(
    "unfit-data",
    `${source}: column "${found.name}" holds ${shown(example)}, but ${training === "" ? "had no value" : `was ${shown(training)}`} in every ` +
      "training row, and the model raises the score of every row in which it changes.",
    {
      hint: 'Train the model without this column (option "columns") or without watching it (option "constantColumns"), and adapt that one.',
    },
  );
}

/** What neighbours that resemble each other make of the promise; undefined where windows apart keep it alone. */
function resemblance(made: Threshold, apart: number): string | undefined {
  const { threshold, expectedFalseAlarmRate: rate = 0, calibrationSize, diagnostics } = made;
  const kept = leastPromise(apart);
  const own = diagnostics?.["ofNewRows"];
  if (own == null && keepsAlone(apart, made)) return undefined;
  return (
    `Of ${counted(calibrationSize, "window")} that calibrate, ${count(apart)} share no time step with another: those alone could promise no less than ` +
    `${percent(kept)} false alarms. The ${percent(rate)} of the rule in force count every window as if it stood for itself, and are an estimate.` +
    (own == null
      ? ""
      : ` The threshold is that of the windows held out in training, ${figure(threshold)}: the new ones alone say ${figure(own)}.`)
  );
}

/** The share of scores that are more than twice as far above the median of those before as the highest of them, ascending. */
function farAbove(scores: Float32Array, before: readonly number[]): number {
  const [usual, highest] = [median(before), before.at(-1)!];
  const limit = usual + 2 * (highest - usual);
  return scores.reduce((sum, score) => sum + Number(score > limit), 0) / scores.length;
}

async function flaggedShare(model: Model, data: Dataset, options: ScoreOptions): Promise<number> {
  const { isAnomaly } = await model.score(data, options);
  return isAnomaly.reduce((sum, flag) => sum + flag, 0) / isAnomaly.length;
}
