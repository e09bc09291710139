// Kills workers over a broker with SIGKILL, one of three every two seconds (--every), while messages come; then says how many were lost, how
// many doubled, and whether scores are those of the batch. Needs redis-server, nats-server or mosquitto, and the build.
//   node bench/broker-kills.js --minutes 5
//   node bench/broker-kills.js --minutes 5 --broker nats
//   node bench/broker-kills.js --minutes 5 --broker mqtt
// Kafka has to run already, without topics of the names that it takes: readings, scores and others.
//   HYPERSPHERE_KAFKA=localhost:9092 node bench/broker-kills.js --minutes 5 --every 15 --broker kafka
// So may a cluster of NATS, without a stream READINGS or scores:
//   HYPERSPHERE_NATS=one:4222,two:4222,three:4222 node bench/broker-kills.js --minutes 5 --broker nats
// With --fleet each pump has a model of its own, but for every tenth, which the model of all scores.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadFleet, open, Pca, seriesFromTable, tableFromRows, trainFleet } from "../dist/index.js";
import { brokerServers } from "./lib/broker-servers.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    broker: { type: "string", default: "redis" },
    every: { type: "string", default: "2" },
    fleet: { type: "boolean", default: false },
  },
});
const bin = fileURLToPath(new URL("../bin/hypersphere.js", import.meta.url));
const [WINDOW, PUMPS, PER_BURST, BURST_MS, WORKERS] = [8, 50, 20, 100, 3];
const cutting = { window: WINDOW, timeColumn: "time", entityColumn: "pump" };

const reading = (k, seed = 0) => ({
  pump: `p${k % PUMPS}`,
  time: new Date(Date.UTC(2026, 0, 5) + Math.floor(k / PUMPS) * 60_000).toISOString(),
  flow: Math.sin(k / PUMPS / 4) + 0.05 * Math.sin(13 * (k + seed)),
  load: Math.cos(k / PUMPS / 4) + 0.05 * Math.sin(17 * (k + seed)),
});

const broker = await brokerServers[values.broker]();
const model = join(broker.folder, values.fleet ? "m.hsz" : "m.onnx");
const workers = [];

/** What says of a pump's steps what workers are to say. */
async function trained() {
  const training = Array.from({ length: 5000 }, (_, k) => reading(k, 5));
  if (!values.fleet) {
    const fitted = await new Pca({ seed: 1 }).fit(seriesFromTable(tableFromRows(training), cutting));
    await fitted.save(model);
    return async () => fitted;
  }
  const lines = training
    .filter((_, k) => (k % PUMPS) % 10 > 0)
    .map(({ pump, time, flow, load }) => [pump, time, flow, load].join(","));
  const file = join(broker.folder, "fleet.csv");
  writeFileSync(file, `pump,time,flow,load\n${lines.join("\n")}\n`);
  const samples = await open(file, { perEntity: "pump", window: WINDOW, timeColumn: "time" });
  await trainFleet(samples, { detector: "pca", minRows: 60, workers: 0, out: model });
  const fleet = await loadFleet(model, { maxOpen: PUMPS });
  return (pump) => fleet.model(pump);
}

function startWorker(k) {
  const args = [bin, "stream", model, ...broker.flags(k, WORKERS), "--id-field", "id"];
  const worker = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  worker.log = "";
  worker.stderr.on("data", (text) => {
    worker.log += text;
  });
  return worker;
}

try {
  const modelOf = await trained();
  for (let k = 0; k < WORKERS; k++) workers.push(startWorker(k));
  // MQTT keeps nothing for a worker before its session is there.
  while (!workers.every(({ log }) => log.includes("ready"))) {
    const ended = workers.find(({ exitCode }) => exitCode !== null);
    if (ended !== undefined) throw new Error(`A worker ended: ${ended.log}`);
    await sleep(50);
  }
  const rows = [];
  let kills = 0;
  let killedAt = performance.now();
  for (const end = performance.now() + 60_000 * Number(values.minutes); performance.now() < end; ) {
    const burst = Array.from({ length: PER_BURST }, (_, k) => reading(rows.length + k));
    await broker.send(burst.map((row, k) => [row.pump, JSON.stringify({ id: rows.length + k, ...row })]));
    rows.push(...burst);
    if (performance.now() - killedAt > 1000 * Number(values.every)) {
      const place = Math.floor(Math.random() * WORKERS);
      workers[place].kill("SIGKILL");
      workers[place] = startWorker(place);
      kills++;
      killedAt = performance.now();
    }
    await sleep(BURST_MS);
  }
  // Ends also where some are lost; on a busy machine the last workers take long to begin.
  for (let seen = -1, since = 0; since < 60_000; since += 500) {
    const answers = await broker.answers();
    if (answers >= rows.length) break;
    if (answers !== seen) since = 0;
    seen = answers;
    await sleep(500);
  }
  await sleep(2000);
  const lines = (await broker.lines()).map((line) => JSON.parse(line));
  const ids = new Set(lines.map(({ id }) => id));
  const expected = new Map();
  for (let pump = 0; pump < PUMPS; pump++) {
    // Ids are the places of rows among all.
    const own = rows.flatMap((row, id) => (id % PUMPS === pump ? [[id, row]] : []));
    const series = seriesFromTable(tableFromRows(own.map(([, row]) => row)), cutting);
    const { scores } = await (await modelOf(`p${pump}`)).score(series);
    const rowOfStep = new Map(Array.from(series.rowSteps, (step, row) => [step, row]));
    series.starts.forEach((start, k) => {
      expected.set(own[rowOfStep.get(start + WINDOW - 1)][0], scores[k]);
    });
  }
  const same = ({ id, score }) => (score === undefined ? undefined : Math.fround(score)) === expected.get(id);
  const lost = rows.filter((_, id) => !ids.has(id)).length;
  const [doubled, other] = [lines.length - ids.size, lines.filter((line) => !same(line)).length];
  console.log(
    `${rows.length} messages, ${kills} kills: ${lost} lost, ${doubled} doubled, ${other} not scored as the batch`,
  );
  // One that ended otherwise answers nothing any more.
  for (const { exitCode, log } of workers)
    if (exitCode !== null) console.log(`A worker ended: ${log.slice(-1000)}`);
  if (lost + doubled + other > 0) process.exitCode = 1;
} finally {
  for (const worker of workers) worker.kill("SIGKILL");
  await broker.end();
}
