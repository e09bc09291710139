import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { addVerdict, type Judged } from "../results/index.js";
import { access, moreProblems, problems } from "./access.js";
import { idParams } from "./schemas.js";
import type { Env, Services } from "./services.js";
import { givenVerdict, storedVerdict, verdictOf } from "./verdict-schemas.js";

/** Takes verdicts on what is listed under a path. @param judged finds what an id stands for, or throws a Problem */
export function verdictRoute(
  app: OpenAPIHono<Env>,
  services: Services,
  about: Readonly<Record<"operationId" | "path" | "tag" | "summary", string>>,
  judged: (id: number) => Promise<Judged>,
): void {
  const { operationId, path, tag, summary } = about;
  app.openapi(
    createRoute({
      ...{ operationId, method: "post", path: `${path}/{id}/verdicts`, tags: [tag], summary },
      ...access(services, ["review"]),
      request: {
        params: idParams,
        body: { required: true, content: { "application/json": { schema: givenVerdict } } },
      },
      responses: {
        ...problems,
        ...moreProblems,
        201: { description: "The verdict.", content: { "application/json": { schema: storedVerdict } } },
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const given = { ...c.req.valid("json"), who: c.get("caller").name };
      return c.json(verdictOf(await addVerdict(services.store.db, await judged(id), given)), 201);
    },
  );
}
