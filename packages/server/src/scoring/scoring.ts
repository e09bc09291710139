import { randomUUID } from "node:crypto";
import { HypersphereError, type Model, type StreamAnswer } from "hypersphere";
import {
  type ActiveModel,
  type ActiveModels,
  type LoadedModels,
  type StoredVersion,
  thresholdOf,
} from "../models/index.js";
import type { Recorded, ResultWriter, ScoredRow, Stores } from "../results/index.js";
import type { Settings } from "../settings.js";
import type { Database } from "../store/index.js";
import { BatchedStreams } from "./batched-streams.js";
import { type GivenData, type Row, withData } from "./given-data.js";
import type { Keep, KeptInputs } from "./kept-inputs.js";
import { type FactColumns, FactReader, type RowFacts } from "./row-facts.js";
import { usualScore } from "./usual-score.js";

export interface ScoreRequest extends FactColumns {
  /** Name of the model. */
  readonly model: string;
  readonly data: GivenData;
  /** Decide by this point instead of the one in force. */
  readonly operatingPoint?: string | undefined;
  readonly keep: Keep;
  /** Whether all results are stored, or flagged ones alone, and the others counted. */
  readonly results: Stores;
  /** Done in the transaction that stores the results, with what is going to be answered. */
  readonly settle?: ((trx: Database, answer: ScoreAnswer) => Promise<void>) | undefined;
}

export type RowAnswer =
  | {
      readonly row: number;
      /** Of the stored result; null where it was counted and not stored. */
      readonly id: number | null;
      readonly score: number;
      readonly pValue: number;
      readonly isAnomaly: boolean;
      readonly probability?: number;
      /** The incident that the row is in. */
      readonly incident: number | null;
    }
  /** A step of a series that no window covers. */
  | { readonly row: number; readonly score: null }
  | { readonly row: number; readonly error: HypersphereError };

export interface ScoreAnswer {
  readonly request: string;
  readonly version: number;
  readonly threshold: number;
  readonly operatingPoint: string | null;
  readonly rows: readonly RowAnswer[];
  readonly warnings: readonly string[];
}

/** A row with what a model says of it; without a score where it could not be read. */
interface Judged {
  readonly row: Row;
  readonly facts?: RowFacts;
  readonly outcome?: Omit<ScoredRow, keyof RowFacts | "row" | "input">;
  readonly error?: HypersphereError;
}

/** A request, and what is the same for the active version and its shadow. */
interface Arrived {
  readonly request: ScoreRequest;
  /** The operating point that decides; null for the model's threshold. */
  readonly point: string | null;
  readonly id: string;
  readonly arrival: Date;
}

type Places = Pick<Settings, "gatherMs" | "gatherRows" | "maxRows"> & { readonly folder: string };

/** How many requests may wait for a shadow to score them. */
const MOST_SHADOWED = 16;

/** Scores requests, and answers once what it says is durable. */
export class Scoring {
  readonly #active: ActiveModels;
  readonly #loaded: LoadedModels;
  readonly #writer: ResultWriter;
  readonly #kept: KeptInputs;
  readonly #settings: Places;
  readonly #streams: BatchedStreams;
  readonly #shadowed = new Set<Promise<void>>();
  readonly #onShadow: (outcome: "done" | "failed" | "left-out", error?: unknown) => void;

  constructor(parts: {
    active: ActiveModels;
    loaded: LoadedModels;
    writer: ResultWriter;
    kept: KeptInputs;
    settings: Places;
    onShadow: (outcome: "done" | "failed" | "left-out", error?: unknown) => void;
  }) {
    this.#active = parts.active;
    this.#loaded = parts.loaded;
    this.#writer = parts.writer;
    this.#kept = parts.kept;
    this.#settings = parts.settings;
    this.#onShadow = parts.onShadow;
    this.#streams = new BatchedStreams(parts.settings);
  }

  /** @throws Problem, HypersphereError; also where each row was refused, with what is wrong with the first */
  async score(request: ScoreRequest): Promise<ScoreAnswer> {
    const active = await this.#active.find(request.model);
    const point = request.operatingPoint ?? active.model.operating_point;
    const id = randomUUID();
    const arrival = new Date();
    const answer = await this.#scoreWith(active, active.version, false, { request, point, id, arrival });
    if (active.shadow !== undefined) this.#follow(active, active.shadow, { request, point, id, arrival });
    return answer;
  }

