/**
 * What auto could look at in windows of series (docs/adr/0009-auto-on-series.md): the candidates written down there, against
 * auto as it is, on NAB's known causes and MSL. One fit per series gives every view; candidates differ in which of them they
 * join. Labels judge and do nothing else.
 */
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { mslTasks, nabTasks } from "./lib/series-tasks.js";

const { neighbourViews } = await import(built("detectors/auto/neighbour-views.js"));
const { neighbourhoods } = await import(built("detectors/auto/neighbours.js"));
const { autoOptions } = await import(built("detectors/auto/options.js"));
const { neighbourLogarithms } = await import(built("detectors/auto/parts.js"));
const { meanSphereDistance, sphereView } = await import(built("detectors/auto/sphere-view.js"));
const { defineDetector } = await import(built("detectors/define.js"));
const { pcaOptions } = await import(built("detectors/pca/options.js"));
const { pcaLook } = await import(built("detectors/pca/pca.js"));
const { crossFitted } = await import(built("detectors/windows/cross-fitted.js"));
const { joinedScorer, standardisedViews } = await import(built("detectors/windows/fitted-view.js"));
const { furtherViews, lookView, trainingWindows } = await import(
  built("detectors/windows/training-windows.js")
);
const { sampleFeatures } = await import(built("features/index.js"));
const { add, log } = await import(built("graph/index.js"));
const { inRowBlocks } = await import(built("nn/row-blocks.js"));
const { standardisation, standardised } = await import(built("nn/standardisation.js"));

const report = new Report("auto-on-series", "Views that auto could join on series", {
  parts: { type: "string", default: "nab,msl" },
  seed: { type: "string", default: "0" },
  window: { type: "string", default: "30" },
  stride: { type: "string", default: "10" },
  channels: { type: "string", default: "1000" },
});
const { flags } = report;
const AUTO = ["nearest", "relative", "sphere"];
const AMPLITUDE = ["deviation", "shift"];
const CANDIDATES = {
  auto: AUTO,
  "A: amplitude": [...AUTO, ...AMPLITUDE],
  "B: and shapes": [...AUTO, ...AMPLITUDE, "residual"],
  "C: and single steps": [...AUTO, ...AMPLITUDE, "residual", "single-steps"],
  "D: B, held out": [...AUTO.map((name) => `${name}, held out`), ...AMPLITUDE, "residual"],
};

/** Windows without which a fit to a part of them says nothing. */
const FEWEST = 32;
const ROWS_PER_BLOCK = 64;

/** auto's three views of windows, before they are standardised, as fitted to rows. */
async function autoParts(options, rows, context) {
  const references = sampleFeatures(rows, options.maxReferences, context.random.stream("references"));
  const k = Math.min(options.neighbours, references.rows - 1);
  const neighbours = neighbourViews(references, await neighbourhoods(references, k));
  const spheres = await sphereView(options, rows, context);
  const blocks = (name, value) => (x) =>
    x.graph.prefixed(`${name}.`, () => inRowBlocks(x, ROWS_PER_BLOCK, value));
  return {
    nearest: {
      value: blocks("nearest", (x) => neighbourLogarithms(x, neighbours.part).nearest),
      scale: neighbours.nearest,
    },
    relative: {
      value: blocks("relative", (x) => neighbourLogarithms(x, neighbours.part).relative),
      scale: neighbours.relative,
    },
    sphere: {
      value: blocks("sphere", (x) => log(add(meanSphereDistance(x, spheres.members), spheres.floor))),
      scale: spheres.standardisation,
    },
  };
}

const AllViews = defineDetector({
  name: "all-views",
  title: "Every view that a candidate joins",
  options: autoOptions,
  kinds: ["series"],
  overlapping: true,
  async train(options, data, context) {
    const runtime = await context.backend.inline();
    const quiet = { ...context, onProgress: undefined };
    const windows = trainingWindows(data, 20_000, context.random.stream("windows"));
    const parts = await autoParts(options, windows.dense, quiet);
    const scales = {};
    for (const name of AUTO) {
      const values = await crossFitted(
        runtime,
        windows.dense,
        windows.matrix,
        FEWEST,
        async (rows) => (await autoParts(options, rows, quiet))[name].value,
      );
      scales[name] = { alone: parts[name].scale, held: standardisation(values) };
    }
    const look = (rows) => pcaLook(pcaOptions.parse({}), rows, runtime);
    const residual = await lookView("residual", windows, runtime, FEWEST, look);
    const fitted = [
      residual.view,
      ...(await furtherViews({ amplitude: true, singleSteps: true }, windows, runtime)),
    ];
    const others = standardisedViews(fitted);
    const views = {
      names: [...AUTO, ...others.names],
      values: (x) => [
        ...AUTO.map((name) => standardised(parts[name].value(x), parts[name].scale)),
        ...others.values(x),
      ],
    };
    return { scorer: { ...joinedScorer(views), training: { scales } }, untrained: undefined };
  },
});

const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** The score of windows that joins views of those names. */
function joined(names, views, scales) {
  const columns = names.map((name) => {
    if (!name.endsWith(", held out")) return views[name];
    const plain = name.replace(", held out", "");
    const { alone, held } = scales[plain];
    return views[plain].map((v) => (v * alone.deviation + alone.mean - held.mean) / held.deviation);
  });
  return columns[0].map((_, row) => {
    const parts = columns.map((values) => softplus(values[row]));
    return parts.reduce((sum, part) => sum + part, 0) / parts.length;
  });
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const cut = { window: Number(flags.window), stride: Number(flags.stride) };
const rows = [];
for (const part of flags.parts.split(",")) {
  const tasks = part === "msl" ? mslTasks(cut, Number(flags.channels)) : nabTasks(cut);
  for await (const { task, train, test, judge, chance } of tasks) {
    const row = { part, task, windows: train.rowCount, chance: chance.vusPr };
    try {
      const model = await new AllViews({ seed: Number(flags.seed) }).fit(train);
      const { views } = await model.score(test);
      for (const [name, names] of Object.entries(CANDIDATES))
        row[name] = judge(joined(names, views, model.card.training.scales)).vusPr;
    } catch (error) {
      if (error.code === undefined) throw error;
      for (const name of Object.keys(CANDIDATES)) row[name] = chance.vusPr;
      row.failed = error.code;
    }
    rows.push(row);
    console.error(JSON.stringify(row));
  }
}
for (const part of flags.parts.split(",")) {
  const own = rows.filter((row) => row.part === part);
  report.note(
    `**${part}**, VUS-PR as TSB-AD defines it, buffers up to ${flags.window} steps, seed ${flags.seed}:`,
  );
  const columns = ["chance", ...Object.keys(CANDIDATES)];
  const line = (task, of) => ({
    series: task,
    ...Object.fromEntries(columns.map((name) => [name, of(name).toFixed(3)])),
  });
  report.table([
    line("mean", (name) => mean(own.map((row) => row[name]))),
    ...own.map((row) => line(row.task, (name) => row[name])),
  ]);
}
report.keep({ rows });
report.end();
