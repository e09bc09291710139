/**
 * The service under load, beside FastAPI with uvicorn and onnxruntime that serve the same model file: requests per second and
 * the time of an answer, one row and 1 000 rows a request. The service stores every result before it answers, in its embedded
 * Postgres or on the server that --database names, a second time flagged ones alone (results=flagged), and a third time nothing
 * (results=none), which is what FastAPI does here: the other ratios are what durability costs, too.
 * One process each; all cores are theirs and the load's, which takes the same share of both. Where Linux tells it, the processor's
 * time of a request is measured as well, of all threads of either server: other work on the machine changes it little.
 *
 *     HYPERSPHERE_PYTHON=/path/to/python node bench/service.js --seconds 10
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "./lib/http-load.js";
import { python, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { median } from "./lib/stats.js";

const { DeepSvdd, Knn, tableFromMatrix } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));

const report = new Report("service", "The service under load", {
  seconds: { type: "string", default: "10" },
  rounds: { type: "string", default: "3" },
  connections: { type: "string", default: "64" },
  database: { type: "string" },
});
requirePython("fastapi", "uvicorn", "numpy", "onnxruntime");
const [seconds, rounds, connections] = ["seconds", "rounds", "connections"].map((name) =>
  Number(report.flags[name]),
);
const COLUMNS = 10;
const names = Array.from({ length: COLUMNS }, (_, k) => `x${k}`);
const random = createRandom(0).stream("rows");
const folder = mkdtempSync(join(tmpdir(), "hypersphere-bench-"));
mkdirSync(join(folder, "models"));
const training = tableFromMatrix({
  data: Float64Array.from({ length: 2000 * COLUMNS }, () => random.normal()),
  ...{ rows: 2000, columns: COLUMNS, order: "C" },
});
const modelPath = (name) => join(folder, "models", `${name}.onnx`);
const models = {
  "deep-svdd": new DeepSvdd({ epochs: 5, pretrainEpochs: 5 }),
  knn: new Knn(),
};
for (const [name, detector] of Object.entries(models))
  await (await detector.fit(training)).save(modelPath(name));

const rowsOf = (count) =>
  JSON.stringify(
    Array.from({ length: count }, () =>
      Object.fromEntries(names.map((name) => [name, Number(random.normal().toFixed(4))])),
    ),
  );
const bodies = { "one row": rowsOf(1), "1 000 rows": rowsOf(1000) };

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Waits until something listens. */
async function answers(port, path) {
  for (let tries = 0; tries < 600; tries++) {
    try {
      await fetch(`http://127.0.0.1:${port}${path}`);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error(`Nothing listens on port ${port}.`);
}

/** Milliseconds of the processor that a process has had; NaN where nobody tells. */
function processorMs(pid) {
  try {
    // After the name, which may have blanks: state is the third field, and the times are the 14th and 15th, in hundredths.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return Number.NaN;
  }
}

/** Load, and what a request of it took of the server's processor. */
async function measure(target) {
  const before = processorMs(target.pid);
  const measured = await load(target, { connections, seconds });
  return { ...measured, processor: (processorMs(target.pid) - before) / measured.requests };
}

const children = new Set();
function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"], ...options });
  children.add(child);
  child.on("exit", () => children.delete(child));
  return child;
}
const stopped = (child) =>
  new Promise((resolve) => {
    child.on("exit", resolve);
    child.kill("SIGTERM");
  });
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** The service with the models, and a key. */
async function startOwn() {
  const port = await freePort();
  const args = [
    fileURLToPath(new URL("../bin/hypersphere.js", import.meta.url)),
    ...["serve", join(folder, "models"), "--data", join(folder, `data-${port}`), "--port", `${port}`],
    ...(report.flags.database === undefined ? [] : ["--database", report.flags.database]),
  ];
  const child = start(process.execPath, args);
  const key = await new Promise((resolve, reject) => {
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (part) => {
      said += part;
      const found = /(hs_[\w-]+)\s/.exec(said);
      if (found !== null) resolve(found[1]);
    });
    child.on("exit", (code) => reject(new Error(`The service ended with ${code}: ${said}`)));
  });
  await answers(port, "/readyz");
  return { child, port, key: await unhurriedKey(port, key) };
}

/** A key whose limit of requests the load does not reach. */
async function unhurriedKey(port, key) {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "load", role: "score", perMinute: 10_000_000 }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()).key;
}

