import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { Problem } from "../../problem.js";
import { access, describedBy, moreProblems, problems } from "../access.js";
import { parseRows } from "../parse-json.js";
import { readBody } from "../read-body.js";
import { modelParams } from "../schemas.js";
import type { Env, Services } from "../services.js";

/** More rows take longer than anybody waits. */
const MOST_ROWS = 100;
const MOST_BACKGROUND = 2000;

const rowsSchema = z
  .array(z.unknown())
  .min(1)
  .max(MOST_ROWS)
  .describe("For models of series: the steps of windows.");
const requestSchema = z.strictObject({
  rows: rowsSchema,
  background: z
    .array(z.unknown())
    .min(1)
    .max(MOST_BACKGROUND)
    .optional()
    .describe("Normal rows to compare with; by default those whose values the service kept."),
  method: z.enum(["nearest", "shapley", "gradients", "exact"]).optional().describe("Default nearest."),
  top: z.int().min(1).max(1000).optional().describe("Contributions listed of each row, the largest."),
});

const valueSchema = z.union([z.number(), z.string()]).nullable();
const stepsSchema = z
  .object({ from: z.int(), to: z.int() })
  .optional()
  .describe("Of windows: steps from 0, the last one excluded.");

const contributionSchema = z.object({
  feature: z.string(),
  steps: stepsSchema,
  contribution: z.number(),
  error: z.number().optional().describe("Its standard error, where the method samples."),
  value: valueSchema,
  nearest: valueSchema.optional().describe("What it is in the nearest normal row."),
  normal: z
    .union([
      z.object({ kind: z.literal("numbers"), low: z.number(), median: z.number(), high: z.number() }),
      z.object({
        kind: z.literal("texts"),
        texts: z.array(z.object({ text: z.string().nullable(), share: z.number() })),
      }),
    ])
    .describe("What it is in normal rows."),
});

const answerSchema = z
  .object({
    model: z.string(),
    version: z.int(),
    threshold: z.number().nullable().describe("Null of a fleet, in which each row has that of its model."),
    rows: z.array(
      z.object({
        row: z.int(),
        score: z.number(),
        pValue: z.number(),
        isAnomaly: z.boolean(),
        threshold: z.number().optional().describe("In a fleet: of the model that decided."),
        own: z.boolean().optional().describe("In a fleet: whether that is the entity's own."),
        baseline: z
          .number()
          .describe("Mean score of the normal rows that the row was compared with; of method exact 0."),
        contributions: z
          .array(contributionSchema)
          .describe("What each column adds to the score, largest first."),
        rest: z.number().describe("What the columns add that are not listed."),
        path: z
          .object({ points: z.int(), missed: z.number() })
          .optional()
          .describe(
            "Of method gradients: points of the line from a normal row, and the share that was missed.",
          ),
        nearest: z.array(
          z.object({
            values: z.record(z.string(), z.unknown()).describe("A normal row."),
            distance: z.number(),
          }),
        ),
        counterfactual: z
          .object({
            changes: z.array(
              z.object({ feature: z.string(), steps: stepsSchema, from: valueSchema, to: valueSchema }),
            ),
            score: z.number().describe("Of the changed row."),
          })
          .nullable()
          .optional()
          .describe("The least change found that makes the row normal, or null."),
      }),
    ),
    warnings: z.array(z.string()),
  })
  .openapi("Explanations");
export type Explanations = z.infer<typeof answerSchema>;

/** Why rows are abnormal. */
export function explainRoutes(app: OpenAPIHono<Env>, services: Services): void {
  app.openapi(
    createRoute({
      operationId: "explainRows",
      ...{
        method: "post",
        path: "/v1/models/{name}/explain",
        tags: ["Scores"],
        summary: "Say why rows are abnormal",
      },
      ...access(services, ["score", "review"]),
      request: {
        params: modelParams,
        body: {
          required: true,
          // Validated when it was read within its bounds.
          content: { "application/json": { schema: describedBy(z.union([requestSchema, rowsSchema])) } },
        },
      },
      responses: {
        ...{ ...problems, ...moreProblems },
        200: { description: "Rows, worst first.", content: { "application/json": { schema: answerSchema } } },
      },
    }),
    async (c) => {
      const { name } = c.req.valid("param");
      const { maxBodyBytes: bytes, maxUnpackedBytes: unpacked } = services.settings;
      const given = parseRows(await readBody(c, { bytes, unpacked }));
      // As they are sent to be scored.
      const parsed = requestSchema.safeParse(Array.isArray(given) ? { rows: given } : given);
      if (!parsed.success) {
        const { path, message } = parsed.error.issues[0]!;
        throw new Problem(
          "invalid-request",
          `The body's ${path.join(".") || "content"} is wrong: ${message}.`,
        );
      }
      const size = parsed.data.rows.length;
      const answer = await services.rows.pass(size, () =>
        services.explaining.explain({ model: name, ...parsed.data, signal: c.req.raw.signal }),
      );
      const body: Explanations = {
        ...{ model: name, version: answer.version, threshold: answer.threshold },
        rows: answer.rows as Explanations["rows"],
        warnings: [...answer.warnings],
      };
      return c.json(body, 200);
    },
  );
}
