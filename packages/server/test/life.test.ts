/** What the service keeps, and how models, incidents and verdicts change over its life. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fitPlant, ODD, plantRows } from "./support/models.js";
import { type Started, start } from "./support/start.js";

let service: Started & { key: string };
beforeAll(async () => {
  service = await start({ settings: { incidentGapSeconds: 60 } });
});
afterAll(() => service.stop());

const SCORE = "/v1/models/plant/score";
const OCTETS = { headers: { "content-type": "application/octet-stream" } };
const at = (minute: number, second = 0): string =>
  new Date(Date.UTC(2026, 2, 1, 0, minute, second)).toISOString();

describe("incidents", () => {
  const rowsAt = (unit: string, times: readonly string[]) => times.map((time) => ({ ...ODD, unit, time }));
  const push = (rows: readonly object[]) =>
    service.call("POST", `${SCORE}?entityColumn=unit&timeColumn=time`, rows);
  const of = async (unit: string) =>
    (await service.call("GET", `/v1/incidents?model=plant&entity=${unit}`)).body.incidents;

  test("flagged rows of one entity within the gap are one, across requests; others are others", async () => {
    const [first] = (await push(rowsAt("a", [at(0), at(0, 30)]))).body.rows;
    await push(rowsAt("a", [at(1, 20)]));
    await push([...rowsAt("a", [at(10)]), ...rowsAt("b", [at(10)])]);
    const incidents = await of("a");
    expect(incidents).toMatchObject([
      { firstAt: at(10), lastAt: at(10), flagged: 1, status: "open" },
      { firstAt: at(0), lastAt: at(1, 20), flagged: 3, status: "closed" },
    ]);
    expect(incidents[1].id).toBe(first.incident);
    expect(incidents[1].severity).toBeGreaterThan(1);
    expect(await of("b")).toHaveLength(1);
    const rows = await service.call("GET", `/v1/results?model=plant&incident=${first.incident}`);
    expect(rows.body.results).toHaveLength(3);
  });

  test("normal rows make none, and late rows join where they belong", async () => {
    await push(plantRows(5).map((row, k) => ({ ...row, unit: "c", time: at(k) })));
    expect(await of("c")).toEqual([]);
    await push(rowsAt("c", [at(20)]));
    await push(rowsAt("c", [at(5)]));
    await push(rowsAt("c", [at(19, 30), at(5, 30)]));
    expect(await of("c")).toMatchObject([
      { firstAt: at(19, 30), lastAt: at(20), flagged: 2, status: "open" },
      { firstAt: at(5), lastAt: at(5, 30), flagged: 2, status: "closed" },
    ]);
  });

  test("rows that come at the same time in many requests are one, and each is counted", async () => {
    await Promise.all(Array.from({ length: 20 }, (_, k) => push(rowsAt("d", [at(0, k)]))));
    expect(await of("d")).toMatchObject([{ firstAt: at(0), lastAt: at(0, 19), flagged: 20 }]);
  });
});

test("names of any characters come back as they were sent", async () => {
  const names = [
    "a\tb",
    "a\nb\rc",
    "\\N",
    "\\.",
    "back\\slash",
    '{a,"b"}',
    "'; drop table results; --",
    "ä 漢 🙂",
  ];
  const rows = names.map((unit) => ({ ...ODD, unit, name: `id ${unit}` }));
  await service.call("POST", `${SCORE}?entityColumn=unit&idColumn=name&keep=all`, rows);
  for (const unit of names) {
    const { body } = await service.call("GET", `/v1/results?model=plant&entity=${encodeURIComponent(unit)}`);
    expect(body.results).toMatchObject([{ entity: unit, label: `id ${unit}` }]);
  }
});

test("results are listed by model, entity, time and flag, page after page, each once", async () => {
  const rows = [...plantRows(25), ODD, ODD].map((row, k) => ({
    ...row,
    unit: "pages",
    time: at(k >> 1),
    id: `r${k}`,
  }));
  await service.call("POST", `${SCORE}?entityColumn=unit&timeColumn=time&idColumn=id`, rows);
  const seen: string[] = [];
  let cursor = "";
  for (let pages = 0; pages < 10; pages++) {
    const { body } = await service.call("GET", `/v1/results?model=plant&entity=pages&limit=10${cursor}`);
    seen.push(...body.results.map(({ label }: { label: string }) => label));
    if (body.next === null) break;
    cursor = `&cursor=${body.next}`;
  }
  expect(seen).toEqual(rows.map(({ id }) => id).reverse());
  const part = await service.call("GET", `/v1/results?model=plant&entity=pages&from=${at(2)}&to=${at(4)}`);
  expect(part.body.results.map(({ label }: { label: string }) => label)).toEqual(["r7", "r6", "r5", "r4"]);
  const flagged = await service.call("GET", "/v1/results?model=plant&entity=pages&flagged=true");
  expect(flagged.body.results.map(({ label }: { label: string }) => label)).toEqual(
    expect.arrayContaining(["r25", "r26"]),
  );
  expect(flagged.body.results.every(({ isAnomaly }: { isAnomaly: boolean }) => isAnomaly)).toBe(true);
});

test("verdicts are added by name of the key, and the last one holds", async () => {
  const { key } = (await service.call("POST", "/v1/keys", { name: "reviewer", role: "review" })).body;
  const [row] = (await service.call("POST", SCORE, [ODD])).body.rows;
  const path = `/v1/results/${row.id}/verdicts`;
  expect((await service.call("POST", path, { verdict: "anomaly" }, { key })).status).toBe(201);
  expect((await service.call("POST", path, { verdict: "normal", comment: "a test" }, { key })).status).toBe(
    201,
  );
  const { body } = await service.call("GET", `/v1/results/${row.id}`);
  expect(body).toMatchObject({ verdict: "normal", input: ODD });
  expect(body.verdicts).toMatchObject([
    { verdict: "normal", comment: "a test", who: "reviewer" },
    { verdict: "anomaly", who: "reviewer" },
  ]);
  await service.call("POST", `/v1/incidents/${row.incident}/verdicts`, { verdict: "anomaly" }, { key });
  expect((await service.call("GET", `/v1/incidents/${row.incident}`)).body.verdict).toBe("anomaly");
  expect((await service.call("POST", path, { verdict: "maybe" }, { key })).status).toBe(400);
});

describe("versions", () => {
  test("an upload waits to be activated, scores in a process of its own, and can be rolled back", async () => {
    const trained = await fitPlant(2);
    const file = await trained.withThreshold({ ...trained.card.threshold, threshold: 1e-6 });
    const added = await service.call("POST", "/v1/models?name=plant", file.toBytes(), OCTETS);
    expect([added.status, added.body.detail]).toEqual([201, undefined]);
    expect(added.body).toMatchObject({ activeVersion: 1 });
    expect(added.body.versions[1]).toMatchObject({
      version: 2,
      state: "idle",
      source: "upload",
      trusted: false,
    });
    expect((await service.call("POST", "/v1/models?name=plant", file.toBytes(), OCTETS)).status).toBe(200);
    const versionOf = async () => {
      const { body } = await service.call("POST", SCORE, plantRows(3));
      return [body.version, body.flagged];
    };
    expect(await versionOf()).toEqual([1, 0]);
    await service.call("POST", "/v1/models/plant/activate", { version: 2 });
    expect(await versionOf()).toEqual([2, 3]);
    expect((await service.call("POST", "/v1/models/plant/rollback")).body.activeVersion).toBe(1);
    expect(await versionOf()).toEqual([1, 0]);
    expect((await service.call("POST", "/v1/models/plant/activate", { version: 7 })).status).toBe(404);
  });

  test("a shadow scores the same rows, which only those see who ask for it", async () => {
    expect((await service.call("PUT", "/v1/models/plant/shadow", { version: 2 })).body.shadowVersion).toBe(2);
    expect((await service.call("PUT", "/v1/models/plant/shadow", { version: 1 })).status).toBe(409);
    const rows = plantRows(4).map((row) => ({ ...row, unit: "shaded" }));
    const { body } = await service.call("POST", `${SCORE}?entityColumn=unit`, rows);
    expect(body).toMatchObject({ version: 1, flagged: 0 });
    const list = "/v1/results?model=plant&entity=shaded";
    await expect
      .poll(async () => (await service.call("GET", `${list}&shadow=true`)).body.results, { timeout: 20_000 })
      .toHaveLength(4);
    const shadow = await service.call("GET", `${list}&shadow=true`);
    expect(shadow.body.results[0]).toMatchObject({
      version: 2,
      isAnomaly: true,
      incident: null,
      request: body.request,
    });
    expect((await service.call("GET", list)).body.results).toHaveLength(4);
    expect((await service.call("GET", "/v1/incidents?model=plant&entity=shaded")).body.incidents).toEqual([]);
    await service.call("PUT", "/v1/models/plant/shadow", { version: null });
  });

  test("operating points decide, by request or in force", async () => {
    const path = "/v1/models/plant/operating-points";
    expect((await service.call("PUT", `${path}/all`, { threshold: 0 })).status).toBe(200);
    expect((await service.call("PUT", `${path}/night`, { rule: "false-alarms 5%" })).status).toBe(200);
    expect((await service.call("PUT", `${path}/odd`, { rule: "sometimes" })).status).toBe(400);
    expect((await service.call("PUT", `${path}/odd`, { rule: "false-alarms 5%", threshold: 1 })).status).toBe(
      400,
    );
    const flaggedBy = async (query: string) =>
      (await service.call("POST", `${SCORE}${query}`, plantRows(5))).body.flagged;
    expect([await flaggedBy(""), await flaggedBy("?operatingPoint=all")]).toEqual([0, 5]);
    await service.call("PUT", "/v1/models/plant/operating-point", { name: "all" });
    expect(await flaggedBy("")).toBe(5);
    expect((await service.call("DELETE", `${path}/all`)).status).toBe(409);
    await service.call("PUT", "/v1/models/plant/operating-point", { name: null });
    expect((await service.call("DELETE", `${path}/all`)).body.operatingPoints).toMatchObject([
      { name: "night" },
    ]);
    // A score of version 1 says nothing of version 2.
    await service.call("PUT", `${path}/one`, { threshold: 0 });
    await service.call("POST", "/v1/models/plant/activate", { version: 2 });
    expect((await service.call("POST", `${SCORE}?operatingPoint=one`, [ODD])).status).toBe(409);
    await service.call("POST", "/v1/models/plant/rollback");
  });
});

/** Clients are made from these names: one that changes breaks them. */
const OPERATIONS = `
  activateVersion addIncidentVerdict addResultVerdict cancelJob chooseOperatingPoint createKey createWebhook
  deleteOperatingPoint deleteWebhook detectEntireSeries detectLastPoint explainRows followJob getCaller
  getDrift getDriftColumns getHealth getIncident getJob getJobReport getJobReportPage getMetrics getModel
  getModelCard getOverview getReadiness getResult getResultPicture getScoreHistogram listAudit
  listDeliveries listDetectors listEntities listIncidents listJobs listKeys listModels listOperatingPoints
  listResults listWebhooks refitModel revokeKey rollBackModel scoreRows sendDelivery setOperatingPoint
  setShadow testWebhook trainModel uploadModel`;

