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

/** Everything a stream knows, as plain data for JSON. */
const stateSchema = z.strictObject({
  version: z.literal(1),
  /** SHA-256 over the model's calibration scores: a state is worth nothing to another model. */
  model: z.string(),
  /** Rows that were pushed so far. */
  rows: whole,
  /** Series by name; a single one named "" where the model tells none apart. */
  series: z.array(
    z.strictObject({
      entity: z.string(),
      time: z.number().nullable(),
      steps: whole,
      cells: z.array(z.array(z.union([z.number(), z.string(), z.null()]))),
      /** The stretch of flagged steps that may still grow. */
      open: stretch.nullable(),
    }),
  ),
  /** Checked by `restoreOnlineFdr`. */
  fdr: z.unknown(),
  /** Checked by `restoreMonitor`. */
  drift: z.unknown(),
});

export type StreamState = z.infer<typeof stateSchema>;

/** @throws HypersphereError `unreadable-data` for anything else than a state */
export function checkState(state: unknown): StreamState {
  const parsed = stateSchema.safeParse(state);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new HypersphereError(
    "unreadable-data",
    `This is not the state of a stream (${issue.path.join(".")}: ${issue.message}).`,
    { hint: "Pass what stream.state() gave, or start anew without a state." },
  );
}
