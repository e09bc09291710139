import type { Database } from "./open-store.js";

/** Who changed what; call it with the transaction that makes the change. */
export async function addAudit(
  db: Database,
  entry: { who: string; action: string; subject: string; detail?: unknown },
): Promise<void> {
  const { detail = {}, ...rest } = entry;
  await db
    .insertInto("audit")
    .values({ ...rest, detail: JSON.stringify(detail) })
    .execute();
}

/** The latest first. */
export async function listAudit(db: Database, limit: number, before?: number) {
  let query = db.selectFrom("audit").selectAll().orderBy("id", "desc").limit(limit);
  if (before !== undefined) query = query.where("id", "<", before);
  return query.execute();
}
