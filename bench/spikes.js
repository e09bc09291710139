/**
 * Single steps that stand out from their neighbours, planted into NAB's real known causes after the first 15 %, which train:
 * which detector and which view finds them. Each planted step is moved by --size robust deviations of the differences between
 * neighbouring steps, which mostly stays within the range of the file. AUROC per step; a step counts within --reach of a
 * planted one. NAB's own anomalies count as normal here.
 */
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { nabTasks } from "./lib/series-tasks.js";

const { detectors } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));
const { MAD_TO_SIGMA, mad } = await import(built("math/quantile.js"));

const report = new Report("spikes", "Single steps planted into series", {
  size: { type: "string", default: "6" },
  every: { type: "string", default: "200" },
  reach: { type: "string", default: "5" },
  window: { type: "string", default: "30" },
  seed: { type: "string", default: "0" },
});
const { flags } = report;
const [size, every, reach, window, seed] = ["size", "every", "reach", "window", "seed"].map((name) =>
  Number(flags[name]),
);

const CANDIDATES = {
  "kmeans, single steps": ["kmeans", { singleSteps: true }],
  kmeans: ["kmeans", {}],
  auto: ["auto", {}],
  pca: ["pca", {}],
  "isolation-forest": ["isolation-forest", {}],
};

/** One step in each stretch of `every` is moved, up or down. */
function planted(table, labels) {
  const stream = createRandom(seed).stream("spikes");
  const columns = table.columns.map((column) => {
    if (column.name !== "value") return column;
    const values = Float64Array.from(column.values);
    const scale = MAD_TO_SIGMA * mad(values.slice(1).map((value, k) => value - column.values[k])) || 1;
    for (let from = 0; from + every <= values.length; from += every) {
      const step = from + reach + stream.int(every - 2 * reach);
      values[step] += (stream.uniform() < 0.5 ? -1 : 1) * size * scale;
      spikes.add(step);
    }
    return { ...column, values };
  });
  return { table: { ...table, columns }, labels: labels.map((_, step) => (near(step) ? 1 : 0)) };
}

let spikes = new Set();
const near = (step) => {
  for (let by = -reach; by <= reach; by++) if (spikes.has(step + by)) return true;
  return false;
};

const found = new Map();
const note = (name, figure) => found.set(name, [...(found.get(name) ?? []), figure]);
const plant = (...given) => {
  spikes = new Set();
  return planted(...given);
};
for await (const { task, train, test, judge } of nabTasks({ window }, plant)) {
  for (const [name, [detector, options]] of Object.entries(CANDIDATES)) {
    const model = await detectors[detector].create({ seed, ...options }).fit(train);
    const { scores, views = {} } = await model.score(test);
    note(name, judge(scores).auroc);
    if (options.singleSteps)
      for (const [view, values] of Object.entries(views)) note(`${name}: ${view}`, judge(values).auroc);
    console.error(task, name, found.get(name).at(-1).toFixed(3));
  }
}
report.note(
  `AUROC per step, mean over ${[...found.values()][0].length} files; one step in ${every} moved by ${size} deviations of differences, windows of ${window}, seed ${seed}:`,
);
report.table(
  [...found].map(([name, figures]) => ({
    detector: name,
    auroc: (figures.reduce((sum, value) => sum + value, 0) / figures.length).toFixed(3),
  })),
);
report.end();
