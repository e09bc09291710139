import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { findIncident, listIncidents, type StoredIncident } from "../../incidents/index.js";
import { findModel } from "../../models/index.js";
import { listVerdicts } from "../../results/index.js";
import { access, problems } from "../access.js";
import {
  entitySchema,
  flag,
  idParams,
  momentOf,
  nameSchema,
  next,
  optionalText,
  pageQuery,
  periodQuery,
  verdictSchema,
} from "../schemas.js";
import type { Env, Services } from "../services.js";
import { verdictRoute } from "../verdict-route.js";
import { storedVerdict, verdictOf } from "../verdict-schemas.js";

const incidentSchema = z
  .object({
    id: z.int(),
    model: z.string(),
    version: z.int().describe("That flagged its first row."),
    entity: z.string(),
    status: z.enum(["open", "closed"]),
    firstAt: z.string(),
    lastAt: z.string(),
    flagged: z.int().describe("Flagged rows in it."),
    peak: z.number(),
    peakAt: z.string(),
    pValue: z.number().describe("Of the row with the highest score."),
    severity: z.number().nullable().describe("0 at the usual score, 1 at the threshold, 2 twice as far."),
    openedAt: z.string(),
    closedAt: z.string().nullable(),
    verdict: verdictSchema.nullable(),
  })
  .openapi("Incident");
export type Incident = z.infer<typeof incidentSchema>;

/** Flagged rows of one entity that follow each other. */
export function incidentRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { db } = services.store;
  const reviewers = access(services, ["review"]);

  app.openapi(
    createRoute({
      operationId: "listIncidents",
      ...{
        method: "get",
        path: "/v1/incidents",
        tags: ["Incidents"],
        summary: "List incidents, the latest first",
      },
      ...reviewers,
      request: {
        query: pageQuery.extend(periodQuery.shape).extend({
          model: nameSchema.optional(),
          entity: entitySchema.optional(),
          status: z.enum(["open", "closed"]).optional(),
          reviewed: flag.describe("Those with a verdict, or those without."),
        }),
      },
      responses: {
        ...problems,
        200: {
          description: "A page of incidents.",
          content: { "application/json": { schema: z.object({ incidents: z.array(incidentSchema), next }) } },
        },
      },
    }),
    async (c) => {
      const { model: name, from, to, ...filter } = c.req.valid("query");
      const modelId = name === undefined ? undefined : (await findModel(db, name)).id;
      const { rows, next } = await listIncidents(db, {
        ...{ ...filter, modelId, from: momentOf(from), to: momentOf(to) },
      });
      return c.json({ incidents: rows.map(describe), next }, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "getIncident",
      ...{ method: "get", path: "/v1/incidents/{id}", tags: ["Incidents"] },
      summary: "Show an incident with its verdicts",
      ...reviewers,
      request: { params: idParams },
      responses: {
        ...problems,
        200: {
          description: "The incident.",
          content: {
            "application/json": { schema: incidentSchema.extend({ verdicts: z.array(storedVerdict) }) },
          },
        },
      },
    }),
    async (c) => {
      const incident = await findIncident(db, c.req.valid("param").id);
      const verdicts = await listVerdicts(db, { incidentId: incident.id });
      return c.json({ ...describe(incident), verdicts: verdicts.map(verdictOf) }, 200);
    },
  );

  verdictRoute(
    app,
    services,
    {
      ...{ operationId: "addIncidentVerdict", path: "/v1/incidents", tag: "Incidents" },
      summary: "Say what an incident was; the last verdict holds",
    },
    async (id) => {
      const found = await findIncident(db, id);
      return { modelId: found.model_id, incidentId: found.id };
    },
  );
}

const describe = (incident: StoredIncident): Incident => ({
  ...{ id: incident.id, model: incident.model, version: incident.version, entity: incident.entity },
  ...{ status: incident.status, flagged: incident.flagged },
  ...{ firstAt: incident.first_at.toISOString(), lastAt: incident.last_at.toISOString() },
  ...{ peak: incident.peak, peakAt: incident.peak_at.toISOString(), pValue: incident.p_value },
  ...{ severity: incident.severity, verdict: incident.verdict },
  ...{ openedAt: incident.opened_at.toISOString(), closedAt: optionalText(incident.closed_at) },
});
