import type { SeriesLayout } from "../data/index.js";
import { spanOf } from "../data/series/time.js";
import { type DriftMonitor, type DriftStatus, monitorFor, restoreMonitor } from "../drift/index.js";
import { HypersphereError } from "../errors.js";
import { kindOfSchema } from "../features/index.js";
import { type Stretch, type StretchEvent, StretchTracker, type TrackerOptions } from "../incidents/index.js";
import { digestOf } from "../math/digest.js";
import type { Model, ScoreOptions, Scores } from "../model/index.js";
import {
  type OnlineFdr,
  type OnlineFdrOptions,
  type OnlineFdrState,
  onlineFdr,
  restoreOnlineFdr,
} from "../scoring/index.js";
import { type OptionNames, refuseUnknownOptions } from "../text/known-options.js";
import { shown } from "../text/shown.js";
import { type ReadRows, RowReader } from "./read-rows.js";
import { StepWatch } from "./step-watch.js";
import { type History, type PlacedStep, placeSteps, remembered } from "./step-windows.js";
import { StreamClock } from "./stream-clock.js";
import { checkSeriesState, checkState, type SeriesState, type StreamState } from "./stream-state.js";

export interface StreamOptions
  extends Pick<ScoreOptions, "rule" | "percentile" | "threshold" | "operatingPoint" | "backend">,
    TrackerOptions {
  /** Decide by p-values with a bound on the share of normal rows among those flagged, instead of by a threshold. */
  readonly fdr?: OnlineFdrOptions | undefined;
  /** Probability that a stream without drift ever raises the drift alarm; default: drift is not watched. */
  readonly driftDelta?: number | undefined;
  /**
   * Forget series that had no step for so long by the times of the messages: a number in units of the time column, or "12h", "7d". A
   * step that comes later is the first of its series. Default: none is forgotten.
   */
  readonly forgetAfter?: number | string | undefined;
  /** With `forgetAfter`: series of equal values share a clock. Default: all do. */
  readonly clockOf?: ((entity: string) => number | string) | undefined;
  /** Go on where another stream ended: its `state()`, also after a way through JSON. */
  readonly state?: unknown;
}

const OPTIONS = Object.keys({
  rule: true,
  percentile: true,
  threshold: true,
  operatingPoint: true,
  backend: true,
  mergeGap: true,
  minLength: true,
  fdr: true,
  driftDelta: true,
  forgetAfter: true,
  clockOf: true,
  state: true,
} satisfies OptionNames<StreamOptions>);

/** What a stream says of a row. */
export type StreamAnswer =
  | {
      readonly kind: "scored";
      /** Of a row of a table; of a step of a series that of the window that ends with it. Higher is more abnormal. */
      readonly score: number;
      /** Conformal p-value in (0, 1]: the share of normals that would look at least as abnormal. */
      readonly pValue: number;
      readonly isAnomaly: boolean;
      /** In [0, 1], of models that were calibrated with labels. */
      readonly probability?: number;
      /** What the p-value was held against, with `fdr`. */
      readonly level?: number;
      /** Of a series: stretches of flagged steps that this step opens or closes; usually none. */
      readonly incidents: readonly StretchEvent[];
    }
  | {
      /** A step of a series that is too short for a window yet. */
      readonly kind: "pending";
      /** Steps that a window still needs. */
      readonly missing: number;
      readonly incidents: readonly StretchEvent[];
    }
  | {
      /** A row that cannot be read, or comes too late: it changes nothing. */
      readonly kind: "refused";
      readonly error: HypersphereError;
    };

/**
 * Scores rows as they come, one answer per row in their order. Rows of tables are scored as `model.score` does; of a series,
 * each step by the window that ends with it, for as many series at a time as the entity column tells apart. What a stream
 * says depends on the rows alone, and not on how they are divided into calls or processes: `state()` goes on elsewhere.
 *
 * @example
 * const stream = await ModelStream.open(await loadModel("pump.onnx"), { mergeGap: 10 });
 * for await (const rows of readings) {
 *   for (const answer of await stream.push(rows)) if (answer.kind === "scored" && answer.isAnomaly) ring(answer);
 *   await keep(JSON.stringify(stream.state()));
 * }
 */
