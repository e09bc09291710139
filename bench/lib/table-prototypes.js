/** Detectors that the library does not have, made of its parts to be measured beside it (docs/adr/0011). */
import { built } from "./root.js";

const load = (path) => import(built(path));
const { defineDetector } = await load("detectors/define.js");
const { autoOptions } = await load("detectors/auto/options.js");
const { neighbourhoods } = await load("detectors/auto/neighbours.js");
const { neighbourViews } = await load("detectors/auto/neighbour-views.js");
const { neighbourLogarithms } = await load("detectors/auto/parts.js");
const { meanSphereDistance, sphereView } = await load("detectors/auto/sphere-view.js");
const { sampleFeatures } = await load("features/index.js");
const { openStage } = await load("detectors/networks/trainer.js");
const { dense, denseParameters } = await load("nn/dense.js");
const { ParameterLayout } = await load("nn/parameters.js");
const { perRow } = await load("train/per-row.js");
const { mean: meanOf } = await load("math/quantile.js");
const {
  abs,
  add,
  concat,
  div,
  gather,
  log,
  mean,
  mul,
  reshape,
  smallest,
  split,
  sqrt,
  square,
  squaredDistance,
  sub,
  sum,
  transpose,
} = await load("graph/index.js");
const { joinedViews } = await load("nn/joined-views.js");
const { inRowBlocks } = await load("nn/row-blocks.js");
const { logFloor, standardisation, standardised } = await load("nn/standardisation.js");

/** Root of the mean of the squares of each row of distances, [rows, k] to [rows]. */
function rootMeanSquares(distances, k) {
  return Float64Array.from({ length: distances.length / k }, (_, row) => {
    let sum = 0;
    for (let place = 0; place < k; place++) sum += distances[row * k + place] ** 2;
    return Math.sqrt(sum / k);
  });
}

/** Manhattan distances of rows [block, columns] to references [count, columns]: [block, count], added column by column. */
function manhattanDistances(x, references) {
  const ones = Array(references.shape[1]).fill(1);
  const [own, others] = [split(x, 1, ones), split(transpose(references, [1, 0]), 0, ones)];
  return own.map((column, k) => abs(sub(column, others[k]))).reduce((sum, term) => add(sum, term));
}

/** `auto` with the root mean square of the k smallest distances in both views by neighbours. */
export const AutoMeanSquare = defineDetector({
  name: "auto-mean-square",
  title: "auto by the mean of squared distances",
  options: autoOptions,
  async train(options, data, context) {
    const { random, signal } = context;
    const references = sampleFeatures(data.train, options.maxReferences, random.stream("references"));
    const k = Math.min(options.neighbours, references.rows - 1);
    const { distances, indices } = await neighbourhoods(references, k, signal);
    const reach = rootMeanSquares(distances, k);
    const local = reach.map((_, row) => {
      let sum = 0;
      for (let place = 0; place < k; place++) sum += reach[indices[row * k + place]];
      return sum / k;
    });
    const [reachFloor, localFloor] = [logFloor(reach), logFloor(local)];
    const logarithm = reach.map((value) => Math.log(value + reachFloor));
    const nearest = standardisation(logarithm);
    const relative = standardisation(
      logarithm.map((value, row) => value - Math.log(local[row] + localFloor)),
    );
    const spheres = await sphereView(options, data.train, context);
    const parts = (x) => {
      const size = [references.rows, references.columns];
      const table = x.graph.initializer("references", "float32", size, references.data);
      const reaches = x.graph.initializer("reach", "float32", [references.rows], Float32Array.from(reach));
      const { values, positions } = smallest(manhattanDistances(x, table), k);
      const own = log(add(sqrt(mean(square(values), [1])), reachFloor));
      const others = log(add(mean(gather(reaches, positions), [1]), localFloor));
      return [
        standardised(own, nearest),
        standardised(sub(own, others), relative),
        standardised(
          log(add(meanSphereDistance(x, spheres.members), spheres.floor)),
          spheres.standardisation,
        ),
      ];
    };
    const block = Math.max(16, Math.floor(2 ** 20 / references.rows));
    return {
      scorer: {
        score: (features) => inRowBlocks(features, block, (x) => joinedViews(parts(x))),
        training: {},
      },
      untrained: undefined,
    };
  },
});

