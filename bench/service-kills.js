/**
 * What a kill -9 of the service loses: it is killed at random moments while clients score rows and give verdicts, and started
 * anew on the same data. Afterwards every result and verdict whose answer arrived has to be there once, and every incident has to
 * have been told to the webhook, each event under one id. Ends with exit code 1 where something is lost or doubled.
 *
 *     node bench/service-kills.js --kills 30                                 the embedded database
 *     node bench/service-kills.js --kills 30 --database postgres://...       a PostgreSQL server, an empty database of it
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { built } from "./lib/root.js";

const { Knn, tableFromMatrix } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));
const { values: flags } = parseArgs({
  options: {
    kills: { type: "string", default: "30" },
    clients: { type: "string", default: "8" },
    seed: { type: "string", default: "0" },
    database: { type: "string" },
  },
});
const [kills, clients, seed] = [flags.kills, flags.clients, flags.seed].map(Number);
const MACHINES = 20;
const random = createRandom(seed);
const moments = random.stream("moments");
const folder = mkdtempSync(join(tmpdir(), "hypersphere-kills-"));

const training = tableFromMatrix({
  data: Float64Array.from({ length: 500 * 3 }, () => moments.normal()),
  ...{ rows: 500, columns: 3, order: "C" },
});
mkdirSync(join(folder, "models"));
await (await new Knn().fit(training)).save(join(folder, "models/plant.onnx"));

/** Ids of messages by what they tell; a receiver that fails now and then has them sent again. */
const told = new Map();
const receiver = createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => {
    body += piece;
  });
  request.on("end", () => {
    const { type, data } = JSON.parse(body);
    const about = `${type} ${data.id}`;
    told.set(about, (told.get(about) ?? new Set()).add(request.headers["webhook-id"]));
    response.writeHead(moments.uniform() < 0.1 ? 503 : 200).end();
  });
});
await new Promise((done) => receiver.listen(0, "127.0.0.1", done));

