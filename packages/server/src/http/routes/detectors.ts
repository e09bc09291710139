import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type DetectorEntry, detectors } from "hypersphere";
import { access, problems } from "../access.js";
import type { Env, Services } from "../services.js";

const KINDS = ["table", "series", "images"] as const;

const optionSchema = z.object({
  name: z.string(),
  description: z.string(),
  type: z
    .enum(["integer", "number", "boolean", "text", "choice", "json"])
    .describe("json: a list, or one of several types, written as JSON."),
  choices: z.array(z.string()).optional(),
  default: z.unknown().optional().describe("Absent where it depends on the data."),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});
export type DetectorOption = z.infer<typeof optionSchema>;

const detectorSchema = z
  .object({
    name: z.string(),
    title: z.string(),
    kinds: z.array(z.enum(KINDS)).describe("Kinds of data that it learns from."),
    learnsFromLabels: z.boolean().describe("Whether rows labelled as anomalies teach it something."),
    options: z.array(optionSchema),
  })
  .openapi("Detector");
export type Detector = z.infer<typeof detectorSchema>;

/** What may be trained here, with the options of each. */
export function detectorRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const described = Object.entries(detectors).map(([name, entry]) => describe(name, entry));
  app.openapi(
    createRoute({
      operationId: "listDetectors",
      ...{ method: "get", path: "/v1/detectors", tags: ["Jobs"] },
      summary: "List detectors with their options",
      ...access(services, ["score", "review"]),
      responses: {
        ...problems,
        200: {
          description: "All detectors, in the order of the documentation.",
          content: { "application/json": { schema: z.object({ detectors: z.array(detectorSchema) }) } },
        },
      },
    }),
    (c) => c.json({ detectors: described }, 200),
  );
}

/** The part of JSON Schema that options of detectors use. */
interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

function describe(name: string, entry: DetectorEntry): Detector {
  const { properties = {} } = z.toJSONSchema(entry.options, { io: "input", unrepresentable: "any" });
  return {
    ...{ name, title: entry.title, kinds: [...entry.kinds], learnsFromLabels: entry.learnsFrom.labels },
    options: Object.entries(properties).map(([option, property]) => optionOf(option, property as Property)),
  };
}

const TYPES: Readonly<Record<string, DetectorOption["type"]>> = {
  ...{ integer: "integer", number: "number", boolean: "boolean", string: "text" },
};

function optionOf(name: string, property: Property): DetectorOption {
  const { description = "", enum: choices, minimum, maximum } = property;
  return {
    ...{ name, description },
    type: choices !== undefined ? "choice" : (TYPES[property.type ?? ""] ?? "json"),
    ...(choices !== undefined && { choices: [...choices] }),
    ...(property.default !== undefined && { default: property.default }),
    ...(minimum !== undefined && { minimum }),
    // JSON Schema's bound of whole numbers says nothing to people.
    ...(maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && { maximum }),
  };
}
