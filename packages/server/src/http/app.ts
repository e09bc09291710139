import { randomUUID } from "node:crypto";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import { VERSION } from "hypersphere";
import { Problem } from "../problem.js";
import { docsRoutes } from "./docs-page.js";
import { pageRoutes } from "./page.js";
import { problemDetails } from "./problem-details.js";
import { administrationRoutes } from "./routes/administration.js";
import { azureRoutes } from "./routes/azure.js";
import { detectorRoutes } from "./routes/detectors.js";
import { driftRoutes } from "./routes/drift.js";
import { entityRoutes } from "./routes/entities.js";
import { explainRoutes } from "./routes/explain.js";
import { healthRoutes } from "./routes/health.js";
import { incidentRoutes } from "./routes/incidents.js";
import { jobEventRoutes } from "./routes/job-events.js";
import { jobReportRoutes } from "./routes/job-reports.js";
import { jobRoutes } from "./routes/jobs.js";
import { modelRoutes } from "./routes/models.js";
import { operatingPointRoutes } from "./routes/operating-points.js";
import { overviewRoutes } from "./routes/overview.js";
import { resultRoutes } from "./routes/results.js";
import { scoreRoutes } from "./routes/score.js";
import { scoreHistogramRoutes } from "./routes/score-histogram.js";
import { webhookRoutes } from "./routes/webhooks.js";
import type { Env, Services } from "./services.js";

const HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
} as const;

/** All routes of the service. */
export function createApp(services: Services): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (result.success) return;
      const { path, message } = result.error.issues[0]!;
      const where = path.map(String).join(".");
      throw new Problem("invalid-request", `${where === "" ? "The request" : `"${where}"`}: ${message}.`);
    },
  });

  app.use(async (c, next) => {
    c.set("requestId", randomUUID());
    const started = performance.now();
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    c.header("X-Request-Id", c.get("requestId"));
    await next();
    observe(services, c, performance.now() - started);
  });

  const admitted = createMiddleware<Env>(async (c, next) => {
    if (services.stopping.aborted) {
      throw new Problem("unavailable", "The service is stopping.", { retryAfter: 5 });
    }
    const held = services.bodies.place();
    c.set("held", held);
    // A body is held for as long as something is done with it, also where nobody waits any more.
    const work = next().finally(() => held.leave());
    await services.requests.pass(1, () => inTime(work, services.settings.answerSeconds));
  });
  for (const path of ["/v1/*", "/anomalydetector/*"]) app.use(path, admitted);

  healthRoutes(app, services);
  modelRoutes(app, services);
  operatingPointRoutes(app, services);
  scoreRoutes(app, services);
  explainRoutes(app, services);
  resultRoutes(app, services);
  incidentRoutes(app, services);
  entityRoutes(app, services);
  overviewRoutes(app, services);
  scoreHistogramRoutes(app, services);
  driftRoutes(app, services);
  detectorRoutes(app, services);
  jobRoutes(app, services);
  jobEventRoutes(app, services);
  jobReportRoutes(app, services);
  webhookRoutes(app, services);
  administrationRoutes(app, services);
  azureRoutes(app, services);

  app.openAPIRegistry.registerComponent("securitySchemes", "key", { type: "http", scheme: "bearer" });
  app.openAPIRegistry.registerComponent("securitySchemes", "subscriptionKey", {
    ...{ type: "apiKey", in: "header", name: "Ocp-Apim-Subscription-Key" },
  });
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "hypersphere",
      version: VERSION,
      description: "Scores rows with models, and keeps what they say.",
    },
  });
  docsRoutes(app, document);
  pageRoutes(app);

  const methodsAt = describedMethods(document.paths ?? {});
  app.notFound((c) => failed(c, services, notThere(c, methodsAt(c.req.path))));
  app.onError((error, c) => failed(c, services, error));
  return app;
}

/** Which methods the description has for a path. */
function describedMethods(paths: Readonly<Record<string, object>>): (path: string) => string[] {
  const known = Object.entries(paths).map(([path, methods]) => ({
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`),
    methods: Object.keys(methods).map((method) => method.toUpperCase()),
  }));
  return (path) => known.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);
}

function notThere(c: Context, allow: readonly string[]): Problem {
  const path = c.req.path.slice(0, 200);
  // A route may say itself that what it is asked for is not there.
  if (allow.length === 0 || allow.includes(c.req.method)) {
    return new Problem("not-found", `There is nothing at ${path}.`);
  }
  return new Problem("method-not-allowed", `${path} does not take ${c.req.method}.`, {
    ...{ hint: `It takes ${allow.join(" and ")}.`, allow },
  });
}

/** What goes on after its time is not acknowledged to anybody. */
async function inTime(work: Promise<void>, seconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Problem("unavailable", `The request took more than ${seconds} s.`, { retryAfter: 5 })),
      seconds * 1000,
    );
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function failed(c: Context<Env>, { log }: Services, given: Error): Response {
  const error = given instanceof HTTPException ? ofRouter(given) : (outOfSpace(given) ?? given);
  const details = problemDetails(error, c.get("requestId"));
  if (hasGone(error)) log.info({ request: c.get("requestId") }, "the caller has gone");
  else if (details.status >= 500) log.error({ err: error, request: c.get("requestId") }, "request failed");
  if (error instanceof Problem && error.retryAfter !== undefined)
    c.header("Retry-After", String(error.retryAfter));
  if (error instanceof Problem && error.allow !== undefined) c.header("Allow", error.allow.join(", "));
  if (details.status === 401) c.header("WWW-Authenticate", "Bearer");
  return c.body(JSON.stringify(details), details.status as 500, {
    "Content-Type": "application/problem+json",
  });
}

/** Before all of the request had come: no fault of the service, and nobody hears of it. */
const hasGone = (error: Error): boolean => (error as NodeJS.ErrnoException).code === "ECONNRESET";

/** Of files that are written while a request is answered. */
function outOfSpace(error: Error): Problem | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOSPC") continue;
    return new Problem("insufficient-storage", "The service has no space left on a disk.", {
      ...{ cause: error, retryAfter: 30 },
      hint: "Tell whoever runs the service, and send the same request again once there is space.",
    });
  }
  return undefined;
}

/** What the router says of bodies that it reads itself. */
function ofRouter(error: HTTPException): Problem {
  const kind =
    error.status === 415 ? "unsupported-media-type" : error.status === 413 ? "too-large" : "invalid-request";
  return new Problem(kind, `The body is not what this takes: ${error.message}.`, { cause: error });
}

function observe({ log, metrics }: Services, c: Context<Env>, ms: number): void {
  const route = c.req.routePath;
  const { method } = c.req;
  const { status } = c.res;
  metrics.requests.inc({ method, route, status: String(status) });
  metrics.seconds.observe({ route }, ms / 1000);
  const who = c.get("caller")?.name;
  log.info(
    { request: c.get("requestId"), method, path: c.req.path, status, ms: Math.round(ms * 10) / 10, who },
    "answered",
  );
}
