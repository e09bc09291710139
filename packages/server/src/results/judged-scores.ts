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
  const { rows } = await sql<JudgedScore>`
    with latest as materialized (
      select id, verdict, result_id, incident_id from verdicts where model_id = ${modelId} order by id desc limit ${limit}),
    holding as materialized (
      select distinct on (result_id, incident_id) id, verdict, result_id, incident_id from latest
      order by result_id, incident_id, id desc)
    select coalesce(of_result.score, of_incident.peak) as score, verdict, result_id as result, incident_id as incident
    from holding
    left join lateral (
      select score, version from results where id = holding.result_id limit 1) as of_result on true
    left join lateral (
      select peak, version from incidents where id = holding.incident_id limit 1) as of_incident on true
    where coalesce(of_result.version, of_incident.version) = ${version}
    order by holding.id desc`.execute(db);
  return rows;
}
