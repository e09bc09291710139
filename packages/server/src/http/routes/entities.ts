import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { findModel } from "../../models/index.js";
import { listEntities } from "../../results/index.js";
import { access, problems } from "../access.js";
import { entitySchema, modelParams } from "../schemas.js";
import type { Env, Services } from "../services.js";

/** What a model's rows are about. */
export function entityRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { db } = services.store;
  app.openapi(
    createRoute({
      operationId: "listEntities",
      ...{ method: "get", path: "/v1/models/{name}/entities", tags: ["Results"] },
      summary: "List what the rows of a model are about, by name",
      ...access(services, ["review"]),
      request: {
        params: modelParams,
        query: z.strictObject({
          limit: z.coerce.number().int().min(1).max(1000).default(100),
          after: entitySchema.optional().describe("Names that follow this one."),
        }),
      },
      responses: {
        ...problems,
        200: {
          description: "Entities.",
          content: {
            "application/json": {
              schema: z.object({
                entities: z.array(
                  z.object({ entity: z.string(), lastAt: z.string().describe("Of its latest row.") }),
                ),
              }),
            },
          },
        },
      },
    }),
    async (c) => {
      const model = await findModel(db, c.req.valid("param").name);
      const found = await listEntities(db, { modelId: model.id, ...c.req.valid("query") });
      const entities = found.map(({ entity, lastAt }) => ({ entity, lastAt: lastAt.toISOString() }));
      return c.json({ entities }, 200);
    },
  );
}
