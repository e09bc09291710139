import { sql } from "kysely";
import { joinIncidents } from "../incidents/index.js";
import type { Database } from "../store/index.js";

/** A row as a model scored it. */
export interface ScoredRow {
  /** Its place in the request, from 0. */
  readonly row: number;
  /** What it is about, such as a machine; "" where nobody said. */
  readonly entity: string;
  /** What the caller calls it. */
  readonly label: string | null;
  readonly at: Date;
  readonly score: number;
  readonly pValue: number;
  readonly flagged: boolean;
  readonly probability: number | null;
  /** Its values as JSON text, where they are to be kept. */
  readonly input: string | null;
}

/** What one request has to keep. */
export interface ScoredRequest {
  readonly id: string;
  readonly modelId: number;
  readonly version: number;
  /** Of a version that nobody sees: it makes no incidents. */
  readonly shadow: boolean;
  readonly threshold: number;
  /** Median score of held-out normals, for the severity of incidents. */
  readonly usual: number;
  readonly rows: readonly ScoredRow[];
}

/** One per row of a request. */
export interface Recorded {
  readonly id: number;
  readonly incident: number | null;
}

/** Stores the rows of requests and puts those that are flagged into incidents: all of it, or nothing. */
export async function recordResults(
  db: Database,
  requests: readonly ScoredRequest[],
  gapMs: number,
): Promise<Recorded[][]> {
  return db.transaction().execute(async (trx) => {
    const incidents = await incidentsOf(trx, requests, gapMs);
    const ids = await insert(trx, requests, incidents);
    return requests.map(({ id, rows }, k) =>
      rows.map(({ row }, at) => ({ id: ids.get(`${id} ${row}`)!, incident: incidents[k]![at]! })),
    );
  });
}

/** In one order of entities, so that transactions that wait for each other do not do so in a circle. */
async function incidentsOf(
  trx: Database,
  requests: readonly ScoredRequest[],
  gapMs: number,
): Promise<(number | null)[][]> {
  const incidents = requests.map(({ rows }) => new Array<number | null>(rows.length).fill(null));
  const groups = new Map<string, { request: ScoredRequest; places: [number, number][] }>();
  requests.forEach((request, k) => {
    if (request.shadow) return;
    request.rows.forEach(({ flagged, entity }, at) => {
      if (!flagged) return;
      const key = JSON.stringify([request.modelId, entity, request.version, request.threshold]);
      if (!groups.has(key)) groups.set(key, { request, places: [] });
      groups.get(key)!.places.push([k, at]);
    });
  });
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, { request, places }] of sorted) {
    const rows = places.map(([k, at]) => requests[k]!.rows[at]!);
    const found = await joinIncidents(trx, { ...request, entity: rows[0]!.entity, rows }, gapMs);
    places.forEach(([k, at], place) => {
      incidents[k]![at] = found[place]!;
    });
  }
  return incidents;
}

/** One statement, whatever the number of rows: a column is an array. It also counts scores by day. */
async function insert(
  trx: Database,
  requests: readonly ScoredRequest[],
  incidents: readonly (readonly (number | null)[])[],
): Promise<Map<string, number>> {
  const all = requests.flatMap((request, k) =>
    request.rows.map((row, at) => ({ request, row, incident: incidents[k]![at]! })),
  );
  if (all.length === 0) return new Map();
  const of = <T>(pick: (one: (typeof all)[number]) => T): T[] => all.map(pick);
  const { rows } = await sql<{ id: number; request: string; row: number }>`
    with added as (
      insert into results (model_id, version, shadow, request, row, entity, label, at, score, p_value, flagged,
        threshold, probability, input, incident_id)
      select * from unnest(
        ${of(({ request }) => request.modelId)}::bigint[], ${of(({ request }) => request.version)}::integer[],
        ${of(({ request }) => request.shadow)}::boolean[], ${of(({ request }) => request.id)}::uuid[],
        ${of(({ row }) => row.row)}::integer[], ${of(({ row }) => row.entity)}::text[],
        ${of(({ row }) => row.label)}::text[], ${of(({ row }) => row.at.toISOString())}::timestamptz[],
        ${of(({ row }) => row.score)}::double precision[], ${of(({ row }) => row.pValue)}::double precision[],
        ${of(({ row }) => row.flagged)}::boolean[], ${of(({ request }) => request.threshold)}::double precision[],
        ${of(({ row }) => row.probability)}::double precision[], ${of(({ row }) => row.input)}::text[],
        ${of(({ incident }) => incident)}::bigint[])
      returning *),
    counted as (
      insert into score_counts as counts (model_id, version, day, bin, rows, flagged)
      select model_id, version, (at at time zone 'UTC')::date as day, score_bin(score) as bin,
        count(*), count(*) filter (where flagged)
      from added where not shadow group by model_id, version, day, bin
      -- In one order, so that transactions that wait for each other do not do so in a circle.
      order by model_id, day, version, bin
      on conflict (model_id, day, version, bin)
        do update set rows = counts.rows + excluded.rows, flagged = counts.flagged + excluded.flagged)
    select id, request, row from added`.execute(trx);
  return new Map(rows.map(({ id, request, row }) => [`${request} ${row}`, id]));
}
