/** The tables, as the queries see them. Columns are in the order of the migrations. */
import type { ColumnType, Generated } from "kysely";

/** Written once, by the database where it is left out. */
type Stamp = ColumnType<Date, Date | undefined, never>;
type Id = Generated<number>;

export interface ModelsTable {
  id: Id;
  name: string;
  /** Answers; null until one is activated. */
  active_version: number | null;
  /** Was active before: rollback goes there. */
  previous_version: number | null;
  /** Scores too, and nobody sees it. */
  shadow_version: number | null;
  /** Name of the operating point in force; null for the model's own threshold. */
  operating_point: string | null;
  created_at: Stamp;
}

export interface ModelVersionsTable {
  model_id: number;
  version: number;
  /** Of the file, which stands in model_chunks. */
  sha256: string;
  bytes: number;
  /** The model's card, as JSON text. */
  card: string;
  /** What lists show of the card, as JSON text. */
  facts: string;
  /** False for uploads: such a model is scored in a process of its own, with limits. */
  trusted: boolean;
  source: "folder" | "upload" | "job";
  created_by: string;
  created_at: Stamp;
  /** The job that made it. */
  job_id: string | null;
  /** With the version that was active when it was made, on rows that neither has learned from; JSON text. */
  comparison: string | null;
  /** Of a fleet: what its index says, as JSON text; null for a single model. */
  fleet: string | null;
}

export interface ModelChunksTable {
  sha256: string;
  part: number;
  content: Uint8Array;
}

export interface OperatingPointsTable {
  model_id: number;
  name: string;
  /** Either a rule, which fits every version, or a score, which fits one. */
  rule: string | null;
  threshold: number | null;
  version: number | null;
  created_by: string;
  created_at: Stamp;
}

export interface KeysTable {
  id: Id;
  name: string;
  role: "score" | "review" | "admin";
  /** SHA-256 of the key, in hex. */
  hash: string;
  /** Requests per minute; null for the service's default. */
  per_minute: number | null;
  created_by: string;
  created_at: Stamp;
  revoked_at: Date | null;
}

export interface ResultsTable {
  id: Id;
  model_id: number;
  version: number;
  shadow: boolean;
  /** Of the request that brought the row, and the row's place in it. */
  request: string;
  row: number;
  /** What the row is about, such as a machine; "" where nobody said. */
  entity: string;
  /** What the caller calls the row. */
  label: string | null;
  /** The row's own time, or that of its arrival. */
  at: Date;
  received_at: Stamp;
  score: number;
  p_value: number;
  flagged: boolean;
  threshold: number;
  probability: number | null;
  /** The row's values as JSON text, where they are kept. */
  input: string | null;
  incident_id: number | null;
}

/** Of images whose results are kept for people: small WebP, which go with their results. */
export interface ResultPicturesTable {
  result_id: number;
  image: Uint8Array;
  /** With the map over it; null of models that make none. */
  map: Uint8Array | null;
}

/** Rows of a day by about which score they have, counted in the transactions that store them. Nothing of shadows. */
export interface CountedScoresView {
  model_id: number;
  version: number;
  /** In UTC, by the rows' own times. */
  day: string;
  /** The upper half of the score's float32, in the order of the scores. */
  bin: number;
  rows: number;
  /** Of them those that were flagged. */
  flagged: number;
  /** Of them those that were not stored. */
  unstored: number;
}

export interface IncidentsTable {
  id: Id;
  model_id: number;
  version: number;
  entity: string;
  status: "open" | "closed";
  first_at: Date;
  last_at: Date;
  /** Flagged rows in it. */
  flagged: number;
  peak: number;
  peak_at: Date;
  p_value: number;
  /** 0 at the usual score, 1 at the threshold; null where the threshold is not above the usual score. */
  severity: number | null;
  /** Whether there is a verdict on it. */
  reviewed: Generated<boolean>;
  opened_at: Stamp;
  closed_at: Date | null;
}

/** Verdicts are added, never changed: the last one on a result or an incident holds. */
export interface VerdictsTable {
  id: Id;
  model_id: number;
  result_id: number | null;
  incident_id: number | null;
  verdict: "normal" | "anomaly";
  comment: string;
  who: string;
  at: Stamp;
}

export interface JobsTable {
  id: string;
  kind: "train" | "refit";
  status: "queued" | "running" | "done" | "failed" | "cancelled";
  /** What was asked for, and how far it is, as JSON text. */
  request: string;
  progress: string | null;
  result: string | null;
  log: Generated<string>;
  error: string | null;
  /** The process that has it, and when it was last heard of. */
  worker: string | null;
  heartbeat_at: Date | null;
  /** How often it was begun. */
  starts: Generated<number>;
  created_by: string;
  created_at: Stamp;
  started_at: Date | null;
  ended_at: Date | null;
}

/** Files of a job, in pieces, until it has ended. */
export interface JobChunksTable {
  job_id: string;
  name: string;
  part: number;
  content: Uint8Array;
}

/** What the model that a job made has learned. */
export interface JobReportsTable {
  job_id: string;
  /** JSON text. */
  figures: string;
  /** HTML that loads nothing and holds no script. */
  page: string;
  created_at: Stamp;
}

export interface WebhooksTable {
  id: Id;
  url: string;
  /** Signs what is sent: it cannot be stored hashed. */
  secret: string;
  /** Names of events, with commas between. */
  events: string;
  /** False once it was deleted. */
  active: Generated<boolean>;
  created_by: string;
  created_at: Stamp;
}

/** The outbox: written in the transaction that makes the event, sent afterwards. */
export interface DeliveriesTable {
  id: Id;
  /** What receivers know it by: the same for each attempt. */
  key: Generated<string>;
  webhook_id: number;
  /** Null for one that tries the webhook out. */
  incident_id: number | null;
  event: string;
  /** JSON text, as it is signed and sent. */
  payload: string;
  status: "waiting" | "delivered" | "dead";
  attempts: Generated<number>;
  /** Not to be sent before; while it is being sent, when another process may take it. */
  next_at: Generated<Date>;
  last_error: string | null;
  created_at: Stamp;
  delivered_at: Date | null;
}

/** Requests that their callers gave a name, so that each is done once; without a status, one is being worked on. */
export interface IdempotencyKeysTable {
  key_id: number;
  key: string;
  /** Of the request: another by the same name is refused. */
  fingerprint: string;
  claim: string;
  claimed_at: Stamp;
  status: number | null;
  /** JSON text, as it was sent. */
  answer: string | null;
}

export interface AuditTable {
  id: Id;
  at: Stamp;
  who: string;
  action: string;
  subject: string;
  /** JSON text. */
  detail: string;
}

export interface Tables {
  models: ModelsTable;
  model_versions: ModelVersionsTable;
  model_chunks: ModelChunksTable;
  operating_points: OperatingPointsTable;
  keys: KeysTable;
  results: ResultsTable;
  result_pictures: ResultPicturesTable;
  counted_scores: CountedScoresView;
  incidents: IncidentsTable;
  verdicts: VerdictsTable;
  jobs: JobsTable;
  job_chunks: JobChunksTable;
  job_reports: JobReportsTable;
  webhooks: WebhooksTable;
  deliveries: DeliveriesTable;
  idempotency_keys: IdempotencyKeysTable;
  audit: AuditTable;
}
