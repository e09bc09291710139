/** How long one row takes from call to answer: model.score() of a table with one row, and of that the run of the graph. */
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";

const { Auto, DeepSvdd, tableFromMatrix } = await import(built("index.js"));
const { currentBackend } = await import(built("runtime/index.js"));
const { createRandom } = await import(built("math/random.js"));
const { quantile } = await import(built("math/quantile.js"));

const report = new Report("latency", "One row at a time", {
  calls: { type: "string", default: "2000" },
  rows: { type: "string", default: "1000" },
  columns: { type: "string", default: "100" },
});
const [calls, rows, columns] = ["calls", "rows", "columns"].map((name) => Number(report.flags[name]));
const WARM_UP = 300;

const random = createRandom(0).stream("rows");
const normals = (count) => {
  const data = Float64Array.from({ length: count * columns }, () => random.normal());
  return tableFromMatrix({ data, rows: count, columns, order: "C" });
};
const training = normals(rows);
const tables = Array.from({ length: 50 }, () => normals(1));

/** The backend in force, and how many milliseconds the last run of a session on it took. */
function timedBackend() {
  const backend = currentBackend();
  const last = { ms: 0 };
  const inline = async () => {
    const runtime = await backend.inline();
    return {
      kind: runtime.kind,
      createSession: async (model) => {
        const session = await runtime.createSession(model);
        const run = async (feeds) => {
          const begun = performance.now();
          const results = await session.run(feeds);
          last.ms = performance.now() - begun;
          return results;
        };
        return { run, release: () => session.release() };
      },
    };
  };
  return { last, backend: { ...backend, inline } };
}

const lines = [];
const medians = {};
for (const [name, detector] of [
  ["auto", new Auto()],
  ["deep-svdd", new DeepSvdd()],
]) {
  const model = await detector.fit(training);
  const { last, backend } = timedBackend();
  const whole = [];
  const runs = [];
  for (let call = -WARM_UP; call < calls; call++) {
    const table = tables[(call + WARM_UP) % tables.length];
    const begun = performance.now();
    await model.score(table);
    const ms = performance.now() - begun;
    await model.score(table, { backend });
    if (call < 0) continue;
    whole.push(ms);
    runs.push(last.ms);
  }
  medians[name] = quantile(whole, 0.5);
  lines.push({
    detector: name,
    "p50, ms": medians[name].toFixed(3),
    "p99, ms": quantile(whole, 0.99).toFixed(3),
    "of that the graph, p50": quantile(runs, 0.5).toFixed(3),
  });
  await model.close();
}
report.note(
  `${calls} calls of model.score() with a table of one row and ${columns} columns, after ${WARM_UP} that do not count; models of ${rows} rows.`,
);
report.table(lines);
for (const [name, median] of Object.entries(medians)) {
  report.target(`${name}, median of one row`, median, { atMost: 0.5, unit: " ms" });
}
report.keep({ lines });
report.end();
