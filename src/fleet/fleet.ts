import type { Samples } from "../data/index.js";
import { HypersphereError, throwIfAborted } from "../errors.js";
import type { SchemaNotes } from "../features/index.js";
import { severityOf } from "../incidents/index.js";
import { median } from "../math/quantile.js";
import { checkCard } from "../model/check-card.js";
import { Model, type ModelCard, type ModelOrigin, type ScoreOptions, type Scores } from "../model/index.js";
import { fieldOf, isRow, noRow } from "../stream/index.js";
import { nameFinder } from "../text/name-key.js";
import { shown } from "../text/shown.js";
import type { FleetEntity, FleetIndex, FleetModelFile } from "./fleet-index.js";
import { mergeNotes } from "./merge-notes.js";
import { OpenModels } from "./open-models.js";
import { type EntityPart, partsOf } from "./parts.js";

export interface FleetOptions extends ModelOrigin {
  /** Models that are kept open at a time, beside the model of all entities; default 16. */
  readonly maxOpen?: number | undefined;
}

/** What a fleet says of rows: each by its entity's own model, or by the model of all entities. */
export interface FleetScores extends Omit<Scores, "threshold" | "probabilities"> {
  /** One per row: that of the model which scored it. */
  readonly thresholds: Float32Array;
  /**
   * How far each score is above its model's usual one, in units of the threshold's distance: 1 at the threshold. Of all models on
   * one scale; NaN where a threshold is not above the usual score.
   */
  readonly severities: Float32Array;
  /** 1 for each row that its entity's own model scored, 0 where the model of all entities stood in. */
  readonly own: Uint8Array;
  /** What the data differ in from training, of all models together. */
  readonly notes: SchemaNotes;
  /** Entities that the fleet has a model for and that have rows here. */
  readonly ownEntities: number;
  /** Entities without a model of their own, known from training or not. */
  readonly fallbackEntities: readonly string[];
  /** Of these, the ones that training has not seen. */
  readonly unseenEntities: readonly string[];
  /** Fewest calibration scores of the models that scored rows. */
  readonly calibration: number;
}

/** One part of the data, and what the model in charge said of it. */
export interface ScoredPart {
  readonly part: EntityPart;
  readonly samples: Samples;
  readonly model: Model;
  readonly own: boolean;
  readonly scores: Scores;
}

export type FleetScoreOptions = Omit<ScoreOptions, "onMap">;

/** Where a fleet's models come from. */
export interface FleetSource {
  readonly index: FleetIndex;
  /** The bytes of a model, checked against the index. @throws HypersphereError `invalid-model` */
  read(file: FleetModelFile): Promise<Uint8Array>;
}

const DEFAULT_OPEN = 16;

/**
 * Models of many entities in one file, one each, and a model of all of them for the others. Models are read when their
 * entity comes up, and the ones that waited longest are closed.
 *
 * @example
 * const fleet = await loadFleet("fleet.hsz");
 * const { scores, own } = await fleet.score(await open("today.csv", { model: fleet }));
 */
export class Fleet {
  readonly index: FleetIndex;
  /** What all models have in common, as a card: for `open(path, { model: fleet })`. Thresholds and rows are the fallback's. */
  readonly card: ModelCard;
  readonly #archive: FleetSource;
  readonly #origin: ModelOrigin;
  readonly #fallback: Model;
  readonly #open: OpenModels;
  readonly #byName: ReadonlyMap<string, FleetEntity>;
  readonly #spelled: (entity: string) => string;

  private constructor(archive: FleetSource, origin: ModelOrigin, maxOpen: number, fallback: Model) {
    const { index } = archive;
    this.index = index;
    this.#archive = archive;
    this.#origin = origin;
    this.#fallback = fallback;
    this.#open = new OpenModels(maxOpen);
    this.#byName = new Map(index.entities.map((entity) => [entity.name, entity]));
    this.#spelled = nameFinder(this.#byName.keys());
    // How the rows of all entities were distributed is the fallback's knowledge, of its own columns.
    const { reference: _, ...card } = fallback.card;
    this.card = { ...card, schema: index.schema, reading: index.reading };
    checkCard(this.card);
  }

