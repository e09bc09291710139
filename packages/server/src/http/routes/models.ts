import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import {
  activateVersion,
  addVersion,
  checkUpload,
  factsOfVersion,
  findModel,
  fleetOf,
  listAllVersions,
  listModels,
  listVersions,
  readCard,
  rollBack,
  type StoredModel,
  type StoredVersion,
  setShadow,
} from "../../models/index.js";
import { access, moreProblems, problems } from "../access.js";
import { readBody } from "../read-body.js";
import { modelParams, nameSchema } from "../schemas.js";
import type { Env, Services } from "../services.js";

const figuresSchema = z.object({
  falseAlarms: z.number().nullable().describe("Share of the normal rows that it flags; null without any."),
  found: z.number().nullable().describe("Share of the anomalies that it flags; null without any."),
  auroc: z.number().nullable(),
});

const comparisonSchema = z.object({
  version: z.int().describe("The version before."),
  normals: z.int().describe("Rows with a verdict that the new version was not given."),
  anomalies: z.int(),
  enough: z.boolean().describe("False where there are too few for the figures to mean much."),
  note: z.string(),
  before: figuresSchema,
  after: figuresSchema,
});
export type Comparison = z.infer<typeof comparisonSchema>;

const versionSchema = z
  .object({
    version: z.int(),
    state: z.enum(["active", "shadow", "idle"]),
    detector: z.string(),
    kind: z.string().describe("table, series or images"),
    threshold: z.number(),
    expectedFalseAlarmRate: z.number().nullable().describe("What the model promises of its own threshold."),
    source: z.enum(["folder", "upload", "job"]),
    trusted: z
      .boolean()
      .describe("False for uploads: they are scored in a process of their own, with limits."),
    sha256: z.string(),
    bytes: z.int(),
    fleet: z
      .object({
        entityColumn: z.string(),
        entities: z.int(),
        own: z.int().describe("Entities that have a model of their own."),
      })
      .nullable()
      .describe(
        "Of a file with a model for each entity; threshold and promise are then those of the model of all.",
      ),
    job: z.string().nullable().describe("The job that made it."),
    comparison: comparisonSchema
      .nullable()
      .describe(
        "Of a refit: what it and the version before do on rows with verdicts that neither learned from here.",
      ),
    createdBy: z.string(),
    createdAt: z.string(),
  })
  .openapi("Version");
export type Version = z.infer<typeof versionSchema>;

const modelSchema = z
  .object({
    name: z.string(),
    activeVersion: z.int().nullable(),
    previousVersion: z.int().nullable().describe("Where rollback goes."),
    shadowVersion: z.int().nullable(),
    operatingPoint: z.string().nullable().describe("The one in force; null for the model's own threshold."),
    versions: z.array(versionSchema),
  })
  .openapi("Model");
export type Model = z.infer<typeof modelSchema>;

const versionBody = (schema: z.ZodType) => ({
  body: { required: true, content: { "application/json": { schema } } },
});

const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

