import { z } from "@hono/zod-openapi";

const MOST_DAYS = 366;

export const daysQuery = z.strictObject({
  days: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_DAYS)
    .default(28)
    .describe("So many days back, today included. Days are those of UTC."),
});

/** The first of so many days that end today, such as 2026-01-05. */
export const firstDayOf = (days: number, now = Date.now()): string =>
  new Date(now - (days - 1) * 86_400_000).toISOString().slice(0, 10);
