/**
 * Deep SVDD with default options on the 25 tables of ADBench, one-class protocol: half of the normals train (at most
 * 5 000 rows), the other half and all anomalies test (at most 20 000 rows), for each seed. Beside it, on the same
 * rows: the same networks before training, and nearest neighbours.
 *
 * With --write, results are kept after every fit, and rows that are there are not computed again.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { built, dataFolder, root } from "./lib/root.js";

const { detectors, samplesOf, VERSION } = await import(built("index.js"));
const { splitLabels } = await import(built("doors/data.js"));
const { readTable } = await import(built("doors/io.js"));
const { runJob } = await import(built("evaluate/compare/index.js"));

const { values: flags } = parseArgs({
  options: {
    write: { type: "boolean", default: false },
    seeds: { type: "string", default: "0,1" },
    detectors: { type: "string", default: "deep-svdd,knn" },
    tables: { type: "string", default: "" },
  },
});
const seeds = flags.seeds.split(",").map(Number);
const names = flags.detectors.split(",").filter((name) => Object.hasOwn(detectors, name));
const folder = join(dataFolder, "tabular/adbench");
if (!existsSync(folder)) {
  console.error(
    `There is no ${folder}: set HYPERSPHERE_DATA to the folder that holds tabular/adbench/*.npz.`,
  );
  process.exit(1);
}
const tables = readdirSync(folder)
  .filter((file) => file.endsWith(".npz") && file.includes(flags.tables))
  .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));

const kept = join(root, "bench/results/adbench-deep-svdd.json");
const rows = flags.write && existsSync(kept) ? JSON.parse(readFileSync(kept, "utf8")).rows : [];
const rowOf = (dataset, detector, seed) =>
  rows.find((row) => row.dataset === dataset && row.detector === detector && row.seed === seed);
const protocol = { protocol: "one-class", maxTrain: 5000, maxTest: 20_000 };

for (const file of tables) {
  const dataset = file.replace(/\.npz$/, "");
  let data;
  for (const seed of seeds) {
    for (const detector of names) {
      if (rowOf(dataset, detector, seed) !== undefined) continue;
      if (data === undefined) {
        const { features, labels } = splitLabels(await readTable(join(folder, file)), "y");
        data = samplesOf(features, { labels });
      }
      const contestant = { name: detector, detector, options: {} };
      const { curves, ...row } = await runJob({ dataset, samples: data, contestant, seed, protocol });
      if (row.error !== undefined) throw new Error(`${dataset}, ${detector}, seed ${seed}: ${row.error}`);
      rows.push(row);
      console.error(
        `${dataset} seed ${seed} ${detector}: AUROC ${row.auroc.toFixed(3)}, untrained ` +
          `${row.untrainedAuroc?.toFixed(3) ?? "-"}, ${row.fitSeconds.toFixed(1)} s`,
      );
      if (flags.write) keep();
    }
  }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const datasets = [...new Set(rows.map(({ dataset }) => dataset))];
/** Mean over seeds, one figure per table. */
const perTable = (detector, figure) =>
  datasets.map((dataset) =>
    mean(seeds.map((seed) => rowOf(dataset, detector, seed)?.[figure] ?? Number.NaN)),
  );
const columns = names.flatMap((name) => {
  const own = [{ title: name, name, figure: "auroc" }];
  if (rows.some((row) => row.detector === name && row.untrainedAuroc !== null)) {
    own.push({ title: `${name}, untrained`, name, figure: "untrainedAuroc" });
  }
  return own;
});
const cells = columns.map(({ name, figure }) => perTable(name, figure));
const perSeed = columns.map(({ name, figure }) =>
  seeds.map((seed) => mean(datasets.map((dataset) => rowOf(dataset, name, seed)?.[figure] ?? Number.NaN))),
);
const figures = (list) => list.map((value) => value.toFixed(3));
const lines = [
  `# AUROC on ${datasets.length} tables of ADBench`,
  "",
  `hypersphere ${VERSION}, default options, one-class protocol: half of the normals train (at most ${protocol.maxTrain} rows), ` +
    `the rest tests (at most ${protocol.maxTest} rows). Per table the mean over seeds ${seeds.join(" and ")}.`,
  "",
  `| ${["table", ...columns.map(({ title }) => title)].join(" | ")} |`,
  `| ${["---", ...columns.map(() => "---:")].join(" | ")} |`,
  ...datasets.map((dataset, k) => `| ${[dataset, ...figures(cells.map((list) => list[k]))].join(" | ")} |`),
  `| ${["**mean**", ...figures(cells.map(mean)).map((text) => `**${text}**`)].join(" | ")} |`,
  ...seeds.map(
    (seed, k) => `| ${[`mean, seed ${seed}`, ...figures(perSeed.map((list) => list[k]))].join(" | ")} |`,
  ),
  "",
];
console.log(lines.join("\n"));
const reached = mean(perTable("deep-svdd", "auroc"));
console.log(
  `${reached >= 0.866 ? "met" : "MISSED"}: mean AUROC of Deep SVDD ${reached.toFixed(4)} (target: at least 0.866)`,
);
if (flags.write) {
  keep();
  writeFileSync(kept.replace(/json$/, "md"), lines.join("\n"));
}

function keep() {
  mkdirSync(join(root, "bench/results"), { recursive: true });
  writeFileSync(kept, `${JSON.stringify({ version: VERSION, protocol, rows }, null, 1)}\n`);
}
