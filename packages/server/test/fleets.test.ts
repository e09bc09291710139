/** Fleets: one file with a model for each entity, served as one model. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fleet, type FleetScores, loadFleet, open, trainFleet } from "hypersphere";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startService } from "../src/index.js";
import { expectProblem } from "./support/expect-problem.js";
import { csvOf } from "./support/models.js";
import { dataFolder, emptyFolder, type Started, start } from "./support/start.js";

const MACHINES = ["m0", "m1", "m2"] as const;

/** Machines that work at levels of their own; "few" has too few rows for a model. */
const machineRows = (count: number, from: number) =>
  Array.from({ length: count }, (_, k) => {
    const t = ((k + from) * 0.618) % 1;
    const place = k % MACHINES.length;
    const flow = 10 * place + t;
    return { machine: MACHINES[place]!, flow, load: 2 * t + 0.05 * Math.sin(7 * (k + from)) };
  });

let folder: string;
let file: string;
let fleet: Fleet;
let service: Started & { key: string };

beforeAll(async () => {
  folder = emptyFolder();
  const few = machineRows(12, 9000).map((row) => ({ ...row, machine: "few" }));
  writeFileSync(join(folder, "training.csv"), csvOf([...machineRows(400, 1), ...few]));
  file = join(folder, "machines.hsz");
  const training = await open(join(folder, "training.csv"), { perEntity: "machine" });
  await trainFleet(training, { detector: "knn", out: file, workers: 0 });
  fleet = await loadFleet(file);
  // Fewer models open than machines: each is read when its rows come.
  service = await start({ settings: { fleetModels: 2 } });
  await service.call("POST", "/v1/models?name=machines", new Uint8Array(readFileSync(file)), {
    headers: { "content-type": "application/octet-stream" },
  });
  await service.call("POST", "/v1/models/machines/activate", { version: 1 });
});
afterAll(async () => {
  await fleet?.close();
  await service?.stop();
});

/** In which machines alternate, one is new, one has no model, and two rows are of the level of another machine. */
const today = [
  ...machineRows(30, 5000),
  { machine: "new", flow: 5, load: 1 },
  { machine: "few", flow: 0.5, load: 1 },
  { machine: "m0", flow: 20.5, load: 1 },
  { machine: "m2", flow: 0.5, load: 1 },
];
const byLibrary = async (): Promise<FleetScores> => {
  writeFileSync(join(folder, "today.csv"), csvOf(today));
  return fleet.score(await open(join(folder, "today.csv"), { model: fleet }));
};

test("an uploaded fleet scores each row as the library does, in JSON and in CSV, and says by whose model", async () => {
  const expected = await byLibrary();
  const [{ versions }] = (await service.call("GET", "/v1/models")).body.models;
  expect(versions[0]).toMatchObject({
    ...{ detector: "knn", kind: "table", trusted: false },
    fleet: { entityColumn: "machine", entities: 4, own: 3 },
  });
  const asJson = await service.call("POST", "/v1/models/machines/score", today);
  const asCsv = await service.call("POST", "/v1/models/machines/score", csvOf(today), {
    headers: { "content-type": "text/csv" },
  });
  for (const { status, body } of [asJson, asCsv]) {
    expect([status, body.threshold, body.rows.length]).toEqual([200, null, today.length]);
    const column = (name: string) => body.rows.map((row: Record<string, unknown>) => row[name]);
    expect(column("score")).toEqual([...expected.scores]);
    expect(column("pValue")).toEqual([...expected.pValues]);
    expect(column("threshold")).toEqual([...expected.thresholds]);
    expect(column("own")).toEqual([...expected.own].map((own) => own === 1));
    expect(column("isAnomaly")).toEqual([...expected.isAnomaly].map((flag) => flag === 1));
  }
  // Within the range of all machines, and far from what these two do.
  expect(asJson.body.rows.slice(-2).map(({ isAnomaly }: { isAnomaly: boolean }) => isAnomaly)).toEqual([
    true,
    true,
  ]);
  expect(asJson.body.rows.slice(-4, -2).map(({ own }: { own: boolean }) => own)).toEqual([false, false]);
});

test("a row whose entity is a list or an object is refused, and one that is a number or a truth value has a name", async () => {
  const named = (machine: unknown) => ({ machine, flow: 0.5, load: 1 });
  const path = "/v1/models/machines/score?results=none";
  const given = [named({ id: "m0" }), named(["m0"]), named(5), named(true), named("m0")];
  const { status, body } = await service.call("POST", path, given);
  expect([status, body.rows.map(({ own }: { own?: boolean }) => own)]).toEqual([
    200,
    [undefined, undefined, false, false, true],
  ]);
  expect(body.rows[0].error.message).toMatch(/an object in the entity column "machine"/);
  const explained = await service.call("POST", "/v1/models/machines/explain", { rows: given.slice(1, 2) });
  expect([explained.status, explained.body.detail]).toEqual([422, expect.stringContaining("a list in the")]);
});

