import type { OpenAPIHono } from "@hono/zod-openapi";
import { sql } from "kysely";
import type { Env, Services } from "../services.js";

/** For whoever runs the service: whether the process lives, whether it can answer, and what it has done. */
export function healthRoutes(app: OpenAPIHono<Env>, services: Services): void {
  app.get("/healthz", (c) => c.json({ status: "ok" }));

  app.get("/readyz", async (c) => {
    const database = await sql`select 1`.execute(services.store.db).then(
      () => true,
      () => false,
    );
    const ready = !services.stopping.aborted && database;
    return c.json({ status: ready ? "ready" : "not ready", database }, ready ? 200 : 503);
  });

  app.get("/metrics", async (c) => {
    // Names of models are for those who have a key; Prometheus sends one as authorization credentials.
    await services.callers.admit(c.req.header("authorization"), ["score", "review"]);
    services.metrics.queued.set(services.rows.inside);
    const { registry } = services.metrics;
    return c.body(await registry.metrics(), 200, { "Content-Type": registry.contentType });
  });
}
