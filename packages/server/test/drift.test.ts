/** Drift status: quiet on rows like those of training, an alarm on others, and what cannot be watched. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { plantRows, pumpRows } from "./support/models.js";
import { type Started, start } from "./support/start.js";

let service: Started & { key: string };
beforeAll(async () => {
  service = await start();
});
afterAll(() => service.stop());

const drift = async (model = "plant") => service.call("GET", `/v1/models/${model}/drift`);
const score = (rows: readonly object[]) => service.call("POST", "/v1/models/plant/score", rows);
/** Results count once they are settled. */
const observed = (count: number) =>
  expect.poll(async () => (await drift()).body.observed, { timeout: 15_000, interval: 500 }).toBe(count);

test("rows like those of training raise no alarm, others do, and it stays", async () => {
  expect((await drift()).body).toMatchObject({
    version: 1,
    drift: false,
    observed: 0,
    recent: null,
    logValue: 0,
  });
  await score(plantRows(300, 5000));
  await observed(300);
  const quiet = (await drift()).body;
  expect(quiet).toMatchObject({ drift: false, alarm: null, delta: 0.01, behind: 0 });
  expect(quiet.recent.rows).toBe(300);
  expect(quiet.recent.pValues.significance).toBeGreaterThan(0.01);
  const moved = plantRows(100, 6000).map((row) => ({ ...row, load: row.load + 0.4 }));
  const { rows } = (await score(moved)).body;
  await observed(400);
  const alarmed = (await drift()).body;
  expect(alarmed.drift).toBe(true);
  expect(alarmed.logValue).toBeGreaterThan(0);
  expect(alarmed.logAlarm).toBeCloseTo(Math.log(100));
  expect(rows.map(({ id }: { id: number }) => id)).toContain(alarmed.alarm.result);
  // The course of the evidence: every result is in one point, and the last one says what the status says.
  const rowsOf = (points: { rows: number }[]) => points.reduce((sum, point) => sum + point.rows, 0);
  expect(rowsOf(alarmed.history)).toBe(400);
  expect(alarmed.history.at(-1)).toMatchObject({ observed: 400, logValue: alarmed.logValue });
  const crossed = alarmed.history.find(({ logValue }: { logValue: number }) => logValue >= alarmed.logAlarm);
  expect(crossed.observed).toBeGreaterThan(300);
  await score(plantRows(300, 7000));
  await observed(700);
  expect((await drift()).body).toMatchObject({ drift: true, alarm: alarmed.alarm });
});

test("columns of the latest rows are compared where their values were kept", async () => {
  const columns = async (query = "") =>
    (await service.call("GET", `/v1/models/plant/drift/columns${query}`)).body;
  // Of normal rows, the first few hundred were kept alone.
  expect(await columns()).toMatchObject({
    rows: 700,
    columns: [],
    note: expect.stringContaining("keep=all"),
  });
  const since = new Date().toISOString();
  const moved = plantRows(200, 8000).map((row) => ({ ...row, load: row.load + 3 }));
  await service.call("POST", "/v1/models/plant/score?keep=all", moved);
  const found = await columns(`?from=${since}`);
  expect(found).toMatchObject({ since, rows: 200, kept: 200, note: null });
  expect(
    found.columns.map(({ name, shifted }: { name: string; shifted: boolean }) => [name, shifted]),
  ).toEqual([["load", true], expect.arrayContaining([false]), expect.arrayContaining([false])]);
  // Too few since then: the latest ones, whenever they were.
  expect((await columns(`?from=${new Date(Date.now() + 60_000).toISOString()}`)).since).toBeNull();
  expect((await service.call("GET", "/v1/models/nowhere/drift/columns")).status).toBe(404);
});

test("a model of a series is not watched, and others than reviewers do not see it", async () => {
  await service.call("POST", "/v1/models/pump/score", pumpRows(40));
  expect((await drift("pump")).status).toBe(409);
  expect((await drift("nowhere")).status).toBe(404);
  const { key } = (await service.call("POST", "/v1/keys", { name: "machine", role: "score" })).body;
  expect((await service.call("GET", "/v1/models/plant/drift", undefined, { key })).status).toBe(403);
});
