import { sql } from "kysely";
import type { Database, Store } from "../store/index.js";
import type { ScoredRequest, ScoredRow } from "./record-results.js";
import { binOf } from "./score-counts.js";

/** Of a model's version on a day, in UTC. */
interface DayCounts {
  readonly modelId: number;
  readonly version: number;
  readonly day: string;
  readonly bins: Map<number, { rows: number; flagged: number; unstored: number }>;
}

export const isStored = ({ stores }: Pick<ScoredRequest, "stores">, row: ScoredRow): boolean =>
  stores === "all" || row.outcome.isAnomaly || row.input !== null;

/** Counts rows by day and score, those that are not stored too, and nothing of shadows: call it with the transaction that stores them. */
export async function countScores(trx: Database, requests: readonly ScoredRequest[]): Promise<void> {
  const days = countsOf(requests);
  if (days.length === 0) return;
  const counts = days.map(({ bins }) => [...bins.values()]);
  // As texts, which the driver of the embedded database takes as they are: it goes through each number of an array.
  const columns = [
    sql`${listed(days.map(({ modelId }) => modelId))}::text::bigint[]`,
    sql`${listed(days.map(({ version }) => version))}::text::integer[]`,
    sql`${listed(days.map(({ day }) => day))}::text::date[]`,
    ...[
      days.map(({ bins }) => [...bins.keys()]),
      counts.map((of) => of.map(({ rows }) => rows)),
      counts.map((of) => of.map(({ flagged }) => flagged)),
      counts.map((of) => of.map(({ unstored }) => unstored)),
    ].map((lists) => sql`${listed(lists.map((list) => `"${listed(list)}"`))}::text::text[]`),
  ];
  await sql`
    insert into score_count_parts (model_id, version, day, bins, rows, flagged, unstored)
    select model_id, version, day, bins::smallint[], rows::integer[], flagged::integer[], unstored::integer[]
    from unnest(${sql.join(columns)}) as given (model_id, version, day, bins, rows, flagged, unstored)`.execute(
    trx,
  );
}

/** As Postgres writes an array of what needs no quotation marks, or has them. */
const listed = (values: readonly (number | string)[]): string => `{${values.join(",")}}`;

/** Parts that one statement adds up: requests that come meanwhile wait for it. */
const MOST_PARTS = 2000;

/** Adds up what transactions counted by themselves; what is read is the same before and after. @returns how many parts */
export async function addUpCounts({ db, kind }: Pick<Store, "db" | "kind">): Promise<number> {
  const { rows } = await sql<{ parts: number }>`
    with taken as (
      delete from score_count_parts where id in (
        select id from score_count_parts order by id limit ${MOST_PARTS}::integer for update skip locked)
      returning *),
    added as (
      insert into score_counts as counts (model_id, version, day, bin, rows, flagged, unstored)
      select model_id, version, day, part.bin, sum(part.rows), sum(part.flagged), sum(part.unstored)
      from taken, unnest(taken.bins, taken.rows, taken.flagged, taken.unstored) as part (bin, rows, flagged, unstored)
      group by 1, 2, 3, 4
      -- In one order, so that processes that wait for each other do not do so in a circle.
      order by 1, 3, 2, 4
      on conflict (model_id, day, version, bin) do update set rows = counts.rows + excluded.rows,
        flagged = counts.flagged + excluded.flagged, unstored = counts.unstored + excluded.unstored),
    added_days as (
      insert into day_counts as counts (model_id, day, rows, flagged)
      select model_id, day, sum(part.rows), sum(part.flagged)
      from taken, unnest(taken.rows, taken.flagged) as part (rows, flagged)
      group by 1, 2 order by 1, 2
      on conflict (model_id, day) do update set rows = counts.rows + excluded.rows,
        flagged = counts.flagged + excluded.flagged)
    select count(*) as parts from taken`.execute(db);
  const { parts } = rows[0]!;
  // The embedded database does not do so by itself, and reads what was deleted again and again.
  if (parts > 0 && kind === "embedded") await sql`vacuum score_count_parts`.execute(db);
  return parts;
}

function countsOf(requests: readonly ScoredRequest[]): DayCounts[] {
  const counts = new Map<string, DayCounts>();
  for (const request of requests) {
    if (request.shadow) continue;
    const { modelId, version } = request;
    // Mostly the time of arrival, which all rows of a request share.
    let last = Number.NaN;
    let of: DayCounts | undefined;
    for (const row of request.rows) {
      const { facts, outcome } = row;
      const at = facts.at.getTime();
      if (at !== last || of === undefined) {
        last = at;
        const day = facts.at.toISOString().slice(0, 10);
        const key = `${modelId} ${version} ${day}`;
        of = counts.get(key) ?? { modelId, version, day, bins: new Map() };
        counts.set(key, of);
      }
      const bin = binOf(outcome.score);
      let count = of.bins.get(bin);
      if (count === undefined) {
        count = { rows: 0, flagged: 0, unstored: 0 };
        of.bins.set(bin, count);
      }
      count.rows++;
      if (outcome.isAnomaly) count.flagged++;
      if (!isStored(request, row)) count.unstored++;
    }
  }
  return [...counts.values()];
}
