import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import {
  AzureError,
  type AzureRequest,
  azureRequest,
  azureRequestSchema,
  detectEntire,
  detectLast,
} from "../../azure/index.js";
import { Problem } from "../../problem.js";
import { describedBy } from "../access.js";
import { parseJson } from "../parse-json.js";
import { problemDetails } from "../problem-details.js";
import { readBody } from "../read-body.js";
import type { Env, Services } from "../services.js";

const MOST_BYTES = 2 * 2 ** 20;

const numbers = z.array(z.number());
const flags = z.array(z.boolean());

const entireSchema = z
  .object({
    period: z.int().describe("Points of a season; 0 where none was found."),
    expectedValues: numbers,
    upperMargins: numbers.describe("The boundary is expectedValue + (100 - sensitivity) * upperMargin."),
    lowerMargins: numbers,
    isAnomaly: flags,
    isNegativeAnomaly: flags,
    isPositiveAnomaly: flags,
    severity: numbers,
  })
  .openapi("EntireDetection");

const lastSchema = z
  .object({
    period: z.int(),
    suggestedWindow: z.int().describe("Points that are enough for the next request."),
    expectedValue: z.number(),
    upperMargin: z.number(),
    lowerMargin: z.number(),
    isAnomaly: z.boolean(),
    isNegativeAnomaly: z.boolean(),
    isPositiveAnomaly: z.boolean(),
    severity: z.number(),
  })
  .openapi("LastDetection");

const errorSchema = z.object({ code: z.string(), message: z.string() }).openapi("DetectionError");
const refused = (description: string) => ({
  description,
  content: { "application/json": { schema: errorSchema } },
});

/** Answers clients of a service that was retired, in its shape; how it decides is its own, see docs/service.md. */
export function azureRoutes(app: OpenAPIHono<Env>, services: Services): void {
  detection(app, services, "entire", entireSchema, detectEntire);
  detection(app, services, "last", lastSchema, detectLast);
}

function detection<Answer extends object>(
  app: OpenAPIHono<Env>,
  services: Services,
  which: "entire" | "last",
  schema: z.ZodType,
  detect: (request: AzureRequest) => Answer,
): void {
  // Its clients send their key in a header of its own, and read errors in a form of their own.
  const guard = createMiddleware<Env>(async (c, next) => {
    try {
      const key = c.req.header("ocp-apim-subscription-key");
      const header = key === undefined ? c.req.header("authorization") : `Bearer ${key}`;
      c.set("caller", await services.callers.admit(header, ["score"]));
    } catch (error) {
      return failed(c, error);
    }
    return next();
  });
  app.openapi(
    createRoute({
      operationId: which === "entire" ? "detectEntireSeries" : "detectLastPoint",
      ...{ method: "post", path: `/anomalydetector/v1.1/timeseries/${which}/detect` },
      tags: ["Compatible with the retired Azure service"],
      summary: which === "entire" ? "Judge each point of a series" : "Judge the last point of a series",
      description:
        "Takes and answers what the retired Anomaly Detector did, so that a client changes its base URL alone. The decision is " +
        "not the same: a season by medians and local Theil-Sen lines, with margins of robust standard deviations.",
      security: [{ subscriptionKey: [] }],
      middleware: guard,
      request: {
        body: {
          required: true,
          content: { "application/json": { schema: describedBy(azureRequestSchema) } },
        },
      },
      responses: {
        200: { description: "What each point is.", content: { "application/json": { schema } } },
        400: refused("The request cannot be understood; code says what of it."),
        401: refused("No key, or one that is not known."),
        403: refused("A key of another role."),
        413: refused("A body above the service's bounds."),
        429: refused("Too many requests: come back after the seconds in Retry-After."),
      },
    }),
    (async (c: Context<Env>) => {
      try {
        const body = await readBody(c, { bytes: MOST_BYTES, unpacked: MOST_BYTES });
        return c.json(detect(azureRequest(jsonOf(body))), 200);
      } catch (error) {
        return failed(c, error);
      }
    }) as never,
  );
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    throw new AzureError("InvalidJsonFormat", (error as Error).message);
  }
}

/** @throws what is no fault of the request */
function failed(c: Context<Env>, error: unknown): Response {
  if (error instanceof AzureError) return refusal(c, error.code, error.message, 400);
  if (!(error instanceof Problem)) throw error;
  const { status, detail } = problemDetails(error, c.get("requestId"));
  if (error.retryAfter !== undefined) c.header("Retry-After", String(error.retryAfter));
  return refusal(c, pascalCase(error.kind), detail, status as 401);
}

/** Clients of the retired service look for the code in a header, too. */
function refusal(c: Context<Env>, code: string, message: string, status: 400 | 401): Response {
  c.header("x-ms-error-code", code);
  return c.json({ code, message }, status);
}

/** too-large as TooLarge. */
const pascalCase = (kind: string): string =>
  kind.replace(/(^|-)(.)/g, (_, _hyphen, letter: string) => letter.toUpperCase());