  /** @throws HypersphereError `invalid-model`; `invalid-option` for a number of open models that is none */
  static async open(archive: FleetSource, options: FleetOptions = {}): Promise<Fleet> {
    const { maxOpen = DEFAULT_OPEN, ...origin } = options;
    if (!Number.isSafeInteger(maxOpen) || maxOpen < 1) {
      throw new HypersphereError(
        "invalid-option",
        `maxOpen is ${shown(maxOpen)}, expected a whole number from 1 on.`,
        { hint: "It is how many models may be open at a time." },
      );
    }
    const fallback = await Model.fromBytes(await archive.read(archive.index.fallback), origin);
    return new Fleet(archive, origin, maxOpen, fallback);
  }

  /** The entities of the training, in the order in which they first came. */
  get entities(): readonly FleetEntity[] {
    return this.index.entities;
  }

  /** The column that says which entity a row is of. */
  get entityColumn(): string {
    return this.index.entityColumn;
  }

  /** Models that are open now, the model of all entities not among them: never more than `maxOpen`. */
  get openModels(): number {
    return this.#open.size;
  }

  /** The model of all entities. */
  get fallback(): Model {
    return this.#fallback;
  }

  /** Whether an entity has a model of its own. */
  has(entity: string): boolean {
    return this.#byName.get(this.spelled(entity))?.model !== undefined;
  }

  /** An entity's name as the training data write it: an umlaut may be one character or two. Names of others stay as they are. */
  spelled(entity: string): string {
    return this.#spelled(entity);
  }

  /**
   * The name that a row says in the entity column, such as a stream is given; undefined where it says none.
   * @throws HypersphereError `unfit-data` for what is no row, and for a list or an object in the place of a name
   */
  nameIn(row: unknown): string | undefined {
    if (!isRow(row)) throw noRow(row);
    const value = fieldOf(row, this.entityColumn);
    if (["string", "number", "boolean"].includes(typeof value)) return String(value);
    if (typeof value !== "object" || value === null) return undefined;
    throw new HypersphereError(
      "unfit-data",
      `A row has ${Array.isArray(value) ? "a list" : "an object"} in the entity column "${this.entityColumn}", expected a text or a number.`,
      { hint: "It says whose model scores the row." },
    );
  }

  /** Places of rows by the entity whose own model is in charge, null for the model of all; and those of rows that go to no model. */
  deal(rows: readonly unknown[]): {
    readonly places: ReadonlyMap<string | null, readonly number[]>;
    readonly refused: ReadonlyMap<number, HypersphereError>;
  } {
    const places = new Map<string | null, number[]>();
    const refused = new Map<number, HypersphereError>();
    rows.forEach((row, place) => {
      try {
        const name = this.nameIn(row);
        const entity = name === undefined || !this.has(name) ? null : this.spelled(name);
        const known = places.get(entity);
        if (known === undefined) places.set(entity, [place]);
        else known.push(place);
      } catch (error) {
        refused.set(place, error as HypersphereError);
      }
    });
    return { places, refused };
  }

  /**
   * The model in charge of an entity: its own, or the model of all entities where it has none. It may be closed when others
   * are asked for; it opens again by itself where it is used.
   * @throws HypersphereError `invalid-model` for a model that is damaged
   */
  async model(entity: string): Promise<Model> {
    const name = this.spelled(entity);
    const file = this.#byName.get(name)?.model;
    if (file === undefined) return this.#fallback;
    return this.#open.get(name, async () => Model.fromBytes(await this.#archive.read(file), this.#origin));
  }

