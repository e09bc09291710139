import { type Kysely, type Migration, sql } from "kysely";

/** What the overview and the list of incidents read is counted and in order already, however many results and incidents there are. */
const STATEMENTS = [
  `create table day_counts (
    model_id bigint not null references models, day date not null,
    rows bigint not null, flagged bigint not null,
    primary key (model_id, day))`,
  `insert into day_counts (model_id, day, rows, flagged)
    select model_id, day, sum(rows), sum(flagged) from score_counts group by 1, 2`,
  `create view counted_days as
    select model_id, day, rows, flagged from day_counts
    union all
    select model_id, day, part.rows, part.flagged from score_count_parts as parts,
      unnest(parts.rows, parts.flagged) as part (rows, flagged)`,
  "alter table incidents add column reviewed boolean not null default false",
  `update incidents set reviewed = true
    where exists (select from verdicts where verdicts.incident_id = incidents.id)`,
  "create index incidents_latest on incidents (last_at, id)",
  "create index incidents_to_review on incidents (last_at, id, model_id) where not reviewed",
];

export const cheaperOverview: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
