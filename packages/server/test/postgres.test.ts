/** The same service on a PostgreSQL server, which several processes share: scripts/services.sh starts one. */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fitPlant, ODD, plantRows } from "./support/models.js";
import { type Started, start } from "./support/start.js";

const SERVER = process.env["HYPERSPHERE_TEST_DATABASE"];
const SCORE = "/v1/models/plant/score";

describe.skipIf(SERVER === undefined)("two services on one PostgreSQL server", () => {
  let one: Started & { key: string };
  let other: Started;
  const name = `hypersphere_${randomUUID().replaceAll("-", "")}`;

  const admin = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: SERVER });
    await client.connect();
    await client.query(statement);
    await client.end();
  };

  beforeAll(async () => {
    await admin(`create database ${name}`);
    const url = new URL(SERVER!);
    url.pathname = `/${name}`;
    const settings = { incidentGapSeconds: 60 };
    one = await start({ database: url.href, settings });
    other = await start({ database: url.href, settings, key: one.key });
  });
  afterAll(async () => {
    await Promise.all([one?.stop(), other?.stop()]);
    await admin(`drop database if exists ${name} with (force)`);
  });

  test("what one stores, the other lists; values and times come back as they were", async () => {
    const row = { ...ODD, mode: "ö\0 \ud800", unit: "u'1", time: "2026-03-01T00:00:00.123Z" };
    const { body } = await one.call("POST", `${SCORE}?entityColumn=unit&timeColumn=time`, [row]);
    const stored = await other.call("GET", `/v1/results/${body.rows[0].id}`);
    expect(stored.body).toMatchObject({ entity: "u'1", at: row.time, score: body.rows[0].score, input: row });
  });

  test("rows of one entity that both get at the same time are one incident, and no row is lost", async () => {
    const at = (second: number): string => new Date(Date.UTC(2026, 2, 1, 0, 0, second)).toISOString();
    await Promise.all(
      Array.from({ length: 40 }, (_, k) =>
        (k % 2 === 0 ? one : other).call("POST", `${SCORE}?entityColumn=unit&timeColumn=time`, [
          { ...ODD, unit: `shared${k % 4 < 2 ? "A" : "B"}`, time: at(k) },
          { ...ODD, unit: `shared${k % 4 < 2 ? "B" : "A"}`, time: at(k) },
        ]),
      ),
    );
    for (const entity of ["sharedA", "sharedB"]) {
      const { body } = await other.call("GET", `/v1/incidents?model=plant&entity=${entity}`);
      expect(body.incidents).toMatchObject([{ flagged: 40, firstAt: at(0), lastAt: at(39) }]);
      const results = await one.call("GET", `/v1/results?model=plant&entity=${entity}&limit=1000`);
      expect(results.body.results).toHaveLength(40);
    }
  });

  test("a version that one activates answers in the other a little later", async () => {
    const trained = await fitPlant(2);
    const file = await trained.withThreshold({ ...trained.card.threshold, threshold: 1e-6 });
    await other.call("POST", SCORE, plantRows(1));
    const headers = { "content-type": "application/octet-stream" };
    expect((await one.call("POST", "/v1/models?name=plant", file.toBytes(), { headers })).status).toBe(201);
    expect((await one.call("POST", "/v1/models/plant/activate", { version: 2 })).status).toBe(200);
    await expect
      .poll(async () => (await other.call("POST", SCORE, plantRows(1))).body.version, { timeout: 10_000 })
      .toBe(2);
  });
});
