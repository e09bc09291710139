import { z } from "zod";
import { HypersphereError } from "../errors.js";

const whole = z.int().min(0);
const stretch = z.strictObject({
  from: whole,
  to: whole,
  flagged: whole,
  peak: z.number(),
  peakAt: whole,
  pValue: z.number(),
});

/** What is known of one series. */
const series = z.strictObject({
  /** Its name; "" where the model tells none apart. */
  entity: z.string(),
  time: z.number().nullable(),
  /** How far the messages were in time at its last step, of streams that forget. */
  heard: z.number().optional(),
  steps: whole,
  cells: z.array(z.array(z.union([z.number(), z.string(), z.null()]))),
  /** The stretch of flagged steps that may still grow. */
  open: stretch.nullable(),
});

/** One series alone, as plain data for JSON. */
const seriesStateSchema = z.strictObject({
  version: z.literal(1),
  /** As in the state of a stream. */
  model: z.string(),
  /** Names of the cells of a step. */
  channels: z.array(z.string()),
  series,
});

export type SeriesState = z.infer<typeof seriesStateSchema>;

/** Everything a stream knows, as plain data for JSON. */
const stateSchema = z.strictObject({
  version: z.literal(1),
  /** SHA-256 over the model's calibration scores: a state is worth nothing to another model. */
  model: z.string(),
  /** Rows that were pushed so far. */
  rows: whole,
  series: z.array(series),
  /** Checked by `restoreOnlineFdr`. */
  fdr: z.unknown(),
  /** Checked by `restoreMonitor`. */
  drift: z.unknown(),
});

export type StreamState = z.infer<typeof stateSchema>;

/** @throws HypersphereError `unreadable-data` for anything else than a state */
export const checkState = (state: unknown): StreamState => checked(stateSchema, state, "a stream");

/** @throws HypersphereError `unreadable-data` for anything else than the state of one series */
export const checkSeriesState = (state: unknown): SeriesState =>
  checked(seriesStateSchema, state, "a series");

function checked<T>(schema: z.ZodType<T>, state: unknown, whose: string): T {
  const parsed = schema.safeParse(state);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new HypersphereError(
    "unreadable-data",
    `This is not the state of ${whose} (${issue.path.join(".")}: ${issue.message}).`,
    { hint: "Pass what stream.state() or stream.seriesState() gave, or start anew without a state." },
  );
}
