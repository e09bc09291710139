/** Scores in the words of the API. */
import { z } from "@hono/zod-openapi";
import type { Problem } from "../problem.js";
import type { RowAnswer, ScoreAnswer } from "../scoring/index.js";
import { problemSchema } from "./problem-details.js";

const rowSchema = z.union([
  z.object({
    row: z.int().describe("Its place in the body, from 0."),
    id: z.int().nullable().describe("Of the stored result; null where it was not stored."),
    score: z.number().describe("The higher, the more abnormal."),
    pValue: z.number().describe("Share of normal rows that would look at least as abnormal."),
    isAnomaly: z.boolean(),
    probability: z.number().optional().describe("Of models that were calibrated with labels."),
    incident: z.int().nullable().describe("The incident that the row is in."),
    threshold: z.number().optional().describe("In a fleet: of the model that decided."),
    own: z
      .boolean()
      .optional()
      .describe("In a fleet: whether the entity's own model decided, or that of all entities."),
  }),
  z.object({ row: z.int(), score: z.null() }).describe("A step of a series that no window covers."),
  z
    .object({
      row: z.int(),
      error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
    })
    .describe("A row that cannot be read, which has no part in the others."),
]);

export const scoresSchema = z
  .object({
    request: z.string(),
    model: z.string(),
    version: z.int(),
    threshold: z.number().nullable().describe("Null of a fleet, in which each row has that of its model."),
    operatingPoint: z.string().nullable(),
    flagged: z.int(),
    rows: z.array(rowSchema),
    warnings: z.array(z.string()),
  })
  .openapi("Scores");

/** A line of an answer in lines. */
export const lineSchema = z
  .union([
    rowSchema,
    z
      .object({
        done: z.object({ rows: z.int(), scored: z.int(), flagged: z.int(), refused: z.int() }),
        warnings: z.array(z.string()).optional(),
      })
      .describe("The last line: all rows were answered. Lines of rows also have the version."),
    problemSchema.describe("The last line: the problem for which there are no more."),
  ])
  .openapi("ScoreLine");

export type ToldScores = z.infer<typeof scoresSchema>;
type ToldRow = z.infer<typeof rowSchema>;

/** What a row of a body that is read while it arrives may have wrong with it, beside what a model finds. */
export type ToldAnswer = RowAnswer | { readonly row: number; readonly error: Problem };

export function toldScores(model: string, answer: ScoreAnswer): ToldScores {
  let flagged = 0;
  for (const row of answer.rows) if ("id" in row && row.isAnomaly) flagged++;
  return { ...answer, model, flagged, rows: answer.rows.map(toldRow), warnings: [...answer.warnings] };
}

export function toldRow(answer: ToldAnswer): ToldRow {
  if (!("error" in answer)) return answer;
  const { error, row } = answer;
  const { message, hint } = error;
  const code = "kind" in error ? error.kind : error.code;
  return { row, error: { code, message, ...(hint !== undefined && { hint }) } };
}
