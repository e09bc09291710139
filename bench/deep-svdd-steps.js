/**
 * How few optimiser steps Deep SVDD needs on tables: 20 tables of OddBench, seeds 0 and 1, each setting on the same rows.
 *
 * The rule, fixed before the first run, looks at held-out normals and time alone: the setting that takes least processor
 * time is the default, of those whose held-out losses (error of reconstruction, distance to the centre) are at most 2 %
 * above those of BEFORE, by geometric mean over tables and seeds. AUROC is reported and decides nothing.
 *
 *     node bench/deep-svdd-steps.js            about half an hour
 *     node bench/deep-svdd-steps.js --write    also keeps every run in bench/results, and goes on where it was stopped
 *     node bench/deep-svdd-steps.js --time     only what a fit to 2 000 rows of 25 columns takes, by setting
 */
import { KeptRuns } from "./lib/kept-runs.js";
import { givenRows, measure, oddbenchTables } from "./lib/oddbench.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { mean, median, wilcoxon } from "./lib/stats.js";

const { DeepSvdd, tableFromMatrix } = await import(built("index.js"));
const { normalCdf } = await import(built("math/normal.js"));
const { createRandom } = await import(built("math/random.js"));
const { nodeBackend } = await import(built("runtime/node/backend.js"));

/** One network: stages do not know of the others, and four would take four times as long. */
const MEMBERS = 1;
const BEFORE = { pretrainSteps: 200, pretrainLearningRate: 1e-3, steps: 300, learningRate: 1e-4 };
const SETTINGS = {
  before: BEFORE,
  "half the steps, twice the rate": {
    pretrainSteps: 100,
    pretrainLearningRate: 2e-3,
    steps: 150,
    learningRate: 2e-4,
  },
  "a third, three times": {
    pretrainSteps: 67,
    pretrainLearningRate: 3e-3,
    steps: 100,
    learningRate: 3e-4,
  },
  "compactness: half, twice": { ...BEFORE, steps: 150, learningRate: 2e-4 },
  "compactness: a third, three times": { ...BEFORE, steps: 100, learningRate: 3e-4 },
};
const CAPS = { maxTrain: 2000, maxTest: 4000 };
const SEEDS = [0, 1];
const MOST = 1.02;
const ROUNDS = 5;

const report = new Report("deep-svdd-steps", "How few steps Deep SVDD needs on tables", {
  time: { type: "boolean", default: false },
});
const backend = nodeBackend({ cores: 2 });
const names = Object.keys(SETTINGS);

/** Processor seconds of all threads, which other work on the machine lengthens less than it does the clock. */
async function timed(work) {
  const [begun, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, seconds: (performance.now() - begun) / 1000, cpuSeconds: (user + system) / 1e6 };
}

/** 2 000 rows of 25 columns that eight causes move, half of them bent. */
function generated() {
  const stream = createRandom("deep-svdd-steps").stream("rows");
  const normals = (count) => Array.from({ length: count }, () => stream.normal());
  const mix = Array.from({ length: 25 }, () => normals(8));
  return tableFromMatrix(
    Array.from({ length: 2000 }, () => {
      const causes = normals(8).map((value, k) => (k % 2 === 0 ? value : Math.tanh(value)));
      return mix.map(
        (row) => row.reduce((sum, weight, k) => sum + weight * causes[k], 0) + 0.3 * stream.normal(),
      );
    }),
  );
}

if (report.flags.time) {
  const table = generated();
  const found = Object.fromEntries(names.map((name) => [name, []]));
  await new DeepSvdd().fit(table, { backend });
  // Settings take turns, so that what else the machine does falls on all of them.
  for (let round = 0; round < ROUNDS; round++)
    for (const name of names)
      found[name].push(await timed(() => new DeepSvdd(SETTINGS[name]).fit(table, { backend })));
  report.note("A fit to 2 000 rows of 25 columns, two cores; least and median of five, settings in turn.");
  report.table(
    names.map((setting) => {
      const of = (key) => found[setting].map((each) => each[key]);
      const both = (values) => `${Math.min(...values).toFixed(2)} / ${median(values).toFixed(2)}`;
      return { setting, seconds: both(of("seconds")), "processor seconds": both(of("cpuSeconds")) };
    }),
  );
  process.exit(0);
}

