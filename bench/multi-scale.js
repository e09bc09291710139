/**
 * Multi-scale against single-scale Deep SVDD on the ADBench tables, one-class, default options, with an interval for the
 * difference.
 *
 *     node bench/multi-scale.js             25 tables, one seed; goes on where it was stopped
 *     node bench/multi-scale.js --write     also keeps the table in bench/results
 *     node bench/multi-scale.js --seeds 0,1 --tables 45_wine,14_glass
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { meanDifference, meanDifferenceText } from "./lib/bootstrap.js";
import { Report } from "./lib/report.js";
import { dataFolder, root } from "./lib/root.js";
import { mean } from "./lib/stats.js";

const SINGLE = "deep-svdd";
const SEVERAL = "multi-scale";

const report = new Report("multi-scale", "Multi-scale against single-scale Deep SVDD", {
  seeds: { type: "string", default: "0" },
  tables: { type: "string" },
  jobs: { type: "string" },
});
const { seeds, tables, jobs } = report.flags;

const folder = join(dataFolder, "tabular/adbench");
const chosen = tables?.split(",");
const paths = readdirSync(folder)
  .filter((file) => file.endsWith(".npz") && (chosen === undefined || chosen.includes(file.slice(0, -4))))
  .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
  .map((file) => join(folder, file));
if (paths.length === 0)
  throw new Error("No tables: set HYPERSPHERE_DATA to the folder that holds tabular/adbench.");

const results = join(root, "bench/results");
mkdirSync(results, { recursive: true });
const json = join(results, "multi-scale-runs.json");
const { status } = spawnSync(
  process.execPath,
  [
    join(root, "bin/hypersphere.js"),
    "compare",
    ...paths,
    ...["--protocol", "one-class", "--detectors", `${SINGLE},${SEVERAL}`, "--seeds", seeds],
    ...["--json", json, "--resume"],
    ...(jobs === undefined ? [] : ["--jobs", jobs]),
  ],
  { stdio: ["ignore", "inherit", "inherit"] },
);
if (status !== 0) process.exit(status ?? 1);

const { rows } = JSON.parse(readFileSync(json, "utf8"));
const wanted = seeds.split(",").map(Number);
const of = (dataset, detector, figure) =>
  mean(
    rows
      .filter(
        (row) =>
          row.dataset === dataset && row.detector === detector && wanted.includes(row.seed) && !row.error,
      )
      .map((row) => row[figure]),
  );
const datasets = paths.map((path) => path.split(/[\\/]/).at(-1).slice(0, -4));
const lines = datasets.map((dataset) => ({
  dataset,
  single: of(dataset, SINGLE, "auroc"),
  several: of(dataset, SEVERAL, "auroc"),
  singleUntrained: of(dataset, SINGLE, "untrainedAuroc"),
  severalUntrained: of(dataset, SEVERAL, "untrainedAuroc"),
  singleSeconds: of(dataset, SINGLE, "fitSeconds"),
  severalSeconds: of(dataset, SEVERAL, "fitSeconds"),
}));

// Tables are the population: they are drawn anew.
const differences = lines.map(({ single, several }) => several - single);
const result = meanDifference(differences, "multi-scale");

report.note(
  `AUROC on ${datasets.length} ADBench tables, one-class (half of the normal rows train, the rest and all anomalies test), ` +
    `default options, seeds ${seeds}.`,
);
const text = (value) => value.toFixed(4);
const figures = (name, own) => ({
  table: name,
  [SINGLE]: text(mean(own.map((line) => line.single))),
  [SEVERAL]: text(mean(own.map((line) => line.several))),
  difference: text(mean(own.map((line) => line.several - line.single))),
  [`${SINGLE}, untrained`]: text(mean(own.map((line) => line.singleUntrained))),
  [`${SEVERAL}, untrained`]: text(mean(own.map((line) => line.severalUntrained))),
  "fit, s": `${mean(own.map((line) => line.singleSeconds)).toFixed(1)} / ${mean(own.map((line) => line.severalSeconds)).toFixed(1)}`,
});
report.table([...lines.map((line) => figures(line.dataset, [line])), figures("**mean**", lines)]);
report.note(`${SEVERAL} over ${SINGLE}: ${meanDifferenceText(differences, result, "tables")}.`);
report.keep({ seeds: wanted, lines, ...result });
report.end();
