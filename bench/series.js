/**
 * Detectors of windows of series, default options, on the same windows: auto; contrast, k-means and
 * PCA of shapes with the views of amplitude and without them; PCA of windows as they are; Isolation Forest;
 * and Deep SVDD with each encoder for series:
 *
 * - ECG5000, windows that were cut already: normals of UCR's training rows and half of the other normals train, the rest
 *   and all anomalies test; AUROC per window.
 * - MSL, each channel its own model, and NAB's real known causes, each file its own model, trained on its first 15 %
 *   (NAB's probationary period): windows of --window steps, scores per time step as means over the windows that cover it;
 *   VUS-PR and VUS-ROC with buffers up to a window, no point adjustment. With `--window found` each series has the window that
 *   is found from its training steps, as where a user names none, and buffers are up to 30 steps.
 *
 * Labels judge and do nothing else. With --write, results are kept after every fit, and those that are there are not
 * computed again.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Report } from "./lib/report.js";
import { built, dataFolder, root } from "./lib/root.js";
import { mslTasks, nabTasks } from "./lib/series-tasks.js";

const { detectors } = await import(built("index.js"));
const { selectSeries } = await import(built("doors/data.js"));
const { openNpz, readWindows } = await import(built("doors/io.js"));
const { auroc } = await import(built("metrics/index.js"));
const { ranks } = await import(built("math/quantile.js"));
const { createRandom } = await import(built("math/random.js"));
const { encoders } = await import(built("nn/encoders.js"));

/**
 * What is compared beside Deep SVDD: a detector and its options. Those with `shapes`, the name of a view, are judged a second
 * time by that view alone: that is the same model without the views of amplitude.
 */
const CANDIDATES = {
  contrast: ["contrast", {}, { shapes: "contrast" }],
  auto: ["auto", {}],
  kmeans: ["kmeans", {}, { shapes: "centres" }],
  pca: ["pca", {}],
  "pca of shapes": ["pca", { normalise: "window" }, { shapes: "residual" }],
  "isolation-forest": ["isolation-forest", {}],
};
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** How a view becomes a score where it is the only one. */
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const named = (fallback) => ({ type: "string", default: fallback });
const report = new Report("series", "Series: ECG5000, MSL, and NAB's real known causes", {
  parts: named("ecg5000,msl,nab"),
  detectors: named(Object.keys(CANDIDATES).join(",")),
  encoders: named(
    Object.keys(encoders)
      .filter((name) => encoders[name].input === "series")
      .join(","),
  ),
  seeds: named("0,1"),
  window: named("30"),
  stride: named("10"),
  /** For a quick look: epochs of both stages, networks of an ensemble, channels of MSL. */
  epochs: named(""),
  members: named(""),
  channels: named("1000"),
});
const { flags } = report;
const folder = join(dataFolder, "timeseries");
if (!existsSync(folder)) {
  console.error(`There is no ${folder}: set HYPERSPHERE_DATA to the folder that holds timeseries/.`);
  process.exit(1);
}
const list = (text) => text.split(",").filter((item) => item !== "");
const stride = Number(flags.stride);
const window = flags.window === "found" ? undefined : Number(flags.window);
/** What VUS tolerates beside an anomaly: the same for all lengths that are found. */
const buffer = window ?? 30;
const short = {
  ...(flags.epochs !== "" && { epochs: Number(flags.epochs), pretrainEpochs: Number(flags.epochs) }),
  ...(flags.members !== "" && { members: Number(flags.members) }),
};
const cut = { window, stride, buffer };
const settings = { window: window ?? "found", stride, ...short };

const kept = join(root, "bench/results/series.json");
const before = flags.write && existsSync(kept) ? JSON.parse(readFileSync(kept, "utf8")) : {};
const rows = JSON.stringify(before.settings) === JSON.stringify(settings) ? before.rows : [];

