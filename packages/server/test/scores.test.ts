/** Scoring over HTTP: answers are the library's scores, and what was answered is stored. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { loadModel, open, tableFromRows } from "hypersphere";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ODD, plantRows, pumpRows } from "./support/models.js";
import { modelsFolder, type Started, start } from "./support/start.js";

let service: Started;
beforeAll(async () => {
  service = await start();
});
afterAll(() => service.stop());

const csv = (rows: readonly object[]): string =>
  [Object.keys(rows[0]!).join(","), ...rows.map((row) => Object.values(row).join(","))].join("\n");

async function expected(rows: readonly object[]) {
  const model = await loadModel(join(await modelsFolder(), "plant.onnx"));
  return model.score(tableFromRows(rows as Record<string, unknown>[]));
}

describe("rows of tables", () => {
  const rows = [...plantRows(20, 5), ODD];

  test("JSON, JSON lines and CSV have the library's scores, to the last bit", async () => {
    const { scores, pValues, isAnomaly, threshold } = await expected(rows);
    const lines = rows.map((row) => JSON.stringify(row)).join("\n");
    const answers = [
      await service.call("POST", "/v1/models/plant/score", rows),
      await service.call("POST", "/v1/models/plant/score", { rows }),
      await service.call("POST", "/v1/models/plant/score", lines, {
        headers: { "content-type": "application/x-ndjson" },
      }),
      await service.call("POST", "/v1/models/plant/score", csv(rows), {
        headers: { "content-type": "text/csv" },
      }),
      await service.call("POST", "/v1/models/plant/score", gzipSync(csv(rows)), {
        headers: { "content-type": "text/csv", "content-encoding": "gzip" },
      }),
    ];
    for (const { status, body } of answers) {
      expect([status, body.detail]).toEqual([200, undefined]);
      expect(body).toMatchObject({
        model: "plant",
        version: 1,
        threshold,
        operatingPoint: null,
        warnings: [],
      });
      expect(body.rows.map((row: { score: number }) => row.score)).toEqual([...scores]);
      expect(body.rows.map((row: { pValue: number }) => row.pValue)).toEqual([...pValues]);
      expect(body.rows.map((row: { isAnomaly: boolean }) => +row.isAnomaly)).toEqual([...isAnomaly]);
      expect(body.flagged).toBe(isAnomaly.reduce((sum, flag) => sum + flag, 0));
      expect(body.rows.at(-1)).toMatchObject({ row: 20, isAnomaly: true, incident: expect.any(Number) });
    }
  });

  test("requests at the same time are told apart, with ids of their own", async () => {
    const { scores } = await expected(rows);
    const answers = await Promise.all(
      rows.map((row) => service.call("POST", "/v1/models/plant/score", [row])),
    );
    expect(answers.map(({ body }) => body.rows[0].score)).toEqual([...scores]);
    expect(new Set(answers.map(({ body }) => body.rows[0].id)).size).toBe(rows.length);
  });

  test("a row that cannot be read takes no other with it, in its request or in another", async () => {
    const [good] = plantRows(1);
    const [mixed, alone] = await Promise.all([
      service.call("POST", "/v1/models/plant/score", [good, { flow: "much", load: 1 }, 7]),
      service.call("POST", "/v1/models/plant/score", [good]),
    ]);
    expect(mixed.status).toBe(200);
    expect(mixed.body.rows[0].score).toBe(alone.body.rows[0].score);
    expect(mixed.body.rows[1]).toMatchObject({ row: 1, error: { code: expect.any(String) } });
    expect(mixed.body.rows[2]).toMatchObject({ row: 2, error: { code: "unfit-data" } });
  });

  test.each([
    ["application/json", (rows: readonly string[]) => `[${rows.join(",")}]`],
    ["application/json", (rows: readonly string[]) => `{"rows":[${rows.join(",")}]}`],
    ["application/jsonl", (rows: readonly string[]) => rows.join("\n")],
  ])("whole numbers beyond 2^53 keep their digits: two ids stay two (%s)", async (type, bodyOf) => {
    const ids = ["9007199254740992", "9007199254740993", "-18446744073709551617"];
    const cells = (id: string) => `"flow":0.5,"load":-6,"mode":"run","note":"[${id}]"`;
    const body = bodyOf(ids.map((id) => `{${cells(id)},"order":${id},"unit":${id},"list":[${id}]}`));
    const path = "/v1/models/plant/score?entityColumn=unit&idColumn=order";
    const { status, body: scored } = await service.call("POST", path, body, {
      headers: { "content-type": type },
    });
    expect([status, scored.detail]).toEqual([200, undefined]);
    const stored = await Promise.all(
      scored.rows.map(
        async ({ id }: { id: number }) => (await service.call("GET", `/v1/results/${id}`)).body,
      ),
    );
    expect(stored.map(({ entity }) => entity)).toEqual(ids);
    expect(stored.map(({ label }) => label)).toEqual(ids);
    expect(new Set(stored.map(({ incident }) => incident)).size).toBe(3);
    expect(stored[1].input).toMatchObject({ order: ids[1], list: [ids[1]], note: `[${ids[1]}]` });
  });

  test("a feature beyond 2^53 is a number all the same", async () => {
    const row = '{"flow":9007199254740993,"load":1,"mode":"run"}';
    const headers = { "content-type": "application/json" };
    const { body } = await service.call("POST", "/v1/models/plant/score", `[${row}]`, { headers });
    const { scores } = await expected([{ flow: 9007199254740993n, load: 1, mode: "run" }]);
    expect(body.rows[0].score).toBe(scores[0]);
  });

  test("values that JSON allows and Postgres does not are stored all the same", async () => {
    const odd = { ...ODD, mode: "a\0b \ud800", note: "\0" };
    const { status, body } = await service.call("POST", "/v1/models/plant/score?keep=all", [odd]);
    expect(status).toBe(200);
    const stored = await service.call("GET", `/v1/results/${body.rows[0].id}`);
    expect(stored.body.input).toEqual(odd);
  });
});

test("steps of a series have the library's scores, with their own times and entities", async () => {
  const rows = pumpRows(60);
  const { status, body } = await service.call("POST", "/v1/models/pump/score", rows);
  expect([status, body.detail]).toEqual([200, undefined]);
  const model = await loadModel(join(await modelsFolder(), "pump.onnx"));
  const path = join(service.data, "pump.csv");
  const { writeFileSync } = await import("node:fs");
  writeFileSync(path, csv(rows));
  const { scores } = await model.score(await open(path, { model }));
  expect(body.rows.map((row: { score: number }) => row.score)).toEqual([...scores]);
  const listed = await service.call("GET", "/v1/results?model=pump&entity=b&limit=1000");
  expect(listed.body.results).toHaveLength(30);
  expect(listed.body.results.map(({ at }: { at: string }) => at)).toEqual(
    rows
      .filter(({ pump }) => pump === "b")
      .map(({ time }) => time)
      .reverse(),
  );
});

test("an explanation names the column that is odd, compared with normal rows that were kept", async () => {
  await service.call("POST", "/v1/models/plant/score", plantRows(100, 50));
  const { status, body } = await service.call("POST", "/v1/models/plant/explain", { rows: [ODD], top: 2 });
  expect([status, body.detail]).toEqual([200, undefined]);
  expect(body.rows[0].contributions[0]).toMatchObject({ feature: "load", value: -6 });
  expect(body.rows[0].nearest[0].values).toMatchObject({ mode: expect.any(String) });
  // What a row lacks is missing in it, here as where it is scored; the row beside it is explained as before.
  const { load, mode } = ODD;
  // As they are sent to be scored.
  const bare = await service.call("POST", "/v1/models/plant/explain", [ODD]);
  expect([bare.status, bare.body.rows?.[0].score]).toEqual([200, body.rows[0].score]);
  const beside = await service.call("POST", "/v1/models/plant/explain", { rows: [{ load, mode }, ODD] });
  const partial = await service.call("POST", "/v1/models/plant/score?results=none", [{ load, mode }]);
  const scores = new Map(beside.body.rows.map((row: { row: number; score: number }) => [row.row, row.score]));
  expect(scores).toEqual(
    new Map([
      [0, partial.body.rows[0].score],
      [1, body.rows[0].score],
    ]),
  );
});
