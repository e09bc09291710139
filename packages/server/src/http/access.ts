import { z } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import type { Role } from "../auth/index.js";
import { problemSchema } from "./problem-details.js";
import type { Env, Services } from "./services.js";
import { takeSmallBody } from "./small-body.js";

/** For routes that take a key of one of these roles; admin keys may do everything. */
export function access(services: Services, roles: readonly Role[]) {
  const guard = createMiddleware<Env>(async (c, next) => {
    c.set("caller", await services.callers.admit(c.req.header("authorization"), roles));
    await takeSmallBody(c);
    await next();
  });
  return { security: [{ key: [] }], middleware: guard };
}

const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});

/** What any route with a key may answer. */
export const problems = {
  400: problem("The request cannot be understood."),
  401: problem("No key, or one that is not known."),
  403: problem("A key of another role."),
  404: problem("What the request names is not there."),
  429: problem("Too many requests: come back after the seconds in Retry-After."),
  503: problem(
    "The service is stopping or late, or its database does not answer: come back after the seconds in Retry-After.",
  ),
  507: problem("The database's disk is full: nothing was stored."),
} as const;

export const moreProblems = {
  409: problem("It contradicts what is there."),
  413: problem("A body, or a number of rows, above the service's bounds."),
  415: problem("A body of a type that is not read."),
  422: problem("Read, but not fit for the model."),
} as const;

/** The schema of a body that its route reads and validates itself, for the description alone. */
export function describedBy(schema: z.ZodType): object {
  const { $schema: _, ...described } = z.toJSONSchema(schema);
  return described;
}
