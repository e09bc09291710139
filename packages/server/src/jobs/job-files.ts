import { open } from "node:fs/promises";
import type { Database } from "../store/index.js";

/** Files are kept in pieces: no single value of a query gets large. */
const PIECE = 2 ** 20;

/** Keeps a file of a job in the database, where each process that may run the job finds it. */
export async function keepJobFile(
  trx: Database,
  jobId: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  for (let part = 0; part * PIECE < bytes.length; part++) {
    const content = Buffer.from(bytes.subarray(part * PIECE, (part + 1) * PIECE));
    await trx.insertInto("job_chunks").values({ job_id: jobId, name, part, content }).execute();
  }
}

/** Writes a file of a job to the disk. */
export async function writeJobFile(db: Database, jobId: string, name: string, path: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    for (let part = 0; ; part++) {
      const found = await db
        .selectFrom("job_chunks")
        .select("content")
        .where("job_id", "=", jobId)
        .where("name", "=", name)
        .where("part", "=", part)
        .executeTakeFirst();
      if (found === undefined) return;
      await file.write(found.content);
    }
  } finally {
    await file.close();
  }
}
