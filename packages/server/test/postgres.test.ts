/** The same service on a PostgreSQL server, which several processes share: scripts/services.sh starts one. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { partImage, plainModel } from "../../../test/map-models.js";
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
    const settings = { incidentGapSeconds: 60, webhooksToPrivate: true };
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

  test("what strangers write is text, in rows, in filters, as keys and as names", async () => {
    // As the driver and the server write lists, nothing, and the ends of statements.
    const odd = ["'; drop table results; --", '{"a",b}', "NULL", "\\", "$1", "%", "<script>", "\ufeff\u202e"];
    const rows = odd.map((unit) => ({ ...ODD, unit, id: unit, mode: unit }));
    const { body } = await one.call("POST", `${SCORE}?entityColumn=unit&idColumn=id`, rows);
    for (const [k, unit] of odd.entries()) {
      const path = `/v1/results?model=plant&entity=${encodeURIComponent(unit)}`;
      const { results } = (await other.call("GET", path)).body;
      const expected = { id: body.rows[k].id, entity: unit, label: unit, input: rows[k] };
      expect(results, unit).toMatchObject([expected]);
    }
    const entities = (await other.call("GET", "/v1/models/plant/entities")).body.entities;
    expect(entities.map(({ entity }: { entity: string }) => entity)).toEqual(expect.arrayContaining(odd));
    const statement = encodeURIComponent("plant' or '1'='1");
    const asked = [
      one.call("GET", `/v1/results?model=${statement}`),
      one.call("GET", `/v1/models/${statement}`),
      one.call("GET", `/v1/results?model=plant&cursor=${statement}`),
      one.call("GET", "/v1/models", undefined, { key: "' or 1=1 --" }),
      one.call("GET", `/v1/results?model=plant&entity=${encodeURIComponent("' or '1'='1")}`),
    ];
    const said = (await Promise.all(asked)).map(({ status, body: { code, results } }) => [
      status,
      code ?? results,
    ]);
    expect(said).toEqual([
      [400, "invalid-request"],
      [400, "invalid-request"],
      [400, "invalid-request"],
      [401, "unauthorized"],
      [200, []],
    ]);
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

  test("of a webhook, each delivery is sent once, whichever of them sends it", async () => {
    const ids: string[] = [];
    const receiver = createServer((request, response) => {
      ids.push(String(request.headers["webhook-id"]));
      request.resume().once("end", () => setTimeout(() => response.end(), 20));
    });
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
    try {
      const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
      const events = ["incident.opened"];
      const { body } = await one.call("POST", "/v1/webhooks", { url, events });
      const rows = Array.from({ length: 30 }, (_, k) => ({ ...ODD, unit: `told${k}` }));
      await Promise.all([
        one.call("POST", `${SCORE}?entityColumn=unit`, rows.slice(0, 15)),
        other.call("POST", `${SCORE}?entityColumn=unit`, rows.slice(15)),
      ]);
      const left = async () =>
        (await other.call("GET", `/v1/deliveries?webhook=${body.id}&status=delivered`)).body.deliveries
          .length;
      await expect.poll(left, { timeout: 30_000 }).toBe(30);
      expect(ids).toHaveLength(30);
      expect(new Set(ids).size).toBe(30);
      await one.call("DELETE", `/v1/webhooks/${body.id}`);
    } finally {
      receiver.close();
    }
  });

  test("a job that one takes, the other shows, and each job runs once", async () => {
    const csv = ["flow,load", ...plantRows(200).map(({ flow, load }) => `${flow},${load}`)].join("\n");
    const headers = { "content-type": "text/csv" };
    const path = "/v1/jobs/train?model=shared&detector=pca";
    const jobs = await Promise.all(
      [1, 2, 3].map(async (seed) => {
        const options = encodeURIComponent(JSON.stringify({ seed }));
        return (await one.call("POST", `${path}&options=${options}`, csv, { headers })).body.id;
      }),
    );
    for (const id of jobs) {
      await expect
        .poll(async () => (await other.call("GET", `/v1/jobs/${id}`)).body, { timeout: 60_000 })
        .toMatchObject({ status: "done", starts: 1, error: null });
    }
    expect((await one.call("GET", "/v1/models/shared")).body.versions).toHaveLength(3);
  });

  test("rows that one answers line by line, the other lists once each", async () => {
    const rows = plantRows(1500).map((row, k) => ({ ...row, unit: "streamed", label: `row ${k}` }));
    const lines = [...rows.map((row) => JSON.stringify(row)), '{"flow": "much"}', "no JSON"];
    const types = { "content-type": "application/x-ndjson", accept: "application/x-ndjson" };
    const path = `${SCORE}?entityColumn=unit&idColumn=label`;
    const { text } = await one.call("POST", path, lines.join("\n"), { headers: types });
    const said = text
      .trim()
      .split("\n")
      .map((line: string) => JSON.parse(line));
    const scored = said.filter(({ score }: { score?: number }) => score !== undefined);
    const flagged = scored.filter(({ isAnomaly }: { isAnomaly: boolean }) => isAnomaly).length;
    // Of rows that cannot be read, the others know nothing.
    expect(said.at(-1)).toEqual({ done: { rows: 1502, scored: 1500, flagged, refused: 2 } });
    const list = "/v1/results?model=plant&entity=streamed&limit=1000";
    const pages = [await other.call("GET", list)];
    pages.push(await other.call("GET", `${list}&cursor=${pages[0]!.body.next}`));
    const stored = pages.flatMap(({ body }) => body.results);
    const brief = ({ id, score }: { id: number; score: number }) => ({ id, score });
    const byId = (a: { id: number }, b: { id: number }) => a.id - b.id;
    expect(stored.map(brief).sort(byId)).toEqual(scored.map(brief).sort(byId));
    expect(stored.map(({ label }: { label: string }) => label).sort()).toEqual(
      rows.map(({ label }) => label).sort(),
    );
  });

  test("pictures and maps that one draws, the other shows, and they are of the image", async () => {
    const upload = { headers: { "content-type": "application/octet-stream" } };
    await one.call("POST", "/v1/models?name=parts", (await plainModel()).toBytes(), upload);
    await one.call("POST", "/v1/models/parts/activate", { version: 1 });
    const { height, width, data } = partImage("b", { defect: { left: 20, top: 20, width: 14, height: 10 } });
    const raw = { raw: { height, width, channels: 3 as const } };
    const png = await sharp(data, raw).png().toBuffer();
    const headers = { "content-type": "image/png" };
    const [row] = (await one.call("POST", "/v1/models/parts/score", png, { headers })).body.rows;
    expect(row).toMatchObject({ isAnomaly: true, incident: expect.any(Number) });
    const seen = async (of: string): Promise<Buffer> => {
      const url = `${other.service.url}/v1/results/${row.id}/picture?of=${of}`;
      const answer = await fetch(url, { headers: { authorization: `Bearer ${one.key}` } });
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/webp"]);
      return sharp(Buffer.from(await answer.arrayBuffer()))
        .removeAlpha()
        .raw()
        .toBuffer();
    };
    const [image, map] = [await seen("image"), await seen("map")];
    const difference = (a: Uint8Array, b: Uint8Array): number =>
      a.reduce((sum, value, k) => sum + Math.abs(value - b[k]!), 0) / a.length;
    // WebP is lossy.
    expect(difference(image, data)).toBeLessThan(8);
    expect(difference(map, image)).toBeGreaterThan(2 * difference(image, data));
    const listed = await other.call("GET", "/v1/results?model=parts");
    expect(listed.body.results).toMatchObject([{ id: row.id, isAnomaly: true }]);
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
