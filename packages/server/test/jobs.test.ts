/** Jobs: trainings from uploads and from verdicts, and what becomes of them when things end. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addJob, cancelJob, claimJob, endJob, findJob } from "../src/jobs/job-store.js";
import { requestSchema } from "../src/jobs/request.js";
import { openStore } from "../src/store/index.js";
import { CSV, csvOf, ODD, plantRows } from "./support/models.js";
import { dataFolder, type Started, start } from "./support/start.js";

const settings = { maxQueuedJobs: 2 };
let service: Started & { key: string };
beforeAll(async () => {
  service = await start({ settings });
});
afterAll(() => service.stop());

const query = (given: Record<string, unknown>): string =>
  new URLSearchParams(
    Object.entries(given).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  ).toString();
const train = (given: Record<string, unknown>, data: string = csvOf(plantRows(300)), more: object = CSV) =>
  service.call("POST", `/v1/jobs/train?${query(given)}`, data, more);
const jobOf = async (id: string) => (await service.call("GET", `/v1/jobs/${id}`)).body;
const ended = async (id: string) => {
  await expect.poll(async () => (await jobOf(id)).endedAt, { timeout: 60_000, interval: 200 }).not.toBeNull();
  return jobOf(id);
};
/** A training that nobody waits for. */
const LONG = {
  model: "long",
  detector: "deep-svdd",
  options: { epochs: 2000, patience: 2000, members: 1, batchSize: 16, pretrain: false },
};

test("of a job that is cancelled as its model is there, nothing is made", async () => {
  const { db, close } = await openStore({ folder: await dataFolder() });
  const asked = { kind: "train", model: "late", detector: "pca", options: {}, reading: {}, format: "csv" };
  const request = requestSchema.parse(asked);
  const { id } = await addJob(db, request, new Uint8Array(1), { who: "test", most: 1 });
  await claimJob(db, "worker");
  await cancelJob(db, id, "test");
  let isMade = false;
  const done = await endJob(db, id, "worker", async () => {
    isMade = true;
    return { status: "done", result: "{}" };
  });
  expect([done, isMade, (await findJob(db, id)).status]).toEqual([false, false, "cancelled"]);
  await close();
});

test("a training makes a version that answers once it is activated, and tells how far it is", async () => {
  const asked = await train({
    ...{ model: "made", detector: "pca", options: { seed: 3 }, rule: "false-alarms 5%" },
    reading: { exclude: ["load"] },
  });
  expect([asked.status, asked.body.detail]).toEqual([202, undefined]);
  const { text, headers } = await service.call("GET", `/v1/jobs/${asked.body.id}/events`);
  expect(headers.get("content-type")).toContain("text/event-stream");
  const events = [...text.matchAll(/^event: job\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data!));
  expect(events.at(-1)).toMatchObject({
    ...{ status: "done", kind: "train", model: "made", error: null, starts: 1 },
    ...{ result: { model: "made", version: 1 }, createdBy: "first" },
  });
  expect(events.at(-1).progress.fraction).toBe(1);
  const model = (await service.call("GET", "/v1/models/made")).body;
  expect(model).toMatchObject({
    activeVersion: null,
    versions: [
      { version: 1, state: "idle", detector: "pca", source: "job", trusted: true, job: asked.body.id },
    ],
  });
  const report = (await service.call("GET", `/v1/jobs/${asked.body.id}/report`)).body;
  expect(report).toMatchObject({ detector: "pca", noun: { one: "row" }, agreement: null, curves: [] });
  expect(report.rows.learned + report.rows.heldOut).toBe(300);
  expect(report.scores.operatingPoints[0].threshold).toBe(model.versions[0].threshold);
  const { bins, heldOut } = report.scores;
  expect(bins.lower.reduce((sum: number, rows: number) => sum + rows, 0)).toBe(heldOut.rows);
  expect(report.least[0].score).toBeGreaterThanOrEqual(report.least.at(-1).score);
  expect(model.versions[0].expectedFalseAlarmRate).toBeCloseTo(0.05, 1);
  const card = (await service.call("GET", "/v1/models/made/versions/1/card")).body;
  expect(card.schema.numeric.map(({ name }: { name: string }) => name)).toEqual(["flow"]);
  expect((await service.call("POST", "/v1/models/made/score", [ODD])).status).toBe(404);
  await service.call("POST", "/v1/models/made/activate", { version: 1 });
  expect((await service.call("POST", "/v1/models/made/score", [ODD])).status).toBe(200);
  expect((await jobOf(asked.body.id)).log).toMatch(/^\S+Z Begins\.\n/);
  // Nothing of it is left on the disk.
  expect(readdirSync(join(service.data, "jobs"))).toEqual([]);
});

