/** Workers on a Redis server of their own; without redis-server these are skipped. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Model, Pca, seriesFromTable, tableFromRows } from "hypersphere";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

function hasRedis(): boolean {
  try {
    execFileSync("redis-server", ["--version"]);
    return true;
  } catch {
    return false;
  }
}

const WINDOW = 8;
const folder = mkdtempSync(join(tmpdir(), "hypersphere-brokers-"));
const socket = join(folder, "redis.sock");
const bin = fileURLToPath(new URL("../../../bin/hypersphere.js", import.meta.url));
const cutting = { window: WINDOW, timeColumn: "time", entityColumn: "pump" };
const url = (stream: string): string => `redis://localhost/${stream}?socket=${socket}`;

/** Readings of some pumps, a minute apart. */
const readings = (count: number, pumps: number, seed = 0) =>
  Array.from({ length: count }, (_, k) => ({
    pump: `p${k % pumps}`,
    time: new Date(Date.UTC(2026, 0, 5) + Math.floor(k / pumps) * 60_000).toISOString(),
    flow: Math.sin(k / pumps / 4) + 0.05 * Math.sin(13 * (k + seed)),
    load: Math.cos(k / pumps / 4) + 0.05 * Math.sin(17 * (k + seed)),
  }));
const rows = readings(1200, 12);

let server: ChildProcess | undefined;
let redis: Redis;
let pump: Model;
const workers: ChildProcess[] = [];

