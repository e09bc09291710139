import { sql } from "kysely";
import type { Database } from "../store/index.js";

export interface EntityOfModel {
  readonly entity: string;
  readonly lastAt: Date;
}

/**
 * What a model's rows are about, by name. Goes from one name to the next along the index, and so reads as many rows as there
 * are names.
 */
export async function listEntities(
  db: Database,
  { modelId, after, limit }: { modelId: number; after?: string | undefined; limit: number },
): Promise<EntityOfModel[]> {
  const next = (previous: ReturnType<typeof sql>) => sql`
    select entity, at, 1 from results
    where model_id = ${modelId} and not shadow ${previous} order by entity, at desc, id desc limit 1`;
  const { rows } = await sql<{ entity: string; at: Date }>`
    with recursive names (entity, at, place) as (
      (${next(after === undefined ? sql`` : sql`and entity > ${after}`)})
      union all
      select found.entity, found.at, names.place + 1 from names cross join lateral (
        select entity, at from results
        where model_id = ${modelId} and not shadow and entity > names.entity
        order by entity, at desc, id desc limit 1) as found
      where names.place < ${limit})
    select entity, at from names order by place`.execute(db);
  return rows.map(({ entity, at }) => ({ entity, lastAt: at }));
}
