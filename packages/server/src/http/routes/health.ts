import { setTimeout as sleep } from "node:timers/promises";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { sql } from "kysely";
import { access, problems } from "../access.js";
import type { Env, Services } from "../services.js";

const tags = ["Health"];
/** A database that has not answered by then is not ready. */
const READY_MS = 5000;
const readySchema = z.object({
  status: z.enum(["ready", "not ready"]),
  database: z.boolean().describe("Whether the database answers."),
});

/** For whoever runs the service: whether the process lives, whether it can answer, and what it has done. */
export function healthRoutes(app: OpenAPIHono<Env>, services: Services): void {
  app.openapi(
    createRoute({
      operationId: "getHealth",
      ...{ method: "get", path: "/healthz", tags, summary: "Say that the process lives" },
      responses: {
        200: {
          description: "It does.",
          content: { "application/json": { schema: z.object({ status: z.literal("ok") }) } },
        },
      },
    }),
    (c) => c.json({ status: "ok" as const }, 200),
  );

  const answer = (description: string) => ({
    description,
    content: { "application/json": { schema: readySchema } },
  });
  app.openapi(
    createRoute({
      operationId: "getReadiness",
      ...{ method: "get", path: "/readyz", tags, summary: "Say whether requests can be answered" },
      responses: {
        200: answer("They can."),
        503: answer("The database does not answer, or the service is stopping."),
      },
    }),
    async (c) => {
      const database = await Promise.race([
        sql`select 1`.execute(services.store.db).then(
          () => true,
          () => false,
        ),
        sleep(READY_MS, false, { ref: false }),
      ]);
      const ready = !services.stopping.aborted && database;
      return ready
        ? c.json({ status: "ready" as const, database }, 200)
        : c.json({ status: "not ready" as const, database }, 503);
    },
  );

  const { 401: unknown, 403: forbidden, 429: tooMany, 503: away } = problems;
  app.openapi(
    createRoute({
      operationId: "getMetrics",
      ...{ method: "get", path: "/metrics", tags, summary: "Show figures for Prometheus" },
      description:
        "Prometheus sends a key as authorization credentials: names of models are for those who have one.",
      ...access(services, ["score", "review"]),
      responses: {
        200: {
          description: "In Prometheus's text format.",
          content: { "text/plain": { schema: z.string() } },
        },
        ...{ 401: unknown, 403: forbidden, 429: tooMany, 503: away },
      },
    }),
    async (c) => {
      services.metrics.queued.set(services.rows.inside);
      const { registry } = services.metrics;
      return c.text(await registry.metrics(), 200, { "Content-Type": registry.contentType });
    },
  );
}
