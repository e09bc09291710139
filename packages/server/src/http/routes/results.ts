import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { findModel } from "../../models/index.js";
import {
  findPicture,
  findResult,
  listResults,
  listVerdicts,
  type StoredResult,
} from "../../results/index.js";
import { access, problems } from "../access.js";
import {
  entitySchema,
  flag,
  idParams,
  momentOf,
  nameSchema,
  next,
  pageQuery,
  periodQuery,
  verdictSchema,
} from "../schemas.js";
import type { Env, Services } from "../services.js";
import { verdictRoute } from "../verdict-route.js";
import { storedVerdict, verdictOf } from "../verdict-schemas.js";

const resultSchema = z
  .object({
    id: z.int(),
    model: z.string().optional(),
    version: z.int(),
    request: z.string(),
    row: z.int(),
    entity: z.string(),
    label: z.string().nullable(),
    at: z.string(),
    receivedAt: z.string(),
    score: z.number(),
    pValue: z.number(),
    isAnomaly: z.boolean(),
    threshold: z.number(),
    probability: z.number().nullable(),
    incident: z.int().nullable(),
    verdict: verdictSchema.nullable(),
    input: z.unknown().describe("The row's values, where they were kept; else null."),
  })
  .openapi("Result");
export type Result = z.infer<typeof resultSchema>;

/** What was scored, and what people say of it. */
export function resultRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { db } = services.store;
  const reviewers = access(services, ["review"]);

  app.openapi(
    createRoute({
      operationId: "listResults",
      ...{ method: "get", path: "/v1/results", tags: ["Results"], summary: "List results, the latest first" },
      ...reviewers,
      request: {
        query: pageQuery.extend(periodQuery.shape).extend({
          model: nameSchema,
          entity: entitySchema.optional(),
          flagged: flag.describe("Only what is flagged."),
          shadow: flag.describe("What the shadow says, in place of what was answered."),
          incident: z.coerce.number().int().min(1).optional().describe("Rows of this incident."),
        }),
      },
      responses: {
        ...problems,
        200: {
          description: "A page of results.",
          content: { "application/json": { schema: z.object({ results: z.array(resultSchema), next }) } },
        },
      },
    }),
    async (c) => {
      const { model: name, from, to, shadow = false, incident: incidentId, ...filter } = c.req.valid("query");
      const model = await findModel(db, name);
      const { rows, next } = await listResults(db, {
        ...{ ...filter, modelId: model.id, shadow, incidentId },
        ...{ from: momentOf(from), to: momentOf(to) },
      });
      return c.json({ results: rows.map((row) => ({ ...describe(row), model: name })), next }, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "getResult",
      ...{
        method: "get",
        path: "/v1/results/{id}",
        tags: ["Results"],
        summary: "Show a result with its verdicts",
      },
      ...reviewers,
      request: { params: idParams },
      responses: {
        ...problems,
        200: {
          description: "The result.",
          content: {
            "application/json": { schema: resultSchema.extend({ verdicts: z.array(storedVerdict) }) },
          },
        },
      },
    }),
    async (c) => {
      const result = await findResult(db, c.req.valid("param").id);
      const verdicts = await listVerdicts(db, { resultId: result.id });
      return c.json({ ...describe(result), verdicts: verdicts.map(verdictOf) }, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "getResultPicture",
      ...{
        method: "get",
        path: "/v1/results/{id}/picture",
        tags: ["Results"],
        summary: "Show an image that was scored",
      },
      description:
        "A small WebP of an image whose result is kept with what it is of: flagged, or with keep=all.",
      ...reviewers,
      request: {
        params: idParams,
        query: z.strictObject({
          of: z
            .enum(["image", "map"])
            .default("image")
            .describe("map: with where it is abnormal over it, of models that say so."),
        }),
      },
      responses: {
        ...problems,
        200: {
          description: "The picture.",
          content: { "image/webp": { schema: { type: "string", format: "binary" } as const } },
        },
      },
    }),
    async (c) => {
      const picture = await findPicture(db, c.req.valid("param").id, c.req.valid("query").of);
      return c.body(new Uint8Array(picture), 200, { "Content-Type": "image/webp" });
    },
  );

  verdictRoute(
    app,
    services,
    {
      ...{ operationId: "addResultVerdict", path: "/v1/results", tag: "Results" },
      summary: "Say what a flagged row was; the last verdict holds",
    },
    async (id) => {
      const found = await findResult(db, id);
      return { modelId: found.model_id, resultId: found.id };
    },
  );
}

const describe = (result: StoredResult): Result => ({
  ...{ id: result.id, version: result.version, request: result.request, row: result.row },
  ...{ entity: result.entity, label: result.label, at: result.at.toISOString() },
  receivedAt: result.received_at.toISOString(),
  ...{ score: result.score, pValue: result.p_value, isAnomaly: result.flagged, threshold: result.threshold },
  ...{ probability: result.probability, incident: result.incident_id, verdict: result.verdict },
  input: result.input === null ? null : JSON.parse(result.input),
});
