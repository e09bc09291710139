import { type Kysely, type Migration, sql } from "kysely";

const STATEMENTS = [
  // What receivers know a delivery by: the same for each attempt, in any database.
  "alter table deliveries add column key uuid not null default gen_random_uuid()",
  "alter table deliveries add column incident_id bigint not null references incidents",
  "create unique index deliveries_of_incident on deliveries (incident_id, event, webhook_id)",
  "create index deliveries_by_status on deliveries (status, id desc)",
  "create index deliveries_of_webhook on deliveries (webhook_id, next_at) where status = 'waiting'",
  // How often it was begun: what ends its process each time is not begun for ever.
  "alter table jobs add column starts integer not null default 0",
  // Uploads of jobs, in pieces as models are; they go with the end of the job.
  `create table job_chunks (
    job_id uuid not null references jobs, name text not null, part integer not null, content bytea not null,
    primary key (job_id, name, part))`,
  // The version that a job made, and what was found when it was compared with the one before.
  "alter table model_versions add column job_id uuid references jobs",
  "alter table model_versions add column comparison text",
  "create index jobs_at_work on jobs (status, created_at) where status in ('queued', 'running')",
];

export const outboxAndJobs: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
