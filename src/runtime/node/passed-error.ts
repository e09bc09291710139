/** How errors travel between threads and processes, which know values only. */
import { type ErrorCode, type ErrorDetails, HypersphereError } from "../../errors.js";

export interface PassedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: ErrorDetails;
  /** What lies behind it, for those who look for a defect. */
  readonly cause: { readonly message: string; readonly stack: string | undefined } | undefined;
}

/** An error as a message. What is not ours is a defect, and its own cause. */
export function describeError(error: unknown): PassedError {
  if (!(error instanceof HypersphereError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: "internal", message, hint: undefined, details: {}, cause: causeOf(error) };
  }
  const { code, message, hint, details } = error;
  const { value, ...rest } = details;
  // Of values only those that every message can hold.
  const plain = ["string", "number", "boolean"].includes(typeof value) ? { value } : {};
  return { code, message, hint, details: { ...rest, ...plain }, cause: causeOf(error.cause) };
}

/** The error that `describeError` was given, on the other side. */
export function revivedError({ code, message, hint, details, cause }: PassedError): HypersphereError {
  return new HypersphereError(code, message, {
    details,
    ...(hint !== undefined && { hint }),
    ...(cause !== undefined && {
      cause: Object.assign(new Error(cause.message), { stack: cause.stack }),
    }),
  });
}

const causeOf = (cause: unknown): PassedError["cause"] =>
  cause instanceof Error ? { message: cause.message, stack: cause.stack } : undefined;
