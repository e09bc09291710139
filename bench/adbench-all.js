/**
 * Every detector on the ADBench tables, one-class: means and ranks, and what training gave Deep SVDD.
 *
 *     node bench/adbench-all.js                      all 25 tables; goes on where it was stopped
 *     node bench/adbench-all.js --write              also keeps the table in bench/results and docs/benchmarks.md
 *     node bench/adbench-all.js --tables 45_wine,14_glass --name adbench-some
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { built, dataFolder, root } from "./lib/root.js";

const { summarize, succeeded, recommend } = await import(built("evaluate/compare/index.js"));

const { values: flags } = parseArgs({
  options: {
    write: { type: "boolean", default: false },
    name: { type: "string", default: "adbench-all" },
    tables: { type: "string" },
    detectors: {
      type: "string",
      default: "auto,knn,isolation-forest,one-class-svm,pca,autoencoder,deep-svdd",
    },
    seeds: { type: "string", default: "0,1" },
    jobs: { type: "string" },
  },
});
const TARGET = 0.895;

const folder = join(dataFolder, "tabular/adbench");
const chosen = flags.tables?.split(",");
const paths = readdirSync(folder)
  .filter((file) => file.endsWith(".npz") && (chosen === undefined || chosen.includes(file.slice(0, -4))))
  .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
  .map((file) => join(folder, file));
if (paths.length === 0)
  throw new Error("No tables: set HYPERSPHERE_DATA to the folder that holds tabular/adbench.");

const results = join(root, "bench/results");
mkdirSync(results, { recursive: true });
const json = join(results, `${flags.name}.json`);
const begun = performance.now();
const { status } = spawnSync(
  process.execPath,
  [
    join(root, "bin/hypersphere.js"),
    "compare",
    ...paths,
    ...["--protocol", "one-class", "--detectors", flags.detectors, "--seeds", flags.seeds],
    ...["--json", json, "--resume"],
    ...(flags.jobs === undefined ? [] : ["--jobs", flags.jobs]),
  ],
  { stdio: ["ignore", "inherit", "inherit"] },
);
if (status !== 0) process.exit(status ?? 1);
const minutes = (performance.now() - begun) / 60_000;

const seeds = flags.seeds.split(",").map(Number);
const detectors = flags.detectors.split(",");
const datasets = paths.map((path) => path.split(/[\\/]/).at(-1).slice(0, -4));
const { rows: all, settings } = JSON.parse(readFileSync(json, "utf8"));
// The file may hold runs from before that are not part of this table.
const rows = all.filter(
  (row) => datasets.includes(row.dataset) && detectors.includes(row.detector) && seeds.includes(row.seed),
);
const summary = summarize(rows);
const names = summary.detectors.map(({ detector }) => detector);
const controlled = summary.detectors.filter(({ untrainedAuroc }) => untrainedAuroc !== null);

const mean = (values) =>
  values.length === 0 ? Number.NaN : values.reduce((a, b) => a + b, 0) / values.length;
const cell = (dataset, detector) =>
  rows.filter((row) => row.dataset === dataset && row.detector === detector && succeeded(row));
const text = (value, digits = 4) => (value === null || Number.isNaN(value) ? "-" : value.toFixed(digits));

const head = ["table", ...names, ...controlled.map(({ detector }) => `${detector}, untrained`)];
const lines = datasets.map((dataset) => {
  const aurocs = names.map((name) => mean(cell(dataset, name).map(({ auroc }) => auroc)));
  const best = Math.max(...aurocs.filter((value) => !Number.isNaN(value)));
  return [
    dataset,
    ...aurocs.map((value) => (value === best ? `**${text(value)}**` : text(value))),
    ...controlled.map(({ detector }) => text(mean(cell(dataset, detector).map((row) => row.untrainedAuroc)))),
  ];
});
const blank = controlled.map(() => "");
const footer = [
  [
    "**mean**",
    ...summary.detectors.map(({ auroc }) => text(auroc)),
    ...controlled.map((row) => text(row.untrainedAuroc)),
  ],
  ["**mean rank**", ...summary.detectors.map(({ rank }) => text(rank, 2)), ...blank],
  ["between seeds (s.d.)", ...summary.detectors.map((row) => text(row.aurocDeviation)), ...blank],
  ["average precision", ...summary.detectors.map((row) => text(row.averagePrecision)), ...blank],
  ["fit, s", ...summary.detectors.map((row) => text(row.fitSeconds, 2)), ...blank],
  ["score, s", ...summary.detectors.map((row) => text(row.scoreSeconds, 2)), ...blank],
];
const markdown = [
  `AUROC on ${datasets.length} ADBench tables, one-class: half of the normal rows train (at most ` +
    `${settings["training rows at most"]}), the other half and all anomalies test (at most ` +
    `${settings["test rows at most"]}); means over seeds ${seeds.join(", ")}; best of each row in bold; default ` +
    `options. hypersphere ${settings.hypersphere}; \`node bench/adbench-all.js --write\` makes this table.`,
  "",
  ...[head, head.map((_, k) => (k === 0 ? "---" : "--:")), ...lines, ...footer].map(
    (cells) => `| ${cells.join(" | ")} |`,
  ),
  "",
  ...(summary.common.length < datasets.length
    ? [`Means and ranks are over the ${summary.common.length} tables that every detector managed.`, ""]
    : []),
  ...(summary.criticalDifference === undefined
    ? []
    : [`Critical difference of mean ranks (Nemenyi, 5 %): ${summary.criticalDifference.toFixed(2)}.`, ""]),
  recommend(summary).sentences.join(" "),
].join("\n");
console.log(`\n${markdown}\n`);

const auto = summary.detectors.find(({ detector }) => detector === "auto");
if (auto !== undefined && chosen === undefined) {
  const rivals = summary.detectors.filter(({ detector }) => detector !== "auto");
  const met = (yes) => (yes ? "met" : "MISSED");
  console.log(`${met(auto.auroc >= TARGET)}: auto ${text(auto.auroc)} (target: at least ${TARGET})`);
  console.log(`${met(rivals.every(({ auroc }) => auroc < auto.auroc))}: auto first by mean AUROC`);
  console.log(`${met(rivals.every(({ rank }) => rank > auto.rank))}: auto first by mean rank`);
}
console.log(`${minutes.toFixed(1)} minutes, without runs that were done before.`);

if (flags.write) {
  writeFileSync(join(results, `${flags.name}.md`), `# ADBench, one-class\n\n${markdown}\n`);
  const page = join(root, "docs/benchmarks.md");
  const block = `<!-- bench: ${flags.name} -->\n\n${markdown}\n\n<!-- end of bench -->`;
  const before = existsSync(page) ? readFileSync(page, "utf8") : "# Benchmarks\n";
  const marked = new RegExp(`<!-- bench: ${flags.name} -->[\\s\\S]*?<!-- end of bench -->`);
  const after = marked.test(before)
    ? before.replace(marked, () => block)
    : `${before.trimEnd()}\n\n## ADBench, one-class\n\n${block}\n`;
  writeFileSync(page, after);
  console.log(`Kept in bench/results/${flags.name}.md and docs/benchmarks.md.`);
}