export class ModelStream {
  readonly #model: Model;
  readonly #digest: string;
  readonly #options: StreamOptions;
  readonly #reader: RowReader;
  /** How windows are cut; undefined for tables. */
  readonly #layout: SeriesLayout | undefined;
  readonly #histories: Map<string, History>;
  readonly #trackers: Map<string, StretchTracker>;
  /** In microseconds, or as counted; undefined where none is forgotten. */
  readonly #forgetAfter: number | undefined;
  readonly #clocks = new Map<number | string, StreamClock>();
  readonly #fdr: OnlineFdr | undefined;
  readonly #drift: DriftMonitor | undefined;
  readonly #stepWatch: StepWatch;
  #rows: number;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @throws HypersphereError `invalid-option`; `unfit-data` for a model of images, or of series that are brought to a grid;
   * `unreadable-data` for a state that is none
   */
  static async open(model: Model, options: StreamOptions = {}): Promise<ModelStream> {
    refuseUnknownOptions(options, OPTIONS, "of a stream");
    const digest = await digestOf([new Uint8Array(model.calibrationScores.slice().buffer)]);
    const state = options.state === undefined ? undefined : checkState(options.state);
    if (state !== undefined && state.model !== digest) {
      throw new HypersphereError("invalid-option", "The state is that of another model's stream.", {
        hint: "Scores of two models cannot be compared: start anew without a state.",
      });
    }
    return new ModelStream(model, digest, options, state);
  }

  private constructor(model: Model, digest: string, options: StreamOptions, state: StreamState | undefined) {
    this.#model = model;
    this.#digest = digest;
    this.#options = options;
    this.#reader = new RowReader(model);
    this.#layout = kindOfSchema(model.card.schema).layout(model.card.schema);
    refuseGrid(this.#layout);
    if (this.#layout === undefined) refuseStretches(options);
    // Refuses options that are none before the first step.
    new StretchTracker(options);
    this.#forgetAfter = spanToForget(options, this.#layout);
    this.#histories = new Map(state?.series.map((series) => [series.entity, historyOf(series)]));
    for (const series of state?.series ?? []) this.#note(series);
    this.#trackers = new Map(
      state?.series.map(({ entity, open }) => [entity, new StretchTracker(options, open ?? undefined)]),
    );
    this.#fdr = fdrOf(options.fdr, state);
    this.#drift = driftOf(model, options.driftDelta, state);
    this.#rows = state?.rows ?? 0;
    this.#stepWatch = new StepWatch(this.#layout);
  }

  /** Whether rows are steps of series, and not rows of a table that depend on no other. */
  get isSeries(): boolean {
    return this.#layout !== undefined;
  }

  /** The column that tells series apart; undefined where all rows are of one, or of a table. */
  get entityColumn(): string | undefined {
    return this.#layout?.entityColumn;
  }

  /** Rows that were pushed so far, refused ones included, here and before a state was taken. */
  get rows(): number {
    return this.#rows;
  }

  /** Whether the rows still come from where the training rows came from; undefined without `driftDelta`. */
  get drift(): DriftStatus | undefined {
    return this.#drift?.status();
  }

  /** What is odd about the rows: that those of a series come at another rate than in training, seen by the first 50 of them. */
  get warnings(): readonly string[] {
    return this.#stepWatch.warnings;
  }

  /**
   * Answers rows, in their order. Calls wait for each other. Where scoring itself fails, nothing has changed: the same rows can
   * be pushed again.
   * @param rows records by name of the columns, as `JSON.parse` gives them
   * @throws HypersphereError `invalid-option` for anything but an array
   */
  push(rows: readonly unknown[]): Promise<StreamAnswer[]> {
    if (!Array.isArray(rows)) return Promise.reject(noRows(rows));
    // Reading depends on no state: it is done while rows before these are scored elsewhere.
    let read: ReadRows;
    try {
      read = this.#reader.read(rows);
    } catch (error) {
      return Promise.reject(error);
    }
    const answers = this.#last.then(() => this.#answer(rows, read));
    this.#last = answers.catch(() => {});
    return answers;
  }

  /** Ends all stretches that are open, as the end of the data does, and tells them by series. */
  end(): ReadonlyMap<string, StretchEvent[]> {
    this.#forget(true);
    const ended = [...this.#trackers].map(([entity, tracker]): [string, StretchEvent[]] => [
      entity,
      tracker.end(),
    ]);
    return new Map(ended.filter(([, events]) => events.length > 0));
  }

