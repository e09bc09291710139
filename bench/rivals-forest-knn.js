/**
 * Isolation Forest and nearest neighbours, fit and score, against scikit-learn at one thread in the same run.
 * HYPERSPHERE_PYTHON names a Python with scikit-learn; the rows are ADBench's 10_cover and 30_satellite.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";
import { summary } from "./lib/stats.js";

const { IsolationForest, Knn } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));
const { selectRows, splitLabels } = await import(built("doors/data.js"));
const { readTable } = await import(built("doors/io.js"));

const report = new Report(
  "rivals-forest-knn",
  "Isolation Forest and nearest neighbours against scikit-learn",
  {
    rounds: { type: "string", default: "5" },
  },
);
const rounds = Number(report.flags.rounds);
requirePython("sklearn", "numpy");
const peer = new Peer("forest_knn_peer.py");
const folder = mkdtempSync(join(tmpdir(), "hypersphere-bench-"));

/** The same numbers for both sides. */
async function share(name, table) {
  const columns = table.columns.length;
  const values = new Float64Array(table.rowCount * columns);
  table.columns.forEach((column, k) => {
    for (let row = 0; row < table.rowCount; row++) values[row * columns + k] = column.values[row];
  });
  const path = join(folder, name);
  writeFileSync(path, values);
  return peer.ask({ kind: "read", name, path, rows: table.rowCount, columns });
}

const adbench = async (name) =>
  splitLabels(await readTable(join(dataFolder, `tabular/adbench/${name}.npz`)), "y").features;

/** Rows of a table drawn with replacement, with some noise, so that there are no duplicates. */
function upsampled(table, rows, name) {
  const random = createRandom(0).stream(name);
  const chosen = selectRows(
    table,
    Array.from({ length: rows }, () => random.int(table.rowCount)),
  );
  const noisy = (column) => ({ ...column, values: column.values.map((value) => value + random.normal()) });
  return { ...chosen, columns: chosen.columns.map(noisy) };
}

async function own(detector, fitTable, scoreTable) {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const model = await detector.fit(fitTable);
  const fitted = performance.now();
  const { scores } = await model.score(scoreTable);
  const done = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  return {
    fit: fitted - begun,
    score: done - fitted,
    total: done - begun,
    cpu: (user + system) / 1000,
    mean: scores.reduce((sum, score) => sum + score, 0) / scores.length,
  };
}

/** Everybody in turn, again and again: whatever else the machine is doing meets all of them alike. */
async function compare(engines) {
  const times = engines.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [k, [, run]] of engines.entries()) {
      const time = await run(Math.max(0, round));
      if (round >= 0) times[k].push(time);
    }
  }
  const rows = engines.map(([engine], k) => {
    const figures = Object.fromEntries(
      ["fit", "score", "total", "cpu"].map((what) => [what, summary(times[k].map((time) => time[what]))]),
    );
    return { engine, figures, mean: times[k].at(-1).mean };
  });
  report.table(
    rows.map(({ engine, figures, mean }) => ({
      engine,
      ...Object.fromEntries(
        Object.entries(figures).map(([what, { median, minimum }]) => [
          `${what}, ms`,
          `${median.toFixed(0)} (${minimum.toFixed(0)})`,
        ]),
      ),
      "mean score": mean.toPrecision(4),
    })),
  );
  return rows;
}

const speedup = ([mine, theirs], figure = "total") =>
  theirs.figures[figure].median / mine.figures[figure].median;

const cover = await adbench("10_cover");
const versions = await share("cover", cover);
report.note(
  `scikit-learn ${versions.sklearn}, n_jobs = 1; hypersphere on one thread of ONNX Runtime. Medians over ${rounds} ` +
    `alternating rounds, minima in brackets; "cpu" is processor time of fit and score together.`,
);
report.note(
  `Isolation Forest, 100 trees of 256 rows, fit on ${cover.rowCount} x ${cover.columns.length} and score all. ` +
    "hypersphere's fit holds rows out, and comes with a threshold and p-values; scikit-learn's has a threshold from data " +
    "only where contamination is set.",
);
const forest = await compare([
  ["hypersphere", (seed) => own(new IsolationForest({ seed }), cover, cover)],
  ["scikit-learn", (seed) => peer.ask({ kind: "forest", table: "cover", contamination: "auto", seed })],
  [
    "scikit-learn, contamination 0.05",
    (seed) => peer.ask({ kind: "forest", table: "cover", contamination: 0.05, seed }),
  ],
]);
report.target("Isolation Forest against scikit-learn as it comes", speedup(forest), {
  atLeast: 2,
  unit: "x",
});
report.target("Isolation Forest against one with a threshold", speedup([forest[0], forest[2]]), {
  atLeast: 2,
  unit: "x",
});

const satellite = await adbench("30_satellite");
// A fifth is held out to calibrate: of 25 000 rows 20 000 are searched.
const train = upsampled(satellite, 25_000, "train");
const searched = selectRows(
  train,
  Array.from({ length: 20_000 }, (_, row) => row),
);
const asked = upsampled(satellite, 20_000, "asked");
await share("searched", searched);
await share("asked", asked);
report.note(
  `${asked.rowCount} x ${asked.columns.length} against ${searched.rowCount}, 5 neighbours; hypersphere scores 5000 ` +
    "held-out rows more, for its threshold and p-values.",
);
const knn = await compare([
  ["hypersphere", () => own(new Knn(), train, asked)],
  ["scikit-learn", () => peer.ask({ kind: "neighbours", train: "searched", asked: "asked", k: 5 })],
]);
report.target("nearest neighbours against scikit-learn", speedup(knn), { atLeast: 1, unit: "x" });

peer.close();
rmSync(folder, { recursive: true });
report.keep({ versions, rounds, forest, knn });
report.end();
