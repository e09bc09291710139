import { type Selectable, sql } from "kysely";
import { Problem } from "../problem.js";
import { type Database, type Page, pageOf, placeOf, type ResultsTable } from "../store/index.js";

export interface StoredResult extends Selectable<ResultsTable> {
  /** The last verdict on it. */
  readonly verdict: "normal" | "anomaly" | null;
}

export interface ResultFilter {
  readonly modelId: number;
  readonly entity?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** Flagged rows alone. */
  readonly flagged?: boolean | undefined;
  /** Those of the shadow instead of those that were answered. */
  readonly shadow: boolean;
  readonly incidentId?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const withVerdict = (db: Database) =>
  db
    .selectFrom("results")
    .selectAll("results")
    .select((eb) =>
      eb
        .selectFrom("verdicts")
        .select("verdict")
        .whereRef("verdicts.result_id", "=", "results.id")
        .orderBy("verdicts.id", "desc")
        .limit(1)
        .as("verdict"),
    );

/** The latest first, by the rows' own times. */
export async function listResults(db: Database, filter: ResultFilter): Promise<Page<StoredResult>> {
  const { modelId, entity, from, to, flagged, shadow, incidentId, limit, cursor } = filter;
  let query = withVerdict(db)
    .where("results.model_id", "=", modelId)
    // As the partial indexes say it.
    .where(shadow ? sql<boolean>`results.shadow` : sql<boolean>`not results.shadow`)
    .orderBy("results.at", "desc")
    .orderBy("results.id", "desc")
    .limit(limit + 1);
  if (entity !== undefined) query = query.where("results.entity", "=", entity);
  if (from !== undefined) query = query.where("results.at", ">=", from);
  if (to !== undefined) query = query.where("results.at", "<", to);
  if (flagged) query = query.where(sql<boolean>`results.flagged`);
  if (incidentId !== undefined) query = query.where("results.incident_id", "=", incidentId);
  if (cursor !== undefined) {
    const { at, id } = placeOf(cursor);
    query = query.where(sql<boolean>`(results.at, results.id) < (${at}, ${id})`);
  }
  return pageOf(await query.execute(), limit, ({ at, id }) => ({ at, id }));
}

/** @throws Problem `not-found`, also for rows of a shadow, which nobody judges */
export async function findResult(db: Database, id: number): Promise<StoredResult> {
  const result = await withVerdict(db)
    .where("results.id", "=", id)
    .where("results.shadow", "=", false)
    .executeTakeFirst();
  if (result === undefined) throw new Problem("not-found", `There is no result ${id}.`);
  return result;
}

/** Values of normal rows that were kept, of one entity where it is named, the latest first: what others are explained with. */
export async function backgroundInputs(
  db: Database,
  {
    modelId,
    version,
    entity,
    limit,
  }: { modelId: number; version: number; entity?: string | undefined; limit: number },
): Promise<string[]> {
  let query = db
    .selectFrom("results")
    .select("input")
    .where("model_id", "=", modelId)
    .where("version", "=", version)
    .where(sql<boolean>`not shadow`)
    .where("flagged", "=", false)
    .where("input", "is not", null)
    .orderBy("at", "desc")
    .limit(limit);
  if (entity !== undefined) query = query.where("entity", "=", entity);
  const rows = await query.execute();
  return rows.map(({ input }) => input!);
}
