import type { Model } from "hypersphere";
import { type DriftMonitor, monitorFor, type Uniformity, uniformity } from "hypersphere/drift";
import { sql } from "kysely";
import { type ActiveModels, type LoadedModels, refuseFleet } from "../models/index.js";
import { Problem } from "../problem.js";
import type { Database } from "../store/index.js";
import { DriftHistory, type DriftPoint } from "./drift-history.js";

export interface DriftAnswer {
  readonly version: number;
  /** The monitor has raised its alarm: scores no longer come from where those of training came from. */
  readonly drift: boolean;
  /** The result with which it did. */
  readonly alarm: { readonly result: number; readonly at: Date } | null;
  /** Chance that results without drift ever raise it. */
  readonly delta: number;
  /** Natural logarithm of the martingale, and where the alarm is. */
  readonly logValue: number;
  readonly logAlarm: number;
  /** Results that the monitor has seen, from the version's first one on, and those that it is behind. */
  readonly observed: number;
  readonly behind: number;
  /** The last of them; null before the first. */
  readonly recent: {
    readonly rows: number;
    readonly flagged: number;
    /** What the model promises of its own threshold. */
    readonly expectedFalseAlarmRate: number | null;
    readonly pValues: Uniformity;
  } | null;
  /** From the first result on, in a few hundred points at most. */
  readonly history: readonly DriftPoint[];
}

interface Watched {
  readonly monitor: DriftMonitor;
  last: number;
  alarm: DriftAnswer["alarm"];
  readonly recent: { readonly p: number; readonly flagged: boolean }[];
  readonly history: DriftHistory;
  /** One at a time takes results in. */
  turn: Promise<void>;
}

const PAGE = 2000;
/** Results that one request waits for: further ones are taken in by the next. */
const MOST_PAGES = 20;
const RECENT = 1000;
const MOST_WATCHED = 64;
/** Transactions end in another order than their rows have; what is older is complete. */
const SETTLED = "2 seconds";

/**
 * Watches the scores of active versions for drift, each from its first result on: the promise of the monitor is one for a whole
 * stream, and would not hold if it began anew at each look. What was seen is kept in memory; a restart sees it again, with
 * the same outcome.
 */
export class DriftWatch {
  readonly #db: Database;
  readonly #active: ActiveModels;
  readonly #loaded: LoadedModels;
  /** The one that was not asked for the longest time goes first. */
  readonly #watched = new Map<string, Watched>();

  constructor(parts: { db: Database; active: ActiveModels; loaded: LoadedModels }) {
    this.#db = parts.db;
    this.#active = parts.active;
    this.#loaded = parts.loaded;
  }

  /** @throws Problem `not-found`, `conflict` for a model of a series; HypersphereError for one that cannot be monitored */
  async status(name: string): Promise<DriftAnswer> {
    const { model: stored, version } = await this.#active.find(name);
    refuseFleet(version, "the monitor watches one model");
    const model = await this.#loaded.open(version);
    if (model.card.schema.kind === "series") {
      throw new Problem(
        "conflict",
        `"${name}" scores the steps of series, which share windows: the monitor would take their likeness for drift.`,
        { hint: "Use the command monitor, which scores windows that share no step." },
      );
    }
    await this.#requireAll(name, stored.id, version.version);
    const watched = this.#watchedOf(`${stored.id} ${version.version}`, model);
    const turn = watched.turn.then(() => this.#catchUp(watched, stored.id, version.version));
    watched.turn = turn.then(
      () => {},
      () => {},
    );
    const behind = await turn;
    return { version: version.version, ...answerOf(watched, behind, model) };
  }

  /** @throws Problem `conflict` where normal rows are missing: what is left looks like drift */
  async #requireAll(name: string, modelId: number, version: number): Promise<void> {
    const missing = await this.#db
      .selectFrom("counted_scores")
      .select("day")
      .where("model_id", "=", modelId)
      .where("version", "=", version)
      .where("unstored", ">", 0)
      .limit(1)
      .executeTakeFirst();
    if (missing === undefined) return;
    throw new Problem("conflict", `Of "${name}", not all results of version ${version} were stored.`, {
      hint: "Drift is watched over all of them: score without results=flagged, with a version that has none yet.",
    });
  }

  #watchedOf(key: string, model: Model): Watched {
    const found = this.#watched.get(key) ?? {
      ...{ monitor: monitorFor(model), last: 0, alarm: null, recent: [], history: new DriftHistory() },
      turn: Promise.resolve(),
    };
    this.#watched.delete(key);
    this.#watched.set(key, found);
    const [oldest] = this.#watched.keys();
    if (this.#watched.size > MOST_WATCHED) this.#watched.delete(oldest!);
    return found;
  }

  /** @returns how many results are left */
  async #catchUp(watched: Watched, modelId: number, version: number): Promise<number> {
    const upTo = await this.#settled();
    const results = () => this.#results({ after: watched.last, upTo }, modelId, version);
    for (let page = 0; page < MOST_PAGES; page++) {
      const rows = await results()
        .select(["id", "at", "score", "flagged"])
        .orderBy("id")
        .limit(PAGE)
        .execute();
      for (const { id, at, score, flagged } of rows) {
        const { alarmed } = watched.monitor.status();
        watched.recent.push({ p: watched.monitor.push(score), flagged });
        watched.last = id;
        const { alarmed: now, pushed, logValue } = watched.monitor.status();
        watched.history.add({ at, flagged }, pushed, logValue);
        if (!alarmed && now) watched.alarm = { result: id, at };
      }
      watched.recent.splice(0, watched.recent.length - RECENT);
      if (rows.length < PAGE) {
        // Results of other models need not be passed again.
        watched.last = Math.max(watched.last, upTo);
        return 0;
      }
    }
    const { count } = await results()
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    return count;
  }

  /** The last result that is settled, of any model. */
  async #settled(): Promise<number> {
    const last = await this.#db
      .selectFrom("results")
      .select("id")
      .where("received_at", "<", sql<Date>`now() - ${SETTLED}::interval`)
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst();
    return last?.id ?? 0;
  }

  #results({ after, upTo }: { after: number; upTo: number }, modelId: number, version: number) {
    return this.#db
      .selectFrom("results")
      .where("model_id", "=", modelId)
      .where("version", "=", version)
      .where(sql<boolean>`not shadow`)
      .where("id", ">", after)
      .where("id", "<=", upTo);
  }
}

function answerOf({ monitor, alarm, recent, history }: Watched, behind: number, model: Model) {
  const { alarmed, delta, logValue, pushed } = monitor.status();
  return {
    ...{ drift: alarmed, alarm, delta, logValue, logAlarm: Math.log(1 / delta), observed: pushed, behind },
    history: history.points,
    recent:
      recent.length === 0
        ? null
        : {
            rows: recent.length,
            flagged: recent.filter(({ flagged }) => flagged).length,
            expectedFalseAlarmRate: model.card.threshold.expectedFalseAlarmRate ?? null,
            pValues: uniformity(recent.map(({ p }) => p)),
          },
  };
}
