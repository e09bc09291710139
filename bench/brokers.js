/**
 * Messages per second of one and of two workers over a broker, beside a Python consumer that does the same with the same model, and how long
 * messages wait for their answers at half of one worker's load. Rows of a table, and steps of series with a window each.
 *
 *     HYPERSPHERE_PYTHON=python3 node bench/brokers.js [--broker nats]
 *
 * Needs a Python with numpy, onnxruntime and redis (or nats-py), redis-server (or nats-server), and the build.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { brokerLoads } from "./lib/broker-loads.js";
import { python, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { median, quantile } from "./lib/stats.js";

const { Pca, seriesFromTable, tableFromRows } = await import(built("index.js"));

const TITLES = { redis: "Redis", nats: "NATS JetStream" };
const chosen = parseArgs({ options: { broker: { type: "string", default: "redis" } }, strict: false }).values
  .broker;
if (TITLES[chosen] === undefined)
  throw new Error(`--broker is ${chosen}, expected ${Object.keys(TITLES).join(" or ")}.`);
const report = new Report(
  chosen === "redis" ? "brokers" : `brokers-${chosen}`,
  `Workers over ${TITLES[chosen]}`,
  {
    broker: { type: "string", default: "redis" },
    messages: { type: "string", default: "40000" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "20" },
    only: { type: "string" },
  },
);
requirePython("numpy", "onnxruntime", chosen === "redis" ? "redis" : "nats");
const [messages, rounds, seconds] = ["messages", "rounds", "seconds"].map((name) =>
  Number(report.flags[name]),
);
const RATIOS = ["two / one", "one / Python", "one / Python of it"];
const [WINDOW, PUMPS, COLUMNS, BURST_MS, WARM] = [8, 50, 8, 10, 2000];
const bin = fileURLToPath(new URL("../bin/hypersphere.js", import.meta.url));
const names = Array.from({ length: COLUMNS }, (_, k) => `x${k}`);

const reading = (k, seed = 0) => ({
  pump: `p${k % PUMPS}`,
  time: new Date(Date.UTC(2026, 0, 5) + Math.floor(k / PUMPS) * 60_000).toISOString(),
  ...Object.fromEntries(
    names.map((name, c) => [
      name,
      Number((Math.sin(k / PUMPS / (4 + c)) + 0.05 * Math.sin(13 * (k + seed) * (c + 1))).toFixed(4)),
    ]),
  ),
});
const cells = ({ pump: _, time: __, ...rest }) => rest;

const broker = await brokerLoads[chosen]();
const { folder } = broker;
const [peerScript, ...peerPlace] = broker.peer;
const peer = fileURLToPath(new URL(`peers/${peerScript}`, import.meta.url));

/** Of each kind: the model, what a message holds, and flags of the two consumers. */
async function kinds() {
  const training = Array.from({ length: 5000 }, (_, k) => reading(k, 5));
  const table = await new Pca({ seed: 1 }).fit(tableFromRows(training.map(cells)));
  const cutting = { window: WINDOW, timeColumn: "time", entityColumn: "pump" };
  const series = await new Pca({ seed: 1 }).fit(seriesFromTable(tableFromRows(training), cutting));
  await table.save(join(folder, "table.onnx"));
  await series.save(join(folder, "series.onnx"));
  return [
    { name: "rows of a table", file: "table.onnx", body: (k) => cells(reading(k)), own: [], peer: ["0", ""] },
    {
      ...{ name: "steps of series", file: "series.onnx", body: (k) => reading(k) },
      ...{ own: ["--entity-field", "pump"], peer: [String(WINDOW), "pump"] },
    },
  ].filter(({ name }) => name.includes(report.flags.only ?? ""));
}

async function startOwn(kind, workers) {
  const flags = [...broker.flags, ...kind.own];
  const all = Array.from({ length: workers }, () =>
    spawn(process.execPath, [bin, "stream", join(folder, kind.file), ...flags], { stdio: "ignore" }),
  );
  // Until each holds its share.
  for (;;) {
    const held = new Map();
    for (const owner of await broker.owners()) held.set(owner, (held.get(owner) ?? 0) + 1);
    if (held.size === workers && [...held.values()].every((count) => count === 32 / workers)) return all;
    if (all.some(({ exitCode }) => exitCode !== null)) throw new Error("A worker ended.");
    await sleep(50);
  }
}

