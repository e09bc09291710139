import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../problem.js";
import type { Database } from "../store/index.js";
import { findJob } from "./job-store.js";
import { FILES } from "./messages.js";

/** Above it, a page would take longer to fetch than to read. */
const MOST_BYTES = 8 * 2 ** 20;

/** Keeps what a job's process wrote of its model, where it did. */
export async function keepReport(db: Database, jobId: string, folder: string): Promise<void> {
  const [figures, page] = await Promise.all(
    [FILES.figures, FILES.page].map((name) => readFile(join(folder, name), "utf8").catch(() => undefined)),
  );
  if (figures === undefined || page === undefined || figures.length + page.length > MOST_BYTES) return;
  await db
    .insertInto("job_reports")
    .values({ job_id: jobId, figures, page })
    .onConflict((conflict) => conflict.column("job_id").doNothing())
    .execute();
}

/** @throws Problem `not-found`, also for a job that has made no model */
export async function findReport(db: Database, id: string): Promise<{ figures: string; page: string }> {
  const { status } = await findJob(db, id);
  const found = await db
    .selectFrom("job_reports")
    .select(["figures", "page"])
    .where("job_id", "=", id)
    .executeTakeFirst();
  if (found !== undefined) return found;
  throw new Problem("not-found", `The job ${id} has no training report: it is ${status}.`, {
    hint: "A report comes with the model. Trainings of earlier versions of the service have none; the log says why another has none.",
  });
}