test("health, metrics, the description and the page of the API", async () => {
  expect((await service.call("GET", "/healthz", undefined, { key: undefined })).body).toEqual({
    status: "ok",
  });
  expect((await service.call("GET", "/readyz", undefined, { key: undefined })).status).toBe(200);
  expect((await service.call("GET", "/metrics", undefined, { key: undefined })).status).toBe(401);
  const { text } = await service.call("GET", "/metrics");
  expect(text).toMatch(/hypersphere_rows_scored_total\{model="plant",flagged="false"\} [1-9]/);
  expect(text).toMatch(
    /hypersphere_http_requests_total\{method="POST",route="\/v1\/models\/:name\/score",status="200"\} [1-9]/,
  );
  const document = (await service.call("GET", "/openapi.json", undefined, { key: undefined })).body;
  expect(document.openapi).toBe("3.1.0");
  expect(Object.keys(document.paths)).toContain("/v1/models/{name}/score");
  const operations = Object.values(document.paths as Record<string, Record<string, { operationId: string }>>)
    .flatMap((path) => Object.values(path).map(({ operationId }) => operationId))
    .sort();
  expect(operations).toEqual(OPERATIONS.trim().split(/\s+/));
  const page = await service.call("GET", "/docs", undefined, { key: undefined });
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'; style-src 'self'");
  for (const path of Object.keys(document.paths)) expect(page.text).toContain(path);
  expect(page.text).not.toMatch(/<script|style=|https?:\/\//);
});

test("a restart keeps everything", async () => {
  const before = await start();
  const [row] = (await before.call("POST", `${SCORE}?keep=all`, plantRows(1))).body.rows;
  await before.call("POST", `/v1/results/${row.id}/verdicts`, { verdict: "normal" });
  await before.stop();
  const after = await start({ data: before.data, key: before.key });
  try {
    expect(after.service.firstKey).toBeUndefined();
    const { body } = await after.call("GET", `/v1/results/${row.id}`);
    expect(body).toMatchObject({ score: row.score, verdict: "normal", input: plantRows(1)[0] });
    expect((await after.call("GET", "/v1/models")).body.models).toMatchObject([
      { name: "plant", versions: [{ version: 1 }] },
      { name: "pump", versions: [{ version: 1 }] },
    ]);
    const { entries } = (await after.call("GET", "/v1/audit")).body;
    expect(entries.map(({ action }: { action: string }) => action)).toEqual([
      "verdict",
      "create-key",
      "add-version",
      "add-version",
    ]);
  } finally {
    await after.stop();
  }
});
