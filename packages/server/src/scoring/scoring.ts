import { randomUUID } from "node:crypto";
import type { HypersphereError } from "hypersphere";
import {
  type ActiveModel,
  type ActiveModels,
  type LoadedModels,
  type StoredVersion,
  thresholdOf,
} from "../models/index.js";
import { Problem } from "../problem.js";
import type { Recorded, ResultWriter, ScoredRow, Stores } from "../results/index.js";
import type { Settings } from "../settings.js";
import type { Database } from "../store/index.js";
import { BatchedStreams } from "./batched-streams.js";
import type { GivenData } from "./given-data.js";
import { type Judged, judge, judgeFleet, type Verdicts } from "./judging.js";
import type { Keep, KeptInputs } from "./kept-inputs.js";
import { type FactColumns, FactReader } from "./row-facts.js";

export interface ScoreRequest extends FactColumns {
  /** Name of the model. */
  readonly model: string;
  readonly data: GivenData;
  /** Decide by this point instead of the one in force. */
  readonly operatingPoint?: string | undefined;
  readonly keep: Keep;
  /** Whether all results are stored, or flagged ones alone, and the others counted; with none, nothing is kept at all. */
  readonly results: Stores | "none";
  /** Of a stream, whose rows come in several of these: one id for all, the place of each row in it, and no refusal of them all. */
  readonly part?: { readonly id: string; readonly places: readonly number[] } | undefined;
  /** Called once rows are scored, before they are stored. */
  readonly onScored?: (() => void) | undefined;
  /** Done in the transaction that stores the results, with what is going to be answered. */
  readonly settle?: ((trx: Database, answer: ScoreAnswer) => Promise<void>) | undefined;
}

export type RowAnswer =
  | {
      readonly row: number;
      /** Of the stored result; null where it was not stored. */
      readonly id: number | null;
      readonly score: number;
      readonly pValue: number;
      readonly isAnomaly: boolean;
      readonly probability?: number;
      /** The incident that the row is in. */
      readonly incident: number | null;
      /** In a fleet: of the model that decided, and whether it is the entity's own. */
      readonly threshold?: number;
      readonly own?: boolean;
    }
  /** A step of a series that no window covers. */
  | { readonly row: number; readonly score: null }
  | { readonly row: number; readonly error: HypersphereError };

