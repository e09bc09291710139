/** What requests and answers are made of, in the words of the API. */
import { z } from "@hono/zod-openapi";
import { NAME, NAME_RULE } from "../models/index.js";

export const nameSchema = z
  .string()
  .regex(NAME, `has to be ${NAME_RULE}`)
  .refine((name) => !name.includes(".."), "may not have two dots in a row");

export const modelParams = z.object({
  name: nameSchema.openapi({ param: { name: "name", in: "path" }, example: "plant" }),
});

export const idParams = z.object({
  id: z.coerce
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .openapi({ param: { name: "id", in: "path" }, example: 17 }),
});

export const jobParams = z.object({ id: z.uuid().openapi({ param: { name: "id", in: "path" } }) });

const MOST_PER_PAGE = 1000;

/** A moment: Postgres and JavaScript agree on years of four digits. */
export const momentSchema = z.iso.datetime({ offset: true }).openapi({ example: "2026-01-05T08:00:00Z" });

/** Queries are strict, as those of other routes: a parameter with a slip in its name would be left out without a word. */
export const pageQuery = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_PER_PAGE)
    .default(100)
    .describe("Entries of a page at most."),
  cursor: z.string().max(100).optional().describe("`next` of the page before."),
});

export const periodQuery = z.strictObject({
  from: momentSchema.optional().describe("Not before this moment."),
  to: momentSchema.optional().describe("Before this moment."),
});

export const entitySchema = z
  .string()
  .max(200)
  .refine((text) => !text.includes("\0"), "may not have a NUL")
  .describe("What rows are about, such as a machine.");

export const flag = z
  .enum(["true", "false"])
  .transform((text) => text === "true")
  .optional();

export const verdictSchema = z.enum(["normal", "anomaly"]);

export const next = z.string().nullable().describe("For the next page; null on the last one.");

export const momentOf = (text: string | undefined): Date | undefined =>
  text === undefined ? undefined : new Date(text);

export const optionalText = (date: Date | null): string | null => date?.toISOString() ?? null;
