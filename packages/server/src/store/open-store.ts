import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Kysely, Migrator, PostgresDialect } from "kysely";
import { Problem } from "../problem.js";
import { DEFAULT_SETTINGS } from "../settings.js";
import { EmbeddedClient } from "./embedded/client.js";
import { embeddedDialect } from "./embedded/dialect.js";
import { DiskReserve } from "./embedded/disk-reserve.js";
import { lockFolder } from "./folder-lock.js";
import { migrations } from "./migrations/index.js";
import { serverPool } from "./server-pool.js";
import type { Tables } from "./tables.js";

export type Database = Kysely<Tables>;

export interface Store {
  readonly db: Database;
  readonly kind: "embedded" | "server";
  close(): Promise<void>;
}

/**
 * Opens the database, with all migrations applied.
 * @param folder where the embedded database lies, which one process at a time can use; nothing of it is needed with `url`
 * @param url of a PostgreSQL server
 * @param reserveMiB that the embedded database leaves free on its disk
 */
export async function openStore({
  folder,
  url,
  reserveMiB = DEFAULT_SETTINGS.reserveMiB,
}: {
  folder: string;
  url?: string | undefined;
  reserveMiB?: number;
}): Promise<Store> {
  const store = url === undefined ? await embedded(folder, reserveMiB) : server(url);
  try {
    await migrate(store.db);
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

async function embedded(folder: string, reserveMiB: number): Promise<Store> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const unlock = await lockFolder(folder);
  try {
    const reserve = new DiskReserve(folder, reserveMiB * 2 ** 20);
    // Opening writes what was not written to the end.
    await reserve.require("create");
    const client = await EmbeddedClient.open(join(folder, "postgres"));
    const db = new Kysely<Tables>({ dialect: embeddedDialect(client, reserve) });
    const close = async (): Promise<void> => {
      await db.destroy();
      await unlock();
    };
    return { db, kind: "embedded", close };
  } catch (cause) {
    await unlock();
    if (cause instanceof Problem) throw cause;
    const files = await stat(join(folder, "postgres")).catch(() => undefined);
    throw new Problem("unavailable", `The embedded database in ${folder} does not open: ${String(cause)}.`, {
      cause,
      hint:
        files === undefined ? "Can the folder be written to?" : "Was the folder written by a later version?",
    });
  }
}

function server(connectionString: string): Store {
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: serverPool(connectionString) }) });
  return { db, kind: "server", close: () => db.destroy() };
}

async function migrate(db: Database): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
