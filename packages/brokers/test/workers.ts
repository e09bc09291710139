/** What every broker's workers keep to, told by processes that are killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Model, Pca, seriesFromTable, tableFromRows } from "hypersphere";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { brokerOf } from "../src/broker-of.js";
import { type StreamWorker, startWorker } from "../src/worker.js";
import type { Driven } from "./driven.js";

const WINDOW = 8;
const bin = fileURLToPath(new URL("../../../bin/hypersphere.js", import.meta.url));
export const cutting = { window: WINDOW, timeColumn: "time", entityColumn: "pump" };

/** Readings of some pumps, a minute apart. */
export const readings = (count: number, pumps: number, seed = 0) =>
  Array.from({ length: count }, (_, k) => ({
    pump: `p${k % pumps}`,
    time: new Date(Date.UTC(2026, 0, 5) + Math.floor(k / pumps) * 60_000).toISOString(),
    flow: Math.sin(k / pumps / 4) + 0.05 * Math.sin(13 * (k + seed)),
    load: Math.cos(k / pumps / 4) + 0.05 * Math.sin(17 * (k + seed)),
  }));
const rows = readings(1200, 12);

type Line = { message: string; pump: string; score?: number; pending?: number; error?: { message: string } };

/** By pump, what the windows of all rows together say; undefined before the first window. */
export async function expectedScores(
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

/** Within a `describe` that starts the server and clears it before each test. */
export function workersOf(driven: Driven): void {
  describe("workers", () => {
    const folder = mkdtempSync(join(tmpdir(), "hypersphere-workers-"));
    const processes: (ChildProcess & { log: string })[] = [];
    const here: StreamWorker[] = [];
    let pump: Model;
    const addresses = () => ({ from: driven.url("readings"), to: driven.url("scores") });

    function startProcess(): ChildProcess & { log: string } {
      const { from, to } = addresses();
      const flags = ["--from", from, "--to", to, "--entity-field", "pump"];
      const child = spawn(process.execPath, [bin, "stream", join(folder, "pump.onnx"), ...flags], {
        stdio: ["ignore", "inherit", "pipe"],
      });
      const worker = Object.assign(child, { log: "" });
      processes.push(worker);
      child.stderr!.on("data", (text) => {
        worker.log += text;
      });
      return worker;
    }

    async function startHere(): Promise<{ log: string }> {
      const sink = {
        log: "",
        write(line: string) {
          sink.log += line;
        },
      };
      const more = { entityField: "pump", log: pino({}, sink) };
      here.push(await startWorker({ model: join(folder, "pump.onnx"), ...addresses(), ...more }));
      return sink;
    }

    const send = (bodies: readonly unknown[]): Promise<void> =>
      driven.send(bodies.map((body) => (typeof body === "string" ? body : JSON.stringify(body))));
    const lines = async (of: "scores" | "dead letters"): Promise<Line[]> =>
      (await driven.lines(of)).map((line) => JSON.parse(line) as Line);
    const until = async (what: () => Promise<boolean> | boolean, seconds = 40): Promise<void> => {
      for (const end = Date.now() + 1000 * seconds; !(await what()); await sleep(50))
        if (Date.now() > end)
          throw new Error(`Not within ${seconds} s: ${what}; ${processes.map(({ log }) => log)}`);
    };
    const answered = (count: number) => until(async () => (await driven.lines("scores")).length >= count);

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

    beforeAll(async () => {
      pump = await new Pca({ seed: 1 }).fit(seriesFromTable(tableFromRows(readings(900, 3, 5)), cutting));
      await pump.save(join(folder, "first.onnx"));
      const second = await new Pca({ seed: 1 }).fit(
        seriesFromTable(tableFromRows(readings(700, 3, 99)), cutting),
      );
      await second.save(join(folder, "second.onnx"));
    });
    beforeEach(async () => {
      cpSync(join(folder, "first.onnx"), join(folder, "pump.onnx"));
    });
    afterEach(async () => {
      for (const worker of here.splice(0)) await worker.stop();
      for (const child of processes.splice(0)) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill("SIGKILL");
        await once(child, "exit");
      }
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test("answer each message once, as the batch does, while one of two is killed", async () => {
      const [first, second] = [startProcess(), startProcess()];
      await send(rows.slice(0, 400));
      await answered(100);
      await until(() => /ready/.test(first.log) && /ready/.test(second.log));
      first.kill("SIGKILL");
      const killed = Date.now();
      for (let from = 400; from < rows.length; from += 100) {
        await send(rows.slice(from, from + 100));
        await sleep(20);
      }
      await answered(rows.length);
      await expectAsBatch(rows);
      // By then it holds the partitions of the other as well, whose lease of five seconds has run out.
      await sleep(Math.max(0, killed + 7000 - Date.now()));
      // What it holds is given back at once, and the process ends well.
      second.kill("SIGTERM");
      expect((await once(second, "exit"))[0]).toBe(0);
      const next = brokerOf({ ...addresses(), group: "hypersphere", partitions: 32, leaseMs: 5000 });
      await next.open();
      expect((await next.lease()).size).toBe(32);
      await next.close(true);
    });

    test("set aside what cannot be read, with the reason, and take another model between messages", async () => {
      const worker = await startHere();
      await send([...rows.slice(0, 120), "{broken", { flow: 1, load: 2 }, ...rows.slice(120, 240)]);
      await answered(240);
      await expectAsBatch(rows.slice(0, 240));
      const dead = await lines("dead letters");
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

    test("wait for a broker that is killed again and again, say so once each time, and go on as if it never was", async () => {
      const workers = [await startHere(), await startHere()];
      const said = (text: string) => workers.map(({ log }) => log.split(text).length - 1);
      for (const [round, seconds] of [0, 2].entries()) {
        await send(rows.slice(300 * round, 300 * round + 300));
        await answered(300 * round + 20);
        await driven.stop();
        await until(() => said("waiting for it").every((times) => times === round + 1));
        // They try it several times meanwhile.
        await sleep(1000 * seconds);
        await driven.start();
        await until(() => said("the broker is back").every((times) => times === round + 1));
      }
      await send(rows.slice(600, 900));
      await answered(900);
      expect([said("waiting for it"), said("the broker is back")]).toEqual([
        [2, 2],
        [2, 2],
      ]);
      await expectAsBatch(rows.slice(0, 900));
    });
  });
}
