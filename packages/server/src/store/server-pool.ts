import type { PostgresPool, PostgresPoolClient } from "kysely";
import pg from "pg";
import { databaseTrouble, unanswered } from "./database-trouble.js";
import { INT8 } from "./int8.js";

/** Connections to a PostgreSQL server, which may go away and come back: those that are lost are replaced when they are asked for. */
export function serverPool(connectionString: string): PostgresPool {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, Number);
  const pool = new pg.Pool({ connectionString, types, max: 8, connectionTimeoutMillis: 10_000 });
  // Idle connections end with their server, and so do those between two statements of a transaction: the next query says what is wrong.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return {
    connect: async () => told(await pool.connect().catch(fail)),
    end: () => pool.end(),
  };
}

function told(client: pg.PoolClient): PostgresPoolClient {
  // Statements alone: nothing is read by a cursor here.
  const query = (sql: unknown, parameters: readonly unknown[] = []) =>
    client.query(sql as string, [...parameters]).catch(fail);
  return {
    query: query as unknown as PostgresPoolClient["query"],
    release: (discard) => client.release(discard),
  };
}

/** What the server itself says has a code of SQL; all else is about the way there. */
function fail(error: unknown): never {
  throw databaseTrouble(error) ?? (error instanceof pg.DatabaseError ? error : unanswered(error));
}