const HIDDEN = 64;
const RATE = 1e-3;
const STEPS = 300;
const BATCH = 128;
const ROWS = 5000;

/** A dense stack with LeakyReLU, as parameters and as a function of rows. */
function stack(name, widths, outputActivation = "linear") {
  const own = {
    ...{ name, widths, outputActivation, bias: true, activation: "leaky-relu", slope: 0.1 },
    ...{ initialization: "he", inputsPerUnit: 0 },
  };
  return { specs: denseParameters(own), apply: (x, parameters) => dense(own, x, parameters).at(-1) };
}

/** Trains parameters by Adam for 300 steps; the loss is a mean over the rows of a batch. */
async function trained(name, specs, matrix, loss, { backend, random, signal }) {
  const layout = new ParameterLayout(specs);
  const trainer = await openStage(
    {
      ...{ layout, matrix, batchSize: Math.min(BATCH, matrix.rows), data: {}, loss, signal },
      ...{ optimizer: "adam", momentum: 0, weightDecay: 0, learningRate: RATE, milestones: [] },
      shuffle: (epoch) => random.stream(name, "epoch", epoch),
    },
    await backend.inline(),
  );
  const start = trainer.start(layout.initialize((parameter) => random.stream(name, parameter)));
  const epochs = Math.ceil(STEPS / Math.ceil(matrix.rows / BATCH));
  const { state } = await trainer.epochs(start, epochs);
  await trainer.close();
  const vector = state.parameters;
  return {
    within: (graph) =>
      layout.tensors(graph.initializer(`${name}.parameters`, "float32", [vector.length], vector)),
  };
}

/** `auto` with a fourth view: what `learn` makes of training rows, a positive number per row that is larger for odder ones. */
const autoWith = (name, learn) =>
  defineDetector({
    name,
    title: `auto and a fourth view (${name})`,
    options: autoOptions,
    async train(options, data, context) {
      const { random, signal } = context;
      const references = sampleFeatures(data.train, options.maxReferences, random.stream("references"));
      const k = Math.min(options.neighbours, references.rows - 1);
      const neighbours = neighbourViews(references, await neighbourhoods(references, k, signal));
      const spheres = await sphereView(options, data.train, context);
      const rows = sampleFeatures(data.train, ROWS, random.stream("fourth"));
      const further = await learn(rows, context);
      const seen = Float64Array.from(await perRow(await context.backend.inline(), rows, further));
      const floor = logFloor(seen);
      const fourth = standardisation(seen.map((value) => Math.log(value + floor)));
      const parts = (x) => {
        const { nearest, relative } = neighbourLogarithms(x, neighbours.part);
        const sphere = log(add(meanSphereDistance(x, spheres.members), spheres.floor));
        return [
          standardised(nearest, neighbours.nearest),
          standardised(relative, neighbours.relative),
          standardised(sphere, spheres.standardisation),
          standardised(log(add(further(x), floor)), fourth),
        ];
      };
      const block = Math.max(16, Math.floor(2 ** 20 / references.rows));
      return {
        scorer: {
          score: (features) => inRowBlocks(features, block, (x) => joinedViews(parts(x))),
          training: {},
        },
        untrained: undefined,
      };
    },
  });

const MASKS = 8;
/** Weight of the cosine between masks. */
const APART = 0.1;

