/** Rows per second of scoring with a small MLP, against PyTorch in the same run. */
import { SLOPE, WIDTHS } from "./lib/one-class-trainer.js";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { summary } from "./lib/stats.js";

const { DeepSvdd, tableFromMatrix } = await import(built("index.js"));
const { Graph, serialize } = await import(built("graph/index.js"));
const { ensembleScore } = await import(built("detectors/centre/scorer.js"));
const { deepSvddObjective } = await import(built("detectors/centre/deep-svdd/objectives.js"));
const { deepSvddOptions } = await import(built("detectors/centre/deep-svdd/options.js"));
const { design } = await import("./lib/one-class-trainer.js");
const { ParameterLayout } = await import(built("nn/parameters.js"));
const { createRandom } = await import(built("math/random.js"));
const { loadNativeRuntime } = await import(built("runtime/node/native.js"));
const { float32, float64 } = await import(built("runtime/index.js"));

const ROWS = 65_536;
const CHUNK = 8192;
const [columns] = WIDTHS;

const report = new Report("scoring", "Scoring speed", { rounds: { type: "string", default: "15" } });
requirePython("torch", "numpy");
const random = createRandom(0);
const raw = new Float64Array(ROWS * columns);
for (let k = 0, stream = random.stream("rows"); k < raw.length; k++) raw[k] = 10 + 3 * stream.normal();
const features = Float32Array.from(raw, (value) => (value - 10) / 3);
const table = tableFromMatrix({ data: raw, rows: ROWS, columns, order: "C" });
const parts = Array.from({ length: ROWS / CHUNK }, (_, k) => [k * CHUNK, (k + 1) * CHUNK]);

const runtime = await loadNativeRuntime();
const layout = new ParameterLayout(design.encoder.parameters);
const graph = new Graph();
const member = {
  origin: new Float32Array(columns),
  parameters: layout.initialize((name) => random.stream(name)),
  vectors: { center: new Float32Array(WIDTHS.at(-1)).fill(0.1) },
  unit: 1,
};
const objective = deepSvddObjective(design, deepSvddOptions.parse({}));
graph.output("score", ensembleScore(objective, [member], graph.input("x", "float32", ["rows", columns])));
const network = serialize(graph);

// The whole model: what a user has after a fit, with the same network inside.
const detector = new DeepSvdd({
  members: 1,
  hiddenDims: WIDTHS.slice(1, -1),
  latentDim: WIDTHS.at(-1),
  slope: SLOPE,
  pretrainEpochs: 1,
  epochs: 1,
});
const few = tableFromMatrix({ data: raw.subarray(0, 5000 * columns), rows: 5000, columns, order: "C" });
const model = await detector.fit(few);

const bare = async (threads) => {
  const session = await runtime.createSession(network, { threads });
  return async () => {
    for (const [from, to] of parts) {
      await session.run({
        x: float32([to - from, columns], features.subarray(from * columns, to * columns)),
      });
    }
  };
};
const whole = async (threads) => {
  const session = await runtime.createSession(model.toBytes(), { threads });
  return async () => {
    for (const [from, to] of parts) {
      await session.run({
        numeric: float64([to - from, columns], raw.subarray(from * columns, to * columns)),
      });
    }
  };
};
const timed = (run) => async () => {
  const begun = performance.now();
  await run();
  return performance.now() - begun;
};

const peer = new Peer("torch_peer.py");
const versions = await peer.next();
await peer.ask({ kind: "open scoring", rows: ROWS, widths: WIDTHS, slope: SLOPE, chunk: CHUNK });
const torch = (what, threads) => () => peer.ask({ kind: "run", what, threads });

const lanes = [];
for (const threads of [1, 2]) {
  const of = threads === 1 ? "1 thread" : `${threads} threads`;
  lanes.push(
    { what: "network", threads, engine: `hypersphere, ${of}`, run: timed(await bare(threads)) },
    { what: "network", threads, engine: `PyTorch, ${of}`, run: torch("network", threads) },
    { what: "model", threads, engine: `hypersphere, ${of}`, run: timed(await whole(threads)) },
    { what: "model", threads, engine: `PyTorch, ${of}`, run: torch("model", threads) },
    { what: "standardised network", threads, engine: `PyTorch, ${of}`, run: torch("standardised", threads) },
  );
}
lanes.push({
  what: "model, from a table",
  threads: 1,
  engine: "hypersphere, model.score()",
  run: timed(() => model.score(table)),
});
for (const lane of lanes) lane.times = [];
for (let round = -1; round < Number(report.flags.rounds); round++) {
  for (const lane of lanes) {
    const time = await lane.run();
    if (round >= 0) lane.times.push(time);
  }
}
peer.close();

const rate = (ms) => (ROWS / ms) * 1000;
const perSecond = (ms) => Math.round(rate(ms)).toLocaleString("en");
for (const lane of lanes) lane.summary = summary(lane.times);
report.note(
  `MLP ${WIDTHS.join("-")}, ${ROWS} rows in runs of ${CHUNK}, rows per second over ${report.flags.rounds} alternating ` +
    `rounds. "network" is float32 features to distances; "model" is raw float64 columns to score, p-value and decision, ` +
    `standardised in double precision. ONNX Runtime ${runtime.version}, PyTorch ${versions.torch} (inference mode).`,
);
report.table(
  lanes
    .toSorted((a, b) => a.what.localeCompare(b.what))
    .map(({ what, engine, summary: { median, minimum } }) => ({
      what,
      engine,
      "rows/s, median": perSecond(median),
      "rows/s, best": perSecond(minimum),
    })),
);
const best = (what, ours, figure) =>
  Math.min(
    ...lanes
      .filter((lane) => lane.what === what && lane.engine.startsWith(ours ? "hypersphere" : "PyTorch"))
      .map((lane) => lane.summary[figure]),
  );
for (const what of ["network", "model"]) {
  for (const figure of ["median", "minimum"]) {
    const value = best(what, false, figure) / best(what, true, figure);
    report.target(`${what} against PyTorch's best setting, ${figure} times`, value, {
      atLeast: 1,
      unit: "x",
    });
  }
}
report.keep({ versions, lanes: lanes.map(({ what, engine, summary }) => ({ what, engine, ...summary })) });
report.end();
process.exit(0);
