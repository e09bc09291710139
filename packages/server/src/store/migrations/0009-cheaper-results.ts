import { type Kysely, type Migration, sql } from "kysely";

/** What storing a row costs, in the order of how much: each of these took as long as writing the row itself. */
const STATEMENTS = [
  // Models are never deleted, and requests name one that was found: nothing is looked up for each row.
  "alter table results drop constraint results_model_id_fkey",
  // Rows mostly come in the order of their times, which an ascending index takes at its end; it is read backwards.
  "drop index results_by_time",
  "drop index results_by_entity",
  "create index results_by_time on results (model_id, at, id) where not shadow",
  "create index results_by_entity on results (model_id, entity, at, id) where not shadow",
  // Counts that were not added to the others yet: a row of what a transaction stores of a day, instead of an update for each bin.
  `create table score_count_parts (
    id bigint generated always as identity, model_id bigint not null, version integer not null, day date not null,
    bins smallint[] not null, rows integer[] not null, flagged integer[] not null, unstored integer[] not null)`,
  `create view counted_scores as
    select model_id, version, day, bin, rows, flagged, unstored from score_counts
    union all
    select model_id, version, day, part.* from score_count_parts as parts,
      unnest(parts.bins, parts.rows, parts.flagged, parts.unstored) as part (bin, rows, flagged, unstored)`,
  "drop trigger count_scores on results",
  "drop function count_scores",
];

export const cheaperResults: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
