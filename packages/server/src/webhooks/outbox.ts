import type { Selectable } from "kysely";
import type { Database, IncidentsTable } from "../store/index.js";

export const EVENTS = ["incident.opened", "incident.closed"] as const;
export type WebhookEvent = (typeof EVENTS)[number];
/** Of deliveries that an administrator asks for, to see whether they arrive. */
export const TEST_EVENT = "test";

/**
 * Puts what happened to incidents into the outbox, once for each webhook that wants it.
 * @param trx the transaction in which it happens: there is a delivery exactly where there is an event
 */
export async function announce(
  trx: Database,
  event: WebhookEvent,
  incidentIds: readonly number[],
): Promise<void> {
  if (incidentIds.length === 0) return;
  const registered = await trx
    .selectFrom("webhooks")
    .select(["id", "events"])
    .where("active", "=", true)
    // One that is being deleted is waited for: what was put in after would never be sent, and never given up.
    .forShare()
    .execute();
  const receivers = registered.filter(({ events }) => events.split(",").includes(event));
  if (receivers.length === 0) return;
  const incidents = await trx
    .selectFrom("incidents")
    .innerJoin("models", "models.id", "incidents.model_id")
    .selectAll("incidents")
    .select("models.name as model")
    .where("incidents.id", "in", [...incidentIds])
    .orderBy("incidents.id")
    .execute();
  const deliveries = incidents.flatMap((incident) => {
    const payload = JSON.stringify(bodyOf(event, incident));
    return receivers.map(({ id }) => ({
      ...{ webhook_id: id, incident_id: incident.id, event, payload },
      ...{ status: "waiting" as const, last_error: null, delivered_at: null },
    }));
  });
  for (let from = 0; from < deliveries.length; from += PER_STATEMENT) {
    await trx
      .insertInto("deliveries")
      .values(deliveries.slice(from, from + PER_STATEMENT))
      .onConflict((conflict) => conflict.columns(["incident_id", "event", "webhook_id"]).doNothing())
      .execute();
  }
}

/** A statement has at most 65 535 parameters. */
const PER_STATEMENT = 1000;

function bodyOf(event: WebhookEvent, incident: Selectable<IncidentsTable> & { model: string }): object {
  const { id, model, version, entity, status, flagged, peak, severity } = incident;
  return {
    type: event,
    timestamp: (event === "incident.closed" ? incident.closed_at : incident.opened_at)?.toISOString(),
    data: {
      ...{ id, model, version, entity, status, flagged, peak, severity, pValue: incident.p_value },
      ...{ firstAt: incident.first_at.toISOString(), lastAt: incident.last_at.toISOString() },
      peakAt: incident.peak_at.toISOString(),
    },
  };
}
