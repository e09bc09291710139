/** Requests that have a name are done once, however often they are sent. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { begin, expire, fingerprintOf, settle } from "../src/idempotency/index.js";
import { openStore } from "../src/store/index.js";
import { ODD, plantRows } from "./support/models.js";
import { dataFolder, type Started, start } from "./support/start.js";

let service: Started & { key: string };
beforeAll(async () => {
  service = await start();
});
afterAll(() => service.stop());

const SCORE = "/v1/models/plant/score?entityColumn=unit";
const named = (key: string) => ({ headers: { "content-type": "application/json", "idempotency-key": key } });
const rowsOf = (unit: string) => JSON.stringify([...plantRows(2), ODD].map((row) => ({ ...row, unit })));
const storedOf = async (unit: string): Promise<number> =>
  (await service.call("GET", `/v1/results?model=plant&entity=${unit}`)).body.results.length;

test("the same request by the same name gets the same answer, and its rows are stored once", async () => {
  const first = await service.call("POST", SCORE, rowsOf("a"), named('"one"'));
  // In quotation marks or not, it is one name.
  const second = await service.call("POST", SCORE, rowsOf("a"), named("one"));
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(second.text).toBe(first.text);
  expect(first.headers.get("idempotency-replayed")).toBeNull();
  expect(second.headers.get("idempotency-replayed")).toBe("true");
  expect(await storedOf("a")).toBe(3);
  const { incidents } = (await service.call("GET", "/v1/incidents?model=plant&entity=a")).body;
  expect(incidents).toMatchObject([{ flagged: 1 }]);
  await service.call("POST", SCORE, rowsOf("a"), named("two"));
  expect(await storedOf("a")).toBe(6);
});

test("at the same time, one is done and the others have its answer or come again", async () => {
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => service.call("POST", SCORE, rowsOf("b"), named("at-once"))),
  );
  const done = answers.filter(({ status }) => status === 200);
  const busy = answers.filter(({ status }) => status === 409);
  expect(done.length + busy.length).toBe(5);
  expect(done.length).toBeGreaterThan(0);
  expect(new Set(done.map(({ text }) => text)).size).toBe(1);
  for (const { headers, body } of busy)
    expect([headers.get("retry-after"), body.code]).toEqual(["1", "conflict"]);
  expect(await storedOf("b")).toBe(3);
});

test("another request by the same name is refused; another caller may use it", async () => {
  const send = (body: string, path = SCORE, key = service.key) =>
    service.call("POST", path, body, { ...named("shared"), key });
  expect((await send(rowsOf("c"))).status).toBe(200);
  for (const answer of [await send(rowsOf("d")), await send(rowsOf("c"), `${SCORE}&keep=all`)])
    expect([answer.status, answer.body.code]).toEqual([422, "idempotency-key-reused"]);
  const { key } = (await service.call("POST", "/v1/keys", { name: "other", role: "score" })).body;
  expect((await send(rowsOf("d"), SCORE, key)).status).toBe(200);
  expect([await storedOf("c"), await storedOf("d")]).toEqual([3, 3]);
});

test("a request that failed did nothing, and its name is free", async () => {
  const bad = await service.call("POST", SCORE, '[{"pressure":1,"unit":"e"}]', named("retried"));
  expect(bad.status).toBe(422);
  expect((await service.call("POST", SCORE, rowsOf("e"), named("retried"))).status).toBe(200);
  expect(await storedOf("e")).toBe(3);
});

test.each(['"', `"${"a".repeat(256)}"`, "two words", "\u00fc"])("%j is no name", async (key) => {
  const answer = await service.call("POST", SCORE, rowsOf("f"), named(key));
  expect([answer.status, answer.body.code]).toEqual([400, "invalid-request"]);
});

test("a job is added once", async () => {
  const csv = ["flow,load", ...plantRows(60).map(({ flow, load }) => `${flow},${load}`)].join("\n");
  const headers = { "content-type": "text/csv", "idempotency-key": "train-1" };
  const path = "/v1/jobs/train?model=named&detector=pca";
  const first = await service.call("POST", path, csv, { headers });
  const second = await service.call("POST", path, csv, { headers });
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(second.body.id).toBe(first.body.id);
  expect((await service.call("POST", path, `${csv}\n1,2`, { headers })).status).toBe(422);
  const { jobs } = (await service.call("GET", "/v1/jobs")).body;
  expect(jobs).toHaveLength(1);
  await service.call("POST", `/v1/jobs/${first.body.id}/cancel`);
});

test("what a killed process began is taken over later, which it learns; names expire", async () => {
  const store = await openStore({ folder: await dataFolder() });
  try {
    const { db } = store;
    await db
      .insertInto("keys")
      .values({ name: "k", role: "score", hash: "h", per_minute: null, created_by: "t", revoked_at: null })
      .execute();
    const request = { keyId: 1, key: "a", fingerprint: fingerprintOf(["POST", "/x"], new Uint8Array(3)) };
    const bounds = { answerSeconds: 60, idempotencyHours: 24 };
    const lost = await begin(db, request, bounds);
    await expect(begin(db, request, bounds)).rejects.toMatchObject({ kind: "conflict", retryAfter: 1 });
    // As if no one could be at work any more.
    const taken = await begin(db, request, { ...bounds, answerSeconds: -16 });
    if (!("claim" in lost && "claim" in taken)) throw new Error("There is no answer yet.");
    const answer = { status: 200, answer: "{}" };
    await expect(settle(db, lost, answer)).rejects.toMatchObject({ kind: "conflict" });
    await settle(db, taken, answer);
    expect(await begin(db, request, bounds)).toEqual(answer);
    expect(await expire(db, 24, 10)).toBe(0);
    await expect(begin(db, { ...request, fingerprint: "other" }, bounds)).rejects.toMatchObject({
      kind: "idempotency-key-reused",
    });
    expect(
      await begin(db, { ...request, fingerprint: "other" }, { ...bounds, idempotencyHours: 0 }),
    ).toMatchObject({ claim: expect.any(String) });
    expect(await expire(db, 0, 10)).toBe(1);
  } finally {
    await store.close();
  }
});
