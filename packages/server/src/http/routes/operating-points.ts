import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { parseRule } from "hypersphere/scoring";
import {
  deleteOperatingPoint,
  findModel,
  listOperatingPoints,
  type OperatingPoint,
  refuseFleet,
  setOperatingPoint,
  thresholdOf,
  useOperatingPoint,
} from "../../models/index.js";
import { access, moreProblems, problems } from "../access.js";
import { modelParams, nameSchema } from "../schemas.js";
import type { Env, Services } from "../services.js";

const pointSchema = z
  .object({
    name: z.string(),
    rule: z.string().nullable(),
    threshold: z.number().nullable(),
    version: z.int().nullable().describe("The version whose score it is."),
    createdBy: z.string(),
    createdAt: z.string(),
  })
  .openapi("OperatingPoint");

const listSchema = z.object({
  inForce: z.string().nullable().describe("null for the model's own threshold."),
  operatingPoints: z.array(pointSchema),
});
export type OperatingPoints = z.infer<typeof listSchema>;

const setSchema = z.union([
  z.strictObject({ rule: z.string().max(200).describe("Such as false-alarms 1%; it fits every version.") }),
  z.strictObject({ threshold: z.float32().describe("A score of the version that is active.") }),
]);

const answer = {
  description: "The points of the model.",
  content: { "application/json": { schema: listSchema } },
};

/** Named ways to decide, such as one for the night. */
export function operatingPointRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { db } = services.store;
  const listed = async (name: string): Promise<OperatingPoints> => {
    const model = await findModel(db, name);
    const points = await listOperatingPoints(db, model.id);
    return { inForce: model.operating_point, operatingPoints: points.map(describe) };
  };
  const pointParams = modelParams.extend({
    point: nameSchema.openapi({ param: { name: "point", in: "path" }, example: "night" }),
  });
  const admins = access(services, ["admin"]);
  const path = "/v1/models/{name}/operating-points";
  const tags = ["Operating points"];

  app.openapi(
    createRoute({
      operationId: "listOperatingPoints",
      ...{ method: "get", path, tags, summary: "List the operating points of a model" },
      ...access(services, ["score", "review"]),
      request: { params: modelParams },
      responses: { ...problems, 200: answer },
    }),
    async (c) => c.json(await listed(c.req.valid("param").name), 200),
  );

  app.openapi(
    createRoute({
      operationId: "setOperatingPoint",
      ...{ method: "put", path: `${path}/{point}`, tags, summary: "Keep a rule or a score under a name" },
      ...admins,
      request: {
        params: pointParams,
        body: { required: true, content: { "application/json": { schema: setSchema } } },
      },
      responses: { ...problems, ...moreProblems, 200: answer },
    }),
    async (c) => {
      const { name, point } = c.req.valid("param");
      const given = c.req.valid("json");
      const { model, version } = await services.active.find(name);
      if ("rule" in given) parseRule(given.rule);
      else refuseFleet(version, "keep a rule, which fits each of them");
      const values =
        "rule" in given
          ? { rule: given.rule, threshold: null, version: null }
          : { rule: null, threshold: given.threshold, version: version.version };
      await setOperatingPoint(db, model, { name: point, ...values }, c.get("caller").name);
      services.active.forget(name);
      return c.json(await listed(name), 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "deleteOperatingPoint",
      ...{ method: "delete", path: `${path}/{point}`, tags, summary: "Remove an operating point" },
      ...admins,
      request: { params: pointParams },
      responses: { ...problems, ...moreProblems, 200: answer },
    }),
    async (c) => {
      const { name, point } = c.req.valid("param");
      await deleteOperatingPoint(db, name, point, c.get("caller").name);
      services.active.forget(name);
      return c.json(await listed(name), 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "chooseOperatingPoint",
      ...{ method: "put", path: "/v1/models/{name}/operating-point", tags },
      summary: "Put an operating point in force; null for the model's own threshold",
      ...admins,
      request: {
        params: modelParams,
        body: {
          required: true,
          content: { "application/json": { schema: z.strictObject({ name: nameSchema.nullable() }) } },
        },
      },
      responses: { ...problems, ...moreProblems, 200: answer },
    }),
    async (c) => {
      const { name } = c.req.valid("param");
      const { name: point } = c.req.valid("json");
      services.active.forget(name);
      const { model: stored, version, points } = await services.active.find(name);
      // Refused where it does not fit the version that answers.
      const model =
        version.fleet === null
          ? await services.loaded.open(version)
          : (await services.loaded.openFleet(version)).fallback;
      thresholdOf(model, { name, version: version.version }, points, point);
      await useOperatingPoint(db, stored, point, c.get("caller").name);
      services.active.forget(name);
      return c.json(await listed(name), 200);
    },
  );
}

const describe = (point: OperatingPoint): z.infer<typeof pointSchema> => ({
  ...{ name: point.name, rule: point.rule, threshold: point.threshold, version: point.version },
  ...{ createdBy: point.created_by, createdAt: point.created_at.toISOString() },
});
