// Kills workers over a broker with SIGKILL, one of three every two seconds, while messages come; then says how many were lost, how
// many doubled, and whether scores are those of the batch. Needs redis-server or nats-server, and the build.
//   node bench/broker-kills.js --minutes 5
//   node bench/broker-kills.js --minutes 5 --broker nats
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Pca, seriesFromTable, tableFromRows } from "../dist/index.js";
import { brokerServers } from "./lib/broker-servers.js";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "5" }, broker: { type: "string", default: "redis" } },
});
const bin = fileURLToPath(new URL("../bin/hypersphere.js", import.meta.url));
const [WINDOW, PUMPS, PER_BURST, BURST_MS, WORKERS, KILL_MS] = [8, 50, 20, 100, 3, 2000];
const cutting = { window: WINDOW, timeColumn: "time", entityColumn: "pump" };

const reading = (k, seed = 0) => ({
  pump: `p${k % PUMPS}`,
  time: new Date(Date.UTC(2026, 0, 5) + Math.floor(k / PUMPS) * 60_000).toISOString(),
  flow: Math.sin(k / PUMPS / 4) + 0.05 * Math.sin(13 * (k + seed)),
  load: Math.cos(k / PUMPS / 4) + 0.05 * Math.sin(17 * (k + seed)),
});

const broker = await brokerServers[values.broker]();
const model = join(broker.folder, "m.onnx");
const workers = [];

function startWorker(k) {
  const args = [bin, "stream", model, ...broker.flags(k, WORKERS), "--id-field", "id"];
  return spawn(process.execPath, args, { stdio: "ignore" });
}

try {
  const training = Array.from({ length: 2000 }, (_, k) => reading(k, 5));
  const fitted = await new Pca({ seed: 1 }).fit(seriesFromTable(tableFromRows(training), cutting));
  await fitted.save(model);
  for (let k = 0; k < WORKERS; k++) workers.push(startWorker(k));
  const rows = [];
  let kills = 0;
  let killedAt = performance.now();
  for (const end = performance.now() + 60_000 * Number(values.minutes); performance.now() < end; ) {
    const burst = Array.from({ length: PER_BURST }, (_, k) => reading(rows.length + k));
    await broker.send(burst.map((row, k) => [row.pump, JSON.stringify({ id: rows.length + k, ...row })]));
    rows.push(...burst);
    if (performance.now() - killedAt > KILL_MS) {
      const place = Math.floor(Math.random() * WORKERS);
      workers[place].kill("SIGKILL");
      workers[place] = startWorker(place);
      kills++;
      killedAt = performance.now();
    }
    await sleep(BURST_MS);
  }
  // Ends also where some are lost.
  for (let k = 0; k < 60 && (await broker.answers()) < rows.length; k++) await sleep(500);
  await sleep(2000);
  const lines = (await broker.lines()).map((line) => JSON.parse(line));
  const ids = new Set(lines.map(({ id }) => id));
  const series = seriesFromTable(tableFromRows(rows), cutting);
  const { scores } = await fitted.score(series);
  const rowOfStep = new Map(Array.from(series.rowSteps, (step, row) => [step, row]));
  const expected = new Map();
  series.starts.forEach((start, k) => {
    expected.set(rowOfStep.get(start + WINDOW - 1), scores[k]);
  });
  const same = ({ id, score }) => (score === undefined ? undefined : Math.fround(score)) === expected.get(id);
  const lost = rows.filter((_, id) => !ids.has(id)).length;
  const [doubled, other] = [lines.length - ids.size, lines.filter((line) => !same(line)).length];
  console.log(
    `${rows.length} messages, ${kills} kills: ${lost} lost, ${doubled} doubled, ${other} not scored as the batch`,
  );
  if (lost + doubled + other > 0) process.exitCode = 1;
} finally {
  for (const worker of workers) worker.kill("SIGKILL");
  await broker.end();
}
