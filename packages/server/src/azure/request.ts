import { z } from "zod";

/** Codes of the retired service, for clients that look at them. */
export type AzureCode =
  | "BadArgument"
  | "InvalidCustomInterval"
  | "InvalidGranularity"
  | "InvalidImputeFixedValue"
  | "InvalidImputeMode"
  | "InvalidJsonFormat"
  | "InvalidModelArgument"
  | "InvalidPeriod"
  | "InvalidSeries"
  | "RequiredSeries";

export class AzureError extends Error {
  readonly code: AzureCode;

  constructor(code: AzureCode, message: string) {
    super(message);
    this.name = "AzureError";
    this.code = code;
  }
}

export const GRANULARITIES = [
  ...["yearly", "monthly", "weekly", "daily", "hourly", "minutely", "secondly", "microsecond", "none"],
] as const;
export type Granularity =
  | ("yearly" | "monthly" | "weekly" | "daily" | "hourly")
  | ("minutely" | "secondly" | "microsecond" | "none");

const LEAST_POINTS = 12;
const MOST_POINTS = 8640;

export const azureRequestSchema = z.object({
  series: z
    .array(
      z.object({
        timestamp: z.iso.datetime({ offset: true }).optional(),
        value: z.number().min(-1e100).max(1e100),
      }),
    )
    .min(LEAST_POINTS)
    .max(MOST_POINTS)
    .describe("In order of time."),
  granularity: z
    .preprocess((given) => (typeof given === "string" ? given.toLowerCase() : given), z.enum(GRANULARITIES))
    .default("none"),
  customInterval: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe("Steps of the granularity between points."),
  period: z
    .int()
    .min(0)
    .max(MOST_POINTS)
    .nullish()
    .describe("Points of a season; found where it is not given."),
  maxAnomalyRatio: z.number().gt(0).lt(0.5).default(0.25).describe("Not for the last point."),
  sensitivity: z.int().min(0).max(99).default(95),
  imputeMode: z
    .enum(["auto", "previous", "linear", "fixed", "zero", "notFill"])
    .default("auto")
    .describe("What stands at missing times; auto and notFill leave them open."),
  imputeFixedValue: z.number().optional(),
});
export type AzureRequest = Omit<z.infer<typeof azureRequestSchema>, "period" | "granularity"> & {
  readonly period?: number | undefined;
  readonly granularity: Granularity;
};

/** @throws AzureError */
export function azureRequest(given: unknown): AzureRequest {
  const parsed = azureRequestSchema.safeParse(given);
  if (!parsed.success) throw errorOf(parsed.error.issues[0]!, given);
  const { period, granularity, ...rest } = parsed.data;
  if (rest.imputeMode === "fixed" && rest.imputeFixedValue === undefined) {
    throw new AzureError(
      "InvalidImputeFixedValue",
      "The impute mode is fixed, but there is no imputeFixedValue.",
    );
  }
  return {
    ...rest,
    granularity: granularity as Granularity,
    ...(period != null && { period: period === 1 ? 0 : period }),
  };
}

const CODES: Readonly<Record<string, AzureCode>> = {
  series: "InvalidSeries",
  granularity: "InvalidGranularity",
  customInterval: "InvalidCustomInterval",
  period: "InvalidPeriod",
  maxAnomalyRatio: "InvalidModelArgument",
  sensitivity: "InvalidModelArgument",
  imputeMode: "InvalidImputeMode",
  imputeFixedValue: "InvalidImputeFixedValue",
};

function errorOf(
  { path, message }: { path: readonly PropertyKey[]; message: string },
  given: unknown,
): AzureError {
  const [field] = path.map(String);
  if (field === "series" && (given as { series?: unknown }).series === undefined) {
    return new AzureError("RequiredSeries", "The request has no series.");
  }
  const where = path.map(String).join(".");
  return new AzureError(
    CODES[field ?? ""] ?? "BadArgument",
    where === "" ? `${message}.` : `${where}: ${message}.`,
  );
}
