import { type Selectable, sql } from "kysely";
import { Problem } from "../problem.js";
import { addAudit, type Database, type DeliveriesTable, type Page, pageOf, placeOf } from "../store/index.js";

export type StoredDelivery = Selectable<DeliveriesTable>;

/** The latest first. */
export async function listDeliveries(
  db: Database,
  filter: {
    readonly status?: StoredDelivery["status"] | undefined;
    readonly webhookId?: number | undefined;
    readonly limit: number;
    readonly cursor?: string | undefined;
  },
): Promise<Page<StoredDelivery>> {
  const { status, webhookId, limit, cursor } = filter;
  let query = db
    .selectFrom("deliveries")
    .selectAll()
    .orderBy("id", "desc")
    .limit(limit + 1);
  if (status !== undefined) query = query.where("status", "=", status);
  if (webhookId !== undefined) query = query.where("webhook_id", "=", webhookId);
  if (cursor !== undefined) query = query.where("id", "<", placeOf(cursor).id);
  return pageOf(await query.execute(), limit, ({ created_at: at, id }) => ({ at, id }));
}

/** Has a delivery sent anew, by the same key, with all its attempts. @throws Problem `not-found`, `conflict` */
export async function sendAgain(db: Database, id: number, who: string): Promise<StoredDelivery> {
  return db.transaction().execute(async (trx) => {
    const found = await trx
      .selectFrom("deliveries")
      .innerJoin("webhooks", "webhooks.id", "deliveries.webhook_id")
      .select(["deliveries.status", "webhooks.active"])
      .where("deliveries.id", "=", id)
      .forUpdate("deliveries")
      .executeTakeFirst();
    if (found === undefined) throw new Problem("not-found", `There is no delivery ${id}.`);
    if (!found.active) throw new Problem("conflict", "The webhook of this delivery was deleted.");
    if (found.status === "waiting") throw new Problem("conflict", `Delivery ${id} waits to be sent already.`);
    await addAudit(trx, { who, action: "send-again", subject: `delivery ${id}` });
    return trx
      .updateTable("deliveries")
      .set({ status: "waiting", attempts: 0, next_at: sql<Date>`now()`, delivered_at: null })
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}

export interface Undelivered {
  readonly waiting: number;
  readonly dead: number;
}

/** What each webhook has not taken, by its id; those that took all are left out. */
export async function countUndelivered(db: Database): Promise<Map<number, Undelivered>> {
  const rows = await db
    .selectFrom("deliveries")
    .select(["webhook_id", "status", (eb) => eb.fn.countAll<number>().as("count")])
    .where("status", "in", ["waiting", "dead"])
    .groupBy(["webhook_id", "status"])
    .execute();
  const found = new Map<number, Undelivered>();
  for (const { webhook_id: id, status, count } of rows) {
    found.set(id, { waiting: 0, dead: 0, ...found.get(id), [status]: count });
  }
  return found;
}
