/** Everything that bounds the service; each has a default that a machine with two cores and 4 GiB bears. */
export interface Settings {
  /** Bytes of a request's body, as it is sent. */
  readonly maxBodyBytes: number;
  /** Bytes that a compressed body may become. */
  readonly maxUnpackedBytes: number;
  /** Bytes of bodies that are held at once, unpacked; what comes beyond is answered with 429. One body may be larger, alone. */
  readonly maxHeldBytes: number;
  /** Bytes of an uploaded model. */
  readonly maxModelBytes: number;
  /** Rows of one request. */
  readonly maxRows: number;
  /** Rows that wait to be scored or stored; requests beyond are answered with 429. */
  readonly maxQueuedRows: number;
  /** Requests that are being answered; those beyond are answered with 429. */
  readonly maxRequests: number;
  /** Requests whose rows are answered while others of theirs are still to come; those beyond are answered with 429. */
  readonly maxStreams: number;
  /** Milliseconds that a row waits for others to be scored with it. */
  readonly gatherMs: number;
  /** Rows that are scored together at most. */
  readonly gatherRows: number;
  /** Seconds that a request may take to arrive; of a stream, that its next row may. */
  readonly bodySeconds: number;
  /** Seconds that a request may take to be answered; of a stream, that its answers may wait to be taken. */
  readonly answerSeconds: number;
  /** Seconds that requests have to end in when the service stops. */
  readonly drainSeconds: number;
  /** MiB of model files that are kept loaded. */
  readonly modelMiB: number;
  /** Models of a fleet that are kept open at a time, beside that of all its entities. */
  readonly fleetModels: number;
  /** Of the process that scores a model that was uploaded. */
  readonly strangerSeconds: number;
  readonly strangerMiB: number;
  /** Requests per minute of a key that has no limit of its own. */
  readonly requestsPerMinute: number;
  /** MiB that the embedded database leaves free on its disk; what would be stored beyond is refused with 507. */
  readonly reserveMiB: number;
  /** Hours for which answers are kept for requests with an Idempotency-Key that are sent again. */
  readonly idempotencyHours: number;
  /** Days for which results, with the verdicts on them, are kept, and incidents none of whose rows is left; null for ever. */
  readonly keepResultsDays: number | null;
  /** Of webhooks, once they were taken or are dead. */
  readonly keepDeliveriesDays: number | null;
  /** Of jobs that have ended; versions that they made are kept. */
  readonly keepJobsDays: number | null;
  readonly keepAuditDays: number | null;
  /** Seconds between two looks for what is too old. */
  readonly retentionSeconds: number;
  /** Flagged rows of an entity within this time are one incident. */
  readonly incidentGapSeconds: number;
  /** Seconds between two looks for incidents that are over. */
  readonly sweepSeconds: number;
  /** Normal rows of each model version whose values are kept, to explain others with. */
  readonly backgroundRows: number;
  /** Webhooks may be plain HTTP, and go to private networks: whoever may register one can have the service call what is there. */
  readonly webhooksToPrivate: boolean;
  /** Times that a webhook is sent before it is put aside as dead. */
  readonly webhookAttempts: number;
  /** Seconds to the second attempt, doubled for each further one. */
  readonly webhookRetrySeconds: number;
  /** Seconds that a receiver has for its answer. */
  readonly webhookSeconds: number;
  /** Bytes of a job's data, as sent and unpacked. */
  readonly maxJobBytes: number;
  /** Jobs that a process runs at once. */
  readonly jobsAtOnce: number;
  /** Jobs that wait; those beyond are answered with 429. */
  readonly maxQueuedJobs: number;
  /** Hours that a job may take, and MiB of its JavaScript heap. */
  readonly jobHours: number;
  readonly jobMiB: number;
}

export const DEFAULT_SETTINGS: Settings = {
  maxBodyBytes: 32 * 2 ** 20,
  maxUnpackedBytes: 128 * 2 ** 20,
  maxHeldBytes: 256 * 2 ** 20,
  maxModelBytes: 256 * 2 ** 20,
  maxRows: 100_000,
  maxQueuedRows: 200_000,
  maxRequests: 512,
  maxStreams: 32,
  gatherMs: 1,
  gatherRows: 4096,
  bodySeconds: 30,
  answerSeconds: 60,
  drainSeconds: 30,
  modelMiB: 1024,
  fleetModels: 64,
  strangerSeconds: 10,
  strangerMiB: 1024,
  requestsPerMinute: 60_000,
  reserveMiB: 256,
  idempotencyHours: 24,
  keepResultsDays: null,
  keepDeliveriesDays: null,
  keepJobsDays: null,
  keepAuditDays: null,
  retentionSeconds: 600,
  incidentGapSeconds: 300,
  sweepSeconds: 10,
  backgroundRows: 256,
  webhooksToPrivate: false,
  webhookAttempts: 10,
  webhookRetrySeconds: 5,
  webhookSeconds: 10,
  maxJobBytes: 256 * 2 ** 20,
  jobsAtOnce: 1,
  maxQueuedJobs: 20,
  jobHours: 24,
  jobMiB: 4096,
};
