import { sql } from "kysely";
import type { Database, Store } from "../store/index.js";
import type { ScoredRequest, ScoredRow } from "./record-results.js";
import { binOf } from "./score-counts.js";

interface Count {
  readonly modelId: number;
  readonly version: number;
  readonly day: string;
  readonly bin: number;
  rows: number;
  flagged: number;
  unstored: number;
}

export const isStored = ({ stores }: Pick<ScoredRequest, "stores">, row: ScoredRow): boolean =>
  stores === "all" || row.flagged || row.input !== null;

/** Counts rows by day and score, those that are not stored too, and nothing of shadows: call it with the transaction that stores them. */
export async function countScores(trx: Database, requests: readonly ScoredRequest[]): Promise<void> {
  const counts = countsOf(requests);
  if (counts.length === 0) return;
  const columns = [
    sql`${counts.map(({ modelId }) => modelId)}::bigint[]`,
    sql`${counts.map(({ version }) => version)}::integer[]`,
    sql`${counts.map(({ day }) => day)}::date[]`,
    sql`${counts.map(({ bin }) => bin)}::smallint[]`,
    sql`${counts.map(({ rows }) => rows)}::integer[]`,
    sql`${counts.map(({ flagged }) => flagged)}::integer[]`,
    sql`${counts.map(({ unstored }) => unstored)}::integer[]`,
  ];
  await sql`
    insert into score_count_parts (model_ids, versions, days, bins, rows, flagged, unstored)
    values (${sql.join(columns)})`.execute(trx);
}

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
      select part.model_id, part.version, part.day, part.bin, sum(part.rows), sum(part.flagged), sum(part.unstored)
      from taken, unnest(taken.model_ids, taken.versions, taken.days, taken.bins, taken.rows, taken.flagged, taken.unstored)
        as part (model_id, version, day, bin, rows, flagged, unstored)
      group by 1, 2, 3, 4
      -- In one order, so that processes that wait for each other do not do so in a circle.
      order by 1, 3, 2, 4
      on conflict (model_id, day, version, bin) do update set rows = counts.rows + excluded.rows,
        flagged = counts.flagged + excluded.flagged, unstored = counts.unstored + excluded.unstored)
    select count(*) as parts from taken`.execute(db);
  const { parts } = rows[0]!;
  // The embedded database does not do so by itself, and reads what was deleted again and again.
  if (parts > 0 && kind === "embedded") await sql`vacuum score_count_parts`.execute(db);
  return parts;
}

function countsOf(requests: readonly ScoredRequest[]): Count[] {
  const counts = new Map<string, Map<number, Count>>();
  for (const request of requests) {
    if (request.shadow) continue;
    const { modelId, version } = request;
    // Mostly the time of arrival, which all rows of a request share.
    let [last, bins]: [number, Map<number, Count> | undefined] = [Number.NaN, undefined];
    let day = "";
    for (const row of request.rows) {
      const at = row.at.getTime();
      if (at !== last || bins === undefined) {
        last = at;
        day = row.at.toISOString().slice(0, 10);
        const key = `${modelId} ${version} ${day}`;
        bins = counts.get(key) ?? new Map();
        counts.set(key, bins);
      }
      const bin = binOf(row.score);
      let count = bins.get(bin);
      if (count === undefined) {
        count = { modelId, version, day, bin, rows: 0, flagged: 0, unstored: 0 };
        bins.set(bin, count);
      }
      count.rows++;
      if (row.flagged) count.flagged++;
      if (!isStored(request, row)) count.unstored++;
    }
  }
  return [...counts.values()].flatMap((bins) => [...bins.values()]);
}
