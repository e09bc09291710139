import { type Stretch, StretchTracker, severityOf } from "hypersphere";
import { sql } from "kysely";
import type { Database } from "../store/index.js";
import { announce } from "../webhooks/index.js";

/** A flagged row. */
export interface Flagged {
  readonly at: Date;
  readonly score: number;
  readonly pValue: number;
}

export interface FlaggedRows {
  readonly modelId: number;
  readonly version: number;
  readonly entity: string;
  readonly threshold: number;
  /** Median score of held-out normals, for the severity. */
  readonly usual: number;
  readonly rows: readonly Flagged[];
}

/**
 * Puts flagged rows of one entity into incidents: rows at most a gap apart are one, and so are a row and an incident. A row
 * that comes late joins the incident that it lies in or beside, and else makes one that is closed already; two incidents
 * that a late row would connect stay two.
 * @param trx a transaction: others that join incidents of the entity wait for its end
 * @returns the incident of each row
 */
export async function joinIncidents(trx: Database, flagged: FlaggedRows, gapMs: number): Promise<number[]> {
  const { modelId, entity, rows } = flagged;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${modelId} ${entity}`}, 0))`.execute(trx);
  const ids = new Array<number>(rows.length).fill(0);
  for (const stretch of stretchesOf(rows, gapMs)) {
    const id = (await extended(trx, flagged, stretch, gapMs)) ?? (await opened(trx, flagged, stretch));
    rows.forEach(({ at }, k) => {
      if (+at >= stretch.from && +at <= stretch.to) ids[k] = id;
    });
  }
  return ids;
}

/** Closes what nothing was added to for a gap; how many. */
export async function closeIncidents(db: Database, gapMs: number, now: Date): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const closed = await trx
      .updateTable("incidents")
      .set({ status: "closed", closed_at: now })
      .where("id", "in", (eb) =>
        eb
          .selectFrom("incidents")
          .select("id")
          .where("status", "=", "open")
          .where("last_at", "<", new Date(+now - gapMs))
          .forUpdate()
          // What is being added to has its turn later; two that wait for each other would fail.
          .skipLocked(),
      )
      .returning("id")
      .execute();
    await announce(
      trx,
      "incident.closed",
      closed.map(({ id }) => id),
    );
    return closed.length;
  });
}

/** Rows in order of time, as the library joins steps: a millisecond is a step. */
function stretchesOf(rows: readonly Flagged[], gapMs: number): Stretch[] {
  const steps = new Map<number, Flagged>();
  for (const row of rows) {
    const same = steps.get(+row.at);
    if (same === undefined || row.score > same.score) steps.set(+row.at, row);
  }
  const tracker = new StretchTracker({ mergeGap: gapMs });
  const events = [...steps]
    .sort(([a], [b]) => a - b)
    .flatMap(([step, { score, pValue }]) => tracker.add({ step, score, pValue, isAnomaly: true }));
  const closed = [...events, ...tracker.end()].filter(({ kind }) => kind === "closed");
  return closed.map(({ stretch }) => ({ ...stretch, flagged: countBetween(rows, stretch) }));
}

const countBetween = (rows: readonly Flagged[], { from, to }: Stretch): number =>
  rows.filter(({ at }) => +at >= from && +at <= to).length;

async function extended(
  trx: Database,
  { modelId, entity, threshold, usual }: FlaggedRows,
  stretch: Stretch,
  gapMs: number,
): Promise<number | undefined> {
  const incident = await trx
    .selectFrom("incidents")
    .selectAll()
    .where("model_id", "=", modelId)
    .where("entity", "=", entity)
    .where("last_at", ">=", new Date(stretch.from - gapMs))
    .where("first_at", "<=", new Date(stretch.to + gapMs))
    .orderBy("last_at", "desc")
    .limit(1)
    .executeTakeFirst();
  if (incident === undefined) return undefined;
  const higher = stretch.peak > incident.peak;
  await trx
    .updateTable("incidents")
    .set({
      first_at: new Date(Math.min(+incident.first_at, stretch.from)),
      last_at: new Date(Math.max(+incident.last_at, stretch.to)),
      flagged: incident.flagged + stretch.flagged,
      ...(higher && {
        ...{ peak: stretch.peak, peak_at: new Date(stretch.peakAt), p_value: stretch.pValue },
        severity: severityOf(stretch.peak, threshold, usual) ?? null,
      }),
    })
    .where("id", "=", incident.id)
    .execute();
  return incident.id;
}

async function opened(
  trx: Database,
  { modelId, version, entity, threshold, usual }: FlaggedRows,
  { from, to, flagged, peak, peakAt, pValue }: Stretch,
): Promise<number> {
  const others = trx.selectFrom("incidents").where("model_id", "=", modelId).where("entity", "=", entity);
  const later = await others.select("id").where("first_at", ">", new Date(to)).limit(1).executeTakeFirst();
  if (later === undefined) {
    const closed = await trx
      .updateTable("incidents")
      .set({ status: "closed", closed_at: new Date() })
      .where("model_id", "=", modelId)
      .where("entity", "=", entity)
      .where("status", "=", "open")
      .returning("id")
      .execute();
    await announce(
      trx,
      "incident.closed",
      closed.map(({ id }) => id),
    );
  }
  const { id } = await trx
    .insertInto("incidents")
    .values({
      ...{ model_id: modelId, version, entity, flagged, peak, p_value: pValue },
      status: later === undefined ? "open" : "closed",
      closed_at: later === undefined ? null : new Date(),
      ...{ first_at: new Date(from), last_at: new Date(to), peak_at: new Date(peakAt) },
      severity: severityOf(peak, threshold, usual) ?? null,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await announce(trx, "incident.opened", [id]);
  if (later !== undefined) await announce(trx, "incident.closed", [id]);
  return id;
}
