import { sql } from "kysely";
import type { Database } from "../store/index.js";

export interface EntityOfModel {
  readonly entity: string;
  readonly lastAt: Date;
}

/**
 * What a model's rows are about, by name. Goes from one name to the next along the index, and so reads twice as many rows as there
 * are names.
 */
export async function listEntities(
  db: Database,
  { modelId, after, limit }: { modelId: number; after?: string | undefined; limit: number },
): Promise<EntityOfModel[]> {
  const next = (previous: ReturnType<typeof sql>) => sql`
    select entity from results where model_id = ${modelId} and not shadow ${previous} order by entity limit 1`;
  const { rows } = await sql<{ entity: string; at: Date }>`
    with recursive names (entity, place) as (
      (select entity, 1 from (${next(after === undefined ? sql`` : sql`and entity > ${after}`)}) as first)
      union all
      select found.entity, names.place + 1
      from names cross join lateral (${next(sql`and entity > names.entity`)}) as found
      where names.place < ${limit})
    select names.entity, latest.at from names cross join lateral (
      select at from results where model_id = ${modelId} and not shadow and entity = names.entity
      order by at desc, id desc limit 1) as latest
    order by place`.execute(db);
  return rows.map(({ entity, at }) => ({ entity, lastAt: at }));
}
