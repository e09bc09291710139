import { type Kysely, type Migration, sql } from "kysely";

/**
 * How many rows of a day have about which score: what a threshold would have flagged is read from hundreds of rows here,
 * however many millions there are in `results`. A bin holds the scores whose float32 has the same upper sixteen bits, which is a
 * step of less than one percent; bins are in the order of the scores.
 */
const STATEMENTS = [
  `create function score_bin(score double precision) returns smallint language sql immutable parallel safe as $$
    select (case when bits >= 0 then bits else -32769 - bits end)::smallint
    from (select ('x' || encode(float4send(score::real), 'hex'))::bit(32)::integer >> 16 as bits) as float $$`,
  `create table score_counts (
    model_id bigint not null references models, version integer not null,
    day date not null, bin smallint not null,
    rows bigint not null, flagged bigint not null,
    primary key (model_id, day, version, bin))`,
  `insert into score_counts (model_id, version, day, bin, rows, flagged)
    select model_id, version, (at at time zone 'UTC')::date, score_bin(score), count(*), count(*) filter (where flagged)
    from results where not shadow group by 1, 2, 3, 4`,
  // Whatever stores results, by INSERT or by COPY, counts them in the same statement.
  `create function count_scores() returns trigger language plpgsql as $$ begin
    insert into score_counts as counts (model_id, version, day, bin, rows, flagged)
    select model_id, version, (at at time zone 'UTC')::date as day, score_bin(score) as bin,
      count(*), count(*) filter (where added.flagged)
    from added where not shadow group by model_id, version, day, bin
    -- In one order, so that transactions that wait for each other do not do so in a circle.
    order by model_id, day, version, bin
    on conflict (model_id, day, version, bin)
      do update set rows = counts.rows + excluded.rows, flagged = counts.flagged + excluded.flagged;
    return null;
    end $$`,
  `create trigger count_scores after insert on results referencing new table as added
    for each statement execute function count_scores()`,
];

export const scoreCounts: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
