import { type Kysely, type Migration, sql } from "kysely";

const STATEMENTS = [
  // What people look at: of an image that was scored, and of the same with the map of where it is abnormal over it.
  `create table result_pictures (
    result_id bigint primary key references results on delete cascade, image bytea not null, map bytea)`,
];

export const pictures: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