test("JSON lines and Parquet's media type are taken; a series is trained by its window", async () => {
  const rows = Array.from({ length: 600 }, (_, k) => ({
    time: new Date(Date.UTC(2026, 0, 1) + k * 60_000).toISOString(),
    flow: Math.sin(k / 4) + 0.05 * Math.sin(13 * k),
  }));
  const lines = rows.map((row) => JSON.stringify(row)).join("\n");
  const { body } = await train(
    { model: "wave", detector: "pca", reading: { window: 8, timeColumn: "time" } },
    lines,
    { headers: { "content-type": "application/x-ndjson" } },
  );
  expect(await ended(body.id)).toMatchObject({ status: "done", error: null });
  expect((await service.call("GET", "/v1/models/wave")).body.versions).toMatchObject([{ kind: "series" }]);
  const broken = await train({ model: "wave", detector: "pca" }, "PAR1 is not all of it", {
    headers: { "content-type": "application/vnd.apache.parquet" },
  });
  expect(await ended(broken.body.id)).toMatchObject({ status: "failed", result: null });
});

test("detectors are listed with their options", async () => {
  const { detectors } = (await service.call("GET", "/v1/detectors")).body;
  const knn = detectors.find(({ name }: { name: string }) => name === "knn");
  expect(knn.kinds).toEqual(["table", "series", "images"]);
  expect(knn.options).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: "k", type: "integer", default: 5, minimum: 1, maximum: 10_000 }),
      expect.objectContaining({ name: "method", type: "choice", default: "largest" }),
    ]),
  );
});

test("bad data fail the job with what is wrong, and name no file of the service", async () => {
  const few = await train({ model: "bad", detector: "knn" }, "a,b\n1,2\n3,4\n");
  const unknown = await train(
    { model: "bad", detector: "knn", reading: { columns: ["c"] } },
    "a,b\n1,2\n3,4\n",
  );
  const failures = [await ended(few.body.id), await ended(unknown.body.id)];
  expect(failures.map(({ status }) => status)).toEqual(["failed", "failed"]);
  expect(failures[0].error).toMatch(/rows/);
  expect(failures[1].error).toMatch(/^the data.*"c"/);
  for (const { error } of failures) expect(error).not.toContain(service.data);
  const { status, body: none } = await service.call("GET", `/v1/jobs/${few.body.id}/report`);
  expect([status, none.detail]).toEqual([404, expect.stringContaining("it is failed")]);
  expect((await service.call("GET", "/v1/models/bad")).status).toBe(404);
  expect((await service.call("GET", "/healthz")).status).toBe(200);
});

test("what can be seen to be wrong is refused at once", async () => {
  const refused = async (given: Record<string, unknown>, data?: string, more?: object) => {
    const { status, body } = await train({ model: "x", detector: "knn", ...given }, data, more);
    return [status, body.code];
  };
  expect(await refused({ detector: "no-such" })).toEqual([400, "invalid-option"]);
  expect(await refused({ options: { neighbors: 3, k: -1 } })).toEqual([400, "invalid-option"]);
  expect(await refused({ options: '{"percentile": 0.95}' })).toEqual([400, "invalid-option"]);
  expect(await refused({ options: '{"seed": 1, "seed": 2}' })).toEqual([400, "invalid-request"]);
  expect(await refused({ rule: "percentile 0.95" })).toEqual([400, "invalid-option"]);
  expect(await refused({ options: "[1]" })).toEqual([400, "invalid-request"]);
  expect(await refused({ options: "{" })).toEqual([400, "invalid-request"]);
  expect(await refused({ reading: { path: "/etc/passwd" } })).toEqual([400, "invalid-request"]);
  expect(await refused({ rule: "sometimes" })).toEqual([400, "invalid-option"]);
  expect(await refused({ rule: "f1" })).toEqual([400, "invalid-option"]);
  expect(await refused({ model: "../x" })).toEqual([400, "invalid-request"]);
  expect(await refused({}, "")).toEqual([400, "invalid-request"]);
  expect(await refused({}, "x", { headers: { "content-type": "image/png" } })).toEqual([
    415,
    "unsupported-media-type",
  ]);
  expect((await service.call("GET", "/v1/jobs/00000000-0000-4000-8000-000000000000")).status).toBe(404);
  expect((await service.call("GET", "/v1/jobs/1")).status).toBe(400);
  const { key } = (await service.call("POST", "/v1/keys", { name: "other", role: "review" })).body;
  expect((await train({ model: "x" }, "a", { ...CSV, key })).status).toBe(403);
  expect((await service.call("GET", "/v1/jobs", undefined, { key })).status).toBe(403);
});