  /** Waits for what goes on after its answer. */
  async settled(): Promise<void> {
    await Promise.all(this.#shadowed);
  }

  async #scoreWith(
    { model: stored, points }: ActiveModel,
    version: StoredVersion,
    shadow: boolean,
    { request, point, id, arrival }: Arrived,
  ): Promise<ScoreAnswer> {
    const model = await this.#loaded.open(version);
    const threshold = thresholdOf(model, { name: stored.name, version: version.version }, points, point);
    const reader = new FactReader(model, request, arrival);
    const { judged, warnings } = await this.#judge(model, threshold, request.data, reader);
    refuseWhole(judged);
    const scored = judged.flatMap(({ outcome }, row) => (outcome === undefined ? [] : [row]));
    const keeps = await this.#kept.keeper(stored.id, version.version, shadow ? "none" : request.keep);
    const rows = scored.map((row): ScoredRow => {
      const { row: record, facts, outcome } = judged[row]!;
      return { row, ...facts!, ...outcome!, input: keeps(outcome!.flagged) ? JSON.stringify(record) : null };
    });
    const answered = (recorded: readonly Recorded[]): ScoreAnswer => {
      const places = new Map(scored.map((row, k) => [row, recorded[k]!]));
      return {
        ...{ request: id, version: version.version, threshold, operatingPoint: point, warnings },
        rows: judged.map((one, row) => answerOf(row, one, places.get(row))),
      };
    };
    const { settle } = request;
    const recorded = await this.#writer.record({
      ...{ id, modelId: stored.id, version: version.version, shadow, threshold, rows },
      stores: request.results,
      usual: usualScore(model),
      ...(settle !== undefined && !shadow && { settle: (trx, found) => settle(trx, answered(found)) }),
    });
    return answered(recorded);
  }

  /** Not before the caller has its answer, and never in its way. */
  #follow(active: ActiveModel, shadow: StoredVersion, given: Arrived): void {
    if (this.#shadowed.size >= MOST_SHADOWED) {
      this.#onShadow("left-out");
      return;
    }
    const work: Promise<void> = this.#scoreWith(active, shadow, true, given)
      .then(
        () => this.#onShadow("done"),
        (error) => this.#onShadow("failed", error),
      )
      .finally(() => this.#shadowed.delete(work));
    this.#shadowed.add(work);
  }

  async #judge(
    model: Model,
    threshold: number,
    data: GivenData,
    reader: FactReader,
  ): Promise<{ judged: Judged[]; warnings: readonly string[] }> {
    if (data.kind === "rows" && model.card.schema.kind === "table") {
      const answers = await this.#streams.score(model, threshold, data.rows);
      return { judged: data.rows.map((row, k) => judgedRow(row as Row, answers[k]!, reader)), warnings: [] };
    }
    return withData(data, model, this.#settings, async ({ samples, rows }) => {
      const { scores, pValues, isAnomaly, probabilities } = await model.score(samples, { threshold });
      const judged = Array.from(scores, (score, k): Judged => {
        const row = rows[k] ?? {};
        if (Number.isNaN(score)) return { row };
        const outcome = {
          ...{ score, pValue: pValues[k]!, flagged: isAnomaly[k] === 1 },
          probability: probabilities?.[k] ?? null,
        };
        return { row, facts: reader.of(row), outcome };
      });
      return { judged, warnings: samples.warnings };
    });
  }
}

function judgedRow(row: Row, answer: StreamAnswer, reader: FactReader): Judged {
  if (answer.kind === "refused") return { row, error: answer.error };
  if (answer.kind === "pending") return { row };
  try {
    const { score, pValue, isAnomaly: flagged, probability = null } = answer;
    return { row, facts: reader.of(row), outcome: { score, pValue, flagged, probability } };
  } catch (error) {
    if (error instanceof HypersphereError) return { row, error };
    throw error;
  }
}

function refuseWhole(judged: readonly Judged[]): void {
  const [first] = judged;
  if (first?.error !== undefined && judged.every(({ error }) => error !== undefined)) throw first.error;
}

function answerOf(row: number, { outcome, error }: Judged, recorded: Recorded | undefined): RowAnswer {
  if (error !== undefined) return { row, error };
  if (outcome === undefined) return { row, score: null };
  const { score, pValue, flagged: isAnomaly, probability } = outcome;
  const { id, incident } = recorded!;
  return { row, id, score, pValue, isAnomaly, ...(probability !== null && { probability }), incident };
}