/** Masked cell modelling, in a small version. */
export const AutoMcm = autoWith("auto-mcm", async (rows, context) => {
  const { columns } = rows;
  const generator = stack("generator", [columns, HIDDEN, MASKS * columns], "sigmoid");
  const restorer = stack("restorer", [columns, HIDDEN, 16, HIDDEN, columns]);
  const masksOf = (x, parameters) => split(generator.apply(x, parameters), 1, Array(MASKS).fill(columns));
  const errorOf = (x, mask, parameters) =>
    mul(squaredDistance(restorer.apply(mul(x, mask), parameters), x), 1 / columns);
  const loss = (step) => {
    const x = gather(step.data.get("features"), step.rows);
    const masks = masksOf(x, step.parameters);
    const column = [x.shape[0], 1];
    const unit = (mask) => div(mask, reshape(sqrt(add(sum(square(mask), [1]), 1e-12)), column));
    const together = masks.map(unit).reduce((total, mask) => add(total, mask));
    const alike = mul(sub(sum(square(together), [1]), MASKS), APART / (MASKS * (MASKS - 1)));
    const all = mul(concat(Array(MASKS).fill(x), 0), concat(masks, 0));
    const errors = squaredDistance(restorer.apply(all, step.parameters), concat(Array(MASKS).fill(x), 0));
    const perMask = split(errors, 0, Array(MASKS).fill(x.shape[0]));
    const restoring = mul(
      perMask.reduce((total, each) => add(total, each)),
      1 / (MASKS * columns),
    );
    return sum(mul(add(restoring, alike), step.weights));
  };
  const { within } = await trained("mcm", [...generator.specs, ...restorer.specs], rows, loss, context);
  return (x) => {
    const parameters = within(x.graph);
    const errors = masksOf(x, parameters).map((mask) => errorOf(x, mask, parameters));
    return mul(
      errors.reduce((total, error) => add(total, error)),
      1 / MASKS,
    );
  };
});

const COPIES = 4;
const NOISE = 0.3;

/** Deviation of the noise of each column: less where tails are heavy. */
function noiseOf({ rows, columns, data }) {
  return Float64Array.from({ length: columns }, (_, column) => {
    const values = Array.from({ length: rows }, (_, row) => data[row * columns + column]);
    const centre = meanOf(values);
    const variance = meanOf(values.map((value) => (value - centre) ** 2));
    const kurtosis = variance > 0 ? meanOf(values.map((value) => (value - centre) ** 4)) / variance ** 2 : 3;
    return NOISE * Math.sqrt(variance) * Math.min(2, Math.max(0.5, Math.sqrt(3 / kurtosis)));
  });
}

/** Denoising score matching with noise by kurtosis, in a very small version. */
export const AutoKdsm = autoWith("auto-k-dsm", async (rows, context) => {
  const { columns, data } = rows;
  const deviations = noiseOf(rows);
  const network = stack("score", [columns, HIDDEN, HIDDEN, columns]);
  const stream = context.random.stream("k-dsm", "noise");
  // Noisy row and noise side by side.
  const noisy = new Float32Array(COPIES * rows.rows * 2 * columns);
  for (let copy = 0; copy < COPIES * rows.rows; copy++) {
    for (let column = 0; column < columns; column++) {
      const noise = stream.normal();
      const value = data[(copy % rows.rows) * columns + column];
      noisy[copy * 2 * columns + column] = value + deviations[column] * noise;
      noisy[copy * 2 * columns + columns + column] = noise;
    }
  }
  const matrix = { rows: COPIES * rows.rows, columns: 2 * columns, data: noisy };
  const loss = (step) => {
    const both = gather(step.data.get("features"), step.rows);
    const [seen, noise] = split(both, 1, [columns, columns]);
    const error = squaredDistance(network.apply(seen, step.parameters), noise);
    return sum(mul(error, mul(step.weights, 1 / columns)));
  };
  const { within } = await trained("k-dsm", network.specs, matrix, loss, context);
  return (x) => mul(sum(square(network.apply(x, within(x.graph))), [1]), 1 / columns);
});