test("jobs wait for each other, up to a number, and are cancelled whether they run or wait", async () => {
  const jobs: string[] = [];
  for (let k = 0; k < 3; k++) {
    const { status, body } = await train(LONG);
    expect(status).toBe(202);
    jobs.push(body.id);
    await expect.poll(async () => (await jobOf(jobs[0]!)).status).toBe("running");
  }
  const { status, body, headers } = await train(LONG);
  expect([status, body.code, headers.get("retry-after")]).toEqual([429, "busy", "60"]);
  const page = (await service.call("GET", "/v1/jobs?status=queued&limit=1")).body;
  expect(page.jobs.map(({ id }: { id: string }) => id)).toEqual([jobs[2]]);
  const rest = (await service.call("GET", `/v1/jobs?status=queued&cursor=${page.next}`)).body;
  expect(rest.jobs.map(({ id }: { id: string }) => id)).toEqual([jobs[1]]);
  // Whose key is revoked hears no more of a job that goes on.
  const other = (await service.call("POST", "/v1/keys", { name: "other", role: "admin" })).body;
  const followed = await fetch(`${service.service.url}/v1/jobs/${jobs[0]}/events`, {
    headers: { authorization: `Bearer ${other.key}` },
  });
  expect(followed.status).toBe(200);
  await service.call("DELETE", `/v1/keys/${other.id}`);
  expect(await followed.text()).toContain('"status":"running"');
  expect((await jobOf(jobs[0]!)).status).toBe("running");
  await expect
    .poll(async () => (await jobOf(jobs[0]!)).progress?.epoch, { timeout: 30_000 })
    .toBeGreaterThan(1);
  for (const id of [...jobs].reverse()) {
    expect((await service.call("POST", `/v1/jobs/${id}/cancel`)).body.status).toBe("cancelled");
  }
  expect((await service.call("POST", `/v1/jobs/${jobs[0]}/cancel`)).status).toBe(409);
  await expect.poll(() => readdirSync(join(service.data, "jobs"))).toEqual([]);
  expect((await service.call("GET", "/v1/models/long")).status).toBe(404);
});

describe("a restart", () => {
  test("goes on from the checkpoint", async () => {
    const before = await start({ settings });
    const csv = csvOf(plantRows(300));
    const { body } = await before.call("POST", `/v1/jobs/train?${query(LONG)}`, csv, CSV);
    const folder = join(before.data, "jobs", body.id, "checkpoint");
    await expect
      .poll(() => existsSync(folder) && readdirSync(folder).some((name) => !name.endsWith(".new")), {
        timeout: 60_000,
      })
      .toBe(true);
    await before.stop();
    const after = await start({ data: before.data, key: before.key, settings });
    try {
      const again = async () => (await after.call("GET", `/v1/jobs/${body.id}`)).body;
      await expect
        .poll(async () => (await again()).log, { timeout: 60_000 })
        .toMatch(
          /Begins\.\n.*The service stopped.*\n.*Goes on, for the 2\. time\.\n(.*\n)*.*from a checkpoint/,
        );
      expect(await again()).toMatchObject({ status: "running", starts: 2 });
      await after.call("POST", `/v1/jobs/${body.id}/cancel`);
    } finally {
      await after.stop();
    }
  });
});

