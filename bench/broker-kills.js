// Kills workers over a broker with SIGKILL, one of three every two seconds, while messages come; then says how many were lost, how
// many doubled, and whether scores are those of the batch. Needs the broker's server, and the build.
//   node bench/broker-kills.js --broker redis --minutes 5
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Pca, seriesFromTable, tableFromRows } from "../dist/index.js";
import { startNats, startRedis } from "./broker-servers.js";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "5" }, broker: { type: "string", default: "redis" } },
});
const start = { redis: startRedis, nats: startNats }[values.broker];
if (start === undefined) throw new Error(`--broker is "${values.broker}", expected redis or nats`);
const bin = fileURLToPath(new URL("../bin/hypersphere.js", import.meta.url));
const [WINDOW, PUMPS, PER_BURST, BURST_MS, WORKERS, KILL_MS] = [8, 50, 20, 100, 3, 2000];
const cutting = { window: WINDOW, timeColumn: "time", entityColumn: "pump" };

const reading = (k, seed = 0) => ({
  pump: `p${k % PUMPS}`,
  time: new Date(Date.UTC(2026, 0, 5) + Math.floor(k / PUMPS) * 60_000).toISOString(),
  flow: Math.sin(k / PUMPS / 4) + 0.05 * Math.sin(13 * (k + seed)),
  load: Math.cos(k / PUMPS / 4) + 0.05 * Math.sin(17 * (k + seed)),
});

const folder = mkdtempSync(join(tmpdir(), "hypersphere-kills-"));
const server = await start(folder);
const workers = [];

function startWorker() {
  const flags = ["--from", server.url("readings"), "--to", server.url("scores"), "--entity-field", "pump"];
  return spawn(process.execPath, [bin, "stream", join(folder, "m.onnx"), ...flags], { stdio: "ignore" });
}

try {
  const training = Array.from({ length: 2000 }, (_, k) => reading(k, 5));
  const model = await new Pca({ seed: 1 }).fit(seriesFromTable(tableFromRows(training), cutting));
  await model.save(join(folder, "m.onnx"));
  for (let k = 0; k < WORKERS; k++) workers.push(startWorker());
  const rows = [];
  let kills = 0;
  let killedAt = performance.now();
  for (const end = performance.now() + 60_000 * Number(values.minutes); performance.now() < end; ) {
    const burst = Array.from({ length: PER_BURST }, (_, k) => reading(rows.length + k));
    rows.push(...burst);
    await server.send(burst.map((row) => JSON.stringify(row)));
    if (performance.now() - killedAt > KILL_MS) {
      const place = Math.floor(Math.random() * WORKERS);
      workers[place].kill("SIGKILL");
      workers[place] = startWorker();
      kills++;
      killedAt = performance.now();
    }
    await sleep(BURST_MS);
  }
  // Ends also where some are lost.
  for (let k = 0; k < 60 && (await server.answered()) < rows.length; k++) await sleep(500);
  await sleep(2000);
  const lines = (await server.answers()).map((line) => JSON.parse(line));
  const ids = new Set(lines.map(({ message }) => message));
  const sent = await server.sent();
  const series = seriesFromTable(tableFromRows(rows), cutting);
  const { scores } = await model.score(series);
  const rowOfStep = new Map(Array.from(series.rowSteps, (step, row) => [step, row]));
  const expected = new Map();
  series.starts.forEach((start, k) => {
    expected.set(sent[rowOfStep.get(start + WINDOW - 1)], scores[k]);
  });
  const same = ({ message, score }) =>
    (score === undefined ? undefined : Math.fround(score)) === expected.get(message);
  const lost = sent.filter((id) => !ids.has(id)).length;
  const [doubled, other] = [lines.length - ids.size, lines.filter((line) => !same(line)).length];
  console.log(
    `${rows.length} messages, ${kills} kills: ${lost} lost, ${doubled} doubled, ${other} not scored as the batch`,
  );
  if (lost + doubled + other > 0) process.exitCode = 1;
} finally {
  for (const worker of workers) worker.kill("SIGKILL");
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
