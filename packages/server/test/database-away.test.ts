/** A PostgreSQL server that cannot be reached for a while, in the middle of load: a relay before it is cut and set up again. */
import { randomUUID } from "node:crypto";
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ODD, plantRows } from "./support/models.js";
import { type Started, start } from "./support/start.js";

const SERVER = process.env["HYPERSPHERE_TEST_DATABASE"];
const SCORE = "/v1/models/plant/score?idColumn=id&entityColumn=id";

/** Passes connections on, until it is cut; then it refuses them. */
class Relay {
  readonly #to: NetConnectOpts;
  readonly #open = new Set<Socket>();
  #server: Server | undefined;
  port = 0;

  constructor(to: NetConnectOpts) {
    this.#to = to;
  }

  async up(): Promise<void> {
    const server = createServer((from) => {
      const to = connect(this.#to);
      for (const socket of [from, to]) {
        this.#open.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          from.destroy();
          to.destroy();
          this.#open.delete(socket);
        });
      }
      from.pipe(to).pipe(from);
    });
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.port = (server.address() as { port: number }).port;
    this.#server = server;
  }

  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#open) socket.destroy();
    await closed;
  }
}

describe.skipIf(SERVER === undefined)("a PostgreSQL server that goes away", () => {
  const name = `hypersphere_${randomUUID().replaceAll("-", "")}`;
  const own = new URL(SERVER ?? "postgres://nowhere");
  own.pathname = `/${name}`;
  const folder = own.searchParams.get("host");
  const port = Number(own.port || 5432);
  const relay = new Relay(
    folder?.startsWith("/") ? { path: `${folder}/.s.PGSQL.${port}` } : { host: folder ?? own.hostname, port },
  );
  const ask = async (database: string, statement: string) => {
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    const { rows } = await client.query(statement);
    await client.end();
    return rows;
  };
  let started: Started;

  beforeAll(async () => {
    await ask(SERVER!, `create database ${name}`);
    await relay.up();
    const through = new URL(own);
    through.search = "";
    through.host = `127.0.0.1:${relay.port}`;
    started = await start({ database: through.href });
  });
  afterAll(async () => {
    await started?.stop();
    await ask(SERVER!, `drop database if exists ${name} with (force)`);
  });

  test("requests answer 503 meanwhile, and afterwards nothing acknowledged is lost or there twice", async () => {
    const [row] = plantRows(1, 1);
    const acknowledged: string[] = [];
    const statuses = new Set<string>();
    let over = false;
    let count = 0;
    const client = async (): Promise<void> => {
      while (!over) {
        const id = `row ${count++}`;
        const { status, body, headers } = await started.call("POST", SCORE, [
          { ...(count % 3 === 0 ? ODD : row), id },
        ]);
        statuses.add(`${status} ${body.code ?? ""} ${headers.get("retry-after")}`);
        if (status === 200) acknowledged.push(id);
      }
    };
    const clients = Array.from({ length: 8 }, client);
    const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
      while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    for (let round = 1; round <= 3; round++) {
      const before = acknowledged.length;
      await until(() => acknowledged.length > before + 30);
      await relay.cut();
      await until(async () => (await started.call("GET", "/readyz")).status === 503);
      expect(await started.call("GET", "/readyz")).toMatchObject({ body: { database: false } });
      expect(await started.call("GET", "/v1/models")).toMatchObject({
        ...{ status: 503, body: { code: "unavailable", detail: "The database does not answer." } },
      });
      expect((await started.call("GET", "/healthz")).status).toBe(200);
      await relay.up();
      await until(async () => (await started.call("GET", "/readyz")).status === 200);
    }
    const before = acknowledged.length;
    await until(() => acknowledged.length > before + 30);
    over = true;
    await Promise.all(clients);
    expect([...statuses].sort()).toEqual(["200  null", "503 unavailable 2"]);
    const stored = await ask(own.href, "select label, count(*)::int as times from results group by label");
    const times = new Map(stored.map((each) => [each.label, each.times]));
    expect(acknowledged.filter((id) => times.get(id) !== 1)).toEqual([]);
    expect([...times.values()].filter((each) => each !== 1)).toEqual([]);
    // An incident for each flagged row, which is the only one of its entity.
    const alone = await ask(
      own.href,
      "select count(*)::int as n from results where flagged and incident_id is null",
    );
    expect(alone).toEqual([{ n: 0 }]);
  });

  test("a session that the server ends in the middle of a transaction ends nothing else", async () => {
    const statement = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`;
    const rows = plantRows(2000, 1).map((row, k) => ({ ...row, id: `late ${k}` }));
    const answers = Promise.all(Array.from({ length: 4 }, () => started.call("POST", SCORE, rows)));
    for (let k = 0; k < 20; k++) await ask(SERVER!, statement);
    for (const { status } of await answers) expect([200, 503]).toContain(status);
    expect((await started.call("GET", "/v1/models")).status).toBe(200);
  });

  test("the service ends while its database is away", async () => {
    await relay.cut();
    await started.stop();
    await expect(started.call("GET", "/healthz")).rejects.toThrow("fetch failed");
  });
});
