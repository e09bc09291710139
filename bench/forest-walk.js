/**
 * Scores of Isolation Forests: the graph of a forest in ONNX Runtime alone, with its trees walked in WebAssembly as the library
 * does it (docs/adr/0015), and scikit-learn's, in the same run. ADBench's 10_cover, 100 trees of 256 rows, one thread.
 * HYPERSPHERE_PYTHON names a Python with scikit-learn.
 *
 *     node bench/forest-walk.js            about a minute
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./lib/files.js";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";
import { summary } from "./lib/stats.js";

const { IsolationForest } = await import(built("index.js"));
const { forestPlan, growForest, RowDraws } = await import(built("detectors/forest/forest.js"));
const { forestScore } = await import(built("detectors/forest/scorer.js"));
const { Graph, identity, serialize } = await import(built("graph/index.js"));
const { createRandom } = await import(built("math/random.js"));
const { float32 } = await import(built("runtime/index.js"));
const { nodeBackend } = await import(built("runtime/node/backend.js"));
const { splitLabels } = await import(built("doors/data.js"));
const { readTable } = await import(built("doors/io.js"));

const report = new Report("forest-walk", "Isolation Forest: trees walked in WebAssembly", {
  rounds: { type: "string", default: "5" },
});
const rounds = Number(report.flags.rounds);
requirePython("sklearn", "numpy");
const table = splitLabels(await readTable(join(dataFolder, "tabular/adbench/10_cover.npz")), "y").features;
const columns = table.columns.length;
const values = new Float64Array(table.rowCount * columns);
table.columns.forEach((column, k) => {
  for (let row = 0; row < table.rowCount; row++) values[row * columns + k] = column.values[row];
});
const path = join(temporaryFolder(), "cover");
writeFileSync(path, values);
const peer = new Peer("forest_knn_peer.py");
await peer.ask({ kind: "read", name: "cover", path, rows: table.rowCount, columns });

const data = Float32Array.from(values);
const { options } = new IsolationForest();
const plan = forestPlan(options, table.rowCount, columns);
const source = createRandom(0);
const draws = new RowDraws(options, table.rowCount, source);
const all = { rows: table.rowCount, columns, data };
const sampled = draws.union === undefined ? data : pick(data, draws.union);
const forest = await growForest(
  { ...all, rows: sampled.length / columns, data: sampled },
  draws,
  options,
  plan,
  source,
  () => {},
);
const runtime = await nodeBackend({ cores: 1 }).inline();

/** @param looked what trees look at: where that is the model's input, they are left to ONNX Runtime */
function session(looked) {
  const graph = new Graph();
  graph.output("score", forestScore(forest, looked(graph.input("features", "float32", ["rows", columns]))));
  return runtime.createSession(serialize(graph));
}

function pick(matrix, rows) {
  const chosen = new Float32Array(rows.length * columns);
  rows.forEach((row, k) => {
    chosen.set(matrix.subarray(row * columns, (row + 1) * columns), k * columns);
  });
  return chosen;
}

async function measured(run) {
  const [begun, before] = [performance.now(), process.cpuUsage()];
  const scores = await run();
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - begun, cpu: (user + system) / 1000, scores };
}

const scoredBy = (made) => () =>
  measured(async () => {
    const { score } = await made.run({ features: float32([table.rowCount, columns], data) });
    return score.data;
  });

const engines = {
  "ONNX Runtime alone": scoredBy(await session((input) => input)),
  "trees in WebAssembly": scoredBy(await session(identity)),
  "scikit-learn, score_samples": async (seed) => {
    const { score, scoreCpu } = await peer.ask({
      kind: "forest",
      table: "cover",
      contamination: "auto",
      seed,
    });
    return { ms: score, cpu: scoreCpu };
  },
};
const times = Object.fromEntries(Object.keys(engines).map((name) => [name, []]));
const scores = {};
for (let round = -1; round < rounds; round++) {
  for (const [name, run] of Object.entries(engines)) {
    const result = await run(Math.max(0, round));
    scores[name] = result.scores;
    if (round >= 0) times[name].push({ ms: result.ms, cpu: result.cpu });
  }
}
peer.close();
const [theirs, ours] = Object.values(scores);
const apart = ours.reduce((most, score, row) => Math.max(most, Math.abs(score - theirs[row])), 0);
report.note(
  `${table.rowCount} rows of ${columns} columns, ${forest.trees.length} trees of ${forest.samples} rows, depth ${forest.depthLimit} at most; one thread; ` +
    `${rounds} rounds in turn. Scores of the first two differ by at most ${apart.toExponential(1)}. scikit-learn's forest is its own.`,
);
const of = (name, key) => summary(times[name].map((each) => each[key]));
const reference = "scikit-learn, score_samples";
report.table(
  Object.keys(times).map((engine) => ({
    engine,
    ...Object.fromEntries(
      Object.entries({ "wall, ms": "ms", "processor, ms": "cpu" }).flatMap(([title, key]) => {
        const { median, minimum } = of(engine, key);
        return [
          [title, `${median.toFixed(0)} (${minimum.toFixed(0)})`],
          [`${title.split(",")[0]}, times as fast`, (of(reference, key).median / median).toFixed(2)],
        ];
      }),
    ),
  })),
);
report.note("Medians, minima in brackets.");
report.keep({ times, apart });
report.end();
process.exit(0);
