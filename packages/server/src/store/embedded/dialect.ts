import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from "kysely";
import type { EmbeddedClient } from "./client.js";
import type { DiskReserve } from "./disk-reserve.js";

/** Kysely over the embedded Postgres: one connection, which callers take in turn. */
export function embeddedDialect(client: EmbeddedClient, reserve: DiskReserve): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new EmbeddedDriver(client, reserve),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

class EmbeddedDriver implements Driver {
  readonly #client: EmbeddedClient;
  readonly #reserve: DiskReserve;
  #last: Promise<unknown> = Promise.resolve();
  readonly #releases = new WeakMap<DatabaseConnection, () => void>();

  constructor(client: EmbeddedClient, reserve: DiskReserve) {
    this.#client = client;
    this.#reserve = reserve;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#last;
    let release = (): void => {};
    this.#last = new Promise<void>((resolve) => {
      release = resolve;
    });
    await before;
    const connection = new EmbeddedConnection(this.#client, this.#reserve);
    this.#releases.set(connection, release);
    return connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin"));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("commit"));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("rollback"));
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    this.#releases.get(connection)?.();
  }

  async destroy(): Promise<void> {
    await this.#last;
    await this.#client.close();
  }
}

/** A statement that reads the rows to be stored from the bytes that are its only parameter. */
const COPIES = /^copy .* from '\/dev\/blob'/;

class EmbeddedConnection implements DatabaseConnection {
  readonly #client: EmbeddedClient;
  readonly #reserve: DiskReserve;

  constructor(client: EmbeddedClient, reserve: DiskReserve) {
    this.#client = client;
    this.#reserve = reserve;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    await this.#reserve.require(sql);
    const { rows, affectedRows } = await this.#client.query(
      COPIES.test(sql)
        ? { sql, parameters: [], copied: parameters[0] as Uint8Array<ArrayBuffer> }
        : { sql, parameters },
    );
    return {
      rows: rows as Row[],
      ...(affectedRows !== undefined && { numAffectedRows: BigInt(affectedRows) }),
    };
  }

  // biome-ignore lint/correctness/useYield: nothing here is read piece by piece
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error("The embedded database has no cursors.");
  }
}
