import { z } from "zod";
import { HypersphereError } from "../errors.js";
import { kindOfSchema } from "../features/index.js";
import { type OnlineFdr, type OnlineFdrState, onlineFdr, restoreOnlineFdr } from "../scoring/index.js";
import { ModelStream, type StreamAnswer, type StreamOptions } from "../stream/index.js";
import { shown } from "../text/shown.js";
import type { Fleet } from "./fleet.js";

export interface FleetStreamOptions extends StreamOptions {
  /** Entities whose models are kept ready; the state of the others is kept, and their models are read again. Default 16. */
  readonly maxOpen?: number | undefined;
}

/** What a stream says of a row, and whether its entity's own model said it; undefined of rows that no model was asked about. */
export type FleetAnswer = StreamAnswer & { readonly own: boolean | undefined };

/** An entity whose rows are no longer those of its training. */
export interface DriftedEntity {
  readonly entity: string;
  /** Which of its scored rows raised the alarm, from 1. */
  readonly at: number;
}

const stateSchema = z.strictObject({
  version: z.literal(1),
  /** Of the fleet: a state is worth nothing to another. */
  fleet: z.string(),
  rows: z.int().min(0),
  /** By entity; the last is that of all without a model of their own, by null. Checked by `ModelStream.open`. */
  streams: z.array(z.strictObject({ entity: z.string().nullable(), state: z.unknown() })),
  /** Checked by `restoreOnlineFdr`. */
  fdr: z.unknown(),
});

export type FleetStreamState = z.infer<typeof stateSchema>;

const DEFAULT_OPEN = 16;

/**
 * Scores the rows of a fleet's entities as they come, one answer per row in their order: each as a `ModelStream` of its entity's
 * model would. Entities without one share a stream of the model of all. With `fdr` one procedure decides over the rows of a
 * table; with `driftDelta` each entity with a model is watched at its share of it, so that the bound holds for all together.
 *
 * @example
 * const stream = await FleetStream.open(await loadFleet("fleet.hsz"));
 * for await (const rows of readings)
 *   for (const answer of await stream.push(rows)) if (answer.kind === "scored" && answer.isAnomaly) ring(answer);
 */
export class FleetStream {
  readonly #fleet: Fleet;
  readonly #options: StreamOptions;
  readonly #maxOpen: number;
  readonly #fdr: OnlineFdr | undefined;
  /** The streams that are open, the one that waited longest first. */
  readonly #open = new Map<string | null, ModelStream>();
  /** Where the others stand. */
  readonly #resting: Map<string | null, unknown>;
  readonly #drifted = new Map<string, number>();
  #rows: number;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @throws HypersphereError `invalid-option`, also for `fdr` of series; `unreadable-data` for a state that is none; as
   * `ModelStream.open`
   */
  static async open(fleet: Fleet, options: FleetStreamOptions = {}): Promise<FleetStream> {
    const { state, fdr, maxOpen = DEFAULT_OPEN, ...rest } = options;
    if (!Number.isSafeInteger(maxOpen) || maxOpen < 1) {
      throw new HypersphereError(
        "invalid-option",
        `maxOpen is ${shown(maxOpen)}, expected a whole number from 1 on.`,
      );
    }
    const { schema } = fleet.card;
    if (fdr !== undefined && kindOfSchema(schema).layout(schema) !== undefined) {
      throw new HypersphereError(
        "invalid-option",
        "fdr decides over the rows of a table, but the fleet is one of series.",
        {
          hint: "Decide by each model's threshold, or by a rule.",
        },
      );
    }
    const known = state === undefined ? undefined : checkState(state, fleet);
    const stream = new FleetStream(fleet, rest, maxOpen, known, fdr);
    // Refuses options that are none, and data that no stream takes, before the first row.
    if (known === undefined) await stream.#streamOf(null);
    return stream;
  }

  private constructor(
    fleet: Fleet,
    options: StreamOptions,
    maxOpen: number,
    state: FleetStreamState | undefined,
    fdr: StreamOptions["fdr"],
  ) {
    this.#fleet = fleet;
    this.#options = options;
    this.#maxOpen = maxOpen;
    this.#rows = state?.rows ?? 0;
    this.#resting = new Map(state?.streams.map(({ entity, state: own }) => [entity, own]));
    this.#fdr = fdrOf(fdr, state);
  }

  /** Rows that were pushed so far, refused ones included, here and before a state was taken. */
  get rows(): number {
    return this.#rows;
  }

  /** Streams that are open now: never more than `maxOpen`. */
  get openStreams(): number {
    return this.#open.size;
  }

