import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { createKey, listKeys, ROLES, revokeKey } from "../../auth/index.js";
import { listAudit } from "../../store/index.js";
import { access, moreProblems, problems } from "../access.js";
import { idParams, nameSchema, optionalText } from "../schemas.js";
import type { Env, Services } from "../services.js";

const keySchema = z
  .object({
    id: z.int(),
    name: z.string(),
    role: z.enum(ROLES),
    perMinute: z.int().nullable().describe("Requests; null for the service's default."),
    createdBy: z.string(),
    createdAt: z.string(),
    revokedAt: z.string().nullable(),
  })
  .openapi("Key");
export type Key = z.infer<typeof keySchema>;

const newKey = z.strictObject({
  name: nameSchema.describe("Verdicts and the audit log name it."),
  role: z.enum(ROLES),
  perMinute: z.int().min(1).max(10_000_000).optional(),
});

const auditSchema = z.object({
  id: z.int(),
  at: z.string(),
  who: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.unknown(),
});
export type AuditEntry = z.infer<typeof auditSchema>;

/** Keys, and who changed what. */
export function administrationRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { db } = services.store;
  const admins = access(services, ["admin"]);
  const tags = ["Administration"];

  app.openapi(
    createRoute({
      operationId: "listKeys",
      ...{ method: "get", path: "/v1/keys", tags, summary: "List keys, without what they are" },
      ...admins,
      responses: {
        ...problems,
        200: {
          description: "All keys.",
          content: { "application/json": { schema: z.object({ keys: z.array(keySchema) }) } },
        },
      },
    }),
    async (c) => {
      const keys = (await listKeys(db)).map((key) => ({
        ...{
          id: key.id,
          name: key.name,
          role: key.role,
          perMinute: key.per_minute,
          createdBy: key.created_by,
        },
        ...{ createdAt: key.created_at.toISOString(), revokedAt: optionalText(key.revoked_at) },
      }));
      return c.json({ keys }, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "createKey",
      ...{ method: "post", path: "/v1/keys", tags, summary: "Make a key, which is shown this once" },
      ...admins,
      request: { body: { required: true, content: { "application/json": { schema: newKey } } } },
      responses: {
        ...problems,
        ...moreProblems,
        201: {
          description: "The key.",
          content: { "application/json": { schema: z.object({ id: z.int(), key: z.string() }) } },
        },
      },
    }),
    async (c) => c.json(await createKey(db, c.req.valid("json"), c.get("caller").name), 201),
  );

  app.openapi(
    createRoute({
      operationId: "revokeKey",
      ...{ method: "delete", path: "/v1/keys/{id}", tags, summary: "Revoke a key" },
      ...admins,
      request: { params: idParams },
      responses: { ...problems, ...moreProblems, 204: { description: "Revoked." } },
    }),
    async (c) => {
      await revokeKey(db, c.req.valid("param").id, c.get("caller").name);
      services.callers.forget();
      return c.body(null, 204);
    },
  );

  app.openapi(
    createRoute({
      operationId: "listAudit",
      ...{ method: "get", path: "/v1/audit", tags, summary: "List who changed what, the latest first" },
      ...admins,
      request: {
        query: z.strictObject({
          limit: z.coerce.number().int().min(1).max(1000).default(100),
          before: z.coerce.number().int().min(1).optional().describe("Entries before the one of this id."),
        }),
      },
      responses: {
        ...problems,
        200: {
          description: "Entries of the audit log.",
          content: { "application/json": { schema: z.object({ entries: z.array(auditSchema) }) } },
        },
      },
    }),
    async (c) => {
      const { limit, before } = c.req.valid("query");
      const entries = (await listAudit(db, limit, before)).map(({ at, detail, ...entry }) => ({
        ...entry,
        at: at.toISOString(),
        detail: JSON.parse(detail),
      }));
      return c.json({ entries }, 200);
    },
  );
}