  /** For the option `state`: a stream that goes on from it says what this one would say. */
  state(): StreamState {
    this.#forget(true);
    return {
      version: 1,
      model: this.#digest,
      rows: this.#rows,
      series: [...this.#histories].map(([entity, history]) => this.#known(entity, history)),
      fdr: this.#fdr?.state ?? null,
      drift: this.#drift?.state() ?? null,
    };
  }

  /**
   * What the stream knows of one series, for `restoreSeries` here or elsewhere: workers that share the series of a stream pass
   * them on. Decisions over all rows (`fdr`, `driftDelta`) are not in it.
   * @returns undefined for a series that has no step yet
   */
  seriesState(entity: string): SeriesState | undefined {
    const history = this.#histories.get(entity);
    if (history === undefined) return undefined;
    const channels = [...this.#reader.channels];
    return { version: 1, model: this.#digest, channels, series: this.#known(entity, history) };
  }

  /**
   * Goes on with a series where another stream left it, in place of what was known of it. The state may be of another model that
   * reads the same columns: its steps count for windows, and its open stretch does not. Of other columns, the series begins anew.
   * @throws HypersphereError `unreadable-data` for a state that is none
   */
  restoreSeries(state: unknown): void {
    const { model, channels, series } = checkSeriesState(state);
    const { entity, open } = series;
    const history = historyOf(series);
    this.forgetSeries(entity);
    this.#note(series);
    const own = this.#reader.channels;
    const isSame = channels.length === own.length && channels.every((name, k) => name === own[k]);
    if (this.#layout === undefined || !isSame) return;
    const keep = remembered(this.#layout);
    this.#histories.set(entity, { ...history, cells: keep === 0 ? [] : history.cells.slice(-keep) });
    const stretch = model === this.#digest ? (open ?? undefined) : undefined;
    this.#trackers.set(entity, new StretchTracker(this.#options, stretch));
  }

  /** Knows nothing of a series any more; its next step is its first. */
  forgetSeries(entity: string): void {
    this.#histories.delete(entity);
    this.#trackers.delete(entity);
    this.#clocks.get(this.#clockKey(entity))?.drop(entity);
  }

  /**
   * With `forgetAfter`: takes note of a series that is kept elsewhere, so that `goneSeries` tells when it is forgotten.
   * @param state its `seriesState`
   * @throws HypersphereError `unreadable-data` for a state that is none
   */
  noteSeries(state: unknown): void {
    this.#note(checkSeriesState(state).series);
  }

  /**
   * With `forgetAfter` and `clockOf`: series that are forgotten, for whoever keeps their states: to drop these, and to call
   * `forgetSeries`, changes no answer. Without `clockOf` a stream does so by itself.
   */
  goneSeries(): string[] {
    return [...this.#clocks.values()].flatMap((clock) => clock.gone(false));
  }

  /** Knows nothing of a clock any more, nor of the silence of its series. */
  forgetClock(key: number | string): void {
    this.#clocks.delete(key);
  }

  #clockKey(entity: string): number | string {
    return this.#options.clockOf?.(entity) ?? "";
  }

  #clock(key: number | string): StreamClock {
    const clock = this.#clocks.get(key) ?? new StreamClock(this.#forgetAfter!);
    this.#clocks.set(key, clock);
    return clock;
  }

  #note({ entity, time, heard }: SeriesState["series"]): void {
    if (this.#forgetAfter !== undefined && time !== null)
      this.#clock(this.#clockKey(entity)).know(entity, time, heard);
  }

  #forget(all: boolean): void {
    for (const clock of this.#clocks.values())
      for (const entity of clock.gone(all)) this.forgetSeries(entity);
  }

  #known(entity: string, { time, steps, cells }: History): SeriesState["series"] {
    const open = (this.#trackers.get(entity)?.open as Stretch | undefined) ?? null;
    const heard = this.#clocks.get(this.#clockKey(entity))?.at(entity);
    return {
      ...{ entity, time, steps, cells: cells.map((row) => [...row]), open },
      ...(heard !== undefined && { heard }),
    };
  }

  async #answer(rows: readonly unknown[], read: ReadRows): Promise<StreamAnswer[]> {
    const { answers, commit } =
      this.#layout === undefined ? await this.#tableRows(read) : await this.#steps(read, this.#layout);
    commit();
    this.#rows += rows.length;
    const said = rows.map((_, place) => answers(place));
    // Whoever keeps states elsewhere drops them there, too.
    if (this.#options.clockOf === undefined) this.#forget(false);
    return said;
  }

  async #tableRows(read: ReadRows): Promise<Answered> {
    const scores = read.table && (await this.#score(read.table));
    // Asked for in order: a row that was not refused is the next of those that were scored.
    let next = 0;
    return {
      commit: () => {},
      answers: (place) => {
        const error = read.refused.get(place);
        if (error !== undefined) return { kind: "refused", error };
        return this.#scored(scores!, next++, NONE);
      },
    };
  }

  async #steps(read: ReadRows, layout: SeriesLayout): Promise<Answered> {
    const drafts = new Map<number | string, StreamClock>();
    const draftOf = (entity: string): StreamClock => {
      const key = this.#clockKey(entity);
      const draft = drafts.get(key) ?? new StreamClock(this.#forgetAfter!, this.#clock(key));
      drafts.set(key, draft);
      return draft;
    };
    const clockOf = this.#forgetAfter === undefined ? undefined : draftOf;
    const { steps, refused, series, histories, lengths } = placeSteps(read, layout, this.#histories, clockOf);
    const scores = series && (await this.#score(series));
    return {
      commit: () => {
        for (const [entity, history] of histories) this.#histories.set(entity, history);
        for (const draft of drafts.values()) draft.commit();
        this.#stepWatch.hear(lengths);
      },
      answers: (place) => {
        const error = read.refused.get(place) ?? refused.get(place);
        if (error !== undefined) return { kind: "refused", error };
        const step = steps.get(place)!;
        if (step.anew) this.#trackers.delete(step.entity);
        const tracker = this.#tracker(step);
        const before = step.afterGap ? tracker.end() : [];
        if (step.window === undefined) return { kind: "pending", missing: step.missing, incidents: before };
        const answer = this.#scored(scores!, step.window, before);
        const { score, pValue, isAnomaly } = answer;
        const events = tracker.add({ step: step.step, score, pValue, isAnomaly });
        return { ...answer, incidents: [...before, ...events] };
      },
    };
  }

  #tracker({ entity }: PlacedStep): StretchTracker {
    const known = this.#trackers.get(entity) ?? new StretchTracker(this.#options);
    this.#trackers.set(entity, known);
    return known;
  }

  #score(data: Parameters<Model["score"]>[0]): Promise<Scores> {
    const { rule, percentile, threshold, operatingPoint, backend } = this.#options;
    return this.#model.score(data, { rule, percentile, threshold, operatingPoint, backend });
  }

  #scored(
    { scores, pValues, isAnomaly, probabilities }: Scores,
    row: number,
    incidents: readonly StretchEvent[],
  ): StreamAnswer & { kind: "scored" } {
    const [score, pValue] = [scores[row]!, pValues[row]!];
    this.#drift?.push(score);
    const discovery = this.#fdr?.next(pValue);
    const flagged = discovery?.reject ?? isAnomaly[row] === 1;
    if (probabilities === undefined && discovery === undefined)
      return { kind: "scored", score, pValue, isAnomaly: flagged, incidents };
    return {
      kind: "scored",
      ...{ score, pValue, isAnomaly: flagged },
      ...(probabilities && { probability: probabilities[row]! }),
      ...(discovery && { level: discovery.level }),
      incidents,
    };
  }
}

/** Of rows of tables, which make no stretches. */
const NONE: readonly StretchEvent[] = Object.freeze([]);

interface Answered {
  /** Keeps what the rows changed, once they are scored. */
  commit(): void;
  /** Asked for once per row, in order. */
  answers(place: number): StreamAnswer;
}

function noRows(given: unknown): HypersphereError {
  return new HypersphereError(
    "invalid-option",
    `The rows to push are ${shown(given)}, expected an array of records.`,
    {
      hint: "Push a single record as [record].",
    },
  );
}

function refuseGrid(layout: SeriesLayout | undefined): void {
  if (layout?.every === undefined) return;
  throw new HypersphereError(
    "unfit-data",
    `The model brings series to a grid of ${layout.every} ${layout.timeUnit}; a stream takes steps as they come.`,
    { hint: "Train a model without `every`, and bring rows to the grid before they reach the stream." },
  );
}

function historyOf({ time, steps, cells }: SeriesState["series"]): History {
  return { time, steps, cells };
}

/** @throws HypersphereError `invalid-option` where there are no times, or nothing to forget */
function spanToForget({ forgetAfter }: StreamOptions, layout: SeriesLayout | undefined): number | undefined {
  if (forgetAfter === undefined) return undefined;
  if (layout?.timeColumn === undefined) {
    throw new HypersphereError(
      "invalid-option",
      `option "forgetAfter" was given, but the model ${layout === undefined ? "scores a table row by row: of a row nothing is remembered" : "knows no times"}.`,
      { hint: "Leave it out, or train a model of series with a time column." },
    );
  }
  return spanOf(forgetAfter, { unit: layout.timeUnit! }, "forgetAfter");
}

/** Rows of a table make no stretches: an option for them would do nothing. */
function refuseStretches(options: StreamOptions): void {
  for (const name of ["mergeGap", "minLength"] as const) {
    if (options[name] === undefined) continue;
    throw new HypersphereError(
      "invalid-option",
      `option "${name}" was given, but the model scores a table row by row: its rows make no stretches.`,
      { hint: "Leave it out, or use a model of a series." },
    );
  }
}

function fdrOf(given: OnlineFdrOptions | undefined, state: StreamState | undefined): OnlineFdr | undefined {
  if (state === undefined) return given && onlineFdr(given);
  const kept = state.fdr as OnlineFdrState | null;
  const said = (one: Pick<OnlineFdrOptions, "procedure" | "alpha">): string =>
    `${one.procedure} at ${one.alpha}`;
  requireSame("fdr", given && said(given), kept === null ? undefined : said(kept));
  return kept === null ? undefined : restoreOnlineFdr(kept);
}

function driftOf(
  model: Model,
  delta: number | undefined,
  state: StreamState | undefined,
): DriftMonitor | undefined {
  if (state === undefined) return delta === undefined ? undefined : monitorFor(model, { delta });
  const kept = state.drift === null ? undefined : restoreMonitor(state.drift);
  requireSame("driftDelta", delta, kept?.status().delta);
  return kept;
}

/** A promise cannot be changed once the stream has begun. */
function requireSame(
  name: string,
  given: string | number | undefined,
  kept: string | number | undefined,
): void {
  if (given === kept) return;
  throw new HypersphereError(
    "invalid-option",
    `option "${name}" is ${given ?? "missing"}, but the stream was begun ${kept === undefined ? "without it" : `with ${kept}`}.`,
    { hint: "Give what was given at first, or start anew without a state." },
  );
}
