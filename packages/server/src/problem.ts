/** What the service refuses or cannot do, as its callers see it: the kinds are those of the API, apart from the library's codes. */
export type ProblemKind = keyof typeof STATUS;

const STATUS = {
  "invalid-request": 400,
  unauthorized: 401,
  forbidden: 403,
  "not-found": 404,
  "method-not-allowed": 405,
  timeout: 408,
  conflict: 409,
  "too-large": 413,
  "unsupported-media-type": 415,
  "idempotency-key-reused": 422,
  "rate-limited": 429,
  busy: 429,
  unavailable: 503,
  "insufficient-storage": 507,
} as const;

export interface ProblemContext {
  /** What to do about it, as a full sentence. */
  readonly hint?: string | undefined;
  /** Seconds after which the same request may be answered. */
  readonly retryAfter?: number | undefined;
  /** Methods that are there instead. */
  readonly allow?: readonly string[] | undefined;
  readonly cause?: unknown;
}

export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly status: (typeof STATUS)[ProblemKind];
  readonly hint: string | undefined;
  readonly retryAfter: number | undefined;
  readonly allow: readonly string[] | undefined;

  constructor(kind: ProblemKind, message: string, { hint, retryAfter, allow, cause }: ProblemContext = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "Problem";
    this.kind = kind;
    this.status = STATUS[kind];
    this.hint = hint;
    this.retryAfter = retryAfter;
    this.allow = allow;
  }
}