const found = [];
const own = await startOwn();
for (const name of Object.keys(models)) {
  const port = await freePort();
  const script = fileURLToPath(new URL("peers/service_peer.py", import.meta.url));
  const peer = start(python, [script, `${port}`, modelPath(name), ...names], { stdio: "ignore" });
  await answers(port, "/openapi.json");
  for (const [size, body] of Object.entries(bodies)) {
    const targets = {
      own: {
        ...{ pid: own.child.pid, port: own.port, path: `/v1/models/${name}/score?keep=none`, body },
        headers: { authorization: `Bearer ${own.key}` },
      },
      counted: {
        ...{
          pid: own.child.pid,
          port: own.port,
          path: `/v1/models/${name}/score?keep=none&results=flagged`,
          body,
        },
        headers: { authorization: `Bearer ${own.key}` },
      },
      unstored: {
        ...{ pid: own.child.pid, port: own.port, path: `/v1/models/${name}/score?results=none`, body },
        headers: { authorization: `Bearer ${own.key}` },
      },
      peer: { pid: peer.pid, port, path: "/score", body },
    };
    const measured = { own: [], counted: [], unstored: [], peer: [] };
    for (const target of Object.values(targets)) await load(target, { connections: 4, seconds: 1 });
    for (let round = 0; round < rounds; round++) {
      for (const who of Object.keys(measured)) measured[who].push(await measure(targets[who]));
    }
    const of = (who, what) => median(measured[who].map((each) => each[what]));
    found.push({
      ...{ model: name, request: size },
      ...{ ownRate: of("own", "rate"), countedRate: of("counted", "rate"), peerRate: of("peer", "rate") },
      ...{ unstoredRate: of("unstored", "rate"), unstoredP99: of("unstored", "p99") },
      processor: Object.fromEntries(Object.keys(measured).map((who) => [who, of(who, "processor")])),
      ...{ ownP50: of("own", "p50"), peerP50: of("peer", "p50") },
      ...{ ownP99: of("own", "p99"), countedP99: of("counted", "p99"), peerP99: of("peer", "p99") },
    });
  }
  await stopped(peer);
}
await stopped(own.child);
rmSync(folder, { recursive: true });

const rounded = (rate) => (rate < 100 ? rate.toFixed(1) : Math.round(rate));
report.note(
  `${connections} connections, ${rounds} rounds of ${seconds} s in turn, medians; tables of ${COLUMNS} columns; ` +
    `the service stores results ${report.flags.database === undefined ? "in its embedded Postgres" : "on a PostgreSQL server"}.`,
);
report.table(
  found.map(
    ({
      model,
      request,
      ownRate,
      countedRate,
      peerRate,
      ownP50,
      peerP50,
      ownP99,
      countedP99,
      peerP99,
      ...more
    }) => ({
      ...{ model, request, "requests/s": rounded(ownRate), "flagged alone": rounded(countedRate) },
      ...{
        "FastAPI: requests/s": rounded(peerRate),
        ratio: (ownRate / peerRate).toFixed(2),
        "ratio, flagged alone": (countedRate / peerRate).toFixed(2),
        "nothing stored": rounded(more.unstoredRate),
        "ratio, nothing stored": (more.unstoredRate / peerRate).toFixed(2),
        "p50, ms": ownP50.toFixed(1),
        "FastAPI: p50": peerP50.toFixed(1),
      },
      ...{
        "p99, ms": ownP99.toFixed(1),
        "p99, flagged alone": countedP99.toFixed(1),
        "p99, nothing stored": more.unstoredP99.toFixed(1),
        "FastAPI: p99": peerP99.toFixed(1),
      },
    }),
  ),
);
report.note("The processor's time of a request, in milliseconds, all threads of the server:");
report.table(
  found.map(({ model, request, processor: { own, counted, unstored, peer } }) => ({
    ...{ model, request, stored: own.toFixed(2), "flagged alone": counted.toFixed(2) },
    ...{ "nothing stored": unstored.toFixed(2), FastAPI: peer.toFixed(2) },
  })),
);
for (const { model, request, ownRate, countedRate, unstoredRate, peerRate, ownP99, peerP99 } of found) {
  report.target(`${model}, ${request}: ratio of requests/s`, ownRate / peerRate, { atLeast: 2 });
  report.target(`${model}, ${request}, flagged alone: ratio`, countedRate / peerRate, { atLeast: 2 });
  report.target(`${model}, ${request}, nothing stored: ratio`, unstoredRate / peerRate, { atLeast: 2 });
  if (request === "one row") report.target(`${model}: p99 over FastAPI's`, ownP99 / peerP99, { atMost: 1 });
}
report.keep({ found });
report.end();
