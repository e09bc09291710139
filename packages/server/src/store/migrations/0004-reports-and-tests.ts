import { type Kysely, type Migration, sql } from "kysely";

const STATEMENTS = [
  // What a job's model learned: figures as JSON text, and the page that the library draws of them.
  `create table job_reports (
    job_id uuid primary key references jobs, figures text not null, page text not null,
    created_at timestamptz not null default now())`,
  // A delivery that tries a webhook out is about no incident.
  "alter table deliveries alter column incident_id drop not null",
  "create index deliveries_by_webhook on deliveries (webhook_id, id desc)",
];

export const reportsAndTests: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
