/** What the page is told at a glance: alarms by day, scores by bin, names of entities; against rows that are counted here. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { loadModel } from "hypersphere";
import { expectedFalseAlarmRate } from "hypersphere/scoring";
import { CompiledQuery, sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CopiedType, type CopiedValue, copied } from "../src/results/copy-format.js";
import { addUpCounts, binOf, recordResults, thresholdBelow } from "../src/results/index.js";
import { insertInto } from "../src/results/insert-results.js";
import { type Database, openStore } from "../src/store/index.js";
import { ODD, plantRows } from "./support/models.js";
import { dataFolder, modelsFolder, type Started, start } from "./support/start.js";

let service: Started & { key: string };
beforeAll(async () => {
  // Incidents of days ago stay open until a test has looked at them, however slow the machine.
  service = await start({ settings: { sweepSeconds: 3600 } });
});
afterAll(() => service.stop());

const now = Date.now();
const dayOf = (back: number): string => new Date(now - back * 86_400_000).toISOString();
const SCORE = "/v1/models/plant/score?entityColumn=unit&timeColumn=time";

test("bins are in the order of scores, and a bin's threshold flags it and what is above", () => {
  const scores = [-3e38, -2.5, -1, -1e-3, -1e-45, -0, 0, 1e-45, 1e-9, 0.1, 0.5, 1, 1.004, 2, 77.7, 3e38].map(
    Math.fround,
  );
  const bins = scores.map(binOf);
  expect(bins).toEqual([...bins].sort((a, b) => a - b));
  for (const [k, score] of scores.entries()) {
    const threshold = thresholdBelow(bins[k]!);
    expect(Math.fround(threshold)).toBe(threshold);
    // Zero has two signs in two bins, and no threshold between them.
    for (const [j, other] of scores.entries()) {
      if (other !== 0) expect(other > threshold, `${other} above ${threshold}`).toBe(bins[j]! >= bins[k]!);
    }
    expect(score - threshold).toBeLessThanOrEqual(Math.abs(score) / 127 + 1e-40);
  }
});

test("the database counts what it stores, in the bins of the program, once each and by UTC days", async () => {
  const rows = [...plantRows(30), ODD, ODD].map((row, k) => ({
    ...row,
    unit: `u${k % 3}`,
    time: dayOf(k % 2),
  }));
  const { body } = await service.call("POST", SCORE, rows);
  await service.call("POST", SCORE, rows.slice(-1));
  const histogram = (await service.call("GET", "/v1/models/plant/score-histogram?days=7")).body;
  const days = [dayOf(1), dayOf(0)].map((at) => at.slice(0, 10));
  expect(histogram).toMatchObject({ version: 1, operatingPoint: null, days, rows: [17, 16], judged: [] });
  const { threshold, bins } = histogram;
  for (const bin of bins) {
    const above = body.rows.filter(({ score }: { score: number }) => score > bin.threshold).length;
    const repeated = body.rows.at(-1).score > bin.threshold ? 1 : 0;
    const from = bins.indexOf(bin);
    const counted = bins.slice(from).flatMap(({ rows }: { rows: number[] }) => rows);
    expect(counted.reduce((sum: number, count: number) => sum + count, 0)).toBe(above + repeated);
  }
  const rates = bins.map(({ falseAlarmRate }: { falseAlarmRate: number }) => falseAlarmRate);
  expect(rates).toEqual([...rates].sort((a, b) => b - a));
  expect(rates[0]).toBe(1);
  expect(rates[1]).toBeLessThanOrEqual(0.5);
  const { calibrationScores } = await loadModel(join(await modelsFolder(), "plant.onnx"));
  for (const bin of bins) {
    expect(bin.falseAlarmRate).toBe(expectedFalseAlarmRate(calibrationScores, bin.threshold));
  }

  const overview = (await service.call("GET", "/v1/overview?days=7")).body;
  expect(overview.models.map(({ name }: { name: string }) => name)).toEqual(["plant", "pump"]);
  expect(overview.models[0]).toMatchObject({
    ...{ activeVersion: 1, threshold, unreviewedIncidents: 2 },
    days: [
      { day: days[0], rows: 17, flagged: 2 },
      { day: days[1], rows: 16, flagged: 1 },
    ],
  });
  expect(overview.models[0].falseAlarmRate).toBeGreaterThan(0);
  // Of the threshold in force, and not of the step of scores in which it lies.
  expect(histogram.falseAlarmRate).toBe(overview.models[0].falseAlarmRate);
  expect(overview.models[1].days).toEqual([]);
  const entities = (await service.call("GET", "/v1/models/plant/entities")).body.entities;
  expect(entities.map(({ entity }: { entity: string }) => entity)).toEqual(["u0", "u1", "u2"]);
  const after = (await service.call("GET", "/v1/models/plant/entities?after=u0&limit=1")).body.entities;
  expect(after).toEqual([entities[1]]);
});

test("verdicts are told with their scores, the last of each, and take incidents off the list", async () => {
  const { incidents } = (await service.call("GET", "/v1/incidents?model=plant&reviewed=false")).body;
  const [row] = (await service.call("GET", "/v1/results?model=plant&flagged=true")).body.results;
  await service.call("POST", `/v1/results/${row.id}/verdicts`, { verdict: "anomaly" });
  await service.call("POST", `/v1/results/${row.id}/verdicts`, { verdict: "normal" });
  await service.call("POST", `/v1/incidents/${incidents[0].id}/verdicts`, { verdict: "anomaly" });
  const { judged } = (await service.call("GET", "/v1/models/plant/score-histogram")).body;
  expect(judged).toEqual([
    { score: incidents[0].peak, verdict: "anomaly", result: null, incident: incidents[0].id },
    { score: row.score, verdict: "normal", result: row.id, incident: null },
  ]);
  const left = (await service.call("GET", "/v1/incidents?model=plant&reviewed=false")).body.incidents;
  expect(left).toEqual(incidents.slice(1));
  const done = (await service.call("GET", "/v1/incidents?model=plant&reviewed=true")).body.incidents;
  expect(done.map(({ id }: { id: number }) => id)).toEqual([incidents[0].id]);
});

test("what scores alone sees none of it; anybody with a key learns whose it is", async () => {
  const { key } = (await service.call("POST", "/v1/keys", { name: "machine", role: "score" })).body;
  for (const path of ["/v1/overview", "/v1/models/plant/score-histogram", "/v1/models/plant/entities"]) {
    expect((await service.call("GET", path, undefined, { key })).status).toBe(403);
  }
  const own = await service.call("GET", "/v1/caller", undefined, { key });
  expect(own.body).toEqual({ name: "machine", role: "score" });
  expect((await service.call("GET", "/v1/caller", undefined, { key: "hs_no" })).status).toBe(401);
  expect((await service.call("GET", "/v1/models/none/score-histogram")).status).toBe(404);
  expect((await service.call("GET", "/v1/overview?days=0")).status).toBe(400);
});

test("of requests that store flagged rows alone, the others are counted as if they were", async () => {
  const rows = [...plantRows(300, 7), ODD, { flow: "much" }].map((row, k) => ({
    ...row,
    unit: "f",
    time: dayOf(20 + (k % 2)),
  }));
  const ask = async (query: string) => {
    const { body } = await service.call("POST", `${SCORE}&keep=none${query}`, rows);
    const histogram = (await service.call("GET", "/v1/models/plant/score-histogram?days=28")).body;
    return {
      body,
      bins: histogram.bins,
      all: histogram.rows,
      overview: await service.call("GET", "/v1/overview"),
    };
  };
  const listed = async () =>
    (await service.call("GET", "/v1/results?model=plant&entity=f&limit=1000")).body.results.length;
  const none = await ask("&results=flagged");
  const flagged = none.body.rows.filter(({ isAnomaly }: { isAnomaly: boolean }) => isAnomaly);
  expect(flagged.length).toBeGreaterThan(0);
  expect(flagged.length).toBe(none.body.flagged);
  expect(await listed()).toBe(flagged.length);
  for (const { id, incident } of flagged)
    expect([id, incident]).toEqual([expect.any(Number), expect.any(Number)]);
  for (const { id, isAnomaly, error } of none.body.rows) {
    if (error === undefined && !isAnomaly) expect(id).toBeNull();
  }
  const all = await ask("");
  expect(await listed()).toBe(flagged.length + 301);
  // The same rows again, stored: each count is twice what it was.
  const days = [dayOf(21), dayOf(20)].map((at) => at.slice(0, 10));
  const { days: named } = (await service.call("GET", "/v1/models/plant/score-histogram?days=28")).body;
  for (const day of days) {
    const k = named.indexOf(day);
    expect(all.all[k]).toBe(2 * none.all[k]);
    expect(none.all[k]).toBeGreaterThan(100);
  }
  const counts = (histogram: { bins: { threshold: number; rows: number[] }[] }) =>
    histogram.bins.map(({ threshold, rows: one }) => [
      threshold,
      ...days.map((day) => one[named.indexOf(day)]),
    ]);
  const twice = counts(none).map(([threshold, ...one]) => [
    threshold,
    ...one.map((count) => 2 * (count ?? 0)),
  ]);
  expect(counts(all)).toEqual(twice);
  expect((await service.call("GET", "/v1/models/plant/drift")).body.code).toBe("conflict");
  // Nothing is kept: the same scores, and no result, count or incident of them.
  const incidents = (await service.call("GET", "/v1/incidents?model=plant")).text;
  const kept = await ask("&results=none");
  const said = (body: typeof all.body) =>
    body.rows.map(({ id: _, incident: __, ...row }: Record<string, unknown>) => row);
  expect(said(kept.body)).toEqual(said(all.body));
  expect(
    kept.body.rows.every(({ id, incident }: Record<string, unknown>) => (id ?? incident ?? null) === null),
  ).toBe(true);
  expect(await listed()).toBe(flagged.length + 301);
  expect(kept.bins).toEqual(all.bins);
  expect((await service.call("GET", "/v1/incidents?model=plant")).text).toBe(incidents);
});

test("the database's bins are the program's, and rows of before the table are counted when it is made", async () => {
  const folder = await dataFolder();
  const first = await openStore({ folder });
  await expectCopies(first.db);
  const scores = [-2.5, -1e-40, 0, 1e-45, 0.3, 1, 4.75, 3e38].map(Math.fround);
  const { rows } = await sql<{ bin: number }>`
    select score_bin(score) as bin from unnest(${scores}::double precision[]) as one (score)`.execute(
    first.db,
  );
  expect(rows.map(({ bin }) => bin)).toEqual(scores.map(binOf));

  const { id: modelId } = await first.db
    .insertInto("models")
    .values({
      ...{ name: "m", active_version: 1, previous_version: null },
      ...{ shadow_version: null, operating_point: null },
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const facts = { entity: "", label: null, at: new Date("2026-01-05T23:59:59Z") };
  const by = { threshold: 0.2, usual: 0 };
  const given = [0.3, 0, 1e-45].map((score, row) => ({
    ...{ row, facts, by, input: null },
    outcome: { score, pValue: 0.5, isAnomaly: row === 0 },
  }));
  const request = { modelId, version: 1, rows: given, stores: "all" as const };
  const insert = insertInto(first);
  await recordResults(first.db, [{ ...request, id: randomUUID(), shadow: false }], 1000, insert);
  await recordResults(first.db, [{ ...request, id: randomUUID(), shadow: true }], 1000, insert);
  const expected = [
    { day: "2026-01-05", bin: 0, rows: 2, flagged: 0 },
    { day: "2026-01-05", bin: binOf(0.3), rows: 1, flagged: 1 },
  ];
  const counts = (db: Database) =>
    sql<object>`select day::text, bin, rows, flagged from counted_scores order by bin`.execute(db);
  const days = async (db: Database) =>
    (
      await sql`select day::text, sum(rows)::bigint as rows, sum(flagged)::bigint as flagged
      from counted_days group by day`.execute(db)
    ).rows;
  expect((await counts(first.db)).rows).toEqual(expected);
  expect(await days(first.db)).toEqual([{ day: "2026-01-05", rows: 3, flagged: 1 }]);
  // Added up or not, the counts are the same: also where there are some already.
  const parts = async () => (await sql`select from score_count_parts`.execute(first.db)).rows.length;
  for (const times of [1, 2]) {
    if (times === 2)
      await recordResults(first.db, [{ ...request, id: randomUUID(), shadow: false }], 1000, insert);
    expect(await parts()).toBe(1);
    expect(await addUpCounts(first)).toBe(1);
    expect(await parts()).toBe(0);
    const added = expected.map(({ rows: all, flagged, ...of }) => ({
      ...{ ...of, rows: times * all, flagged: times * flagged },
    }));
    expect((await counts(first.db)).rows).toEqual(added);
    expect(await days(first.db)).toEqual([{ day: "2026-01-05", rows: 3 * times, flagged: times }]);
  }
  expect(await addUpCounts(first)).toBe(0);
  const twice = (await counts(first.db)).rows;

  // As it was before the table.
  await sql`drop view counted_scores, counted_days`.execute(first.db);
  await sql`drop table score_counts, score_count_parts, day_counts`.execute(first.db);
  await sql`alter table incidents drop column reviewed`.execute(first.db);
  await sql`drop index incidents_latest`.execute(first.db);
  await sql`alter table results add constraint results_model_id_fkey foreign key (model_id) references models`.execute(
    first.db,
  );
  await sql`drop function score_bin`.execute(first.db);
  // What later migrations made, which are applied anew after it.
  await sql`drop table idempotency_keys, job_reports, result_pictures`.execute(first.db);
  await sql`drop index deliveries_by_webhook`.execute(first.db);
  await sql`alter table model_versions drop column fleet, drop column facts`.execute(first.db);
  await sql`delete from kysely_migration where name >= '0003'`.execute(first.db);
  await first.close();
  const again = await openStore({ folder });
  expect((await counts(again.db)).rows).toEqual(twice);
  expect(await days(again.db)).toEqual([{ day: "2026-01-05", rows: 6, flagged: 2 }]);
  await again.close();
});

/** What is copied into the database is what is read of it; what it cannot hold is a fault of the values. */
async function expectCopies(db: Database): Promise<void> {
  const types: CopiedType[] = [
    ...(["bigint", "integer", "boolean", "uuid", "text", "timestamptz", "double precision"] as const),
  ];
  const columns = types.map((type, k) => sql.raw(`c${k} ${type}`));
  await sql`create table copies (${sql.join(columns)})`.execute(db);
  const copy = (rows: readonly (readonly CopiedValue[])[]) => {
    const given = types.map((type, k) => ({ type, of: (row: readonly CopiedValue[]) => row[k]! }));
    const bytes = copied(given, rows);
    return db.executeQuery(CompiledQuery.raw("copy copies from '/dev/blob' with (format binary)", [bytes]));
  };
  const [one, other] = [randomUUID(), randomUUID()];
  const at = new Date("2026-01-05T23:59:59.999Z");
  const rows = [
    [1, 0, true, one, "", at, 0.1],
    [2 ** 53 - 1, 2 ** 31 - 1, false, one, "a\tb\\N\n\r\"'é漢😀", at, -1.5e300],
    [-(2 ** 53 - 1), -(2 ** 31), true, other, "\\N", new Date("1899-12-31T12:00:00Z"), 5e-324],
    [2 ** 32, 7, true, other, "x".repeat(200_000), new Date("9999-12-30T00:00:00Z"), 1 / 3],
    types.map(() => null),
    // Half a character is none.
    [-1, -1, false, one, "\ud800", at, 3e38],
  ];
  await copy(rows);
  const { rows: found } = await sql<Record<string, unknown>>`select * from copies`.execute(db);
  const expected = rows.map((row) => row.map((value) => (value === "\ud800" ? "\ufffd" : value)));
  expect(found.map((row) => Object.values(row))).toEqual(expected);
  await expect(copy([[1, 1, true, one, "a\0b", at, 1]])).rejects.toMatchObject({
    code: expect.stringMatching(/^22/),
  });
  expect((await sql`select from copies`.execute(db)).rows).toHaveLength(rows.length);
  await sql`drop table copies`.execute(db);
}
