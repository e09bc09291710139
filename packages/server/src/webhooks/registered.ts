import { randomBytes } from "node:crypto";
import type { Selectable } from "kysely";
import { Problem } from "../problem.js";
import { addAudit, type Database, type DeliveriesTable, type WebhooksTable } from "../store/index.js";
import { TEST_EVENT, type WebhookEvent } from "./outbox.js";
import { checkedUrl } from "./public-address.js";

export type StoredWebhook = Selectable<WebhooksTable>;

/** Each has a lane of its own, and a delivery of every incident. */
const MOST = 20;

/** @throws Problem `invalid-request` for an address that nothing may be sent to, `conflict` for too many */
export async function addWebhook(
  db: Database,
  { url, events }: { url: string; events: readonly WebhookEvent[] },
  { who, toPrivate }: { who: string; toPrivate: boolean },
): Promise<StoredWebhook> {
  const checked = checkedUrl(url, toPrivate).href;
  return db.transaction().execute(async (trx) => {
    if ((await listWebhooks(trx)).length >= MOST) {
      throw new Problem("conflict", `There are ${MOST} webhooks already.`, {
        hint: "Delete one that is not needed.",
      });
    }
    const secret = `whsec_${randomBytes(32).toString("base64")}`;
    const added = await trx
      .insertInto("webhooks")
      .values({ url: checked, secret, events: [...new Set(events)].join(","), created_by: who })
      .returningAll()
      .executeTakeFirstOrThrow();
    await addAudit(trx, { who, action: "add-webhook", subject: checked, detail: { id: added.id, events } });
    return added;
  });
}

export async function listWebhooks(db: Database): Promise<StoredWebhook[]> {
  return db.selectFrom("webhooks").selectAll().where("active", "=", true).orderBy("id").execute();
}

/** What waits for it is not sent any more. @throws Problem `not-found` */
export async function deleteWebhook(db: Database, id: number, who: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const deleted = await trx
      .updateTable("webhooks")
      .set({ active: false })
      .where("id", "=", id)
      .where("active", "=", true)
      .returning("url")
      .executeTakeFirst();
    if (deleted === undefined) throw new Problem("not-found", `There is no webhook ${id}.`);
    await trx
      .updateTable("deliveries")
      .set({ status: "dead", last_error: "The webhook was deleted." })
      .where("webhook_id", "=", id)
      .where("status", "=", "waiting")
      .execute();
    await addAudit(trx, { who, action: "delete-webhook", subject: deleted.url, detail: { id } });
  });
}

/** Has an address told that it is told: on the way that incidents take, with signature and attempts. @throws Problem `not-found` */
export async function tryOut(db: Database, id: number, who: string): Promise<Selectable<DeliveriesTable>> {
  return db.transaction().execute(async (trx) => {
    const webhook = await trx
      .selectFrom("webhooks")
      .select("url")
      .where("id", "=", id)
      .where("active", "=", true)
      .executeTakeFirst();
    if (webhook === undefined) throw new Problem("not-found", `There is no webhook ${id}.`);
    await addAudit(trx, { who, action: "test-webhook", subject: webhook.url, detail: { id } });
    const payload = { type: TEST_EVENT, timestamp: new Date().toISOString(), data: { webhook: id } };
    return trx
      .insertInto("deliveries")
      .values({
        ...{ webhook_id: id, incident_id: null, event: TEST_EVENT, payload: JSON.stringify(payload) },
        ...{ status: "waiting", last_error: null, delivered_at: null },
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}
