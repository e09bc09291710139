import { type Kysely, type Migration, sql } from "kysely";

/** Rows that were counted and not stored, since their request asked for flagged ones alone. */
export const unstoredRows: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`alter table score_counts add column unstored bigint not null default 0`.execute(db);
  },
};