/**
 * Every detector on one task and seed, unless its row is there: `judge` turns the scores of the test set into figures, and
 * what cannot be trained gets those of `chance`.
 */
async function compare(part, task, seed, { train, test }, judge, chance) {
  for (const name of [...list(flags.detectors), ...list(flags.encoders)]) {
    const key = { part, task, name, seed };
    if (rows.some((row) => Object.entries(key).every(([field, value]) => row[field] === value))) continue;
    const [known, options, { shapes } = {}] = CANDIDATES[name] ?? ["deep-svdd", { encoder: name, ...short }];
    const detector = detectors[known].create({ seed, ...options });
    const begun = performance.now();
    const row = { ...key, windows: train.rowCount, window: train.layout?.window, chance };
    try {
      const model = await detector.fit(train);
      row.fitSeconds = (performance.now() - begun) / 1000;
      row.healthy = model.card.training.health?.healthy;
      const scored = await model.score(test);
      Object.assign(row, judge(scored.scores));
      row.views = mapValues(scored.views ?? {}, judge);
      if (shapes !== undefined) row.shapes = judge(scored.views[shapes].map(softplus));
      const untrained = await model.untrainedScores(test);
      if (untrained !== undefined) row.untrained = judge(untrained);
    } catch (error) {
      if (error.code === undefined) throw error;
      // Not what scores all alike would get: trapezoids make an area of one half of that.
      if (!(name in CANDIDATES)) row.untrained = chance;
      Object.assign(row, chance, { failed: `${error.code}: ${error.message.replace(`${dataFolder}/`, "")}` });
    }
    rows.push(row);
    console.error(JSON.stringify(row));
    if (flags.write) {
      mkdirSync(dirname(kept), { recursive: true });
      writeFileSync(kept, JSON.stringify({ settings, rows }));
    }
  }
}

const mapValues = (record, of) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value)]));

async function ecg5000(seed) {
  const path = join(folder, "ecg5000/ecg5000.npz");
  const { series, classes } = await readWindows(path);
  const official = (await (await openNpz(readFileSync(path), path)).read("in_ucr_train")).data;
  const random = createRandom(seed).stream("ecg5000");
  const all = Uint32Array.from(classes.values.keys());
  const normals = all.filter((row) => classes.values[row] === 0);
  const others = normals.filter((row) => official[row] !== 1);
  const half = new Set(random.sample(others.length, others.length >> 1));
  const trained = new Set([
    ...normals.filter((row) => official[row] === 1),
    ...others.filter((_, k) => half.has(k)),
  ]);
  const held = all.filter((row) => !trained.has(row));
  const labels = held.map((row) => classes.values[row]);
  const data = {
    train: selectSeries(
      series,
      all.filter((row) => trained.has(row)),
    ),
    test: selectSeries(series, held),
  };
  await compare("ecg5000", "ECG5000", seed, data, (scores) => ({ auroc: auroc(labels, scores) }), {
    auroc: 0.5,
  });
}

async function points(part, tasks, seed) {
  for await (const { task, train, test, judge, chance } of tasks)
    await compare(part, task, seed, { train, test }, judge, chance);
}

for (const seed of list(flags.seeds).map(Number)) {
  for (const part of list(flags.parts)) {
    if (part === "ecg5000") await ecg5000(seed);
    else await points(part, part === "msl" ? mslTasks(cut, Number(flags.channels)) : nabTasks(cut), seed);
  }
}

