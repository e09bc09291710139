import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { refuseFleet } from "../../models/index.js";
import { type BinCount, binOf, countBins, judgedScores, thresholdBelow } from "../../results/index.js";
import { access, moreProblems, problems } from "../access.js";
import { daysQuery, firstDayOf } from "../days.js";
import { inForce } from "../in-force.js";
import { modelParams, verdictSchema } from "../schemas.js";
import type { Env, Services } from "../services.js";

/** Verdicts that are compared with thresholds: the latest. */
const MOST_JUDGED = 2000;

const histogramSchema = z
  .object({
    model: z.string(),
    version: z.int(),
    threshold: z
      .number()
      .nullable()
      .describe("In force; null where its operating point fits another version."),
    operatingPoint: z.string().nullable(),
    falseAlarmRate: z
      .number()
      .nullable()
      .describe("Part of normal rows above the threshold in force, by calibration: it may lie within a bin."),
    days: z.array(z.string()).describe("Days with rows, in UTC, the earliest first."),
    rows: z.array(z.int()).describe("Rows of each day."),
    bins: z
      .array(
        z.object({
          threshold: z.number().describe("Flags the rows of this bin and of all that follow, and no other."),
          rows: z.array(z.int()).describe("Rows in the bin, of each day."),
          falseAlarmRate: z.number().describe("Part of normal rows above the threshold, by calibration."),
        }),
      )
      .describe(
        "By ascending score, a step of less than one percent each; the lowest holds all that is common.",
      ),
    judged: z
      .array(
        z.object({
          score: z.number(),
          verdict: verdictSchema,
          result: z.int().nullable(),
          incident: z.int().nullable(),
        }),
      )
      .describe("Scores with a verdict; of an incident, its highest. The latest verdicts."),
  })
  .openapi("ScoreHistogram");
export type ScoreHistogram = z.infer<typeof histogramSchema>;

/** What thresholds would have flagged. */
export function scoreHistogramRoutes(app: OpenAPIHono<Env>, services: Services): void {
  const { db } = services.store;
  app.openapi(
    createRoute({
      operationId: "getScoreHistogram",
      ...{ method: "get", path: "/v1/models/{name}/score-histogram", tags: ["Operating points"] },
      summary:
        "Show how scores of the version that answers are spread, by day: what each threshold would flag",
      ...access(services, ["review"]),
      request: { params: modelParams, query: daysQuery },
      responses: {
        ...{ ...problems, ...moreProblems },
        200: { description: "The scores.", content: { "application/json": { schema: histogramSchema } } },
      },
    }),
    async (c) => {
      const { name } = c.req.valid("param");
      const active = await services.active.find(name);
      const { model: stored, version } = active;
      const of = { modelId: stored.id, version: version.version };
      refuseFleet(
        version,
        "one threshold for all would mean nothing. Put a rule in force as an operating point",
      );
      const model = await services.loaded.open(version);
      const normal = binsOf(model.calibrationScores);
      const [counts, judged] = await Promise.all([
        countBins(db, { ...of, from: firstDayOf(c.req.valid("query").days), floor: floorOf(normal) }),
        judgedScores(db, { ...of, limit: MOST_JUDGED }),
      ]);
      const { threshold, falseAlarmRate } = await inForce(services, active);
      return c.json(
        {
          ...{ model: name, version: version.version, operatingPoint: stored.operating_point },
          ...{ threshold, falseAlarmRate },
          ...spread(counts, normal),
          judged,
        },
        200,
      );
    },
  );
}

/** Where more than this part of normal rows would be flagged, nobody draws the line: those scores are one bin. */
const COMMON = 0.5;

/** Bins of held-out normal rows, ascending, one for each row. */
const binsOf = (calibration: ArrayLike<number>): number[] =>
  Array.from(calibration, binOf).sort((a, b) => a - b);

/** The bin above all those that are common. */
function floorOf(normal: readonly number[]): number {
  const common = normal.filter((_, below) => (1 + normal.length - below) / (1 + normal.length) > COMMON);
  return (common.at(-1) ?? normal[0]! - 1) + 1;
}

function spread(counts: readonly BinCount[], normal: readonly number[]) {
  const floor = floorOf(normal);
  const days = [...new Set(counts.map(({ day }) => day))].sort();
  const place = new Map(days.map((day, k) => [day, k]));
  const rows = days.map(() => 0);
  const found = new Map<number, { ofDays: number[]; normal: number; lowest: number }>();
  const add = (bin: number, lowest: number) => {
    const one = found.get(bin) ?? { ofDays: days.map(() => 0), normal: 0, lowest };
    one.lowest = Math.min(one.lowest, lowest);
    found.set(bin, one);
    return one;
  };
  for (const bin of normal) add(Math.max(bin, floor - 1), bin).normal++;
  for (const { day, bin, rows: count, lowest } of counts) {
    add(bin, lowest).ofDays[place.get(day)!]! += count;
    rows[place.get(day)!]! += count;
  }
  let above = normal.length;
  const bins = [...found]
    .sort(([a], [b]) => a - b)
    .map(([, one]) => {
      // As the library's `expectedFalseAlarmRate` has it, for all thresholds in one pass.
      const falseAlarmRate = (1 + above) / (1 + normal.length);
      above -= one.normal;
      return { threshold: thresholdBelow(one.lowest), rows: one.ofDays, falseAlarmRate };
    });
  return { days, rows, bins };
}
