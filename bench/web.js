/** Training in onnxruntime-web (WebAssembly, here in Node) against the native build in the same run. */
import { BATCH, openTrainer, ROWS, WIDTHS } from "./lib/one-class-trainer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { summary } from "./lib/stats.js";

const { nodeBackend } = await import(built("runtime/node/backend.js"));

const report = new Report("web", "Training in WebAssembly", { rounds: { type: "string", default: "15" } });
const engines = [];
for (const kind of ["native", "wasm"]) {
  const [runtime] = await nodeBackend({ runtime: kind }).open(1);
  engines.push({ kind, runtime, trainer: await openTrainer(runtime), times: [] });
}
for (let round = -1; round < Number(report.flags.rounds); round++) {
  for (const { trainer, times } of engines) {
    const time = await trainer.epoch();
    if (round >= 0) times.push(time);
  }
}
for (const { trainer, runtime } of engines) {
  await trainer.close();
  await runtime.close();
}

const [native, wasm] = engines.map(({ times }) => ({
  ...summary(times.map(({ ms }) => ms)),
  cpu: Math.min(...times.map(({ cpu }) => cpu)),
}));
report.note(
  `MLP ${WIDTHS.join("-")}, ${ROWS} rows, batches of ${BATCH}, one-class loss, each in a worker thread; milliseconds per ` +
    `epoch over ${report.flags.rounds} alternating rounds.`,
);
report.table(
  engines.map(({ kind, runtime }, k) => {
    const { median, minimum, cpu } = [native, wasm][k];
    return {
      engine: `${kind}, ONNX Runtime ${runtime.version}`,
      median: median.toFixed(1),
      minimum: minimum.toFixed(1),
      "least processor time": cpu.toFixed(1),
    };
  }),
);
report.target("WebAssembly over native, medians", wasm.median / native.median, { atMost: 4, unit: "x" });
report.target("WebAssembly over native, minima", wasm.minimum / native.minimum, { atMost: 4, unit: "x" });
report.keep({ native, wasm });
report.end();
