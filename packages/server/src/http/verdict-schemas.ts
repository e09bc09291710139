import { z } from "@hono/zod-openapi";
import type { StoredVerdict } from "../results/index.js";
import { verdictSchema } from "./schemas.js";

export const givenVerdict = z.strictObject({
  verdict: verdictSchema,
  comment: z
    .string()
    .max(2000)
    .refine((text) => !text.includes("\0"), "may not have a NUL")
    .default(""),
});

export const storedVerdict = z
  .object({
    id: z.int(),
    verdict: verdictSchema,
    comment: z.string(),
    who: z.string().describe("Name of the key."),
    at: z.string(),
  })
  .openapi("Verdict");
export type PastVerdict = z.infer<typeof storedVerdict>;

export const verdictOf = ({ id, verdict, comment, who, at }: StoredVerdict): PastVerdict => ({
  ...{ id, verdict, comment, who },
  at: at.toISOString(),
});
