import type { Selectable } from "kysely";
import { addAudit, type Database, type VerdictsTable } from "../store/index.js";

export type StoredVerdict = Selectable<VerdictsTable>;
export type Verdict = VerdictsTable["verdict"];

/** What a verdict is on. */
export type Judged = { readonly modelId: number } & (
  | { readonly resultId: number }
  | { readonly incidentId: number }
);

/** Adds what a person says of a result or an incident; the last one holds. */
export async function addVerdict(
  db: Database,
  about: Judged,
  { verdict, comment, who }: { verdict: Verdict; comment: string; who: string },
): Promise<StoredVerdict> {
  return db.transaction().execute(async (trx) => {
    const added = await trx
      .insertInto("verdicts")
      .values({
        model_id: about.modelId,
        result_id: "resultId" in about ? about.resultId : null,
        incident_id: "incidentId" in about ? about.incidentId : null,
        ...{ verdict, comment, who },
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const subject = added.result_id === null ? `incident ${added.incident_id}` : `result ${added.result_id}`;
    await addAudit(trx, { who, action: "verdict", subject, detail: { verdict } });
    return added;
  });
}

/** All on a result or an incident, the latest first. */
export async function listVerdicts(
  db: Database,
  about: { resultId: number } | { incidentId: number },
): Promise<StoredVerdict[]> {
  const query = db.selectFrom("verdicts").selectAll().orderBy("id", "desc");
  return "resultId" in about
    ? query.where("result_id", "=", about.resultId).execute()
    : query.where("incident_id", "=", about.incidentId).execute();
}
