import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { KEEPS, type RowAnswer, type ScoreAnswer } from "../../scoring/index.js";
import { access, describedBy, moreProblems, problems } from "../access.js";
import { countOf, givenData, MEDIA_TYPES, rowsSchema } from "../given-rows.js";
import { idempotencyHeaders, idempotent } from "../idempotent.js";
import { readBody } from "../read-body.js";
import { modelParams, nameSchema } from "../schemas.js";
import type { Env, Services } from "../services.js";

const column = (what: string) => z.string().min(1).max(500).optional().describe(what);

const querySchema = z.object({
  entityColumn: column("Column that says what a row is about, such as a machine; of series, as trained."),
  timeColumn: column(
    "Column of a row's time: ISO 8601, or seconds or milliseconds since 1970; default: its arrival.",
  ),
  idColumn: column("Column of what you call a row."),
  operatingPoint: nameSchema.optional().describe("Decide by this one instead of the one in force."),
  keep: z
    .enum(KEEPS)
    .default("flagged")
    .describe(
      "Rows whose values are stored with the results; flagged keeps a few normal ones too, to explain others with.",
    ),
  results: z
    .enum(["all", "flagged", "none"])
    .default("all")
    .describe(
      "flagged stores flagged rows, and those whose values are kept, and counts the others by day and score: several times " +
        "as many rows a second. Drift is then not watched. none keeps nothing: no result, no count, no incident.",
    ),
});

const rowSchema = z.union([
  z.object({
    row: z.int().describe("Its place in the body, from 0."),
    id: z.int().nullable().describe("Of the stored result; null where it was not stored."),
    score: z.number().describe("The higher, the more abnormal."),
    pValue: z.number().describe("Share of normal rows that would look at least as abnormal."),
    isAnomaly: z.boolean(),
    probability: z.number().optional().describe("Of models that were calibrated with labels."),
    incident: z.int().nullable().describe("The incident that the row is in."),
    threshold: z.number().optional().describe("In a fleet: of the model that decided."),
    own: z
      .boolean()
      .optional()
      .describe("In a fleet: whether the entity's own model decided, or that of all entities."),
  }),
  z.object({ row: z.int(), score: z.null() }).describe("A step of a series that no window covers."),
  z
    .object({
      row: z.int(),
      error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
    })
    .describe("A row that cannot be read, which has no part in the others."),
]);

const answerSchema = z
  .object({
    request: z.string(),
    model: z.string(),
    version: z.int(),
    threshold: z.number().nullable().describe("Null of a fleet, in which each row has that of its model."),
    operatingPoint: z.string().nullable(),
    flagged: z.int(),
    rows: z.array(rowSchema),
    warnings: z.array(z.string()),
  })
  .openapi("Scores");

const binary = { schema: { type: "string", format: "binary" } as const };

/** Scores rows; an answer means that the results are stored. */
export function scoreRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { settings, metrics } = services;
  app.openapi(
    createRoute({
      ...{
        method: "post",
        path: "/v1/models/{name}/score",
        tags: ["Scores"],
        summary: "Score rows, and store the results",
      },
      description:
        "JSON, JSON lines, CSV and Parquet hold rows; an image is a row. Rows of tables that cannot be read are told one by " +
        "one; where none can, and in files, the request is refused. When the answer comes, the results are durable.",
      ...access(services, ["score"]),
      request: {
        params: modelParams,
        query: querySchema,
        headers: idempotencyHeaders,
        body: {
          required: true,
          content: {
            ...Object.fromEntries(MEDIA_TYPES.map((type) => [type, binary])),
            // Validated when it was read within its bounds.
            "application/json": { schema: describedBy(rowsSchema) },
          },
        },
      },
      responses: {
        ...{ ...problems, ...moreProblems },
        200: { description: "One entry per row.", content: { "application/json": { schema: answerSchema } } },
      },
    }),
    async (c) => {
      const { name } = c.req.valid("param");
      const { maxBodyBytes: bytes, maxUnpackedBytes: unpacked, maxRows } = settings;
      // Before the body is read: an unknown name needs none.
      await services.active.find(name);
      const body = await readBody(c, { bytes, unpacked });
      return idempotent(c, services, { body, status: 200 }, async (keep) => {
        const data = givenData(body, c.req.header("content-type"), maxRows);
        let told: z.infer<typeof answerSchema> | undefined;
        const answer = await services.rows.pass(await countOf(data, maxRows), () =>
          services.scoring.score({
            ...{ model: name, data, ...c.req.valid("query") },
            settle:
              keep &&
              ((trx, found) => {
                told = toldOf(name, found);
                return keep(trx, told);
              }),
          }),
        );
        told ??= toldOf(name, answer);
        const scored = told.rows.filter((row) => "id" in row).length;
        metrics.rows.inc({ model: name, flagged: "true" }, told.flagged);
        metrics.rows.inc({ model: name, flagged: "false" }, scored - told.flagged);
        return told;
      }) as never;
    },
  );
}

function toldOf(model: string, answer: ScoreAnswer): z.infer<typeof answerSchema> {
  const flagged = answer.rows.filter((row) => "id" in row && row.isAnomaly).length;
  return { ...answer, model, flagged, rows: answer.rows.map(rowOf), warnings: [...answer.warnings] };
}

function rowOf(answer: RowAnswer): z.infer<typeof rowSchema> {
  if (!("error" in answer)) return answer;
  const { code, message, hint } = answer.error;
  return { row: answer.row, error: { code, message, ...(hint !== undefined && { hint }) } };
}
