import { type Kysely, type Migration, sql } from "kysely";

const STATEMENTS = [
  // Of a file with a model for each entity: what its index says, as JSON text.
  "alter table model_versions add column fleet text",
];

export const fleets: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
