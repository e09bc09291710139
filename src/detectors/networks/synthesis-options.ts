import { z } from "zod";
import { SYNTHESES } from "../../synthesis/synthesis.js";

/** Options of detectors that can learn from outliers made from their own training rows. */
export const synthesisOptions = {
  synthesis: z
    .enum(["none", ...SYNTHESES])
    .default("none")
    .describe(
      "Outliers made from the training rows, as many as there are, in addition to any that are given; cut-paste and confetti are for images",
    ),
};

export type SynthesisOptions = z.infer<z.ZodObject<typeof synthesisOptions>>;
