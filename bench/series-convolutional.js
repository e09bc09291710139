/**
 * Scoring every window of a long series: window by window, against once over the steps that windows share, by the same files. One
 * lane after the other, in turns; processor time beside the clock, for machines that others use as well.
 *
 *     node bench/series-convolutional.js [--steps 100000] [--slow-steps 10000] [--window 64] [--channels 8] [--detectors pca,kmeans]
 */
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";

const library = await import(built("index.js"));
const { rawRows } = await import(built("features/index.js"));
const { createRandom } = await import(built("math/random.js"));
const { Sessions } = await import(built("model/sessions.js"));
const { currentBackend } = await import(built("runtime/index.js"));

const short = { epochs: 1, pretrainEpochs: 1 };
/** Training has no part in how long scoring takes. */
const DETECTORS = {
  pca: () => new library.Pca(),
  "pca --normalise window": () => new library.Pca({ normalise: "window" }),
  kmeans: () => new library.Kmeans(),
  forest: () => new library.IsolationForest(),
  "deep-svdd --encoder conv1d": () => new library.DeepSvdd({ ...short, encoder: "conv1d" }),
  "deep-svdd --encoder tcn": () => new library.DeepSvdd({ ...short, encoder: "tcn" }),
  auto: () => new library.Auto(),
  contrast: () => new library.Contrast({ steps: 5 }),
};
/** Of those that take so long per window that a part of the series tells. */
const SLOW = ["auto", "contrast", "deep-svdd --encoder tcn"];

const report = new Report("series-convolutional", "Scoring every window of a series", {
  steps: { type: "string", default: "100000" },
  "slow-steps": { type: "string", default: "10000" },
  window: { type: "string", default: "64" },
  channels: { type: "string", default: "8" },
  rounds: { type: "string", default: "2" },
  detectors: { type: "string", default: Object.keys(DETECTORS).join(",") },
});
const [steps, slowSteps, window, channels, rounds] = [
  "steps",
  "slow-steps",
  "window",
  "channels",
  "rounds",
].map((name) => Number(report.flags[name]));
const TRAINING_STEPS = 12_000;

/** Oscillations that come and go, with noise, and now and then a fault. */
function series(name, length, stride) {
  const random = createRandom(0).stream(name);
  const columns = Array.from({ length: channels }, (_, c) => [
    `x${c}`,
    Float64Array.from({ length }, (_, t) => {
      const size = 1 + 0.3 * Math.sin(t / 100);
      const fault = name === "training" || t % 5000 < 4900 ? 0 : 1;
      return Math.sin(t * (0.1 + 0.013 * c) + c) * size + 0.2 * random.normal() + fault;
    }),
  ]);
  return library.seriesFromTable(library.tableFromColumns(Object.fromEntries(columns)), { window, stride });
}

const training = series("training", TRAINING_STEPS, Math.max(1, Math.round(window / 10)));
const long = series("today", steps, 1);
const part = series("today", slowSteps, 1);
const backend = currentBackend();

/** Scores and flags of all windows, and what they took. */
async function scored(sessions, pieces, count) {
  const [scores, flags] = [new Float32Array(count), new Uint8Array(count)];
  const [clock, cpu] = [performance.now(), process.cpuUsage()];
  await sessions.use(backend, async (session) => {
    for (const { from, feeds } of pieces) {
      const results = await session.run(feeds, ["score", "is_anomaly"]);
      scores.set(results.score.data, from);
      flags.set(results.is_anomaly.data, from);
    }
  });
  const { user, system } = process.cpuUsage(cpu);
  return { scores, flags, seconds: (performance.now() - clock) / 1000, cpu: (user + system) / 1e6 };
}

const rows = [];
const differences = [];
let changed = 0;
for (const name of report.flags.detectors.split(",")) {
  const today = SLOW.includes(name) ? part : long;
  const model = await DETECTORS[name]().fit(training);
  const sessions = new Sessions(model.toBytes());
  const { sessions: overSteps, windows } = await sessions.overSteps();
  const raw = rawRows(today, model.card.schema);
  const count = today.rowCount;
  const best = {};
  let answers = {};
  for (let round = 0; round < rounds; round++) {
    answers = {
      alone: await scored(sessions, raw.pieces(), count),
      over: await scored(overSteps, raw.overlapping.pieces(windows), count),
    };
    for (const [lane, { seconds, cpu }] of Object.entries(answers)) {
      const before = best[lane] ?? { seconds: Infinity, cpu: Infinity };
      best[lane] = { seconds: Math.min(before.seconds, seconds), cpu: Math.min(before.cpu, cpu) };
    }
  }
  await sessions.close();
  const { alone, over } = answers;
  const difference = alone.scores.reduce(
    (most, score, k) => Math.max(most, Math.abs(over.scores[k] - score) / Math.max(1, Math.abs(score))),
    0,
  );
  const flips = alone.flags.reduce((sum, flag, k) => sum + (flag === over.flags[k] ? 0 : 1), 0);
  differences.push(difference);
  changed += flips;
  const each = (seconds) => ((1e6 * seconds) / count).toFixed(1);
  rows.push({
    detector: `\`${name}\``,
    windows: count,
    "window by window, µs": each(best.alone.cpu),
    "over the steps, µs": each(best.over.cpu),
    factor: (best.alone.cpu / best.over.cpu).toFixed(1),
    "by the clock": (best.alone.seconds / best.over.seconds).toFixed(1),
    "greatest difference": difference === 0 ? "0" : difference.toExponential(1),
    "other flags": flips,
  });
}

report.note(
  `Windows of ${window} steps and ${channels} channels, one at each step. Processor time for a window, the least of ${rounds} turns; differences are ` +
    "relative to scores above 1.",
);
report.table(rows);
report.target("greatest difference", Math.max(...differences), { atMost: 1e-5 });
report.target("flags that differ", changed, { atMost: 0 });
report.keep({ rows });
report.end();