async function startRedis(): Promise<void> {
  const files = ["--dir", folder, "--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  server = spawn("redis-server", ["--port", "0", "--unixsocket", socket, ...files], { stdio: "ignore" });
  redis = new Redis({ path: socket, retryStrategy: () => 50 });
  redis.on("error", () => {});
  await redis.ping();
}

async function stopRedis(): Promise<void> {
  redis.disconnect();
  server!.kill("SIGKILL");
  await once(server!, "exit");
}

function startWorker(...more: string[]): ChildProcess & { log: string } {
  const flags = ["--from", url("readings"), "--to", url("scores"), "--entity-field", "pump", ...more];
  const child = spawn(process.execPath, [bin, "stream", join(folder, "pump.onnx"), ...flags], {
    stdio: ["ignore", "inherit", "pipe"],
  });
  workers.push(child);
  const worker = Object.assign(child, { log: "" });
  child.stderr!.on("data", (text) => {
    worker.log += text;
  });
  return worker;
}

async function send(bodies: readonly unknown[]): Promise<void> {
  const pipeline = redis.pipeline();
  for (const body of bodies) {
    pipeline.xadd("readings", "*", "data", typeof body === "string" ? body : JSON.stringify(body));
  }
  await pipeline.exec();
}

type Line = { message: string; pump: string; score?: number; pending?: number; error?: { message: string } };

async function lines(stream: string): Promise<Line[]> {
  return (await redis.xrange(stream, "-", "+")).map(([, fields]) => JSON.parse(fields[1]!) as Line);
}

async function until(what: () => Promise<boolean> | boolean, seconds = 15): Promise<void> {
  for (const end = Date.now() + 1000 * seconds; !(await what()); await sleep(30))
    if (Date.now() > end) throw new Error(`Not within ${seconds} s: ${what}; ${workers.length} workers`);
}

const answered = (count: number) => until(async () => (await redis.xlen("scores")) >= count);

/** By pump, what the windows of all rows together say; undefined before the first window. */
async function expectedScores(
  model: Model,
  given: typeof rows,
): Promise<Map<string, (number | undefined)[]>> {
  const series = seriesFromTable(tableFromRows(given), cutting);
  const { scores } = await model.score(series);
  const byRow = new Array<number | undefined>(given.length).fill(undefined);
  const rowOfStep = new Map(Array.from(series.rowSteps, (step, row) => [step, row]));
  series.starts.forEach((start, k) => {
    byRow[rowOfStep.get(start + WINDOW - 1)!] = scores[k];
  });
  return grouped(given, byRow);
}

function grouped(given: typeof rows, byRow: (number | undefined)[]): Map<string, (number | undefined)[]> {
  const all = new Map<string, (number | undefined)[]>();
  for (const [k, { pump: name }] of given.entries()) all.set(name, [...(all.get(name) ?? []), byRow[k]]);
  return all;
}

/** Each message once, in each pump's order, with the scores of the batch to the last bit. */
async function expectAsBatch(given: typeof rows): Promise<void> {
  const found = await lines("scores");
  expect(found).toHaveLength(given.length);
  expect(new Set(found.map(({ message }) => message)).size).toBe(given.length);
  const expected = await expectedScores(pump, given);
  for (const [name, scores] of expected) {
    const own = found.filter((line) => line.pump === name);
    // Lines hold the shortest number that is the same as float32.
    expect(own.map(({ score }) => score && Math.fround(score))).toEqual(scores);
  }
}

describe.skipIf(!hasRedis())("workers over Redis", () => {
  beforeAll(async () => {
    pump = await new Pca({ seed: 1 }).fit(seriesFromTable(tableFromRows(readings(900, 3, 5)), cutting));
    await pump.save(join(folder, "first.onnx"));
    const second = await new Pca({ seed: 1 }).fit(
      seriesFromTable(tableFromRows(readings(700, 3, 99)), cutting),
    );
    await second.save(join(folder, "second.onnx"));
    await startRedis();
  });
  beforeEach(async () => {
    cpSync(join(folder, "first.onnx"), join(folder, "pump.onnx"));
    await redis.flushall();
  });
  afterEach(async () => {
    for (const child of workers.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });
  afterAll(async () => {
    await stopRedis();
    rmSync(folder, { recursive: true, force: true });
  });

  test("answer each message once, as the batch does, while one of two is killed", async () => {
    const [first, second] = [startWorker(), startWorker()];
    await send(rows.slice(0, 400));
    await answered(100);
    await until(() => /ready/.test(first.log) && /ready/.test(second.log));
    first.kill("SIGKILL");
    for (let from = 400; from < rows.length; from += 100) {
      await send(rows.slice(from, from + 100));
      await sleep(20);
    }
    await answered(rows.length);
    await expectAsBatch(rows);
    // What it holds is given back at once, and the process ends well.
    second.kill("SIGTERM");
    expect((await once(second, "exit"))[0]).toBe(0);
    expect(await redis.hlen("hypersphere:readings:hypersphere:owners")).toBe(0);
  });

  test("set aside what cannot be read, with the reason, and take another model between messages", async () => {
    const worker = startWorker();
    await send([...rows.slice(0, 120), "{broken", { flow: 1, load: 2 }, ...rows.slice(120, 240)]);
    await answered(240);
    await expectAsBatch(rows.slice(0, 240));
    const dead = await lines("scores:dead");
    expect(dead.map(({ error }) => error!.message)).toEqual([
      expect.stringContaining("{broken"),
      expect.stringContaining('entity column "pump"'),
    ]);
    cpSync(join(folder, "second.onnx"), join(folder, "pump.onnx"));
    await send([{ hypersphere: "reload" }, ...rows.slice(240, 360)]);
    await answered(360);
    expect(worker.log).toContain("the model was replaced");
    const after = (await lines("scores")).slice(240);
    expect(after.every(({ pending }) => pending === undefined)).toBe(true);
    const before = await expectedScores(pump, rows.slice(0, 360));
    expect(after[0]!.score).not.toBe(before.get(after[0]!.pump)![20]);
  });

  test("wait for Redis while it is away, and go on as if it never was", async () => {
    const worker = startWorker();
    await send(rows.slice(0, 300));
    await answered(50);
    await stopRedis();
    await until(() => worker.log.includes("waiting for it"));
    await startRedis();
    await send(rows.slice(300, 600));
    await answered(600);
    expect(worker.log).toContain("the broker is back");
    await expectAsBatch(rows.slice(0, 600));
  });
});