/** Models and their versions: what there is, what answers, and what may be added. */
export function modelRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { db } = services.store;
  const described = async (model: StoredModel) => describe(model, await listVersions(db, model.id));
  const changed = async (model: StoredModel) => {
    services.active.forget(model.name);
    return described(model);
  };
  const readers = access(services, ["score", "review"]);
  const admins = access(services, ["admin"]);

  app.openapi(
    createRoute({
      operationId: "listModels",
      ...{ method: "get", path: "/v1/models", tags: ["Models"], summary: "List models with their versions" },
      ...readers,
      responses: {
        ...problems,
        200: json(z.object({ models: z.array(modelSchema) }), "All models, by name."),
      },
    }),
    async (c) => {
      const [models, versions] = await Promise.all([listModels(db), listAllVersions(db)]);
      return c.json({ models: models.map((model) => describe(model, versions.get(model.id) ?? [])) }, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "getModel",
      ...{ method: "get", path: "/v1/models/{name}", tags: ["Models"], summary: "Show a model" },
      ...readers,
      request: { params: modelParams },
      responses: { ...problems, 200: json(modelSchema, "The model.") },
    }),
    async (c) => c.json(await described(await findModel(db, c.req.valid("param").name)), 200),
  );

  app.openapi(
    createRoute({
      operationId: "getModelCard",
      ...{ method: "get", path: "/v1/models/{name}/versions/{version}/card", tags: ["Models"] },
      summary: "Show what a version says of itself",
      ...readers,
      request: {
        params: modelParams.extend({
          version: z.coerce
            .number()
            .int()
            .min(1)
            .max(2 ** 31 - 1)
            .openapi({ param: { name: "version", in: "path" } }),
        }),
      },
      responses: { ...problems, 200: json(z.record(z.string(), z.unknown()), "The model's card.") },
    }),
    async (c) => {
      const { name, version } = c.req.valid("param");
      const card = await readCard(db, (await findModel(db, name)).id, version);
      if (card === undefined) return c.notFound() as never;
      return c.json(JSON.parse(card), 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "uploadModel",
      ...{
        method: "post",
        path: "/v1/models",
        tags: ["Models"],
        summary: "Upload a model file as a new version",
      },
      description:
        "A model or a fleet. The file is checked as one from a stranger, and a row is scored in a process with limits. It does not answer until it " +
        "is activated. The same bytes again are the version that there is.",
      ...admins,
      request: {
        query: z.strictObject({ name: nameSchema }),
        body: {
          required: true,
          content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
        },
      },
      responses: {
        ...{ ...problems, ...moreProblems },
        200: json(modelSchema, "The version was there."),
        201: json(modelSchema, "The model, with the new version."),
      },
    }),
    async (c) => {
      const { name } = c.req.valid("query");
      const { maxModelBytes } = services.settings;
      const file = await readBody(c, { bytes: maxModelBytes, unpacked: maxModelBytes });
      const found = await checkUpload(file, services.scratch, services.settings, services.verifyKey);
      const who = c.get("caller").name;
      const { added } = await addVersion(db, {
        ...{ name, file, ...found, trusted: false, source: "upload", who },
        activate: () => false,
      });
      return c.json(await changed(await findModel(db, name)), added ? 201 : 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "activateVersion",
      ...{
        method: "post",
        path: "/v1/models/{name}/activate",
        tags: ["Models"],
        summary: "Have a version answer",
      },
      ...admins,
      request: { params: modelParams, ...versionBody(z.strictObject({ version: z.int().min(1) })) },
      responses: { ...problems, ...moreProblems, 200: json(modelSchema, "The model.") },
    }),
    async (c) => {
      const { version } = c.req.valid("json") as { version: number };
      const model = await activateVersion(db, c.req.valid("param").name, version, c.get("caller").name);
      return c.json(await changed(model), 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "rollBackModel",
      ...{ method: "post", path: "/v1/models/{name}/rollback", tags: ["Models"] },
      summary: "Go back to the version that was active before; a second time, forth again",
      ...admins,
      request: { params: modelParams },
      responses: { ...problems, ...moreProblems, 200: json(modelSchema, "The model.") },
    }),
    async (c) =>
      c.json(await changed(await rollBack(db, c.req.valid("param").name, c.get("caller").name)), 200),
  );

  app.openapi(
    createRoute({
      operationId: "setShadow",
      ...{ method: "put", path: "/v1/models/{name}/shadow", tags: ["Models"] },
      summary: "Have a second version score too, unseen; null for none",
      ...admins,
      request: {
        params: modelParams,
        ...versionBody(z.strictObject({ version: z.int().min(1).nullable() })),
      },
      responses: { ...problems, ...moreProblems, 200: json(modelSchema, "The model.") },
    }),
    async (c) => {
      const { version } = c.req.valid("json") as { version: number | null };
      const model = await setShadow(db, c.req.valid("param").name, version, c.get("caller").name);
      return c.json(await changed(model), 200);
    },
  );
}

function describe(model: StoredModel, versions: readonly StoredVersion[]): Model {
  return {
    name: model.name,
    activeVersion: model.active_version,
    previousVersion: model.previous_version,
    shadowVersion: model.shadow_version,
    operatingPoint: model.operating_point,
    versions: versions.map((one) => {
      const state =
        one.version === model.active_version
          ? "active"
          : one.version === model.shadow_version
            ? "shadow"
            : "idle";
      return {
        ...{ version: one.version, state, ...factsOfVersion(one) },
        ...{ source: one.source, trusted: one.trusted, sha256: one.sha256, bytes: one.bytes },
        fleet: fleetSummary(one),
        job: one.job_id,
        comparison: one.comparison === null ? null : JSON.parse(one.comparison),
        ...{ createdBy: one.created_by, createdAt: one.created_at.toISOString() },
      };
    }),
  };
}

function fleetSummary(version: StoredVersion) {
  const fleet = fleetOf(version);
  if (fleet === undefined) return null;
  const { entityColumn, entities, own } = fleet;
  return { entityColumn, entities, own };
}
