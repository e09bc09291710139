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

/** What a message speaks of, for programs: nothing needs to read its sentences. All that apply are there. */
export interface ErrorDetails {
  /** The option that is wrong or missing, as the library names it. */
  readonly option?: string;
  /** The value that was given. */
  readonly value?: unknown;
  /** The column that is wrong or missing, and those that are there. */
  readonly column?: string;
  readonly columns?: readonly string[];
  /** The data that it is about. */
  readonly source?: string;
}

export interface ErrorContext {
  /** What to do about it, as a full sentence. */
  hint?: string;
  cause?: unknown;
  details?: ErrorDetails;
}

/** Characters of a message: a value in it that nobody cut must not fill screens and logs. */
const MOST = 2000;
const CUT = " ... ";
const ENDING = 500;

/** What was cut stays as it is: errors of other threads are made again here. */
function brief(text: string): string {
  if (text.length <= MOST) return text;
  return `${text.slice(0, MOST - CUT.length - ENDING)}${CUT}${text.slice(-ENDING)}`;
}

export class HypersphereError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, { hint, cause, details = {} }: ErrorContext = {}) {
    super(brief(message), cause === undefined ? undefined : { cause });
    this.name = "HypersphereError";
    this.code = code;
    this.hint = hint && brief(hint);
    this.details = details;
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
