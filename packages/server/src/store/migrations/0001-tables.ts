import { type Kysely, type Migration, sql } from "kysely";

/**
 * Values that callers send (rows, cards, comments) are kept as text and not as jsonb, which refuses some strings that JSON
 * allows: one row with a NUL in it would fail all that are stored with it.
 */
const STATEMENTS = [
  `create table models (
    id bigint generated always as identity primary key,
    name text not null unique,
    active_version integer, previous_version integer, shadow_version integer,
    operating_point text,
    created_at timestamptz not null default now())`,
  `create table model_versions (
    model_id bigint not null references models, version integer not null,
    sha256 text not null, bytes bigint not null, card text not null, trusted boolean not null,
    source text not null check (source in ('folder', 'upload', 'job')),
    created_by text not null, created_at timestamptz not null default now(),
    primary key (model_id, version), unique (model_id, sha256))`,
  `create table model_chunks (
    sha256 text not null, part integer not null, content bytea not null, primary key (sha256, part))`,
  `create table operating_points (
    model_id bigint not null references models, name text not null,
    rule text, threshold double precision, version integer,
    created_by text not null, created_at timestamptz not null default now(),
    primary key (model_id, name),
    check ((rule is null) <> (threshold is null)), check ((threshold is null) = (version is null)))`,
  `create table keys (
    id bigint generated always as identity primary key,
    name text not null, role text not null check (role in ('score', 'review', 'admin')),
    hash text not null unique, per_minute integer,
    created_by text not null, created_at timestamptz not null default now(), revoked_at timestamptz)`,
  `create table incidents (
    id bigint generated always as identity primary key,
    model_id bigint not null references models, version integer not null, entity text not null,
    status text not null check (status in ('open', 'closed')),
    first_at timestamptz not null, last_at timestamptz not null, flagged integer not null,
    peak double precision not null, peak_at timestamptz not null, p_value double precision not null,
    severity double precision,
    opened_at timestamptz not null default now(), closed_at timestamptz)`,
  "create index incidents_by_entity on incidents (model_id, entity, last_at)",
  "create index incidents_by_time on incidents (model_id, last_at desc, id desc)",
  "create index incidents_open on incidents (last_at) where status = 'open'",
  `create table results (
    id bigint generated always as identity primary key,
    model_id bigint not null references models, version integer not null, shadow boolean not null,
    request uuid not null, row integer not null,
    entity text not null, label text,
    at timestamptz not null, received_at timestamptz not null default now(),
    score double precision not null, p_value double precision not null, flagged boolean not null,
    threshold double precision not null, probability double precision, input text,
    incident_id bigint references incidents)`,
  "create index results_by_time on results (model_id, at desc, id desc) where not shadow",
  "create index results_by_entity on results (model_id, entity, at desc, id desc) where not shadow",
  "create index results_flagged on results (model_id, at desc, id desc) where flagged and not shadow",
  "create index results_shadow on results (model_id, at desc, id desc) where shadow",
  "create index results_of_incident on results (incident_id) where incident_id is not null",
  `create table verdicts (
    id bigint generated always as identity primary key,
    model_id bigint not null references models,
    result_id bigint references results, incident_id bigint references incidents,
    verdict text not null check (verdict in ('normal', 'anomaly')),
    comment text not null, who text not null, at timestamptz not null default now(),
    check ((result_id is null) <> (incident_id is null)))`,
  "create index verdicts_of_result on verdicts (result_id, id desc) where result_id is not null",
  "create index verdicts_of_incident on verdicts (incident_id, id desc) where incident_id is not null",
  "create index verdicts_of_model on verdicts (model_id, id desc)",
  `create table jobs (
    id uuid primary key, kind text not null,
    status text not null check (status in ('queued', 'running', 'done', 'failed', 'cancelled')),
    request text not null, progress text, result text, log text not null default '', error text,
    worker text, heartbeat_at timestamptz,
    created_by text not null, created_at timestamptz not null default now(),
    started_at timestamptz, ended_at timestamptz)`,
  "create index jobs_by_time on jobs (created_at desc, id)",
  `create table webhooks (
    id bigint generated always as identity primary key,
    url text not null, secret text not null, events text not null, active boolean not null default true,
    created_by text not null, created_at timestamptz not null default now())`,
  `create table deliveries (
    id bigint generated always as identity primary key,
    webhook_id bigint not null references webhooks, event text not null, payload text not null,
    status text not null check (status in ('waiting', 'delivered', 'dead')),
    attempts integer not null default 0, next_at timestamptz not null default now(), last_error text,
    created_at timestamptz not null default now(), delivered_at timestamptz)`,
  "create index deliveries_due on deliveries (next_at) where status = 'waiting'",
  `create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    who text not null, action text not null, subject text not null, detail text not null)`,
];

export const tables: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
