import { type Kysely, type Migration, sql } from "kysely";

const STATEMENTS = [
  // What was answered to a request that named a key of its caller; without an answer, it is being worked on since `claimed_at`.
  `create table idempotency_keys (
    key_id bigint not null references keys, key text not null,
    fingerprint text not null, claim uuid not null, claimed_at timestamptz not null default now(),
    status integer, answer text,
    primary key (key_id, key))`,
  "create index idempotency_keys_by_age on idempotency_keys (claimed_at)",
];

export const idempotencyKeys: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
