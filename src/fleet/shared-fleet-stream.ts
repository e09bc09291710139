import { HypersphereError } from "../errors.js";
import { kindOfSchema } from "../features/index.js";
import { checkSeriesState, ModelStream, type SeriesState, type StreamOptions } from "../stream/index.js";
import { shown } from "../text/shown.js";
import type { Fleet } from "./fleet.js";
import type { FleetAnswer } from "./fleet-stream.js";

export interface SharedFleetOptions
  extends Pick<
    StreamOptions,
    "rule" | "percentile" | "threshold" | "operatingPoint" | "backend" | "mergeGap" | "minLength"
  > {
  /** Streams of entities that are kept ready, that of the model of all not among them. Default 64. */
  readonly maxOpen?: number | undefined;
}

/** A stream that is ready, and the series that it knows. */
interface Ready {
  readonly stream: ModelStream;
  readonly names: Set<string>;
}

const DEFAULT_OPEN = 64;

/**
 * Scores a fleet's rows for workers that share its entities: as `FleetStream` does, with a state for each series that is handed on by itself,
 * as `ModelStream` has them. Nothing is decided over all rows, and no series is forgotten by itself.
 */
export class SharedFleetStream {
  readonly #fleet: Fleet;
  readonly #options: StreamOptions;
  readonly #maxOpen: number;
  /** Whether rows are steps of series, and not rows of a table that depend on no other. */
  readonly isSeries: boolean;
  /** By the entity whose model is in charge, the one that waited longest first; null for the model of all, which stays. */
  readonly #ready = new Map<string | null, Ready>();
  /** Of the others: what is known of their series, by name. */
  readonly #resting = new Map<string | null, Map<string, SeriesState>>();
  #last: Promise<unknown> = Promise.resolve();

  /** @throws HypersphereError `invalid-option`; `unfit-data` for a fleet of series that are brought to a grid */
  static async open(fleet: Fleet, options: SharedFleetOptions = {}): Promise<SharedFleetStream> {
    const { maxOpen = DEFAULT_OPEN, ...rest } = options;
    if (!Number.isSafeInteger(maxOpen) || maxOpen < 1) {
      throw new HypersphereError(
        "invalid-option",
        `maxOpen is ${shown(maxOpen)}, expected a whole number from 1 on.`,
      );
    }
    const stream = new SharedFleetStream(fleet, rest, maxOpen);
    // Refuses what no stream takes before the first row.
    await stream.#readyOf(null);
    return stream;
  }

  private constructor(fleet: Fleet, options: StreamOptions, maxOpen: number) {
    this.#fleet = fleet;
    this.#options = options;
    this.#maxOpen = maxOpen;
    const { schema } = fleet.card;
    this.isSeries = kindOfSchema(schema).layout(schema) !== undefined;
  }

  /** The column that says which entity a row is of. */
  get entityColumn(): string {
    return this.#fleet.entityColumn;
  }

  /**
   * Answers rows, in their order. Calls wait for each other. Where scoring itself fails, or a model cannot be read, nothing has changed: the
   * same rows can be pushed again.
   * @param rows records by name of the columns, the entity column among them
   */
  push(rows: readonly unknown[]): Promise<FleetAnswer[]> {
    const answers = this.#last.then(() => this.#answer(rows));
    this.#last = answers.catch(() => {});
    return answers;
  }

  /** As `ModelStream.seriesState`. */
  seriesState(name: string): SeriesState | undefined {
    const entity = this.#inCharge(name);
    return this.#ready.get(entity)?.stream.seriesState(name) ?? this.#resting.get(entity)?.get(name);
  }

  /** As `ModelStream.restoreSeries`. @throws HypersphereError `unreadable-data` for a state that is none */
  restoreSeries(state: unknown): void {
    const checked = checkSeriesState(state);
    const name = checked.series.entity;
    const entity = this.#inCharge(name);
    const ready = this.#ready.get(entity);
    if (ready === undefined) this.#rest(entity, name, checked);
    else {
      ready.stream.restoreSeries(checked);
      ready.names.add(name);
    }
  }

  /** Knows nothing of a series any more; its next step is its first. */
  forgetSeries(name: string): void {
    const entity = this.#inCharge(name);
    const ready = this.#ready.get(entity);
    ready?.stream.forgetSeries(name);
    ready?.names.delete(name);
    const resting = this.#resting.get(entity);
    resting?.delete(name);
    if (resting?.size === 0) this.#resting.delete(entity);
  }

  async #answer(rows: readonly unknown[]): Promise<FleetAnswer[]> {
    const answers = new Array<FleetAnswer>(rows.length);
    const before = new Map<string, SeriesState | undefined>();
    const dealt = this.#fleet.deal(rows);
    for (const [place, error] of dealt.refused) answers[place] = { kind: "refused", error, own: undefined };
    try {
      for (const [entity, places] of dealt.places) {
        const { stream, names } = await this.#readyOf(entity);
        const given = places.map((place) => rows[place]);
        for (const name of this.#seriesOf(given)) {
          before.set(name, this.seriesState(name));
          names.add(name);
        }
        const said = await stream.push(given);
        places.forEach((place, k) => {
          answers[place] = { ...said[k]!, own: entity !== null };
        });
      }
    } catch (error) {
      for (const [name, state] of before) {
        if (state === undefined) this.forgetSeries(name);
        else this.restoreSeries(state);
      }
      throw error;
    }
    return answers;
  }

  /** The entity whose own model is in charge of rows that say a name; null for the model of all. */
  #inCharge(name: string): string | null {
    return this.#fleet.has(name) ? this.#fleet.spelled(name) : null;
  }

  #seriesOf(rows: readonly unknown[]): Set<string> {
    if (!this.isSeries) return new Set();
    return new Set(rows.map((row) => this.#fleet.nameIn(row)).filter((name) => name !== undefined));
  }

  async #readyOf(entity: string | null): Promise<Ready> {
    const known = this.#ready.get(entity);
    if (known !== undefined) {
      this.#ready.delete(entity);
      this.#ready.set(entity, known);
      return known;
    }
    const model = entity === null ? this.#fleet.fallback : await this.#fleet.model(entity);
    const ready = { stream: await ModelStream.open(model, this.#options), names: new Set<string>() };
    for (const [name, state] of this.#resting.get(entity) ?? []) {
      ready.stream.restoreSeries(state);
      ready.names.add(name);
    }
    this.#resting.delete(entity);
    this.#ready.set(entity, ready);
    this.#putToRest();
    return ready;
  }

  #putToRest(): void {
    const own = [...this.#ready.keys()].filter((entity) => entity !== null);
    if (own.length <= this.#maxOpen) return;
    const [entity] = own as [string];
    const { stream, names } = this.#ready.get(entity)!;
    for (const name of names) {
      const state = stream.seriesState(name);
      if (state !== undefined) this.#rest(entity, name, state);
    }
    this.#ready.delete(entity);
  }

  #rest(entity: string | null, name: string, state: SeriesState): void {
    const resting = this.#resting.get(entity) ?? new Map<string, SeriesState>();
    this.#resting.set(entity, resting.set(name, state));
  }
}