describe("a refit", () => {
  const score = async (model: string, rows: readonly object[], more = "") =>
    (await service.call("POST", `/v1/models/${model}/score?keep=all${more}`, rows)).body.rows;
  const judge = (id: number, verdict: string) =>
    service.call("POST", `/v1/results/${id}/verdicts`, { verdict });
  const judgeIncident = (id: number, verdict: string) =>
    service.call("POST", `/v1/incidents/${id}/verdicts`, { verdict });
  /** Rows that the model flags, and that are normal all the same: the load has another offset here. */
  const moved = (count: number) =>
    plantRows(count, 1000).map((row) => ({ ...row, load: row.load + 3, mode: "run", unit: "moved" }));

  test("needs verdicts on rows whose values were kept", async () => {
    const { status, body } = await service.call("POST", "/v1/models/plant/refit");
    expect([status, body.detail]).toEqual([409, expect.stringContaining("Nobody has said")]);
    expect((await service.call("POST", "/v1/models/nowhere/refit")).status).toBe(404);
    expect((await service.call("POST", "/v1/models/pump/refit")).status).toBe(409);
  });

  test("learns what is normal, leaves anomalies out, and compares on rows that it was not given", async () => {
    await score("plant", plantRows(200, 2000));
    const alarms = await score("plant", moved(200), "&entityColumn=unit");
    expect(alarms.every(({ isAnomaly }: { isAnomaly: boolean }) => isAnomaly)).toBe(true);
    // One verdict on an incident is one on all of its rows.
    await judgeIncident(alarms[0].incident, "normal");
    const odd = Array.from({ length: 45 }, (_, k) => ({ ...ODD, load: -6 - k / 10, unit: "odd" }));
    await judgeIncident((await score("plant", odd, "&entityColumn=unit"))[0].incident, "anomaly");
    const asked = await service.call("POST", "/v1/models/plant/refit");
    expect([asked.status, asked.body.detail]).toEqual([202, undefined]);
    const job = await ended(asked.body.id);
    expect(job).toMatchObject({ status: "done", error: null, result: { model: "plant", version: 2 } });
    const { versions, activeVersion } = (await service.call("GET", "/v1/models/plant")).body;
    expect([activeVersion, versions[1].state, versions[1].detector]).toEqual([1, "idle", "knn"]);
    const { comparison } = versions[1];
    expect(comparison).toMatchObject({ version: 1, enough: true, before: { falseAlarms: 1, found: 1 } });
    expect(comparison.after.falseAlarms).toBeLessThan(0.3);
    expect(comparison.after.found).toBe(1);
    expect(comparison.normals).toBeGreaterThanOrEqual(10);
    expect(comparison.normals + comparison.anomalies).toBeLessThan(140);
    // The held-out rows are not among those that were learned from.
    const learned = Number(/(\d+) said to be normal/.exec(job.log)![1]);
    expect(learned + comparison.normals).toBe(200);
    await service.call("POST", "/v1/models/plant/activate", { version: 2 });
    const again = await score("plant", moved(50));
    expect(again.filter(({ isAnomaly }: { isAnomaly: boolean }) => isAnomaly).length).toBeLessThan(25);
  });

  test("Deep SVDD goes on as Deep SAD, and says where verdicts are too few to compare", async () => {
    const options = { epochs: 3, pretrainEpochs: 2, members: 1, seed: 1 };
    const { body } = await train({ model: "deep", detector: "deep-svdd", options });
    expect(await ended(body.id)).toMatchObject({ status: "done", error: null });
    await service.call("POST", "/v1/models/deep/activate", { version: 1 });
    await score("deep", plantRows(200, 3000));
    for (const { id } of await score("deep", [ODD, ODD, ODD])) await judge(id, "anomaly");
    const asked = await service.call("POST", "/v1/models/deep/refit");
    const job = await ended(asked.body.id);
    expect(job).toMatchObject({ status: "done", error: null });
    expect(job.log).toContain("goes on from the networks of the version before");
    const [, second] = (await service.call("GET", "/v1/models/deep")).body.versions;
    expect(second).toMatchObject({ detector: "deep-sad", comparison: { enough: false, normals: 0 } });
    expect(second.comparison.note).toMatch(/too few/);
    const card = (await service.call("GET", "/v1/models/deep/versions/2/card")).body;
    expect(card.data.from).toMatch(/^[0-9a-f]{64}$/);
    expect(card.data.labels.anomalies + second.comparison.anomalies).toBe(3);
  });
});