export interface ScoreAnswer {
  readonly request: string;
  readonly version: number;
  /** Null of a fleet, in which each row has that of its model. */
  readonly threshold: number | null;
  readonly operatingPoint: string | null;
  readonly rows: readonly RowAnswer[];
  readonly warnings: readonly string[];
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
    const id = request.part?.id ?? randomUUID();
    const arrival = new Date();
    const answer = await this.#scoreWith(active, active.version, false, { request, point, id, arrival });
    if (active.shadow !== undefined && request.results !== "none") {
      this.#follow(active, active.shadow, { request, point, id, arrival });
    }
    return answer;
  }

  /** Whether a row of the model's is scored by itself, and not with others as a step of a series is. */
  async rowsAreApart(name: string): Promise<boolean> {
    const { version } = await this.#active.find(name);
    const { card } = await (version.fleet === null
      ? this.#loaded.open(version)
      : this.#loaded.openFleet(version));
    return card.schema.kind === "table";
  }

  /** Waits for what goes on after its answer. */
  async settled(): Promise<void> {
    await Promise.all(this.#shadowed);
  }

  async #scoreWith(
    active: ActiveModel,
    version: StoredVersion,
    shadow: boolean,
    { request, point, id, arrival }: Arrived,
  ): Promise<ScoreAnswer> {
    const { model: stored } = active;
    const { results, settle } = request;
    const kept = shadow || results === "none" ? "none" : request.keep;
    const { judged, warnings, threshold } = await this.#judge(active, version, {
      ...{ request, point, arrival },
      draws: (flagged) => kept === "all" || (kept === "flagged" && flagged),
    });
    if (!shadow) request.onScored?.();
    if (request.part === undefined) refuseWhole(judged);
    const placeOf = (k: number): number => request.part?.places[k] ?? k;
    const answered = (recorded?: readonly Recorded[]): ScoreAnswer => {
      let next = 0;
      return {
        ...{ request: id, version: version.version, threshold, operatingPoint: point, warnings },
        rows: judged.map((one, row) =>
          answerOf(placeOf(row), one, one.outcome && recorded ? recorded[next++]! : UNRECORDED),
        ),
      };
    };
    let answer: ScoreAnswer | undefined;
    const settles =
      settle !== undefined &&
      !shadow &&
      ((trx: Database, found: readonly Recorded[]) => {
        answer = answered(results === "none" ? undefined : found);
        return settle(trx, answer);
      });
    const about = { id, modelId: stored.id, version: version.version, shadow };
    if (results === "none") {
      if (settles) await this.#writer.record({ ...about, rows: [], stores: "flagged", settle: settles });
      return answer ?? answered();
    }
    const keeps = await this.#kept.keeper(stored.id, version.version, kept, version.fleet !== null);
    const rows: ScoredRow[] = [];
    judged.forEach(({ row: record, facts, outcome, by, pictures }, k) => {
      if (outcome === undefined) return;
      const input = keeps(outcome.isAnomaly, facts!.entity) ? JSON.stringify(record) : null;
      rows.push({ row: placeOf(k), facts: facts!, outcome, by: by!, input, pictures });
    });
    const recorded = await this.#writer.record({
      ...{ ...about, rows, stores: results },
      ...(settles && { settle: settles }),
    });
    return answer ?? answered(recorded);
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

  /** @returns also the threshold of all rows, null where each model of a fleet has its own */
  async #judge(
    { model: stored, points }: ActiveModel,
    version: StoredVersion,
    { request, point, arrival, draws }: Omit<Arrived, "id"> & { draws: (flagged: boolean) => boolean },
  ): Promise<Verdicts & { threshold: number | null }> {
    const about = { name: stored.name, version: version.version };
    const parts = { data: request.data, streams: this.#streams, settings: this.#settings, draws };
    if (version.fleet === null) {
      const model = await this.#loaded.open(version);
      const threshold = thresholdOf(model, about, points, point);
      const reader = new FactReader(model, request, arrival);
      return { ...(await judge(model, threshold, { ...parts, reader })), threshold };
    }
    const fleet = await this.#loaded.openFleet(version);
    refuseOtherEntities(fleet.entityColumn, request);
    const reader = new FactReader(fleet, request, arrival);
    const found = await judgeFleet(fleet, (model) => thresholdOf(model, about, points, point), {
      ...parts,
      reader,
    });
    return { ...found, threshold: null };
  }
}

/** Of a row that was neither stored nor counted. */
const UNRECORDED: Recorded = { id: null, incident: null };

/** Incidents are those of entities, and so are the models of a fleet: they cannot be of two columns. */
function refuseOtherEntities(column: string, { entityColumn }: FactColumns): void {
  if (entityColumn === undefined || entityColumn === column) return;
  throw new Problem("invalid-request", `The entities of this fleet are in the column "${column}".`, {
    hint: "Leave entityColumn out.",
  });
}

function refuseWhole(judged: readonly Judged[]): void {
  const [first] = judged;
  if (first?.error !== undefined && judged.every(({ error }) => error !== undefined)) throw first.error;
}

function answerOf(row: number, { outcome, by, error }: Judged, { id, incident }: Recorded): RowAnswer {
  if (error !== undefined) return { row, error };
  if (outcome === undefined) return { row, score: null };
  const { score, pValue, isAnomaly, probability } = outcome;
  const fleet = by?.own === undefined ? undefined : { threshold: by.threshold, own: by.own };
  return probability === undefined && fleet === undefined
    ? { row, id, score, pValue, isAnomaly, incident }
    : {
        row,
        id,
        score,
        pValue,
        isAnomaly,
        ...(probability !== undefined && { probability }),
        incident,
        ...fleet,
      };
}
