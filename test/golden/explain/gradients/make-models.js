/**
 * Models and rows for make_gradients_golden.py, which says what their gradients are. Run in the root after a build:
 *
 *     node test/golden/explain/gradients/make-models.js
 */
import { writeFileSync } from "node:fs";

const built = new URL("../../../../dist/", import.meta.url);
const {
  Autoencoder,
  Contrast,
  DeepSvdd,
  Drocc,
  imagesFrom,
  Kmeans,
  Knn,
  OneClassSvm,
  Pca,
  seriesFromTable,
  tableFromColumns,
} = await import(new URL("index.js", built));
const { createRandom } = await import(new URL("math/random.js", built));
const random = createRandom("gradients");

/** Two columns in step, one alone with missing values, and a category. */
function plant(seed, rows, odd) {
  const stream = random.stream("plant", seed);
  const a = Array.from({ length: rows }, () => stream.normal());
  const b = a.map((value) => value + 0.2 * stream.normal());
  const c = Array.from({ length: rows }, (_, row) => (row % 9 === 5 ? null : stream.normal()));
  const kind = Array.from({ length: rows }, () => ["red", "blue", "grey"][stream.int(3)]);
  if (odd) {
    [a[0], b[0]] = [1.5, -1.5];
    [c[1], kind[2]] = [6, "green"];
  }
  return { a, b, c, kind };
}

function waves(seed, steps, odd) {
  const stream = random.stream("waves", seed);
  const at = (shift, step) => Math.sin(step / 2 + shift) + 0.1 * stream.normal();
  const level = Array.from({ length: steps }, (_, step) => at(0, step));
  const flow = Array.from({ length: steps }, (_, step) => at(1, step) + (odd && step === 12 ? 3 : 0));
  return { level, flow };
}

const picture = (stream, odd) =>
  Array.from({ length: 144 }, (_, at) =>
    odd && at % 12 < 3 && at < 36 ? 250 : 90 + 5 * (at % 12) + stream.int(12),
  );
const pictures = (seed, count, odd) =>
  Array.from({ length: count }, (_, k) => picture(random.stream("pictures", seed, k), odd && k === 0));

const KINDS = {
  table: {
    made: ({ training }) => tableFromColumns(training),
    data: { training: plant(1, 300), normal: plant(2, 14), odd: plant(3, 3, true) },
  },
  series: {
    made: ({ training }) => seriesFromTable(tableFromColumns(training), { window: 8, stride: 4 }),
    data: { training: waves(1, 900), normal: waves(2, 60), odd: waves(3, 20, true) },
  },
  images: {
    made: ({ training }) =>
      imagesFrom(training.map((data) => ({ height: 12, width: 12, data: Uint8Array.from(data) }))),
    data: { training: pictures(1, 120), normal: pictures(2, 20), odd: pictures(3, 2, true) },
  },
};
const small = { members: 1, hiddenDims: [12], latentDim: 4 };
const MODELS = {
  "deep-svdd": ["table", new DeepSvdd({ ...small, members: 2, pretrainSteps: 60, steps: 60 })],
  drocc: ["table", new Drocc({ ...small, steps: 60 })],
  autoencoder: ["table", new Autoencoder({ ...small, steps: 100 })],
  mahalanobis: ["table", new Pca({ score: "mahalanobis" })],
  "one-class-svm": ["table", new OneClassSvm({ nu: 0.9 })],
  series: ["series", new DeepSvdd({ encoder: "mlp", ...small, pretrainSteps: 40, steps: 40 })],
  // Searches for neighbours and centres, and recurrences: loops in the file.
  knn: ["table", new Knn({ k: 3 })],
  kmeans: ["table", new Kmeans({ clusters: 5 })],
  lstm: ["series", new DeepSvdd({ encoder: "lstm", members: 1, latentDim: 4, pretrainSteps: 20, steps: 20 })],
  contrast: ["series", new Contrast({ filters: 4, steps: 20, orderSteps: 4, batchSize: 32 })],
  images: [
    "images",
    new DeepSvdd({ encoder: "cnn", members: 1, pretrainSteps: 20, steps: 20, latentDim: 4 }),
  ],
};
const only = process.argv.slice(2);
for (const [name, [kind, detector]] of Object.entries(MODELS)) {
  if (only.length > 0 && !only.includes(name)) continue;
  const { made, data } = KINDS[kind];
  const model = await detector.fit(made(data));
  await model.save(new URL(`${name}.onnx`, import.meta.url).pathname, { force: true });
  await model.close();
}
const models = Object.fromEntries(Object.entries(MODELS).map(([name, [kind]]) => [name, kind]));
const rows = Object.fromEntries(
  Object.entries(KINDS).map(([kind, { data }]) => [kind, { normal: data.normal, odd: data.odd }]),
);
writeFileSync(new URL("rows.json", import.meta.url), `${JSON.stringify({ ...rows, models })}\n`);
