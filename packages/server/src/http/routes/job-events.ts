import { setTimeout as sleep } from "node:timers/promises";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import { findJob } from "../../jobs/index.js";
import { Problem } from "../../problem.js";
import { access, problems } from "../access.js";
import { Gate } from "../gate.js";
import { jobParams } from "../schemas.js";
import type { Env, Services } from "../services.js";
import { jobOf } from "./jobs.js";

/** Streams of progress that are open at once, and how often each looks. */
const MOST_STREAMS = 64;
const LOOK_MS = 500;
/** So that proxies do not take a stream for dead. */
const BEAT_MS = 15_000;

/** How far a job is, told while it goes on, to whoever takes it and has a key all the while. */
export function jobEventRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { callers, settings, stopping, log } = services;
  const { db } = services.store;
  const streams = new Gate(MOST_STREAMS, "streams of progress");
  app.openapi(
    createRoute({
      operationId: "followJob",
      ...{ method: "get", path: "/v1/jobs/{id}/events", tags: ["Jobs"] },
      summary: "Follow a job: an event with the job for each change, until it ends",
      ...access(services, ["admin"]),
      request: { params: jobParams },
      responses: {
        ...problems,
        200: {
          description: "Server-sent events named job, each with a Job as its data.",
          content: { "text/event-stream": { schema: z.string() } },
        },
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      await findJob(db, id);
      const leave = streams.enter(1);
      // Proxies would hold it back.
      c.header("X-Accel-Buffering", "no");
      return streamSSE(c, async (stream) => {
        try {
          let said = "";
          let beat = performance.now();
          while (!stopping.aborted && !stream.aborted) {
            const job = jobOf(await findJob(db, id));
            const data = JSON.stringify(job);
            const isNews = data !== said;
            if (isNews || performance.now() - beat > BEAT_MS) {
              const told = isNews ? stream.writeSSE({ event: "job", data }) : stream.write(": goes on\n\n");
              // Whoever takes nothing holds the place of another.
              if (!(await within(told, settings.answerSeconds))) {
                stream.abort();
                return;
              }
              beat = performance.now();
            }
            said = data;
            if (job.endedAt !== null) return;
            await stream.sleep(LOOK_MS);
            // The key may have been revoked meanwhile.
            await callers.identify(c.req.header("authorization"));
          }
        } catch (err) {
          // The job or the key is gone.
          if (!(err instanceof Problem))
            log.warn({ err, request: c.get("requestId") }, "stream of progress failed");
        } finally {
          leave();
        }
      }) as never;
    },
  );
}

/** Whether something is done in so many seconds. */
async function within(work: Promise<unknown>, seconds: number): Promise<boolean> {
  const done = new AbortController();
  try {
    return await Promise.race([
      work.then(() => true),
      sleep(seconds * 1000, false, { signal: done.signal, ref: false }),
    ]);
  } finally {
    done.abort();
  }
}