  /** Entities whose drift alarm was raised since this stream was opened. */
  get drifted(): readonly DriftedEntity[] {
    return Array.from(this.#drifted, ([entity, at]) => ({ entity, at }));
  }

  /**
   * Answers rows, in their order. Calls wait for each other. Where scoring itself fails, rows of other entities may have been
   * taken in: go on from the last state.
   * @param rows records by name of the columns, as `JSON.parse` gives them, the entity column among them
   */
  push(rows: readonly unknown[]): Promise<FleetAnswer[]> {
    const answers = this.#last.then(() => this.#answer(rows));
    this.#last = answers.catch(() => {});
    return answers;
  }

  /** For the option `state`: a stream that goes on from it says what this one would say. */
  state(): FleetStreamState {
    const streams = new Map(this.#resting);
    for (const [entity, stream] of this.#open) streams.set(entity, stream.state());
    return {
      version: 1,
      fleet: this.#fleet.index.fingerprint,
      rows: this.#rows,
      streams: Array.from(streams, ([entity, state]) => ({ entity, state })),
      fdr: this.#fdr?.state ?? null,
    };
  }

  async #answer(rows: readonly unknown[]): Promise<FleetAnswer[]> {
    const answers = new Array<FleetAnswer>(rows.length);
    const dealt = this.#fleet.deal(rows);
    for (const [place, error] of dealt.refused) answers[place] = { kind: "refused", error, own: undefined };
    for (const [entity, places] of dealt.places) {
      const stream = await this.#streamOf(entity);
      const said = await stream.push(places.map((place) => rows[place]));
      places.forEach((place, k) => {
        answers[place] = { ...said[k]!, own: entity !== null };
      });
      if (entity !== null && stream.drift?.alarmed && !this.#drifted.has(entity))
        this.#drifted.set(entity, stream.drift.at!);
    }
    this.#rows += rows.length;
    return this.#fdr === undefined ? answers : answers.map((answer) => this.#decided(answer));
  }

  async #streamOf(entity: string | null): Promise<ModelStream> {
    let stream = this.#open.get(entity);
    if (stream === undefined) {
      stream = await this.#opened(entity);
      this.#resting.delete(entity);
    }
    this.#open.delete(entity);
    this.#open.set(entity, stream);
    if (this.#open.size > this.#maxOpen) {
      const [oldest, resting] = this.#open.entries().next().value!;
      this.#resting.set(oldest, resting.state());
      this.#open.delete(oldest);
    }
    return stream;
  }

  async #opened(entity: string | null): Promise<ModelStream> {
    const model = entity === null ? this.#fleet.fallback : await this.#fleet.model(entity);
    const { driftDelta, ...options } = this.#options;
    const watched = this.#fleet.entities.filter(({ model: own }) => own !== undefined).length;
    // Rows that the model of all scores are not drawn from its mix: they would always drift.
    const delta = driftDelta === undefined || entity === null ? undefined : driftDelta / watched;
    const state = this.#resting.get(entity);
    return ModelStream.open(model, { ...options, driftDelta: delta, ...(state !== undefined && { state }) });
  }

  #decided(answer: FleetAnswer): FleetAnswer {
    if (answer.kind !== "scored") return answer;
    const { reject, level } = this.#fdr!.next(answer.pValue);
    return { ...answer, isAnomaly: reject, level };
  }
}

function checkState(state: unknown, { index }: Fleet): FleetStreamState {
  const parsed = stateSchema.safeParse(state);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new HypersphereError(
      "unreadable-data",
      `This is not the state of a fleet's stream (${issue.path.join(".")}: ${issue.message}).`,
      { hint: "Pass what stream.state() gave, or start anew without a state." },
    );
  }
  if (parsed.data.fleet === index.fingerprint) return parsed.data;
  throw new HypersphereError("invalid-option", "The state is that of another fleet's stream.", {
    hint: "Scores of two fleets cannot be compared: start anew without a state.",
  });
}

function fdrOf(given: StreamOptions["fdr"], state: FleetStreamState | undefined): OnlineFdr | undefined {
  if (state === undefined) return given && onlineFdr(given);
  const kept = state.fdr as OnlineFdrState | null;
  if (kept?.procedure === given?.procedure && kept?.alpha === given?.alpha)
    return kept === null ? undefined : restoreOnlineFdr(kept);
  throw new HypersphereError(
    "invalid-option",
    "fdr is another one than that which the stream was begun with.",
    {
      hint: "Give what was given at first, or start anew without a state.",
    },
  );
}