let service;
let key;
async function start() {
  const options = {
    ...{ models: join(folder, "models"), data: join(folder, "data"), database: flags.database },
    settings: {
      ...{ webhooksToPrivate: true, webhookRetrySeconds: 0.2, webhookAttempts: 30 },
      // Incidents are many, and end while the service runs.
      ...{ incidentGapSeconds: 5, sweepSeconds: 1 },
    },
  };
  const script = fileURLToPath(new URL("tasks/serve.js", import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await Promise.race([
    createInterface({ input: child.stdout })
      [Symbol.asyncIterator]()
      .next()
      .then(({ value }) => [value]),
    new Promise((_, reject) =>
      child.once("exit", (code) => reject(new Error(`The service ended with ${code}.`))),
    ),
  ]);
  const said = JSON.parse(line);
  key ??= said.key;
  service = { child, url: said.url };
}

async function call(method, path, body) {
  const answer = await fetch(`${service.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** What was acknowledged: labels of rows, and comments of verdicts by the result that they are on. */
const scored = new Map();
const judged = new Map();
let running = true;
let unanswered = 0;

async function client(number) {
  const stream = random.stream("client", number);
  for (let turn = 0; running; turn++) {
    const rows = Array.from({ length: 1 + stream.int(20) }, (_, row) => {
      const shift = stream.uniform() < 0.1 ? 8 : 0;
      return {
        ...{ x0: stream.normal() + shift, x1: stream.normal(), x2: stream.normal() - shift },
        ...{
          id: `${number}-${turn}-${row}`,
          machine: `m${stream.int(MACHINES)}`,
          time: new Date().toISOString(),
        },
      };
    });
    try {
      const path = "/v1/models/plant/score?idColumn=id&entityColumn=machine&timeColumn=time";
      const answer = await call("POST", path, rows);
      answer.rows.forEach((row, k) => {
        scored.set(rows[k].id, row);
      });
      const flagged = answer.rows.find(({ isAnomaly }) => isAnomaly);
      if (flagged === undefined) continue;
      const comment = `${number}-${turn}`;
      await call("POST", `/v1/results/${flagged.id}/verdicts`, { verdict: "anomaly", comment });
      judged.set(comment, flagged.id);
    } catch {
      // The service is gone: what was not answered may have happened or not.
      unanswered++;
      await sleep(50);
    }
  }
}

async function all(path, name) {
  const found = [];
  for (let cursor; ; ) {
    const page = await call(
      "GET",
      `${path}limit=1000${cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    found.push(...page[name]);
    if (page.next === null) return found;
    cursor = page.next;
  }
}

const faults = [];
try {
  await start();
  await call("POST", "/v1/webhooks", { url: `http://127.0.0.1:${receiver.address().port}/` });
  const work = Array.from({ length: clients }, (_, number) => client(number));
  for (let kill = 1; kill <= kills; kill++) {
    await sleep(300 + 2200 * moments.uniform());
    const gone = new Promise((done) => service.child.once("exit", done));
    service.child.kill("SIGKILL");
    await gone;
    await start();
    process.stderr.write(
      `kill ${kill} of ${kills}: ${scored.size} rows and ${judged.size} verdicts acknowledged\n`,
    );
  }
  await sleep(1000);
  running = false;
  await Promise.all(work);

  const results = await all("/v1/results?model=plant&", "results");
  const byLabel = grouped(results);
  for (const [label, row] of scored) {
    const stored = byLabel.get(label) ?? [];
    if (stored.length === 0) faults.push(`the result of ${label} is lost`);
    else if (stored[0].id !== row.id || stored[0].score !== row.score)
      faults.push(`the result of ${label} is another`);
  }
  for (const [label, stored] of byLabel)
    if (stored.length > 1) faults.push(`${label} is stored ${stored.length} times`);
  for (const [comment, id] of judged) {
    const { verdicts } = await call("GET", `/v1/results/${id}`);
    const count = verdicts.filter((verdict) => verdict.comment === comment).length;
    if (count !== 1) faults.push(`the verdict ${comment} is there ${count} times`);
  }
  const incidents = await all("/v1/incidents?", "incidents");
  const expected = incidents.map(({ id }) => `incident.opened ${id}`);
  const waited = await untilSent();
  for (const about of expected) if (!told.has(about)) faults.push(`${about} was never told`);
  for (const [about, ids] of told) if (ids.size > 1) faults.push(`${about} was told as ${ids.size} messages`);
  const dead = await call("GET", "/v1/deliveries?status=dead");
  if (dead.deliveries.length > 0) faults.push(`${dead.deliveries.length} deliveries are dead`);
  console.log(
    `${kills} kills, ${flags.database === undefined ? "embedded" : "PostgreSQL"}: ${scored.size} acknowledged results of ${results.length}, ${judged.size} verdicts, ${incidents.length} incidents, ${told.size} events told (the last of them ${waited.toFixed(0)} s after the load); ${unanswered} requests without an answer; ${faults.length} faults`,
  );
  for (const fault of faults.slice(0, 20)) console.log(fault);
} finally {
  service?.child.kill("SIGKILL");
  receiver.close();
  receiver.closeAllConnections();
  await sleep(200);
  rmSync(folder, { recursive: true, force: true });
}
process.exit(faults.length === 0 ? 0 : 1);

/**
 * Waits for what the service says that it will send again: what was being sent at a kill is tried after the claim of the process
 * that is gone, 30 s by default, and what the receiver refused after its backoff. What is neither sent nor waits is a loss.
 * @returns seconds
 */
async function untilSent() {
  const began = performance.now();
  // The last kill's claims, three further attempts that fail, and a machine with other work.
  while (performance.now() - began < 300_000) {
    const { deliveries } = await call("GET", "/v1/deliveries?status=waiting");
    if (deliveries.length === 0) break;
    const next = Math.min(...deliveries.map(({ nextAt }) => Date.parse(nextAt)));
    await sleep(Math.max(250, next - Date.now()));
  }
  return (performance.now() - began) / 1000;
}

function grouped(results) {
  const groups = new Map();
  for (const result of results) groups.set(result.label, [...(groups.get(result.label) ?? []), result]);
  return groups;
}
