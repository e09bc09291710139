import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { access, moreProblems, problems } from "../access.js";
import { modelParams } from "../schemas.js";
import type { Env, Services } from "../services.js";

const driftSchema = z
  .object({
    model: z.string(),
    version: z.int(),
    drift: z.boolean().describe("Scores no longer come from where those of training came from."),
    alarm: z
      .object({ result: z.int(), at: z.string() })
      .nullable()
      .describe("With which result it was noticed."),
    delta: z
      .number()
      .describe("Chance that results without drift ever raise the alarm, however often one looks."),
    logValue: z.number().describe("Logarithm of the evidence so far, which began as 0."),
    logAlarm: z.number().describe("Where the alarm is."),
    observed: z.int().describe("Results looked at, from the version's first one on."),
    behind: z.int().describe("Results left, which the next request looks at."),
    recent: z
      .object({
        rows: z.int(),
        flagged: z.int(),
        expectedFalseAlarmRate: z.number().nullable(),
        pValues: z
          .object({ distance: z.number(), significance: z.number() })
          .describe("Distance of their p-values from uniform, in one look that promises nothing for many."),
      })
      .nullable()
      .describe("Up to 1000 results, the last."),
  })
  .openapi("Drift");

/** Whether scores still come from where those of training came from. */
export function driftRoutes(app: OpenAPIHono<Env>, services: Services): void {
  app.openapi(
    createRoute({
      ...{ method: "get", path: "/v1/models/{name}/drift", tags: ["Models"] },
      summary: "Say whether the scores of the active version have drifted",
      ...access(services, ["review"]),
      request: { params: modelParams },
      responses: {
        ...{ ...problems, ...moreProblems },
        200: { description: "The status.", content: { "application/json": { schema: driftSchema } } },
      },
    }),
    async (c) => {
      const { name: model } = c.req.valid("param");
      const { alarm, ...status } = await services.drift.status(model);
      const noticed = alarm === null ? null : { result: alarm.result, at: alarm.at.toISOString() };
      return c.json({ model, ...status, alarm: noticed }, 200);
    },
  );
}
