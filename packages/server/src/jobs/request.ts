import { type DetectorEntry, detectors, findDetector, HypersphereError } from "hypersphere";
import { parseRule, thresholdRules } from "hypersphere/scoring";
import { z } from "zod";

const text = z.string().min(1).max(500);
const label = z.union([text, z.number()]);

const kinds = z.enum(["numeric", "categorical"]);
/** Kinds by the names of columns. A record of zod's leaves out one that is called `__proto__`. */
const kindsOfColumns = z
  .custom<Readonly<Record<string, z.infer<typeof kinds>>>>(
    (given) => typeof given === "object" && given !== null && !Array.isArray(given),
    "expected an object of kinds by the names of columns",
  )
  .superRefine((given, context) => {
    for (const [name, kind] of Object.entries(given)) {
      for (const { message } of [text.safeParse(name), kinds.safeParse(kind)].flatMap(
        ({ error }) => error?.issues ?? [],
      ))
        context.addIssue({ code: "custom", message, path: [name] });
    }
  });

/** How the data of a training are read: what of the library's `open` concerns tables and series. */
export const readingSchema = z.strictObject({
  labelColumn: text.optional(),
  normalLabel: label.optional(),
  anomalyLabel: label.optional(),
  columns: z.array(text).max(10_000).optional(),
  exclude: z.array(text).max(10_000).optional(),
  columnTypes: kindsOfColumns.optional(),
  missing: z.array(z.string().max(100)).max(100).optional(),
  decimal: z.enum([".", ","]).optional(),
  delimiter: z.string().length(1).optional(),
  header: z.boolean().optional(),
  idColumn: text.optional(),
  timeColumn: text.optional(),
  entityColumn: text.optional(),
  series: z.boolean().optional(),
  window: z.int().min(1).optional(),
  stride: z.int().min(1).optional(),
  maxGap: z.union([z.number(), text]).optional(),
  every: z.union([z.number(), text]).optional(),
  fill: z.enum(["last", "linear"]).optional(),
  detrend: z.int().min(1).optional(),
  season: z.enum(["day", "week"]).optional(),
});

export const FORMATS = ["csv", "jsonl", "parquet"] as const;

/** What a job is asked for, as it is stored. */
export const requestSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("train"),
    /** Name of the model that becomes a version richer. */
    model: z.string(),
    detector: z.string(),
    options: z.record(z.string(), z.unknown()),
    rule: z.string().optional(),
    reading: readingSchema,
    /** Ending of the data's file. */
    format: z.enum(FORMATS),
  }),
  z.strictObject({
    kind: z.literal("refit"),
    model: z.string(),
    /** The version that it goes on from, and is compared with. */
    version: z.int(),
    /** False for an upload: it is scored within limits here too. */
    trusted: z.boolean(),
    limits: z.strictObject({ seconds: z.number(), memoryMiB: z.number() }),
    rule: z.string().optional(),
  }),
]);
export type JobRequest = z.infer<typeof requestSchema>;
export type TrainRequest = Extract<JobRequest, { kind: "train" }>;
export type RefitRequest = Extract<JobRequest, { kind: "refit" }>;

/** @throws HypersphereError `invalid-option` for what can be seen to be wrong without the data */
export function checkTraining({
  detector,
  options,
  rule,
}: Pick<TrainRequest, "detector" | "options" | "rule">): void {
  requireDetector(detector).create(options);
  if (rule !== undefined) requireNormalRule(rule);
}

export function requireDetector(name: string): DetectorEntry {
  const found = findDetector(name);
  if (found !== undefined) return found;
  throw new HypersphereError("invalid-option", `There is no detector ${JSON.stringify(name.slice(0, 80))}.`, {
    hint: `It is one of ${Object.keys(detectors).join(", ")}.`,
  });
}

/** Rules for the scores of normal rows: a training holds out no others. */
export function requireNormalRule(given: string): void {
  if (thresholdRules[parseRule(given).name]!.needs !== "labels") return;
  throw new HypersphereError(
    "invalid-option",
    `The rule "${given}" needs labels of anomalies, which a training does not hold out.`,
    { hint: 'Take one for normal rows, such as "false-alarms 1%".' },
  );
}