const figure = (values) => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? "-" : mean(known).toFixed(3);
};
/** Each detector's rank among all, 1 the best: of a task by the mean over seeds, and then the mean over tasks. */
function meanRanks(own, tasks, names, field) {
  const places = tasks.map((task) =>
    ranks(
      names.map(
        (name) => -mean(own.filter((row) => row.task === task && row.name === name).map((row) => row[field])),
      ),
    ),
  );
  return new Map(names.map((name, k) => [name, mean(places.map((place) => place[k])).toFixed(2)]));
}
report.keep({ settings, rows });
const viewNames = ({ views }) => Object.keys(views ?? {});
const length = `${flags.epochs === "" ? "default" : flags.epochs} epochs, seeds ${flags.seeds}`;
for (const [part, title, figures] of [
  ["ecg5000", "ECG5000, AUROC per beat", ["auroc"]],
  ["msl", "MSL, mean over channels, per time step", ["vusPr", "vusRoc", "auroc"]],
  ["nab", "NAB's real known causes, mean over files, per time step", ["vusPr", "vusRoc", "auroc"]],
]) {
  const own = rows.filter((row) => row.part === part);
  if (own.length === 0) continue;
  const names = [...new Set(own.map(({ name }) => name))];
  const tasks = [...new Set(own.map(({ task }) => task))];
  const ways =
    part === "ecg5000"
      ? ""
      : `; windows of ${window ?? "the lengths that are found"}, stride ${part === "nab" ? 1 : stride} in training and 1 in scoring; VUS as TSB-AD defines it, buffers up to ${buffer} steps`;
  const rank = meanRanks(own, tasks, names, figures[0]);
  report.note(`**${title}.** ${tasks.length} task${tasks.length === 1 ? "" : "s"}, ${length}${ways}.`);
  report.table(
    [...names, "chance"].map((name) => {
      const mine =
        name === "chance" ? own.map(({ chance }) => chance) : own.filter((row) => row.name === name);
      return {
        detector: name,
        ...Object.fromEntries(
          figures.flatMap((field) => [
            [field, figure(mine.map((row) => row[field]))],
            [`${field}, untrained`, figure(mine.map((row) => row.untrained?.[field]))],
            [`${field}, without amplitude`, figure(mine.map((row) => row.shapes?.[field]))],
          ]),
        ),
        [`mean rank, ${figures[0]}`]: rank.get(name) ?? "-",
        "s per fit": figure(mine.map((row) => row.fitSeconds)),
        failed: mine.filter((row) => row.failed !== undefined).length,
      };
    }),
  );
  const joined = names.filter((name) => own.some((row) => row.name === name && viewNames(row).length > 0));
  if (joined.length > 0) {
    report.note(`What each view finds by itself, ${figures[0]}:`);
    report.table(
      joined.flatMap((name) => {
        const mine = own.filter((row) => row.name === name);
        return viewNames(mine[0]).map((view) => ({
          detector: name,
          view,
          [figures[0]]: figure(mine.map((row) => row.views[view]?.[figures[0]])),
        }));
      }),
    );
  }
  if (part === "ecg5000") {
    for (const name of names.filter((name) => !(name in CANDIDATES))) {
      report.target(
        `ECG5000, ${name}`,
        mean(own.filter((row) => row.name === name).map(({ auroc }) => auroc)),
        {
          atLeast: 0.95,
        },
      );
    }
  } else {
    const of = (name, pick = (row) => row.vusPr) =>
      mean(own.filter((row) => row.name === name && pick(row) !== undefined).map(pick));
    if (names.includes("auto"))
      report.target(`${part}, auto, VUS-PR`, of("auto"), { atLeast: part === "msl" ? 0.4 : 0.5 });
    if (part === "nab" && names.includes("contrast")) {
      const gain = of("contrast") - of("contrast", ({ shapes }) => shapes?.vusPr);
      report.target("nab, gain of contrast by the views of amplitude, VUS-PR", gain, { atLeast: 0.05 });
    }
    report.table(
      tasks.map((task) => ({
        task,
        ...Object.fromEntries(
          names.map((name) => [
            `${name}, VUS-PR`,
            figure(own.filter((row) => row.task === task && row.name === name).map(({ vusPr }) => vusPr)),
          ]),
        ),
      })),
    );
  }
}
for (const row of rows.filter(({ failed }) => failed !== undefined))
  report.note(`Not trained: ${row.task}, ${row.name}, seed ${row.seed}: ${row.failed}`);
report.end();
