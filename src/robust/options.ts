import { z } from "zod";

/** Every option of a robust fit: types, ranges, defaults and documentation. */
export const robustOptions = z.strictObject({
  trim: z
    .union([z.literal("auto"), z.number().min(0).max(0.5)])
    .default("auto")
    .describe("Share of the rows to leave out, the most abnormal first; auto: the estimated share"),
  folds: z.int().min(2).max(20).default(5).describe("Parts that the rows are split into for scoring"),
  rounds: z
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe(
      "Times that the rows are scored; from the second on, by models trained without the trimmed rows",
    ),
  seed: z.int().min(0).default(0).describe("Seed of the split into parts and of the interval"),
});

export type RobustOptions = z.infer<typeof robustOptions>;
export type RobustInput = z.input<typeof robustOptions>;
