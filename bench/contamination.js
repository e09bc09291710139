/**
 * What anomalies hidden in the training rows cost, and what trimming gives back: AUROC on held-out rows with the rows
 * as they are, with `trim: "auto"`, and with 10 % trimmed whatever the data.
 *
 * Tables: the first ten of ADBench by name (without number) with fewer than 8 000 rows and at least 100 anomalies, for
 * the rest has too few to plant. Half of the normals and half of the anomalies may train, the others test. At 20 % the
 * anomalies may not suffice; then fewer normals train, so that columns of one row are comparable and rows are not.
 *
 * First, Gaussian rows where the truth is simple: nearest neighbours' estimate with anomalies in all directions, and as
 * one tight cluster.
 *
 *     node bench/contamination.js --detectors knn,isolation-forest,deep-svdd --seeds 0 --write
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";

const { detectors, tableFromMatrix, trainRobust } = await import(built("index.js"));
const { selectRows, splitLabels } = await import(built("doors/data.js"));
const { readTable } = await import(built("doors/io.js"));
const { auroc } = await import(built("metrics/index.js"));
const { createRandom } = await import(built("math/random.js"));

const LEVELS = [0, 0.01, 0.05, 0.1, 0.2];
const QUICK = { "deep-svdd": { members: 1, epochs: 10, pretrainEpochs: 10 } };

const report = new Report("contamination", "Anomalies among the training rows", {
  detectors: { type: "string", default: "knn,isolation-forest" },
  seeds: { type: "string", default: "0" },
  tables: { type: "string", default: "10" },
});
const names = report.flags.detectors.split(",");
const seeds = report.flags.seeds.split(",").map(Number);
const tables = await chooseTables(Number(report.flags.tables));
const rows = [];
const gaussian = await estimatesOnGaussians();

for (const { dataset, features, labels } of tables) {
  for (const level of LEVELS) {
    for (const seed of seeds) {
      const { train, test, planted } = plant(labels, level, seed);
      const table = selectRows(features, train);
      const testTable = selectRows(features, test);
      const testLabels = Uint8Array.from(test, (row) => labels[row]);
      for (const name of names) {
        const detector = detectors[name].create({ seed, ...QUICK[name] });
        const measure = async (model) => auroc(testLabels, (await model.score(testTable)).scores);
        const plain = await measure(await detector.fit(table));
        const auto = await trainRobust(detector, table, { seed });
        const tenth = await trainRobust(detector, table, { seed, trim: 0.1 });
        const found = tenth.suspicious.filter(
          ({ row, trimmed }) => trimmed && labels[train[row]] === 1,
        ).length;
        const row = {
          ...{ dataset, detector: name, level, seed, trainRows: train.length, planted },
          ...{ plain, auto: await measure(auto.model), tenth: await measure(tenth.model) },
          autoTrimmed: auto.contamination.trimmed / train.length,
          ...{
            estimate: auto.contamination.estimate,
            low: auto.contamination.low,
            high: auto.contamination.high,
          },
          foundByTenth: planted === 0 ? null : found / planted,
        };
        rows.push(row);
        console.error(
          `${dataset} ${level} ${name}: ${[row.plain, row.auto, row.tenth].map((value) => value.toFixed(3)).join(" ")}`,
        );
      }
    }
  }
}

report.note(
  "Estimates on 1 000 Gaussian rows in 4 dimensions (nearest neighbours, default options, 6 seeds): anomalies at 8 deviations " +
    "scattered in all directions, or in one cluster with a deviation of 0.1.",
);
report.table(gaussian);
report.note(
  `Tables: ${tables.map(({ dataset }) => dataset).join(", ")}; seeds ${seeds.join(", ")}. AUROC on held-out rows, mean over tables. ` +
    '"found" is the share of planted anomalies among the 10 % trimmed (a share of 10 % would be chance).',
);
for (const name of names) {
  report.note(`**${name}**${QUICK[name] ? ` (${JSON.stringify(QUICK[name])})` : ""}`);
  report.table(
    LEVELS.map((level) => summary(rows.filter((row) => row.detector === name && row.level === level))),
  );
}
report.note("Each table, all detectors: AUROC plain / auto / 10 % trimmed.");
report.table(
  tables.flatMap(({ dataset }) =>
    names.map((name) => ({
      table: dataset,
      detector: name,
      ...Object.fromEntries(LEVELS.map((level) => [`${100 * level} %`, cell(dataset, name, level)])),
    })),
  ),
);
report.keep({ levels: LEVELS, gaussian, rows });
report.end();

function summary(group) {
  const mean = (figure) => {
    const values = group.map((row) => row[figure]).filter((value) => value !== null);
    return values.length === 0
      ? "-"
      : (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3);
  };
  const wins = (figure) => {
    const better = group.filter((row) => row[figure] > row.plain + 0.001).length;
    const worse = group.filter((row) => row[figure] < row.plain - 0.001).length;
    return `${better} / ${worse}`;
  };
  return {
    planted: `${100 * group[0].level} %`,
    plain: mean("plain"),
    auto: mean("auto"),
    "auto better / worse": wins("auto"),
    "10 % trimmed": mean("tenth"),
    "better / worse": wins("tenth"),
    "mean estimate": mean("estimate"),
    "estimate's interval covers": `${group.filter(({ low, high, level }) => low <= level && level <= high).length} of ${group.length}`,
    found: mean("foundByTenth"),
  };
}

function cell(dataset, name, level) {
  const group = rows.filter((row) => row.dataset === dataset && row.detector === name && row.level === level);
  return ["plain", "auto", "tenth"]
    .map((figure) => (group.reduce((sum, row) => sum + row[figure], 0) / group.length).toFixed(3))
    .join(" / ");
}

async function estimatesOnGaussians() {
  const results = [];
  for (const level of LEVELS) {
    for (const kind of level === 0 ? ["clean"] : ["scattered", "cluster"]) {
      const found = [];
      for (let seed = 0; seed < 6; seed++) {
        const table = gaussianRows(kind, level, createRandom(seed).stream("gaussian", kind, level));
        const { contamination } = await trainRobust(detectors.knn.create({ seed }), table, { seed });
        found.push(contamination);
      }
      const estimates = found.map(({ estimate }) => estimate);
      results.push({
        ...{ planted: `${100 * level} %`, kind },
        "mean estimate": (estimates.reduce((sum, value) => sum + value, 0) / estimates.length).toFixed(3),
        highest: Math.max(...estimates).toFixed(3),
        "rows trimmed by auto": found.map(({ trimmed }) => trimmed).join(" "),
      });
    }
  }
  return results;
}

function gaussianRows(kind, level, stream) {
  const [count, width] = [1000, 4];
  const data = new Float64Array(count * width);
  stream.fillNormal(data);
  for (let row = count - Math.round(level * count); row < count; row++) {
    const own = data.subarray(row * width, (row + 1) * width);
    const norm = Math.hypot(...own);
    for (let k = 0; k < width; k++) own[k] = kind === "scattered" ? (own[k] * 8) / norm : 4 + own[k] / 10;
  }
  return tableFromMatrix({ rows: count, columns: width, data, order: "C" });
}

async function chooseTables(count) {
  const folder = join(dataFolder, "tabular/adbench");
  const byName = (file) => file.replace(/^\d+_/, "").toLowerCase();
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".npz"))
    .sort((a, b) => (byName(a) < byName(b) ? -1 : 1));
  const chosen = [];
  for (const file of files) {
    if (chosen.length === count) break;
    const table = await readTable(join(folder, file));
    if (table.rowCount >= 8000) continue;
    const { features, labels } = splitLabels(table, "y");
    if (labels.filter((label) => label === 1).length < 100) continue;
    chosen.push({ dataset: file.slice(0, -4), features, labels });
  }
  return chosen;
}

/** Rows to train and to test on; the test rows of a table and a seed are the same at every level. */
function plant(labels, level, seed) {
  const random = createRandom(seed);
  const shuffled = (kind) => {
    const of = Array.from(labels.keys()).filter((row) => labels[row] === kind);
    return Array.from(random.stream("contamination", kind).permutation(of.length), (place) => of[place]);
  };
  const normals = shuffled(0);
  const anomalies = shuffled(1);
  const trainable = normals.slice(0, normals.length >> 1);
  const most = anomalies.length >> 1;
  const planted = Math.min(most, Math.round((level * trainable.length) / (1 - level)));
  const used =
    level === 0 ? trainable.length : Math.min(trainable.length, Math.round((planted * (1 - level)) / level));
  return {
    train: Uint32Array.from([...trainable.slice(0, used), ...anomalies.slice(0, planted)]).sort(),
    test: Uint32Array.from([...normals.slice(trainable.length), ...anomalies.slice(most)]).sort(),
    planted,
  };
}
