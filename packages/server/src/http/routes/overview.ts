import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { ROLES } from "../../auth/index.js";
import { countIncidents } from "../../incidents/index.js";
import { countDays } from "../../results/index.js";
import { access, problems } from "../access.js";
import { daysQuery, firstDayOf } from "../days.js";
import { inForce } from "../in-force.js";
import type { Env, Services } from "../services.js";

const callerSchema = z.object({ name: z.string(), role: z.enum(ROLES) });
export type Caller = z.infer<typeof callerSchema>;

const overviewSchema = z
  .object({
    from: z.string().describe("The first day, in UTC."),
    models: z.array(
      z.object({
        name: z.string(),
        activeVersion: z.int().nullable(),
        operatingPoint: z.string().nullable(),
        threshold: z
          .number()
          .nullable()
          .describe("In force; null where no version is active, and of a fleet."),
        falseAlarmRate: z
          .number()
          .nullable()
          .describe("Part of normal rows above the threshold in force, by calibration."),
        openIncidents: z.int(),
        unreviewedIncidents: z.int().describe("Without a verdict, open or closed."),
        days: z
          .array(z.object({ day: z.string(), rows: z.int(), flagged: z.int() }))
          .describe("Those with rows, by the rows' own times, of all versions."),
      }),
    ),
  })
  .openapi("Overview");
export type Overview = z.infer<typeof overviewSchema>;

/** What goes on, at one glance, and who asks. */
export function overviewRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { db } = services.store;

  app.openapi(
    createRoute({
      operationId: "getCaller",
      ...{ method: "get", path: "/v1/caller", tags: ["Administration"], summary: "Show whose key this is" },
      ...access(services, ROLES),
      responses: {
        ...problems,
        200: {
          description: "The key's name and role.",
          content: {
            "application/json": { schema: callerSchema },
          },
        },
      },
    }),
    (c) => {
      const { name, role } = c.get("caller");
      return c.json({ name, role }, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: "getOverview",
      ...{ method: "get", path: "/v1/overview", tags: ["Results"] },
      summary: "Show alarms of each day against what was promised, and open incidents",
      ...access(services, ["review"]),
      request: { query: daysQuery },
      responses: {
        ...problems,
        200: { description: "All models.", content: { "application/json": { schema: overviewSchema } } },
      },
    }),
    async (c) => {
      const from = firstDayOf(c.req.valid("query").days);
      const [models, days, incidents] = await Promise.all([
        services.active.all(),
        countDays(db, from),
        countIncidents(db),
      ]);
      const described = models.map(async ({ model, active }) => ({
        ...{ name: model.name, activeVersion: model.active_version, operatingPoint: model.operating_point },
        ...(await inForce(services, active)),
        openIncidents: incidents.get(model.id)?.open ?? 0,
        unreviewedIncidents: incidents.get(model.id)?.unreviewed ?? 0,
        days: days.get(model.id) ?? [],
      }));
      return c.json({ from, models: await Promise.all(described) }, 200);
    },
  );
}