test("results and incidents carry the entity, with the threshold of its model", async () => {
  const path = "/v1/results?model=machines&entity=m2&flagged=true";
  const [flagged] = (await service.call("GET", path)).body.results;
  expect(flagged).toMatchObject({ entity: "m2", isAnomaly: true, input: { machine: "m2", flow: 0.5 } });
  const own = (await fleet.model("m2")).card.threshold.threshold;
  expect(flagged.threshold).toBe(Math.fround(own));
  const incident = (await service.call("GET", `/v1/incidents/${flagged.incident}`)).body;
  expect(incident).toMatchObject({ entity: "m2", model: "machines", version: 1 });
  expect(incident.severity).toBeGreaterThan(1);
  const { entities } = (await service.call("GET", "/v1/models/machines/entities")).body;
  expect(entities.map(({ entity }: { entity: string }) => entity)).toEqual(["few", "m0", "m1", "m2", "new"]);
});

test("rows are explained by the model in charge, with normal rows of the same entity", async () => {
  const { status, body } = await service.call("POST", "/v1/models/machines/explain", {
    rows: today.slice(-2),
  });
  expect([status, body.threshold]).toEqual([200, null]);
  const rows = new Map(body.rows.map((row: { row: number }) => [row.row, row]));
  for (const [place, machine] of [
    [0, "m0"],
    [1, "m2"],
  ] as const) {
    expect(rows.get(place)).toMatchObject({ own: true, contributions: [{ feature: "flow" }, {}] });
    const { nearest } = rows.get(place) as { nearest: { values: { machine: string } }[] };
    expect(new Set(nearest.map(({ values }) => values.machine))).toEqual(new Set([machine]));
  }
});

test("a rule decides for each model by its own rows; what needs one scale is refused", async () => {
  const points = "/v1/models/machines/operating-points";
  const score = await service.call("PUT", `${points}/high`, { threshold: 3 });
  expect([score.status, score.body.detail]).toEqual([409, expect.stringContaining("fleet of 4 entities")]);
  await service.call("PUT", `${points}/wide`, { rule: "false-alarms 20%" });
  expect((await service.call("PUT", "/v1/models/machines/operating-point", { name: "wide" })).status).toBe(
    200,
  );
  const { rows } = (await service.call("POST", "/v1/models/machines/score?keep=none", today)).body;
  const thresholds = new Set(rows.map(({ threshold }: { threshold: number }) => threshold));
  expect(thresholds.size).toBe(4);
  const expected = await byLibrary();
  rows.forEach(({ threshold }: { threshold: number }, k: number) => {
    expect(threshold).toBeLessThan(expected.thresholds[k]!);
  });
  const { models } = (await service.call("GET", "/v1/overview")).body;
  const overview = models.find(({ name }: { name: string }) => name === "machines");
  expect(overview).toMatchObject({ name: "machines", threshold: null });
  expect(overview.falseAlarmRate).toBeCloseTo(0.2, 1);
  await service.call("PUT", "/v1/models/machines/operating-point", { name: null });
  for (const path of ["drift", "drift/columns", "score-histogram"]) {
    expect([path, (await service.call("GET", `/v1/models/machines/${path}`)).status]).toEqual([path, 409]);
  }
  expect((await service.call("POST", "/v1/models/machines/refit")).status).toBe(409);
  const other = await service.call("POST", "/v1/models/machines/score?entityColumn=flow", today);
  expect([other.status, other.body.detail]).toEqual([400, expect.stringContaining('"machine"')]);
});

test("a damaged fleet is refused whole, and one in the folder is served", async () => {
  const bytes = new Uint8Array(readFileSync(file));
  const upload = (body: Uint8Array) =>
    service.call("POST", "/v1/models?name=broken", body, {
      headers: { "content-type": "application/octet-stream" },
    });
  const changed = bytes.slice();
  changed[bytes.length >> 1]! ^= 0xff;
  for (const body of [changed, bytes.slice(0, -100)]) {
    expectProblem(await upload(body), 422, "invalid-model");
  }
  expect((await service.call("GET", "/v1/models/broken")).status).toBe(404);
  const models = emptyFolder();
  copyFileSync(file, join(models, "plant.hsz"));
  const log = pino({ level: "silent" });
  const other = await startService({ models, data: await dataFolder(), log });
  expect(other.imported).toMatchObject([{ name: "plant", version: 1, active: true }]);
  const answer = await fetch(`${other.url}/v1/models/plant/score`, {
    method: "POST",
    headers: { authorization: `Bearer ${other.firstKey}`, "content-type": "application/json" },
    body: JSON.stringify(today),
  });
  const { rows } = (await answer.json()) as { rows: { score: number }[] };
  expect(rows.map(({ score }) => score)).toEqual([...(await byLibrary()).scores]);
  await other.close();
  copyFileSync(file, join(models, "plant.onnx"));
  await expect(startService({ models, data: await dataFolder(), log })).rejects.toThrow(/two files/);
  await expect(
    startService({ models: folder, data: await dataFolder(), log, verifyKey: "no key" }),
  ).rejects.toThrow(/machines\.hsz: It is a fleet, which carries no signature/);
});
