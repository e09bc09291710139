import { sql } from "kysely";
import type { Database } from "../store/index.js";

/** A score that people said something of: of a row, or the highest of an incident. */
export interface JudgedScore {
  readonly score: number;
  readonly verdict: "normal" | "anomaly";
  readonly result: number | null;
  readonly incident: number | null;
}

/** By the last verdict on each result and incident; of the latest verdicts on a model, those about a version. */
export async function judgedScores(
  db: Database,
  { modelId, version, limit }: { modelId: number; version: number; limit: number },
): Promise<JudgedScore[]> {
  // Bounded before the results are looked up: each of them is then found by its id.
  const { rows } = await sql<JudgedScore>`
    with latest as materialized (
      select id, verdict, result_id, incident_id from verdicts
      where model_id = ${modelId}
        and not exists (select from verdicts as later where later.result_id = verdicts.result_id and later.id > verdicts.id)
        and not exists (
          select from verdicts as later where later.incident_id = verdicts.incident_id and later.id > verdicts.id)
      order by id desc limit ${limit})
    select coalesce(results.score, incidents.peak) as score, latest.verdict,
      latest.result_id as result, latest.incident_id as incident
    from latest
    left join results on results.id = latest.result_id
    left join incidents on incidents.id = latest.incident_id
    where coalesce(results.version, incidents.version) = ${version}
    order by latest.id desc`.execute(db);
  return rows;
}
