/**
 * The one error family. `code` is stable and made for programs; `message` says what, where and what was expected,
 * with the offending value in it; `hint` says what to do next.
 */
export type ErrorCode =
  /** An option is unknown, out of range or contradicts another one. */
  | "invalid-option"
  /** The data cannot be read as the format it claims to be. */
  | "unreadable-data"
  /** The data was read, but is not fit for what was asked of it. */
  | "unfit-data"
  /** The data's columns are not those the model was trained on. */
  | "schema-mismatch"
  /** The model file is truncated, foreign, or was changed after it was written. */
  | "invalid-model"
  /** The network could produce a constant whatever its input, so that training would prove nothing. */
  | "degenerate-encoder"
  /** Training reached a state in which every row looks the same, and there was nothing healthy to go back to. */
  | "collapsed"
  /** A file could not be read or written. */
  | "io"
  /** A file exists and was not to be overwritten. */
  | "file-exists"
  /** No ONNX Runtime could be loaded, or it refused a graph. */
  | "runtime"
  /** The caller aborted. */
  | "aborted"
  /** A defect of this package. */
  | "internal";

export interface ErrorDetails {
  /** What to do about it, as a full sentence. */
  hint?: string;
  cause?: unknown;
}

export class HypersphereError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "HypersphereError";
    this.code = code;
    this.hint = details.hint;
  }
}

/** Throws the `aborted` error when the signal has fired; a no-op without a signal. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new HypersphereError("aborted", "The run was stopped before it was done.", {
      cause: signal.reason,
    });
  }
}
