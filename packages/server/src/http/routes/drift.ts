import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { movedColumns } from "../../drift/index.js";
import { access, moreProblems, problems } from "../access.js";
import { modelParams, momentOf, optionalText, periodQuery } from "../schemas.js";
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
    history: z
      .array(
        z.object({
          at: z.string().describe("Time of the point's last result."),
          observed: z.int(),
          logValue: z.number(),
          rows: z.int().describe("Results since the point before."),
          flagged: z.int().describe("Of these, those that were flagged."),
        }),
      )
      .describe("The evidence from the first result on, at most a few hundred points."),
  })
  .openapi("Drift");
export type Drift = z.infer<typeof driftSchema>;

const share = z.number().nullable();

const columnsSchema = z
  .object({
    model: z.string(),
    version: z.int(),
    since: z
      .string()
      .nullable()
      .describe("The moment asked for, where there were enough results since; else they are the latest."),
    rows: z.int().describe("Results looked at: the latest, up to 1000."),
    kept: z.int().describe("Of these, those whose values were kept."),
    note: z.string().nullable().describe("Why there are no columns; null where there are."),
    columns: z
      .array(
        z.object({
          name: z.string(),
          kind: z.enum(["numeric", "categorical", "constant"]),
          psi: z
            .number()
            .nullable()
            .describe("Population stability index; by custom, 0.25 is a large change."),
          chanceLimit: z.number().nullable().describe("Chance alone stays below it."),
          shifted: z.boolean().describe("Above 0.1, and above what chance explains."),
          missing: z.number().describe("Share of cells without a value."),
          missingInTraining: share,
          outOfRange: share.describe("Share of cells outside the range of training."),
          unseen: share.describe("Share of cells with a value that training never saw."),
          unseenExample: z.string().nullable(),
        }),
      )
      .describe("Those that moved furthest first."),
  })
  .openapi("MovedColumns");
export type MovedColumns = z.infer<typeof columnsSchema>;

/** Whether scores still come from where those of training came from. */
export function driftRoutes(app: OpenAPIHono<Env>, services: Services): void {
  app.openapi(
    createRoute({
      operationId: "getDrift",
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
      const { alarm, history, ...status } = await services.drift.status(model);
      const noticed = alarm === null ? null : { result: alarm.result, at: alarm.at.toISOString() };
      const points = history.map((point) => ({ ...point, at: point.at.toISOString() }));
      return c.json({ model, ...status, alarm: noticed, history: points }, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "getDriftColumns",
      ...{ method: "get", path: "/v1/models/{name}/drift/columns", tags: ["Models"] },
      summary: "Compare the columns of the latest rows with those of training: where a drift may come from",
      ...access(services, ["review"]),
      request: { params: modelParams, query: periodQuery.pick({ from: true }) },
      responses: {
        ...{ ...problems, ...moreProblems },
        200: {
          description: "Columns, or why none.",
          content: { "application/json": { schema: columnsSchema } },
        },
      },
    }),
    async (c) => {
      const { name: model } = c.req.valid("param");
      const { store, active, loaded, settings, scratch: folder } = services;
      const from = momentOf(c.req.valid("query").from);
      const parts = { db: store.db, active, loaded };
      const found = await movedColumns(parts, { ...settings, folder }, { name: model, from });
      const columns = found.columns.map(({ stability, ...column }) => ({
        ...column,
        psi: stability?.psi ?? null,
        chanceLimit: stability?.chanceLimit ?? null,
        shifted: stability?.shifted ?? false,
      }));
      const since = optionalText(found.since ?? null);
      return c.json({ model, ...found, since, note: found.note ?? null, columns }, 200);
    },
  );
}
