import { sql } from "kysely";
import type { Database } from "../store/index.js";

/** A score that people said something of: of a row, or the highest of an incident. */
export interface JudgedScore {
  readonly score: number;
  readonly verdict: "normal" | "anomaly";
  readonly result: number | null;
  readonly incident: number | null;
}

/** By the last verdict on each result and incident, among the latest verdicts on a model; of those about a version. */
export async function judgedScores(
  db: Database,
  { modelId, version, limit }: { modelId: number; version: number; limit: number },
): Promise<JudgedScore[]> {
  // Of the latest verdicts, the first on a thing is the last that was given on it at all: no other verdict is looked at. Each
  // result and incident is found by its id: a bound in the subquery keeps the planner from reading the whole of them.
  // All as one text: thousands of rows take the driver longer than the database.
  const { rows } = await sql<{ scores: string | null }>`
    with latest as materialized (
      select id, verdict, result_id, incident_id from verdicts where model_id = ${modelId} order by id desc limit ${limit}),
    holding as materialized (
      select distinct on (result_id, incident_id) id, verdict, result_id, incident_id from latest
      order by result_id, incident_id, id desc)
    select json_agg(json_build_array(coalesce(of_result.score, of_incident.peak), verdict, result_id, incident_id)
      order by holding.id desc)::text as scores
    from holding
    left join lateral (
      select score, version from results where id = holding.result_id limit 1) as of_result on true
    left join lateral (
      select peak, version from incidents where id = holding.incident_id limit 1) as of_incident on true
    where coalesce(of_result.version, of_incident.version) = ${version}`.execute(db);
  const scores: [number, JudgedScore["verdict"], number | null, number | null][] = JSON.parse(
    rows[0]?.scores ?? "[]",
  );
  return scores.map(([score, verdict, result, incident]) => ({ score, verdict, result, incident }));
}