const all = oddbenchTables();
const tables = all.filter((_, k) => k % Math.round(all.length / 20) === 0);
const runs = new KeptRuns(report, { members: MEMBERS, ...CAPS });
const jobs = tables.flatMap((dataset) =>
  SEEDS.flatMap((seed) => names.map((setting) => ({ dataset, seed, setting }))),
);
await runs.all(jobs, [backend], async ({ dataset, seed, setting }) => {
  const rows = await givenRows(dataset, seed, CAPS);
  const { result, cpuSeconds } = await timed(() =>
    measure(
      rows,
      { detector: "deep-svdd", options: { ...SETTINGS[setting], members: MEMBERS } },
      seed,
      backend,
    ),
  );
  const { figures, training } = result;
  const kept = (stage) => mean(training.members.map((member) => keptLoss(member[stage])));
  const ended = training.members.flatMap((member) => [member.pretraining.ended, member.compactness.ended]);
  return { ...figures, cpuSeconds, error: kept("pretraining"), distance: kept("compactness"), ended };
});

/** The held-out loss of the state that a stage kept; of one that never came nearer, the first on its curve. */
function keptLoss({ curve, kept }) {
  return (curve.find(({ epoch }) => epoch === kept) ?? curve[0]).validation;
}

const of = (setting, key) =>
  tables.flatMap((dataset) =>
    SEEDS.map(
      (seed) =>
        runs.rows.find((row) => row.dataset === dataset && row.seed === seed && row.setting === setting)[key],
    ),
  );
/** Geometric mean of the ratios to BEFORE. */
const ratio = (setting, key) => {
  const base = of("before", key);
  return Math.exp(mean(of(setting, key).map((value, k) => Math.log(value / base[k]))));
};
const allowed = (setting) => ["error", "distance"].every((key) => ratio(setting, key) <= MOST);
const winner = names
  .filter(allowed)
  .reduce((best, name) => (mean(of(name, "cpuSeconds")) < mean(of(best, "cpuSeconds")) ? name : best));

report.note(
  `${tables.length} tables of OddBench, every ${Math.round(all.length / 20)}th by name, at most ${CAPS.maxTrain} training and ${CAPS.maxTest} test rows; one network; seeds ` +
    `${SEEDS.join(" and ")}. Held-out losses of the states kept, relative to the first line (geometric mean over tables, seeds). AUROC had no part in the choice.`,
);
report.table(
  names.map((setting) => {
    const { pretrainSteps, pretrainLearningRate, steps, learningRate } = SETTINGS[setting];
    const gains = of(setting, "auroc").map((value, k) => value - of("before", "auroc")[k]);
    const byTable = tables.map((_, k) => mean(gains.slice(SEEDS.length * k, SEEDS.length * (k + 1))));
    return {
      setting,
      pretraining: `${pretrainSteps} at ${pretrainLearningRate}`,
      compactness: `${steps} at ${learningRate}`,
      "held-out error": ratio(setting, "error").toFixed(3),
      "held-out distance": ratio(setting, "distance").toFixed(3),
      "processor s": mean(of(setting, "cpuSeconds")).toFixed(2),
      AUROC: mean(of(setting, "auroc")).toFixed(4),
      untrained: mean(of(setting, "untrainedAuroc")).toFixed(4),
      gain:
        setting === "before"
          ? ""
          : `${mean(byTable).toFixed(4)} (p = ${wilcoxon(byTable, normalCdf).p.toPrecision(2)})`,
    };
  }),
);
report.note(`Chosen by the rule: ${winner}.`);
report.keep({ settings: runs.settings, rows: runs.rows });
report.end();
