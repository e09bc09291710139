import { sql } from "kysely";
import type { Database } from "../store/index.js";

export interface DayCount {
  /** Such as 2026-01-05, in UTC. */
  readonly day: string;
  readonly rows: number;
  readonly flagged: number;
}

/** Rows and alarms of each day that had any, by model; what all versions said. */
export async function countDays(db: Database, from: string): Promise<Map<number, DayCount[]>> {
  const { rows } = await sql<DayCount & { model_id: number }>`
    select model_id, to_char(day, 'YYYY-MM-DD') as day, sum(rows)::bigint as rows, sum(flagged)::bigint as flagged
    from counted_days where day >= ${from}::date group by model_id, day order by day`.execute(db);
  const days = new Map<number, DayCount[]>();
  for (const { model_id, ...one } of rows) days.set(model_id, [...(days.get(model_id) ?? []), one]);
  return days;
}

export interface BinCount {
  readonly bin: number;
  readonly day: string;
  readonly rows: number;
  /** The lowest bin that was counted here: another one where bins are joined. */
  readonly lowest: number;
}

/** What a version said of each day's rows, by bin; bins below `floor` are joined in the one before it. */
export async function countBins(
  db: Database,
  { modelId, version, from, floor }: { modelId: number; version: number; from: string; floor: number },
): Promise<BinCount[]> {
  // As one text: tens of thousands of rows take the driver longer than the database.
  const { rows } = await sql<{ counts: string | null }>`
    select json_agg(json_build_array(bin, day, rows, lowest))::text as counts from (
      select greatest(bin, ${floor - 1}::integer) as bin, day, sum(rows)::bigint as rows, min(bin) as lowest
      from counted_scores where model_id = ${modelId} and version = ${version} and day >= ${from}::date
      group by 1, 2) as joined`.execute(db);
  const counts: [number, string, number, number][] = JSON.parse(rows[0]?.counts ?? "[]");
  return counts.map(([bin, day, rows, lowest]) => ({ bin, day, rows, lowest }));
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** As `score_bin` of the database. */
export function binOf(score: number): number {
  float[0] = score;
  const upper = bits[0]! >> 16;
  return upper >= 0 ? upper : -32769 - upper;
}

/**
 * The threshold that flags the scores of a bin and all above, and nothing below it: the float32 before the bin's first.
 * Rows are flagged above a threshold, not at it.
 */
export function thresholdBelow(bin: number): number {
  // Bins of negative scores count downwards in magnitude: theirs begins with all lower bits set.
  bits[0] = bin >= 0 ? bin << 16 : ((-32769 - bin) << 16) | 0xffff;
  if (float[0] === 0) return -(2 ** -149);
  bits[0] += float[0]! > 0 ? -1 : 1;
  return float[0]!;
}
