import { z } from "@hono/zod-openapi";
import { type ErrorCode, HypersphereError } from "hypersphere";
import { Problem } from "../problem.js";

/** RFC 9457, with what the library's errors say beside it. */
export const problemSchema = z
  .object({
    type: z.string().describe("A name of the kind of problem, as a URN."),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe("What was wrong and where, with the value and what was expected."),
    code: z.string().describe("For programs: stable."),
    hint: z.string().optional().describe("What to do about it."),
    instance: z.string().describe("The request, as the service's log has it."),
  })
  .openapi("Problem");

export type ProblemDetails = z.infer<typeof problemSchema>;

const STATUS: Readonly<Record<ErrorCode, number>> = {
  "invalid-option": 400,
  "unreadable-data": 400,
  "unfit-data": 422,
  "schema-mismatch": 422,
  "invalid-model": 422,
  "degenerate-encoder": 422,
  collapsed: 422,
  io: 500,
  "file-exists": 500,
  runtime: 500,
  aborted: 503,
  internal: 500,
};

/** What a caller may be told of an error: of those that are not about the request, that there was one. */
export function problemDetails(error: unknown, requestId: string): ProblemDetails {
  const { status, code, detail, hint } = told(error);
  return {
    type: `urn:hypersphere:problem:${code}`,
    title: titleOf(code),
    ...{ status, detail, code },
    ...(hint !== undefined && { hint }),
    instance: `urn:uuid:${requestId}`,
  };
}

function told(error: unknown): { status: number; code: string; detail: string; hint?: string | undefined } {
  if (error instanceof Problem) {
    return { status: error.status, code: error.kind, detail: error.message, hint: error.hint };
  }
  if (error instanceof HypersphereError) {
    const status = STATUS[error.code];
    // A model that was stopped at its limits is worth telling; paths of files are not.
    if (status < 500 || error.code === "runtime") {
      return { status, code: error.code, detail: error.message, hint: error.hint };
    }
  }
  return {
    status: 500,
    code: "internal",
    detail: "The service failed; its log says at what.",
    hint: "Send the same request again, and tell whoever runs the service.",
  };
}

/** "not-found" is "Not found". */
const titleOf = (code: string): string => code.charAt(0).toUpperCase() + code.slice(1).replaceAll("-", " ");
