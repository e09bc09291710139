/**
 * What minutes of load do to the service: its memory over time, and models that are swapped meanwhile. Two versions of a model
 * take turns, activated over HTTP; each answer has to carry the score that the version it names gives. Ends with exit code 1 where a
 * request fails or a score is another version's.
 *
 *     node bench/service-load.js --minutes 10 --swaps 20
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { built } from "./lib/root.js";

const { Knn, tableFromMatrix, tableFromRows } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));
const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    swaps: { type: "string", default: "20" },
    clients: { type: "string", default: "16" },
  },
});
const [minutes, swaps, clients] = [flags.minutes, flags.swaps, flags.clients].map(Number);
const ROWS = 50;
const random = createRandom(0).stream("rows");
const folder = mkdtempSync(join(tmpdir(), "hypersphere-load-"));
mkdirSync(join(folder, "models"));

const trained = async (shift) =>
  new Knn().fit(
    tableFromMatrix({
      data: Float64Array.from({ length: 500 * 3 }, () => random.normal() + shift),
      ...{ rows: 500, columns: 3, order: "C" },
    }),
  );
const [first, second] = [await trained(0), await trained(1)];
await first.save(join(folder, "models/plant.onnx"));
await second.save(join(folder, "second.onnx"));
const rows = Array.from({ length: ROWS }, () => ({
  x0: random.normal(),
  x1: random.normal(),
  x2: random.normal(),
}));
const expected = [first, second].map((model) => model.score(tableFromRows(rows)));
const scores = (await Promise.all(expected)).map(({ scores: each }) => each);

const options = {
  ...{ models: join(folder, "models"), data: join(folder, "data") },
  settings: { requestsPerMinute: 100_000_000 },
};
const script = fileURLToPath(new URL("tasks/serve.js", import.meta.url));
const child = spawn(process.execPath, [script, JSON.stringify(options)], {
  stdio: ["ignore", "pipe", "inherit"],
});
const { value: line } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
const { url, key } = JSON.parse(line);

async function call(method, path, body, type = "application/json") {
  const answer = await fetch(`${url}${path}`, {
    ...{ method, body },
    headers: { authorization: `Bearer ${key}`, "content-type": type },
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

let [answered, failed, wrong, running] = [0, 0, 0, true];
const byVersion = new Map();
async function client() {
  for (let at = Math.floor(ROWS * random.uniform()); running; at = (at + 1) % ROWS) {
    try {
      const { version, rows: found } = await call(
        "POST",
        "/v1/models/plant/score?keep=none",
        JSON.stringify([rows[at]]),
      );
      if (Math.fround(found[0].score) !== scores[version - 1][at]) wrong++;
      byVersion.set(version, (byVersion.get(version) ?? 0) + 1);
      answered++;
    } catch (error) {
      if (failed++ < 5) console.error(error.message);
    }
  }
}

/** Resident memory of the process, in MB. */
function memory() {
  const own = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]);
  return own / 1000;
}

/** Least squares: MB per minute, and its standard error. */
function slope(samples) {
  const n = samples.length;
  const [mx, my] = [0, 1].map((k) => samples.reduce((sum, each) => sum + each[k], 0) / n);
  const sxx = samples.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  const value = samples.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / sxx;
  const rest = samples.reduce((sum, [x, y]) => sum + (y - my - value * (x - mx)) ** 2, 0);
  return { value, error: Math.sqrt(rest / (n - 2) / sxx) };
}

try {
  await call(
    "POST",
    "/v1/models?name=plant",
    readFileSync(join(folder, "second.onnx")),
    "application/octet-stream",
  );
  const work = Array.from({ length: clients }, client);
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 60_000;
  const samples = [];
  let swapped = 0;
  while (elapsed() < minutes) {
    await sleep(1000);
    samples.push([elapsed(), memory()]);
    if (swapped >= swaps || elapsed() < ((swapped + 1) * minutes) / (swaps + 1)) continue;
    const version = swapped % 2 === 0 ? 2 : 1;
    await call("POST", "/v1/models/plant/activate", JSON.stringify({ version }));
    swapped++;
  }
  running = false;
  await Promise.all(work);
  // The first third fills caches and the heap.
  const late = samples.filter(([at]) => at > minutes / 3);
  const { value, error } = slope(late);
  console.log(
    `${minutes} minutes, ${clients} clients: ${answered} requests answered (${Math.round(answered / minutes / 60)}/s), ${failed} failed, ${wrong} with another version's score; ${swapped} swaps, ${[...byVersion].map(([version, count]) => `${count} by version ${version}`).join(", ")}`,
  );
  console.log(
    `memory ${late[0][1].toFixed(0)} MB after a third, ${late.at(-1)[1].toFixed(0)} MB at the end; slope ${value.toFixed(2)} +- ${error.toFixed(2)} MB a minute`,
  );
} finally {
  child.kill("SIGTERM");
  await new Promise((done) => child.once("exit", done));
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed + wrong === 0 ? 0 : 1);
