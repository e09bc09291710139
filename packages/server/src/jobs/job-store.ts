import { randomUUID } from "node:crypto";
import { type Selectable, sql } from "kysely";
import { Problem } from "../problem.js";
import { addAudit, type Database, type JobsTable, type Page, pageOf, placeOf } from "../store/index.js";
import { keepJobFile } from "./job-files.js";
import { FILES } from "./messages.js";
import type { JobRequest } from "./request.js";

export type StoredJob = Selectable<JobsTable>;
export type JobStatus = StoredJob["status"];

/** Claims older than this are those of processes that have ended. */
export const LOST_SECONDS = 30;
const MOST_LOG = 64 * 1024;

export interface NewJob {
  readonly who: string;
  /** Jobs that may wait. */
  readonly most: number;
  /** Done in the transaction that adds the job. */
  readonly settle?: ((trx: Database, job: StoredJob) => Promise<void>) | undefined;
}

/** @param data the upload, where there is one @throws Problem `busy` */
export async function addJob(
  db: Database,
  request: JobRequest,
  data: Uint8Array | undefined,
  { who, most, settle }: NewJob,
): Promise<StoredJob> {
  return db.transaction().execute(async (trx) => {
    const { count } = await trx
      .selectFrom("jobs")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("status", "=", "queued")
      .executeTakeFirstOrThrow();
    if (count >= most) {
      throw new Problem("busy", `There are ${count} jobs that wait already.`, {
        hint: "Send it again once some are done.",
        retryAfter: 60,
      });
    }
    const job = await trx
      .insertInto("jobs")
      .values({
        ...{ id: randomUUID(), kind: request.kind, status: "queued", request: JSON.stringify(request) },
        ...{ progress: null, result: null, error: null, worker: null, heartbeat_at: null },
        ...{ created_by: who, started_at: null, ended_at: null },
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    if (data !== undefined) await keepJobFile(trx, job.id, FILES.data, data);
    await addAudit(trx, {
      who,
      action: "add-job",
      subject: request.model,
      detail: { id: job.id, ...request },
    });
    await settle?.(trx, job);
    return job;
  });
}

/** @throws Problem `not-found` */
export async function findJob(db: Database, id: string): Promise<StoredJob> {
  const job = await db.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirst();
  if (job === undefined) throw new Problem("not-found", `There is no job ${id}.`);
  return job;
}

/** The latest first. */
export async function listJobs(
  db: Database,
  { status, limit, cursor }: { status?: JobStatus | undefined; limit: number; cursor?: string | undefined },
): Promise<Page<StoredJob>> {
  // Ids are random: places are counted in the order of creation.
  const order = sql<number>`(extract(epoch from created_at) * 1000000)::bigint`;
  let query = db
    .selectFrom("jobs")
    .selectAll()
    .select(order.as("micros"))
    .orderBy("created_at", "desc")
    .orderBy("id")
    .limit(limit + 1);
  if (status !== undefined) query = query.where("status", "=", status);
  if (cursor !== undefined) query = query.where(order, "<", placeOf(cursor).id);
  return pageOf(await query.execute(), limit, ({ created_at: at, micros: id }) => ({ at, id }));
}

/** Ends a job that has not ended, also one that another process runs. @throws Problem `not-found`, `conflict` */
export async function cancelJob(db: Database, id: string, who: string): Promise<StoredJob> {
  return db.transaction().execute(async (trx) => {
    const job = await trx.selectFrom("jobs").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
    if (job === undefined) throw new Problem("not-found", `There is no job ${id}.`);
    if (job.status !== "queued" && job.status !== "running") {
      throw new Problem("conflict", `The job has ended already: it is ${job.status}.`);
    }
    await addAudit(trx, { who, action: "cancel-job", subject: id });
    await trx.deleteFrom("job_chunks").where("job_id", "=", id).execute();
    return trx
      .updateTable("jobs")
      .set({ status: "cancelled", ended_at: sql<Date>`now()`, worker: null })
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}

/** Takes the job that waits longest, or one whose process was lost. The clock is that of the database, which all share. */
export async function claimJob(db: Database, worker: string): Promise<StoredJob | undefined> {
  const lost = sql<Date>`now() - ${`${LOST_SECONDS} seconds`}::interval`;
  return db.transaction().execute(async (trx) => {
    const next = await trx
      .selectFrom("jobs")
      .select(["id", "started_at"])
      .where((eb) =>
        eb.or([
          eb("status", "=", "queued"),
          eb.and([eb("status", "=", "running"), eb("heartbeat_at", "<", lost)]),
        ]),
      )
      .orderBy("created_at")
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (next === undefined) return undefined;
    return trx
      .updateTable("jobs")
      .set((eb) => ({
        ...{ status: "running" as const, worker, heartbeat_at: sql<Date>`now()` },
        starts: eb("starts", "+", 1),
        ...(next.started_at === null && { started_at: sql<Date>`now()` }),
      }))
      .where("id", "=", next.id)
      .returningAll()
      .executeTakeFirst();
  });
}

/** Says that a job goes on, and how far it is. @returns false where it is no longer this worker's */
export async function keepAlive(
  db: Database,
  id: string,
  worker: string,
  { progress, lines = "" }: { progress?: string | undefined; lines?: string | undefined },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("jobs")
    .set({
      heartbeat_at: sql<Date>`now()`,
      ...(progress !== undefined && { progress }),
      ...(lines !== "" && { log: sql<string>`right(log || ${lines.slice(-MOST_LOG)}::text, ${MOST_LOG})` }),
    })
    .where("id", "=", id)
    .where("worker", "=", worker)
    .where("status", "=", "running")
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Ends a job, with what is made of it: of one that was cancelled meanwhile nothing is made.
 * @param end done in the transaction that ends the job
 * @returns false where it was no longer this worker's
 */
export async function endJob(
  db: Database,
  id: string,
  worker: string,
  end: (trx: Database) => Promise<{ status: "done"; result: string } | { status: "failed"; error: string }>,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const held = await trx
      .selectFrom("jobs")
      .select("id")
      .where("id", "=", id)
      .where("worker", "=", worker)
      .where("status", "=", "running")
      .forUpdate()
      .executeTakeFirst();
    if (held === undefined) return false;
    const outcome = await end(trx);
    await trx
      .updateTable("jobs")
      .set({ ...outcome, ended_at: sql<Date>`now()`, worker: null })
      .where("id", "=", id)
      .execute();
    await trx.deleteFrom("job_chunks").where("job_id", "=", id).execute();
    return true;
  });
}

/** Lets go of what a worker runs, so that another start goes on with it at once; of all workers where none is named. */
export async function releaseJobs(db: Database, worker?: string): Promise<void> {
  let query = db
    .updateTable("jobs")
    .set({
      ...{ status: "queued", worker: null },
      log: sql<string>`right(log || ${"The service stopped; the job waits to go on.\n"}::text, ${MOST_LOG})`,
    })
    .where("status", "=", "running");
  if (worker !== undefined) query = query.where("worker", "=", worker);
  await query.execute();
}
