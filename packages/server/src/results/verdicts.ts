import type { Selectable } from "kysely";
import { Problem } from "../problem.js";
import { addAudit, type Database, type VerdictsTable } from "../store/index.js";

export type StoredVerdict = Selectable<VerdictsTable>;
export type Verdict = VerdictsTable["verdict"];

/** What a verdict is on. */
export type Judged = { readonly modelId: number } & (
  | { readonly resultId: number }
  | { readonly incidentId: number }
);

/** What the database says of a row that names one which is not there. */
const NO_SUCH_ROW = "23503";

/**
 * Adds what a person says of a result or an incident; the last one holds.
 * @throws Problem `not-found` where it was deleted since it was found
 */
export async function addVerdict(
  db: Database,
  about: Judged,
  { verdict, comment, who }: { verdict: Verdict; comment: string; who: string },
): Promise<StoredVerdict> {
  const subject = "resultId" in about ? `result ${about.resultId}` : `incident ${about.incidentId}`;
  return db.transaction().execute(async (trx) => {
    // Whoever deletes it holds it locked meanwhile: this waits for the outcome.
    const added = await trx
      .insertInto("verdicts")
      .values({
        model_id: about.modelId,
        result_id: "resultId" in about ? about.resultId : null,
        incident_id: "incidentId" in about ? about.incidentId : null,
        ...{ verdict, comment, who },
      })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((cause) => {
        if (cause.code !== NO_SUCH_ROW) throw cause;
        throw new Problem("not-found", `There is no ${subject} any more.`, {
          cause,
          hint: "It was older than the service keeps such things.",
        });
      });
    if ("incidentId" in about) {
      await trx
        .updateTable("incidents")
        .set({ reviewed: true })
        .where("id", "=", about.incidentId)
        .where("reviewed", "=", false)
        .execute();
    }
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
