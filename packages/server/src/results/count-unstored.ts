import { sql } from "kysely";
import type { Database } from "../store/index.js";
import type { ScoredRequest, ScoredRow } from "./record-results.js";
import { binOf } from "./score-counts.js";

interface Count {
  readonly modelId: number;
  readonly version: number;
  readonly day: string;
  readonly bin: number;
  rows: number;
}

export const isStored = ({ stores }: Pick<ScoredRequest, "stores">, row: ScoredRow): boolean =>
  stores === "all" || row.flagged || row.input !== null;

/** Counts rows that are not stored as the database counts those that are: by day and score, and nothing of shadows. */
export async function countUnstored(db: Database, requests: readonly ScoredRequest[]): Promise<void> {
  const counts = countsOf(requests);
  if (counts.length === 0) return;
  const columns = [
    sql`${counts.map(({ modelId }) => modelId)}::bigint[]`,
    sql`${counts.map(({ version }) => version)}::integer[]`,
    sql`${counts.map(({ day }) => day)}::date[]`,
    sql`${counts.map(({ bin }) => bin)}::smallint[]`,
    sql`${counts.map(({ rows }) => rows)}::bigint[]`,
  ];
  await sql`
    insert into score_counts as counts (model_id, version, day, bin, rows, flagged, unstored)
    select model_id, version, day, bin, rows, 0, rows
    from unnest(${sql.join(columns)}) as given (model_id, version, day, bin, rows)
    -- In the order in which the trigger counts what is stored.
    order by model_id, day, version, bin
    on conflict (model_id, day, version, bin)
      do update set rows = counts.rows + excluded.rows, unstored = counts.unstored + excluded.unstored`.execute(
    db,
  );
}

function countsOf(requests: readonly ScoredRequest[]): Count[] {
  const counts = new Map<string, Count>();
  for (const request of requests) {
    if (request.shadow || request.stores === "all") continue;
    const { modelId, version } = request;
    // Mostly the time of arrival, which all rows of a request share.
    const days = new Map<number, string>();
    for (const row of request.rows) {
      if (isStored(request, row)) continue;
      const at = row.at.getTime();
      const day = days.get(at) ?? row.at.toISOString().slice(0, 10);
      days.set(at, day);
      const bin = binOf(row.score);
      const key = `${modelId} ${version} ${day} ${bin}`;
      const count = counts.get(key);
      if (count === undefined) counts.set(key, { modelId, version, day, bin, rows: 1 });
      else count.rows++;
    }
  }
  return [...counts.values()];
}
