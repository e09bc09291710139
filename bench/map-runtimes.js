/**
 * How far maps and scores of one model file differ between native ONNX Runtime and WebAssembly: every detector that makes maps, on
 * photographs of BSData. Training is short: what is measured is how a graph is computed, not how good its maps are.
 */
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";

const { detectors, imagesFrom, open } = await import(built("index.js"));
const { nodeBackend } = await import(built("runtime/node/backend.js"));

const report = new Report("map-runtimes", "Maps native and in WebAssembly", {
  size: { type: "string", default: "160" },
  train: { type: "string", default: "80" },
  images: { type: "string", default: "60" },
  detectors: { type: "string", default: "" },
});
const { flags } = report;

const deep = { maps: true, steps: 6, pretrainSteps: 6, batchSize: 16 };
const settings = {
  "patch-gaussian": ["patch-gaussian", {}],
  "patch-memory": ["patch-memory", {}],
  "patch-memory, by position": ["patch-memory", { patchMemory: "position" }],
  fcdd: ["fcdd", { steps: 10, batchSize: 8 }],
  "fcdd, as published": ["fcdd", { steps: 10, batchSize: 8, loss: "image", drawnDefects: "confetti" }],
  "patch-svdd": ["patch-svdd", { steps: 12 }],
  "deep-svdd": ["deep-svdd", deep],
  "multi-scale": ["multi-scale", deep],
};
const wanted = flags.detectors === "" ? Object.keys(settings) : flags.detectors.split(";");

const folder = `${dataFolder}/images/bsdata-pitting`;
/** So many of them, evenly spread. */
const some = async ({ data }, count) =>
  imagesFrom(
    await Promise.all(
      Array.from({ length: count }, (_, k) => data.read(Math.floor((k * data.rowCount) / count))),
    ),
  );
const train = await some(await open(folder, { part: "train" }), Number(flags.train));
const test = await some(await open(folder, { part: "test" }), Number(flags.images));

const rows = [];
for (const name of wanted) {
  const [detector, options] = settings[name];
  const model = await detectors[detector]
    .create({ seed: 0, imageSize: Number(flags.size), ...options })
    .fit(train);
  const scored = async (runtime) => {
    const maps = [];
    const onMap = ({ data }, row) => {
      maps[row] = data;
    };
    return { maps, ...(await model.score(test, { backend: nodeBackend({ runtime }), onMap })) };
  };
  const [native, wasm] = [await scored("native"), await scored("wasm")];
  let [relative, allowed] = [0, 0];
  native.maps.forEach((map, image) => {
    map.forEach((value, pixel) => {
      const apart = Math.abs(value - wasm.maps[image][pixel]);
      relative = Math.max(relative, apart / Math.max(1, Math.abs(value)));
      allowed = Math.max(allowed, apart / (1e-5 + 1e-5 * Math.abs(value)));
    });
  });
  const scores = native.scores.map(
    (score, k) => Math.abs(score - wasm.scores[k]) / Math.max(1, Math.abs(score)),
  );
  rows.push({
    detector: name,
    "maps apart": relative.toExponential(1),
    "of what 1e-5 allows": allowed.toFixed(2),
    "scores apart": Math.max(...scores).toExponential(1),
    "decided alike": native.isAnomaly.every((flag, k) => flag === wasm.isAnomaly[k]) ? "yes" : "NO",
  });
  console.error(JSON.stringify(rows.at(-1)));
}
report.note(
  `${test.rowCount} photographs, ${flags.size} pixels on the longer side. Differences are in parts of the larger of 1 and the value; 1e-5 allows ` +
    "1e-5 + 1e-5 times the value, as numpy's allclose(rtol=1e-5, atol=1e-5) does.",
);
report.table(rows);
report.end();
process.exit(0);
