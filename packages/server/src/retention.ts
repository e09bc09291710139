import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { expire } from "./idempotency/index.js";
import type { Settings } from "./settings.js";
import type { Database } from "./store/index.js";

export type Kept = "results" | "incidents" | "deliveries" | "jobs" | "audit" | "idempotency-keys";

type Bounds = Pick<
  Settings,
  "keepResultsDays" | "keepDeliveriesDays" | "keepJobsDays" | "keepAuditDays" | "idempotencyHours"
>;

/** Rows that a statement deletes: requests that come meanwhile wait for one batch at most. */
const BATCH = 500;
const PAUSE_MS = 20;

const counted = async (query: ReturnType<typeof sql>, db: Database): Promise<number> =>
  Number((await query.execute(db)).numAffectedRows ?? 0n);
const before = (days: number) => sql`now() - ${`${days} days`}::interval`;

/**
 * Deletes what is older than it is to be kept, in small batches. Several processes may do so at once. What is judged or told goes
 * with what it is about, in one transaction: no verdict is left on a row that is not there, and no incident without its rows
 * before its time.
 */
export class Retention {
  readonly #db: Database;
  readonly #bounds: Bounds;
  readonly #onDeleted: (what: Kept, count: number) => void;
  #work: Promise<void> | undefined;
  #stopped = false;

  constructor(db: Database, bounds: Bounds, onDeleted: (what: Kept, count: number) => void) {
    this.#db = db;
    this.#bounds = bounds;
    this.#onDeleted = onDeleted;
  }

  /** Deletes all that is too old now; a call while another is at work is that one. */
  round(): Promise<void> {
    this.#work ??= this.#round().finally(() => {
      this.#work = undefined;
    });
    return this.#work;
  }

  /** Ends after the batch that is being deleted. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#work?.catch(() => {});
  }

  async #round(): Promise<void> {
    const db = this.#db;
    const { keepResultsDays, keepDeliveriesDays, keepJobsDays, keepAuditDays, idempotencyHours } =
      this.#bounds;
    if (keepResultsDays !== null) {
      await this.#batches("results", () => deleteResults(db, keepResultsDays));
      await this.#batches("incidents", () => deleteIncidents(db, keepResultsDays));
    }
    if (keepDeliveriesDays !== null) {
      await this.#batches("deliveries", () => deleteDeliveries(db, keepDeliveriesDays));
    }
    if (keepJobsDays !== null) await this.#batches("jobs", () => deleteJobs(db, keepJobsDays));
    if (keepAuditDays !== null) await this.#batches("audit", () => deleteAudit(db, keepAuditDays));
    await this.#batches("idempotency-keys", () => expire(db, idempotencyHours, BATCH));
  }

  async #batches(what: Kept, deleteOne: () => Promise<number>): Promise<void> {
    while (!this.#stopped) {
      const count = await deleteOne();
      if (count > 0) this.#onDeleted(what, count);
      if (count === 0) return;
      await sleep(PAUSE_MS);
    }
  }
}

/** By the time of their arrival, which is about the order of their ids: no index is needed, which each insert would pay for. */
async function deleteResults(db: Database, days: number): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: number }>`
      select id from (
        select id, received_at from results order by id limit ${BATCH} for update skip locked) as oldest
      where received_at < ${before(days)}`.execute(trx);
    if (rows.length === 0) return 0;
    const ids = rows.map(({ id }) => id);
    await trx.deleteFrom("verdicts").where("result_id", "in", ids).execute();
    await trx.deleteFrom("results").where("id", "in", ids).execute();
    return ids.length;
  });
}

/** Those that are over for as long, none of whose rows is left, and of which nothing waits to be told. */
async function deleteIncidents(db: Database, days: number): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: number }>`
      select id from incidents
      where status = 'closed' and closed_at < ${before(days)}
        and not exists (select from results where results.incident_id = incidents.id)
        and not exists (
          select from deliveries where deliveries.incident_id = incidents.id and deliveries.status = 'waiting')
      order by id limit ${BATCH} for update skip locked`.execute(trx);
    if (rows.length === 0) return 0;
    const ids = rows.map(({ id }) => id);
    await trx.deleteFrom("verdicts").where("incident_id", "in", ids).execute();
    await trx.deleteFrom("deliveries").where("incident_id", "in", ids).execute();
    await trx.deleteFrom("incidents").where("id", "in", ids).execute();
    return ids.length;
  });
}

const deleteDeliveries = (db: Database, days: number): Promise<number> =>
  counted(
    sql`delete from deliveries where id in (
      select id from deliveries where status <> 'waiting' and created_at < ${before(days)}
      order by id limit ${BATCH} for update skip locked)`,
    db,
  );

/** Versions that a job made stay, and no longer say which job that was. */
async function deleteJobs(db: Database, days: number): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: string }>`
      select id from jobs where ended_at < ${before(days)} order by ended_at limit ${BATCH} for update skip locked`.execute(
      trx,
    );
    if (rows.length === 0) return 0;
    const ids = rows.map(({ id }) => id);
    await trx.updateTable("model_versions").set({ job_id: null }).where("job_id", "in", ids).execute();
    await trx.deleteFrom("job_reports").where("job_id", "in", ids).execute();
    await trx.deleteFrom("jobs").where("id", "in", ids).execute();
    return ids.length;
  });
}

const deleteAudit = (db: Database, days: number): Promise<number> =>
  counted(
    sql`delete from audit where id in (
      select id from audit where at < ${before(days)} order by id limit ${BATCH} for update skip locked)`,
    db,
  );
