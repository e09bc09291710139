import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { findReport } from "../../jobs/index.js";
import { access, problems } from "../access.js";
import { jobParams } from "../schemas.js";
import type { Env, Services } from "../services.js";

const bins = z.array(z.int());

const reportSchema = z
  .object({
    detector: z.string(),
    noun: z.object({ one: z.string(), many: z.string() }).describe("What the rows are."),
    rows: z.object({ learned: z.int(), heldOut: z.int() }),
    advice: z
      .array(z.object({ weight: z.enum(["warning", "note"]), what: z.string(), todo: z.string() }))
      .describe("What to know, and what to do about it."),
    scores: z.object({
      bins: z.object({
        ...{ low: z.number(), high: z.number(), logarithmic: z.boolean() },
        upper: bins.describe("Rows that were learned from."),
        lower: bins.describe("Rows held out."),
      }),
      upper: z.object({ what: z.string(), rows: z.int(), median: z.number() }).optional(),
      heldOut: z.object({ rows: z.int(), median: z.number() }),
      operatingPoints: z.array(z.object({ name: z.string(), threshold: z.number() })),
    }),
    agreement: z
      .number()
      .nullable()
      .describe("Rank correlation with the same networks before training; near 1, training changed little."),
    curves: z.array(
      z.object({
        ...{ name: z.string(), ended: z.string() },
        unit: z
          .enum(["epoch", "step"])
          .optional()
          .describe(
            "What kept and the epochs of points count. Absent in reports of earlier versions: epochs.",
          ),
        kept: z.number().describe("Epoch, or step, that was kept."),
        points: z.array(
          z.object({ epoch: z.number(), loss: z.number().nullable(), validation: z.number().nullable() }),
        ),
      }),
    ),
    least: z
      .array(z.object({ name: z.string(), score: z.number(), pValue: z.number(), flagged: z.boolean() }))
      .describe("The least normal rows, worst first."),
  })
  .openapi("TrainingReport");
export type ReportFigures = z.infer<typeof reportSchema>;

/** The library's page holds its style and its pictures, and no script. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'";

/** What a job's model learned. */
export function jobReportRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { db } = services.store;
  const admins = access(services, ["admin"]);

  app.openapi(
    createRoute({
      operationId: "getJobReport",
      ...{ method: "get", path: "/v1/jobs/{id}/report", tags: ["Jobs"] },
      summary: "Show what the model of a job learned, as figures",
      ...admins,
      request: { params: jobParams },
      responses: {
        ...problems,
        200: { description: "The figures.", content: { "application/json": { schema: reportSchema } } },
      },
    }),
    async (c) => {
      const { figures } = await findReport(db, c.req.valid("param").id);
      return c.json(JSON.parse(figures) as ReportFigures, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "getJobReportPage",
      ...{ method: "get", path: "/v1/jobs/{id}/report.html", tags: ["Jobs"] },
      summary: "The same as a page with pictures, which loads nothing and holds no script",
      ...admins,
      request: { params: jobParams },
      responses: {
        ...problems,
        200: { description: "The page.", content: { "text/html": { schema: z.string() } } },
      },
    }),
    async (c) => {
      const { page } = await findReport(db, c.req.valid("param").id);
      return c.html(page, 200, { "Content-Security-Policy": POLICY }) as never;
    },
  );
}
