/** What is older than it is to be kept goes, with all that is about it, and nothing else. */
import { sql } from "kysely";
import { expect, test } from "vitest";
import { addVerdict } from "../src/results/index.js";
import { openStore } from "../src/store/index.js";
import { ODD, plantRows } from "./support/models.js";
import { dataFolder, start } from "./support/start.js";

const SCORE = "/v1/models/plant/score?entityColumn=unit&timeColumn=time";

test("old results go with their verdicts and incidents, by batches; younger ones and what people need stay", async () => {
  const first = await start();
  const send = async (unit: string, count: number) => {
    const rows = [...plantRows(count), ODD].map((row) => ({ ...row, unit, time: "2026-03-01T00:00:00Z" }));
    const { body } = await first.call("POST", SCORE, rows);
    return body.rows as { id: number; incident: number | null }[];
  };
  const old = await send("old", 1200);
  const half = await send("half", 2);
  const young = await send("half", 2);
  const judge = (path: string) => first.call("POST", `${path}/verdicts`, { verdict: "normal" });
  await judge(`/v1/results/${old[0]!.id}`);
  await judge(`/v1/results/${young[0]!.id}`);
  await judge(`/v1/incidents/${old.at(-1)!.incident}`);
  await judge(`/v1/incidents/${half.at(-1)!.incident}`);
  expect(half.at(-1)!.incident).toBe(young.at(-1)!.incident);
  await first.call("POST", "/v1/keys", { name: "late", role: "score" });
  await first.stop();

  const { data, key } = first;
  const store = await openStore({ folder: data });
  const ago = sql`now() - interval '31 days'`;
  await sql`update results set received_at = ${ago} where id < ${young[0]!.id}`.execute(store.db);
  await sql`update incidents set status = 'closed', closed_at = ${ago}`.execute(store.db);
  await sql`update audit set at = ${ago} where action <> 'create-key' or subject <> 'late'`.execute(store.db);
  await sql`
    insert into webhooks (url, secret, events, created_by, active) values ('https://a', 's', 'e', 't', false)`.execute(
    store.db,
  );
  const incident = young.at(-1)!.incident;
  await sql`
    insert into deliveries (webhook_id, event, payload, status, created_at, incident_id) values
      (1, 'old', '{}', 'dead', ${ago}, ${incident}), (1, 'waits', '{}', 'waiting', ${ago}, ${incident}),
      (1, 'gone', '{}', 'delivered', now(), ${old.at(-1)!.incident}), (1, 'young', '{}', 'dead', now(), ${incident})`.execute(
    store.db,
  );
  await sql`
    insert into jobs (id, kind, status, request, created_by, ended_at) values
      ('00000000-0000-4000-8000-000000000001', 'train', 'done', '{"model":"plant"}', 't', ${ago}),
      ('00000000-0000-4000-8000-000000000002', 'train', 'done', '{"model":"plant"}', 't', now())`.execute(
    store.db,
  );
  await sql`
    insert into job_reports (job_id, figures, page) values
      ('00000000-0000-4000-8000-000000000001', '{}', '')`.execute(store.db);
  await sql`update model_versions set job_id = '00000000-0000-4000-8000-000000000001'`.execute(store.db);
  await store.close();

  const days = { keepResultsDays: 30, keepDeliveriesDays: 30, keepJobsDays: 30, keepAuditDays: 30 };
  const second = await start({ data, key, settings: { ...days, retentionSeconds: 0.3 } });
  try {
    const metric = async (line: string) => (await second.call("GET", "/metrics")).text.includes(line);
    await expect
      .poll(() => metric(`hypersphere_deleted_total{what="audit"}`), { timeout: 30_000 })
      .toBe(true);
    expect(await metric(`hypersphere_deleted_total{what="results"} ${old.length + half.length}`)).toBe(true);
    expect(await metric(`hypersphere_deleted_total{what="incidents"} 1`)).toBe(true);
    expect(await metric(`hypersphere_kept_days{what="jobs"} 30`)).toBe(true);
    const { results } = (await second.call("GET", "/v1/results?model=plant")).body;
    expect(results.map(({ id }: { id: number }) => id).sort()).toEqual(young.map(({ id }) => id).sort());
    expect(results.filter(({ verdict }: { verdict: string }) => verdict !== null)).toHaveLength(1);
    const { incidents } = (await second.call("GET", "/v1/incidents?model=plant")).body;
    expect(incidents).toMatchObject([{ id: incident, verdict: "normal", flagged: 2 }]);
    const { deliveries } = (await second.call("GET", "/v1/deliveries")).body;
    expect(deliveries.map(({ event }: { event: string }) => event).sort()).toEqual(["waits", "young"]);
    const { jobs } = (await second.call("GET", "/v1/jobs")).body;
    expect(jobs.map(({ id }: { id: string }) => id.slice(-1))).toEqual(["2"]);
    const { entries } = (await second.call("GET", "/v1/audit")).body;
    expect(entries.map(({ subject }: { subject: string }) => subject)).toContain("late");
    expect(entries.map(({ action }: { action: string }) => action)).not.toContain("verdict");
    expect((await second.call("POST", SCORE, [{ ...ODD, unit: "x", time: "2026-03-01" }])).status).toBe(200);
  } finally {
    await second.stop();
  }
});

test("a verdict on what is deleted meanwhile is refused as one on what is not there", async () => {
  const store = await openStore({ folder: await dataFolder() });
  try {
    const { db } = store;
    await sql`insert into models (name) values ('plant')`.execute(db);
    const given = { verdict: "normal", comment: "", who: "t" } as const;
    for (const about of [{ resultId: 7 }, { incidentId: 7 }]) {
      await expect(addVerdict(db, { modelId: 1, ...about }, given)).rejects.toMatchObject({
        ...{ kind: "not-found", status: 404 },
        message: expect.stringMatching(/^There is no (result|incident) 7 any more\.$/),
      });
    }
    expect(await db.selectFrom("audit").selectAll().execute()).toEqual([]);
  } finally {
    await store.close();
  }
});
