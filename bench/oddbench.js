/**
 * Detectors on 120 tables of OddBench, on the benchmark's own split, as `compare --protocol given` measures them: mean
 * AUROC and ranks, Wilcoxon's signed-rank test against nearest neighbours and against auto, and what a fit takes on one
 * core. Among them what docs/adr/0011 tries for auto. Cheap detectors come first, each on all tables before the next.
 *
 *     node bench/oddbench.js                       about two hours
 *     node bench/oddbench.js --write               also keeps every run in bench/results, and goes on where it was stopped
 *     node bench/oddbench.js --detectors auto,knn --tables 20
 */
import { KeptRuns } from "./lib/kept-runs.js";
import { givenRows, measure, oddbenchTables, oneCore } from "./lib/oddbench.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { mean, wilcoxon } from "./lib/stats.js";
import { AutoKdsm, AutoMcm, AutoMeanSquare } from "./lib/table-prototypes.js";

const { summarize } = await import(built("evaluate/compare/index.js"));
const { normalCdf } = await import(built("math/normal.js"));
const { VERSION } = await import(built("version.js"));

const CONTESTANTS = {
  "isolation-forest": { detector: "isolation-forest" },
  knn: { detector: "knn" },
  "knn-mean-square": { detector: "knn", options: { method: "root-mean-square" } },
  "one-class-svm": { detector: "one-class-svm" },
  "one-class-svm, gamma 0.3": { detector: "one-class-svm", options: { gamma: 0.3 } },
  auto: { detector: "auto" },
  "auto-mean-square": { create: (options) => new AutoMeanSquare(options) },
  "auto-k-dsm": { create: (options) => new AutoKdsm(options) },
  "auto-mcm": { create: (options) => new AutoMcm(options) },
  autoencoder: { detector: "autoencoder" },
  "deep-svdd": { detector: "deep-svdd" },
  drocc: { detector: "drocc" },
};
const CAPS = { maxTrain: 5000, maxTest: 10_000 };
/** What the others are tested against. */
const REFERENCES = ["knn", "auto"];

const report = new Report("oddbench", "OddBench, one-class, the benchmark's own split", {
  detectors: { type: "string" },
  tables: { type: "string" },
  seed: { type: "string", default: "0" },
  "report-only": { type: "boolean", default: false },
});
const seed = Number(report.flags.seed);
const all = oddbenchTables();
const tables = all.slice(0, Number(report.flags.tables ?? all.length));
const names = Object.keys(CONTESTANTS).filter(
  (name) => report.flags.detectors?.split(",").includes(name.split(",")[0]) ?? true,
);
const runs = new KeptRuns(report, { version: VERSION, ...CAPS });
const backend = oneCore();

if (!report.flags["report-only"]) {
  for (const detector of names) {
    const jobs = tables.map((dataset) => ({ dataset, detector, seed }));
    await runs.all(jobs, [backend], async ({ dataset }) => {
      try {
        const rows = await givenRows(dataset, seed, CAPS);
        return (await measure(rows, CONTESTANTS[detector], seed, backend)).figures;
      } catch (error) {
        return { error: error.message };
      }
    });
  }
}

const chosen = runs.rows.filter(
  (row) => names.includes(row.detector) && tables.includes(row.dataset) && row.seed === seed,
);
const complete = names.filter(
  (name) => chosen.filter((row) => row.detector === name).length === tables.length,
);
const partial = names.filter((name) => !complete.includes(name));
const rows = chosen.filter((row) => complete.includes(row.detector));
if (rows.length === 0) throw new Error("No detector has been through all tables yet.");
const summary = summarize(rows);
const aurocs = (name) =>
  summary.common.map((dataset) => rows.find((row) => row.dataset === dataset && row.detector === name).auroc);
const text = (value, digits = 4) => (value === null || Number.isNaN(value) ? "-" : value.toFixed(digits));
const against = (name, other) => {
  if (name === other || !complete.includes(other)) return "";
  const theirs = aurocs(other);
  const differences = aurocs(name).map((value, k) => value - theirs[k]);
  const { p, better, worse } = wilcoxon(differences, normalCdf);
  const gain = mean(differences);
  return `${gain < 0 ? "" : "+"}${gain.toFixed(4)} (${better}:${worse}, p = ${p.toPrecision(2)})`;
};

report.note(
  `${tables.length} tables of OddBench: normal rows of its training part train (at most ${CAPS.maxTrain}), its test part tests (at most ` +
    `${CAPS.maxTest}), drawn by the seed where there are more. Seed ${seed}, default options but for those named, hypersphere ${VERSION}. ` +
    `Means and ranks over ${summary.common.length} tables that all detectors here managed. Differences in mean AUROC, with tables better and worse, and ` +
    "Wilcoxon's signed-rank test, two-sided. Seconds on one core of a machine shared with other work: compare them with each other only.",
);
report.table(
  summary.detectors.map(({ detector, ...row }) => ({
    detector,
    "mean AUROC": text(row.auroc),
    untrained: text(row.untrainedAuroc),
    "average precision": text(row.averagePrecision),
    "mean rank": text(row.rank, 2),
    ...Object.fromEntries(REFERENCES.map((other) => [`against ${other}`, against(detector, other)])),
    "fit, s": text(row.fitSeconds, 2),
    "score, s": text(row.scoreSeconds, 2),
    failures: row.failures,
  })),
);
report.note(
  `Critical difference of mean ranks (Nemenyi, 5 %): ${summary.criticalDifference?.toFixed(2) ?? "none for one detector"}.`,
);
if (partial.length > 0) report.note(`Not through all tables yet, and left out: ${partial.join("; ")}.`);
for (const { dataset, detector, error } of summary.failures)
  report.note(`Failed: ${detector} on ${dataset}: ${error}`);
report.keep({ settings: runs.settings, rows: runs.rows });
report.end();
