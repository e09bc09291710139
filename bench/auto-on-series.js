/**
 * What auto could look at in windows of series (docs/adr/0009-auto-on-series.md) and how much each view should weigh
 * (docs/adr/0018-families-of-views.md): the candidates written down there. One fit per series gives every view; candidates
 * differ in how they join them. Labels judge and do nothing else.
 *
 *     node bench/auto-on-series.js
 *     node bench/auto-on-series.js --parts nab-others,ucr --window found
 */
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { mslTasks, nabTasks, ucrAnomalyTasks } from "./lib/series-tasks.js";

const { neighbourViews } = await import(built("detectors/auto/neighbour-views.js"));
const { neighbourhoods } = await import(built("detectors/auto/neighbours.js"));
const { autoOptions } = await import(built("detectors/auto/options.js"));
const { neighbourLogarithms } = await import(built("detectors/auto/parts.js"));
const { meanSphereDistance, sphereView } = await import(built("detectors/auto/sphere-view.js"));
const { defineDetector } = await import(built("detectors/define.js"));
const { pcaOptions } = await import(built("detectors/pca/options.js"));
const { pcaLook } = await import(built("detectors/pca/pca.js"));
const { centresLook } = await import(built("detectors/windows/centres-look.js"));
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
/** Names that candidates join with the same weight; a list of names counts once, as their mean. */
const CANDIDATES = {
  auto: AUTO,
  "A: amplitude": [...AUTO, ...AMPLITUDE],
  "B: and shapes": [...AUTO, ...AMPLITUDE, "residual"],
  "C: and single steps": [...AUTO, ...AMPLITUDE, "residual", "single-steps"],
  "D: B, held out": [...AUTO.map((name) => `${name}, held out`), ...AMPLITUDE, "residual"],
  "E: families": [AUTO, ...AMPLITUDE],
  "F: and shapes": [AUTO, "centres", ...AMPLITUDE],
  "G: shapes and amplitude": ["centres", ...AMPLITUDE],
  "H: nearest and amplitude": ["nearest", ...AMPLITUDE],
};

/** Windows without which a fit to a part of them says nothing. */
const FEWEST = 32;
const ROWS_PER_BLOCK = 64;
/** As many as kmeans has by default. */
const CENTRES = 20;

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
    const centres = await lookView("centres", windows, runtime, FEWEST, (rows) =>
      centresLook(runtime, rows, CENTRES, context.random.stream("centres")),
    );
    const fitted = [
      residual.view,
      centres.view,
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
  const part = (name, row) => {
    if (Array.isArray(name)) return mean(name.map((each) => part(each, row)));
    if (!name.endsWith(", held out")) return softplus(views[name][row]);
    const plain = name.replace(", held out", "");
    const { alone, held } = scales[plain];
    return softplus((views[plain][row] * alone.deviation + alone.mean - held.mean) / held.deviation);
  };
  return Array.from(views.nearest, (_, row) => mean(names.map((name) => part(name, row))));
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const window = flags.window === "found" ? undefined : Number(flags.window);
const cut = { window, stride: Number(flags.stride), buffer: window ?? 30 };
const PARTS = {
  msl: () => mslTasks(cut, Number(flags.channels)),
  nab: () => nabTasks(cut),
  "nab-others": () => nabTasks(cut, undefined, ["artificialWithAnomaly", "realAWSCloudwatch"]),
  ucr: () => ucrAnomalyTasks(cut),
};
const rows = [];
for (const part of flags.parts.split(",")) {
  for await (const { task, train, test, judge, chance } of PARTS[part]()) {
    const row = { part, task, windows: train.rowCount, window: train.layout.window, chance: chance.vusPr };
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
    `**${part}**, VUS-PR as TSB-AD defines it, buffers up to ${cut.buffer} steps, windows of ${window ?? "the lengths that are found"}, seed ${flags.seed}:`,
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
