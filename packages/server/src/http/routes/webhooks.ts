import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import {
  addWebhook,
  countUndelivered,
  deleteWebhook,
  EVENTS,
  listDeliveries,
  listWebhooks,
  type StoredDelivery,
  type StoredWebhook,
  sendAgain,
  tryOut,
} from "../../webhooks/index.js";
import { access, moreProblems, problems } from "../access.js";
import { idParams, next, optionalText, pageQuery } from "../schemas.js";
import type { Env, Services } from "../services.js";

const webhookSchema = z
  .object({
    id: z.int(),
    url: z.string(),
    events: z.array(z.enum(EVENTS)),
    createdBy: z.string(),
    createdAt: z.string(),
  })
  .openapi("Webhook");

const listedSchema = webhookSchema
  .extend({
    waiting: z.int().describe("Deliveries that are still to be taken."),
    dead: z.int().describe("Deliveries that were given up."),
  })
  .openapi("ListedWebhook");
export type ListedWebhook = z.infer<typeof listedSchema>;

const newWebhook = z.strictObject({
  url: z.string().max(2000).describe("By HTTPS, to a public address."),
  events: z
    .array(z.enum(EVENTS))
    .min(1)
    .max(10)
    .default([...EVENTS]),
});

const STATUSES = ["waiting", "delivered", "dead"] as const;

const deliverySchema = z
  .object({
    id: z.int(),
    key: z.string().describe("The header Webhook-Id of each attempt."),
    webhook: z.int(),
    event: z.string().describe(`One of ${EVENTS.join(", ")}, or test.`),
    incident: z.int().nullable().describe("Null for one that tries the webhook out."),
    status: z.enum(STATUSES).describe("dead: no attempt is left."),
    attempts: z.int(),
    nextAt: z.string().nullable(),
    lastError: z.string().nullable(),
    payload: z.unknown(),
    createdAt: z.string(),
    deliveredAt: z.string().nullable(),
  })
  .openapi("Delivery");
export type Delivery = z.infer<typeof deliverySchema>;

const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

/** Who is told of incidents, and what became of it. */
export function webhookRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { db } = services.store;
  const admins = access(services, ["admin"]);
  const tags = ["Webhooks"];

  app.openapi(
    createRoute({
      operationId: "createWebhook",
      ...{ method: "post", path: "/v1/webhooks", tags, summary: "Have incidents told to an address" },
      description:
        "Each delivery is signed as Standard Webhooks says, with the secret of the answer, which is shown this once. It is " +
        "sent at least once, each time with the same Webhook-Id.",
      ...admins,
      request: { body: { required: true, content: { "application/json": { schema: newWebhook } } } },
      responses: {
        ...{ ...problems, ...moreProblems },
        201: json(webhookSchema.extend({ secret: z.string() }), "The webhook with its secret."),
      },
    }),
    async (c) => {
      const added = await addWebhook(db, c.req.valid("json"), {
        who: c.get("caller").name,
        toPrivate: services.settings.webhooksToPrivate,
      });
      return c.json({ ...webhookOf(added), secret: added.secret }, 201);
    },
  );

  app.openapi(
    createRoute({
      operationId: "listWebhooks",
      ...{ method: "get", path: "/v1/webhooks", tags, summary: "List webhooks, without their secrets" },
      ...admins,
      responses: { ...problems, 200: json(z.object({ webhooks: z.array(listedSchema) }), "All webhooks.") },
    }),
    async (c) => {
      const [all, undelivered] = await Promise.all([listWebhooks(db), countUndelivered(db)]);
      const webhooks = all.map((one) => ({
        ...webhookOf(one),
        ...(undelivered.get(one.id) ?? { waiting: 0, dead: 0 }),
      }));
      return c.json({ webhooks }, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "testWebhook",
      ...{ method: "post", path: "/v1/webhooks/{id}/test", tags },
      summary: "Try a webhook out: a delivery of the event test, on the way that incidents take",
      ...admins,
      request: { params: idParams },
      responses: {
        ...problems,
        202: json(deliverySchema, "It will be sent; the list says what became of it."),
      },
    }),
    async (c) => c.json(deliveryOf(await tryOut(db, c.req.valid("param").id, c.get("caller").name)), 202),
  );

  app.openapi(
    createRoute({
      operationId: "deleteWebhook",
      ...{ method: "delete", path: "/v1/webhooks/{id}", tags },
      summary: "Delete a webhook; what waits for it is not sent",
      ...admins,
      request: { params: idParams },
      responses: { ...problems, 204: { description: "Deleted." } },
    }),
    async (c) => {
      await deleteWebhook(db, c.req.valid("param").id, c.get("caller").name);
      return c.body(null, 204);
    },
  );

  app.openapi(
    createRoute({
      operationId: "listDeliveries",
      ...{ method: "get", path: "/v1/deliveries", tags, summary: "List deliveries, the latest first" },
      ...admins,
      request: {
        query: pageQuery.extend({
          status: z.enum(STATUSES).optional().describe("dead lists those that were given up."),
          webhook: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
        }),
      },
      responses: {
        ...problems,
        200: json(z.object({ deliveries: z.array(deliverySchema), next }), "A page of deliveries."),
      },
    }),
    async (c) => {
      const { webhook: webhookId, ...filter } = c.req.valid("query");
      const { rows, next } = await listDeliveries(db, { ...filter, webhookId });
      return c.json({ deliveries: rows.map(deliveryOf), next }, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "sendDelivery",
      ...{ method: "post", path: "/v1/deliveries/{id}/send", tags },
      summary: "Send a delivery again, with all its attempts",
      ...admins,
      request: { params: idParams },
      responses: { ...{ ...problems, ...moreProblems }, 202: json(deliverySchema, "It will be sent.") },
    }),
    async (c) => c.json(deliveryOf(await sendAgain(db, c.req.valid("param").id, c.get("caller").name)), 202),
  );
}

const webhookOf = ({ id, url, events, created_by, created_at }: StoredWebhook) => ({
  ...{ id, url, createdBy: created_by, createdAt: created_at.toISOString() },
  events: events.split(",") as z.infer<typeof webhookSchema>["events"],
});

const deliveryOf = (one: StoredDelivery): Delivery => ({
  ...{ id: one.id, key: one.key, webhook: one.webhook_id, event: one.event, incident: one.incident_id },
  ...{ status: one.status, attempts: one.attempts, lastError: one.last_error },
  nextAt: one.status === "waiting" ? one.next_at.toISOString() : null,
  payload: JSON.parse(one.payload),
  ...{ createdAt: one.created_at.toISOString(), deliveredAt: optionalText(one.delivered_at) },
});
