import { type Selectable, sql } from "kysely";
import { Problem } from "../problem.js";
import { type Database, type IncidentsTable, type Page, pageOf, placeOf } from "../store/index.js";

export interface StoredIncident extends Selectable<IncidentsTable> {
  /** Name of its model. */
  readonly model: string;
  /** The last verdict on it. */
  readonly verdict: "normal" | "anomaly" | null;
}

export interface IncidentFilter {
  readonly modelId?: number | undefined;
  readonly entity?: string | undefined;
  readonly status?: "open" | "closed" | undefined;
  /** Those with a verdict, or those without. */
  readonly reviewed?: boolean | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const withVerdict = (db: Database) =>
  db
    .selectFrom("incidents")
    .innerJoin("models", "models.id", "incidents.model_id")
    .selectAll("incidents")
    .select("models.name as model")
    .select((eb) =>
      eb
        .selectFrom("verdicts")
        .select("verdict")
        .whereRef("verdicts.incident_id", "=", "incidents.id")
        .orderBy("verdicts.id", "desc")
        .limit(1)
        .as("verdict"),
    );

/** The latest first, by their last flagged rows. */
export async function listIncidents(db: Database, filter: IncidentFilter): Promise<Page<StoredIncident>> {
  const { modelId, entity, status, reviewed, from, to, limit, cursor } = filter;
  let query = withVerdict(db)
    .orderBy("incidents.last_at", "desc")
    .orderBy("incidents.id", "desc")
    .limit(limit + 1);
  if (modelId !== undefined) query = query.where("incidents.model_id", "=", modelId);
  if (entity !== undefined) query = query.where("incidents.entity", "=", entity);
  if (status !== undefined) query = query.where("incidents.status", "=", status);
  // As the index of those without has it.
  if (reviewed !== undefined)
    query = query.where(reviewed ? sql<boolean>`incidents.reviewed` : sql<boolean>`not incidents.reviewed`);
  if (from !== undefined) query = query.where("incidents.last_at", ">=", from);
  if (to !== undefined) query = query.where("incidents.last_at", "<", to);
  if (cursor !== undefined) {
    const { at, id } = placeOf(cursor);
    query = query.where(sql<boolean>`(incidents.last_at, incidents.id) < (${at}, ${id})`);
  }
  return pageOf(await query.execute(), limit, ({ last_at: at, id }) => ({ at, id }));
}

/** @throws Problem `not-found` */
export async function findIncident(db: Database, id: number): Promise<StoredIncident> {
  const incident = await withVerdict(db).where("incidents.id", "=", id).executeTakeFirst();
  if (incident === undefined) throw new Problem("not-found", `There is no incident ${id}.`);
  return incident;
}

export interface IncidentCount {
  readonly open: number;
  /** Without a verdict, open or closed. */
  readonly unreviewed: number;
}

/** By model. */
export async function countIncidents(db: Database): Promise<Map<number, IncidentCount>> {
  const { rows } = await sql<IncidentCount & { model_id: number }>`
    select model_id, count(*) filter (where status = 'open') as open, count(*) filter (where not reviewed) as unreviewed
    from incidents where status = 'open' or not reviewed group by model_id`.execute(db);
  return new Map(rows.map(({ model_id, open, unreviewed }) => [model_id, { open, unreviewed }]));
}