  /**
   * Scores rows, each by the model in charge of its entity, as that model would by itself.
   * @param samples opened with `{ model: fleet }`, or with `perEntity`
   * @throws HypersphereError `invalid-option` for samples that do not say which entity a row is of; else as `Model.score`
   */
  async score(samples: Samples, options: FleetScoreOptions = {}): Promise<FleetScores> {
    const merged = new Merged(samples.rowCount);
    for await (const scored of this.scoreParts(samples, options))
      merged.add(scored, (name) => this.#byName.has(this.spelled(name)));
    return merged.result();
  }

  /** The same entity by entity, one at a time: for what asks more of a model than scores. */
  async *scoreParts(samples: Samples, options: FleetScoreOptions = {}): AsyncGenerator<ScoredPart> {
    const { onProgress, ...rest } = options;
    let done = 0;
    for (const { part, samples: own, model } of this.parts(samples)) {
      throwIfAborted(options.signal);
      const inCharge = await model();
      const scores = await inCharge.score(own, rest);
      done += part.rows.length;
      onProgress?.(done / samples.rowCount);
      yield {
        part,
        samples: own,
        model: inCharge,
        own: part.name !== undefined && this.has(part.name),
        scores,
      };
    }
  }

  /** The rows of each entity with the model in charge of it, read when it is asked for. */
  *parts(
    samples: Samples,
  ): Generator<{ readonly part: EntityPart; readonly samples: Samples; model(): Promise<Model> }> {
    for (const part of partsOf(samples)) {
      const { name } = part;
      yield {
        part,
        samples: part.samples(),
        model: async () => (name === undefined ? this.#fallback : this.model(name)),
      };
    }
  }

  /** Frees what the models hold; a later score opens them again. */
  async close(): Promise<void> {
    await Promise.all([this.#open.close(), this.#fallback.close()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Scores of parts, each row at its place. */
class Merged {
  readonly #scores: Float32Array;
  readonly #pValues: Float32Array;
  readonly #thresholds: Float32Array;
  readonly #isAnomaly: Uint8Array;
  readonly #severities: Float32Array;
  readonly #own: Uint8Array;
  readonly #views = new Map<string, Float32Array>();
  readonly #notes: SchemaNotes[] = [];
  readonly #fallback: string[] = [];
  readonly #unseen: string[] = [];
  #entities = 0;
  #calibration = Number.POSITIVE_INFINITY;

  constructor(rows: number) {
    this.#scores = new Float32Array(rows);
    this.#pValues = new Float32Array(rows);
    this.#thresholds = new Float32Array(rows);
    this.#isAnomaly = new Uint8Array(rows);
    this.#severities = new Float32Array(rows);
    this.#own = new Uint8Array(rows);
  }

  add({ part, model, own, scores }: ScoredPart, isKnown: (entity: string) => boolean): void {
    const usual = median(model.calibrationScores);
    part.rows.forEach((row, k) => {
      this.#severities[row] = severityOf(scores.scores[k]!, scores.threshold, usual) ?? Number.NaN;
      this.#scores[row] = scores.scores[k]!;
      this.#pValues[row] = scores.pValues[k]!;
      this.#thresholds[row] = scores.threshold;
      this.#isAnomaly[row] = scores.isAnomaly[k]!;
      this.#own[row] = own ? 1 : 0;
    });
    for (const [name, values] of Object.entries(scores.views ?? {})) {
      // Detectors may join other views for other entities.
      const all = this.#views.get(name) ?? new Float32Array(this.#scores.length).fill(Number.NaN);
      this.#views.set(name, all);
      part.rows.forEach((row, k) => {
        all[row] = values[k]!;
      });
    }
    this.#notes.push(scores.notes);
    this.#calibration = Math.min(this.#calibration, model.card.data.calibration);
    if (own) this.#entities++;
    else {
      const name = part.name ?? "";
      this.#fallback.push(name);
      if (!isKnown(name)) this.#unseen.push(name);
    }
  }

  result(): FleetScores {
    return {
      scores: this.#scores,
      pValues: this.#pValues,
      thresholds: this.#thresholds,
      severities: this.#severities,
      isAnomaly: this.#isAnomaly,
      own: this.#own,
      ...(this.#views.size > 0 && { views: Object.fromEntries(this.#views) }),
      notes: mergeNotes(this.#notes),
      ownEntities: this.#entities,
      fallbackEntities: this.#fallback,
      unseenEntities: this.#unseen,
      calibration: this.#calibration,
    };
  }
}