async function startPeer(kind) {
  const child = spawn(
    python,
    [peer, ...peerPlace, join(folder, kind.file), "peers", ...kind.peer, ...names],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  await once(child.stdout, "data");
  return [child];
}

async function stop(children) {
  for (const child of children) {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}

const texts = (kind, from, to) =>
  Array.from({ length: to - from }, (_, k) => JSON.stringify(kind.body(from + k)));

/** What starting leaves to be done, and the first messages, which compile. */
async function warmUp(kind) {
  await broker.send(texts(kind, 0, WARM));
  while ((await broker.answers()) < WARM) await sleep(20);
}

/** Seconds of processor time that processes took so far. Where others take much of the machine, it says more than a clock. */
const busy = (children) =>
  children
    .map(({ pid }) => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" "))
    .reduce((sum, fields) => sum + (Number(fields[11]) + Number(fields[12])) / 100, 0);

/** Messages per second, and per second of processor time of the consumers, of messages that are there at once. */
async function drained(kind, start) {
  await broker.fresh();
  const children = await start(kind);
  try {
    await warmUp(kind);
    await broker.sendAtOnce(texts(kind, WARM, messages), children);
    const [begun, before] = [performance.now(), busy(children)];
    while ((await broker.answers()) < messages) await sleep(5);
    const taken = (performance.now() - begun) / 1000;
    return { rate: (messages - WARM) / taken, perBusy: (messages - WARM) / (busy(children) - before) };
  } finally {
    await stop(children);
  }
}

/** Milliseconds from a message to its answer, by the clock of the broker, of messages that come so many a second. */
async function waits(kind, start, rate) {
  await broker.fresh();
  const children = await start(kind);
  try {
    await warmUp(kind);
    let sent = WARM;
    const begun = performance.now();
    for (let now = 0; now < 1000 * seconds; now = performance.now() - begun) {
      const due = WARM + Math.floor((rate * now) / 1000);
      if (due > sent) await broker.send(texts(kind, sent, due));
      sent = Math.max(sent, due);
      await sleep(BURST_MS);
    }
    while ((await broker.answers()) < sent) await sleep(20);
    return (await broker.waits()).slice(WARM).sort((a, b) => a - b);
  } finally {
    await stop(children);
  }
}

try {
  const lines = [];
  const latencies = [];
  const lanes = [
    ["one", (kind) => startOwn(kind, 1)],
    ["two", (kind) => startOwn(kind, 2)],
    ["python", startPeer],
  ];
  for (const kind of await kinds()) {
    const rates = new Map(lanes.map(([name]) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [name, start] of lanes) rates.get(name).push(await drained(kind, start));
    }
    const [one, two, other] = ["one", "two", "python"].map((name) => rates.get(name));
    const middle = (lane, figure = "rate") => Math.round(median(lane.map((run) => run[figure])));
    const ratios = (a, b, figure = "rate") => median(a.map((run, k) => run[figure] / b[k][figure]));
    lines.push({
      messages: kind.name,
      ...{ one: middle(one), two: middle(two), Python: middle(other) },
      ...{ "two / one": ratios(two, one), "one / Python": ratios(one, other) },
      ...{
        "one per processor-second": middle(one, "perBusy"),
        "one / Python of it": ratios(one, other, "perBusy"),
      },
    });
    const rate = middle(one) / 2;
    for (const [name, start] of [
      ["worker", lanes[0][1]],
      ["Python", startPeer],
    ]) {
      const found = await waits(kind, start, rate);
      latencies.push({
        ...{ messages: kind.name, consumer: name, "messages/s": Math.round(rate) },
        ...{ "median ms": quantile(found, 0.5), "p99 ms": quantile(found, 0.99), "longest ms": found.at(-1) },
      });
    }
  }
  report.note(
    `Messages/s of ${messages - WARM} messages that are there at once; medians of ${rounds} runs in turn, and of their ratios.`,
  );
  report.table(
    lines.map((line) => ({
      ...line,
      ...Object.fromEntries(RATIOS.map((name) => [name, line[name].toFixed(2)])),
    })),
  );
  report.note(
    `From a message to its answer, by the clock of ${TITLES[chosen]}, at half of what one worker answers, for ${seconds} s.`,
  );
  report.table(latencies);
  for (const line of lines) {
    report.target(`${line.messages}: two workers / one`, line["two / one"], { atLeast: 1.8 });
    report.target(`${line.messages}: one worker / Python`, line["one / Python"], { atLeast: 2 });
  }
  for (const { messages: name, consumer, "p99 ms": p99 } of latencies)
    if (consumer === "worker") report.target(`${name}: p99`, p99, { atMost: 50, unit: " ms" });
  report.keep({ lines, latencies });
  report.end();
} finally {
  await broker.end();
}
