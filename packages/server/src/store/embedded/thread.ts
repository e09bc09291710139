/** The embedded database, in a thread of its own: while it writes, requests are read and scored. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { INT8 } from "../int8.js";
import type { Statement, ThreadAnswer } from "./client.js";

const port = parentPort as MessagePort;
const answer = (message: ThreadAnswer): void => port.postMessage(message);

try {
  const database = await PGlite.create(workerData as string, { parsers: { [INT8]: Number } });
  port.on("message", (statement: Statement | "close") => {
    void (statement === "close" ? close(database) : run(database, statement));
  });
  answer({ rows: [] });
} catch (error) {
  answer({ error: told(error) });
}

async function run(database: PGlite, { sql, parameters, copied }: Statement): Promise<void> {
  try {
    const options = copied === undefined ? {} : { blob: new Blob([copied]) };
    // Without parameters, a statement is one message instead of six.
    const { rows, affectedRows } =
      parameters.length === 0
        ? (await database.exec(sql, options)).at(-1)!
        : await database.query(sql, [...parameters], options);
    answer({ rows, ...(affectedRows !== undefined && { affectedRows }) });
  } catch (error) {
    answer({ error: told(error) });
  }
}

async function close(database: PGlite): Promise<void> {
  await database.close();
  port.close();
}

/** What there is to an error of the database, without the class, which does not cross to another thread. */
function told(error: unknown): Record<string, unknown> {
  const { message, name, ...fields } = error as Error;
  return { message, name, ...JSON.parse(JSON.stringify(fields)) };
}
