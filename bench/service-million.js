/**
 * The service with a million stored results: how long each page's request takes, the best and the median of several, and what it takes
 * of the processor, the caller's share included, which other work on the machine changes little. Results are
 * put into the database as the service would, over four weeks and forty machines, one in twenty of them flagged, with incidents
 * and verdicts.
 *
 *     node bench/service-million.js --rows 1000000
 *     node bench/service-million.js --data /tmp/million       # keeps the database there, and goes on from it
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { median } from "./lib/stats.js";

const { Knn, tableFromMatrix } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));
const { startService } = await import("hypersphere-server");
const { openStore } = await import(built("../packages/server/dist/store/index.js"));
const { createKey } = await import(built("../packages/server/dist/auth/keys.js"));
const { sql } = await import("kysely");

const report = new Report("service-million", "The service with a million stored results", {
  rows: { type: "string", default: "1000000" },
  times: { type: "string", default: "9" },
  data: { type: "string" },
  database: { type: "string" },
});
const [rows, times] = [Number(report.flags.rows), Number(report.flags.times)];
const folder = report.flags.data ?? mkdtempSync(join(tmpdir(), "hypersphere-bench-"));
mkdirSync(join(folder, "models"), { recursive: true });
const COLUMNS = 6;
const random = createRandom(0).stream("rows");
const training = tableFromMatrix({
  data: Float64Array.from({ length: 2000 * COLUMNS }, () => random.normal()),
  ...{ rows: 2000, columns: COLUMNS, order: "C" },
});
const model = await new Knn().fit(training);
await model.save(join(folder, "models/plant.onnx"), { force: true });
const [usual, threshold] = [median([...model.calibrationScores]), model.card.threshold.threshold];
const { database } = report.flags;
const options = { models: join(folder, "models"), data: join(folder, "data"), database, log: silent() };

// Makes the tables, and a version of the model.
await (await startService(options)).close();
const key = await fill();
const service = await startService(options);
const ask = async (path) => {
  const [began, before] = [performance.now(), process.cpuUsage()];
  const answer = await fetch(`${service.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${text}`);
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - began, processor: (user + system) / 1000, text };
};
const { entities } = JSON.parse((await ask("/v1/models/plant/entities?limit=9")).text);
const { incidents } = JSON.parse((await ask("/v1/incidents?limit=1")).text);
const middle = new Date(Date.now() - 14 * 86_400_000).toISOString();
const paths = {
  overview: "/v1/overview?days=28",
  "overview of a year": "/v1/overview?days=366",
  "score histogram": "/v1/models/plant/score-histogram?days=28",
  entities: "/v1/models/plant/entities?limit=9",
  "latest results": "/v1/results?model=plant&limit=1000",
  "results of an entity": `/v1/results?model=plant&limit=1000&entity=${entities[0].entity}`,
  "flagged results of a period": `/v1/results?model=plant&limit=1000&flagged=true&to=${middle}`,
  incidents: "/v1/incidents?limit=100",
  "incidents to review": "/v1/incidents?reviewed=false&limit=100",
  "an incident": `/v1/incidents/${incidents[0].id}`,
  deliveries: "/v1/deliveries?limit=100",
  "columns that moved": "/v1/models/plant/drift/columns",
  audit: "/v1/audit?limit=100",
  models: "/v1/models",
};
const found = [];
for (const [name, path] of Object.entries(paths)) {
  const asked = [];
  for (let k = 0; k < times; k++) asked.push(await ask(path));
  const ms = asked.map((one) => one.ms).sort((a, b) => a - b);
  const processor = median(asked.map((one) => one.processor));
  found.push({ name, best: ms[0], median: median(ms), processor, bytes: asked[0].text.length });
}
await service.close();
report.table(
  found.map(({ name, best, median: middle, processor, bytes }) => ({
    ...{ request: name, "best, ms": best.toFixed(1), "median, ms": middle.toFixed(1) },
    ...{ "processor, ms": processor.toFixed(1), "answer, kB": (bytes / 1000).toFixed(0) },
  })),
);
const worst = found.reduce((a, b) => (b.median > a.median ? b : a));
report.target(`the slowest (${worst.name})`, worst.median, { atMost: 200, unit: " ms" });
report.keep({ rows, found });
report.end();
if (report.flags.data === undefined) rmSync(folder, { recursive: true, force: true });

/** Results, incidents and verdicts, where there are none, as statements that make them in the database itself. @returns a key */
async function fill() {
  const store = await openStore({ folder: join(folder, "data"), url: database });
  const { key } = await createKey(store.db, { name: "bench", role: "admin" }, "bench");
  const has = async (table) =>
    (await sql`select id from ${sql.table(table)} limit 1`.execute(store.db)).rows.length > 0;
  if (!(await has("results"))) await fillResults(store);
  if (!(await has("verdicts"))) await fillVerdicts(store);
  await store.close();
  return key;
}

async function fillResults(store) {
  const began = performance.now();
  await sql`select setseed(0.5)`.execute(store.db);
  const piece = 50_000;
  for (let from = 0; from < rows; from += piece) {
    const to = Math.min(rows, from + piece);
    // About log-normal; the upper twentieth lies above the threshold.
    await sql`
      insert into results (model_id, version, shadow, request, row, entity, label, at, score, p_value, flagged, threshold,
        probability, input, incident_id)
      select 1, 1, false, gen_random_uuid(), 0, 'machine ' || (k % 40), 'row ' || k,
        now() - (${rows}::integer - k) * (interval '28 days' / ${rows}::integer), score, 0.5, score > ${threshold}, ${threshold},
        null, case when k % 10 = 0 then '{"column_0": 0.5, "column_1": 0.25}' end, null
      from (select k, ${usual} * exp(ln(${threshold / usual}) / 1.645 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))
        as score from generate_series(${from}::integer, ${to - 1}::integer) as k) as drawn`.execute(store.db);
    process.stderr.write(`\r${to} results in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  process.stderr.write("\n");
  await sql`
    insert into score_counts (model_id, version, day, bin, rows, flagged)
    select model_id, version, (at at time zone 'UTC')::date, score_bin(score), count(*), count(*) filter (where flagged)
    from results group by 1, 2, 3, 4`.execute(store.db);
  await sql`
    insert into day_counts (model_id, day, rows, flagged)
    select model_id, day, sum(rows), sum(flagged) from score_counts group by 1, 2`.execute(store.db);
}

async function fillVerdicts(store) {
  await sql`
    insert into incidents (model_id, version, entity, status, first_at, last_at, flagged, peak, peak_at, p_value, severity)
    select 1, 1, 'machine ' || (k % 40), case when k < 20 then 'open' else 'closed' end, at, at, 1, score, at, p_value, 1.5
    from (select at, score, p_value, row_number() over (order by at desc) as k from results where flagged limit 20000) as drawn`.execute(
    store.db,
  );
  await sql`
    insert into verdicts (model_id, result_id, incident_id, verdict, comment, who)
    select 1, case when k % 2 = 0 then id end, case when k % 2 = 1 then (k % 20000) + 1 end,
      case when k % 3 = 0 then 'anomaly' else 'normal' end, '', 'bench'
    from (select id, row_number() over () as k from results where flagged limit 10000) as drawn`.execute(
    store.db,
  );
  await sql`
    update incidents set reviewed = true
    where exists (select from verdicts where verdicts.incident_id = incidents.id)`.execute(store.db);
  await sql`analyze`.execute(store.db);
}

function silent() {
  const nothing = () => {};
  return { info: nothing, warn: nothing, error: nothing, debug: nothing };
}
