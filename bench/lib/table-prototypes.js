/** Detectors that the library does not have, made of its parts to be measured beside it (docs/adr/0011). */
import { built } from "./root.js";

const load = (path) => import(built(path));
const { defineDetector } = await load("detectors/define.js");
const { autoOptions } = await load("detectors/auto/options.js");
const { neighbourhoods } = await load("detectors/auto/neighbours.js");
const { meanSphereDistance, sphereView } = await load("detectors/auto/sphere-view.js");
const { knnOptions } = await load("detectors/neighbours/options.js");
const { searchLayout, searchTable } = await load("detectors/neighbours/layout.js");
const { nearestDistances } = await load("detectors/neighbours/search.js");
const { sampleFeatures } = await load("features/index.js");
const { abs, add, cast, gather, log, mean, smallest, split, sqrt, square, sub, transpose } =
  await load("graph/index.js");
const { joinedViews } = await load("nn/joined-views.js");
const { inRowBlocks } = await load("nn/row-blocks.js");
const { logFloor, standardisation, standardised } = await load("nn/standardisation.js");

/** Nearest neighbours by the root of the mean of the squared distances to the k nearest. */
export const KnnMeanSquare = defineDetector({
  name: "knn-mean-square",
  title: "Nearest neighbours by the mean of squared distances",
  options: knnOptions,
  async train({ k }, { train }) {
    const layout = searchLayout(k, train.rows, train.columns);
    const score = (features) => {
      const shape = [layout.groups, layout.groupSize * layout.columns];
      const table = features.graph.initializer("train", "float32", shape, searchTable(train.data, layout));
      return inRowBlocks(features, layout.block, (block, scope) =>
        cast(sqrt(mean(nearestDistances(scope, block, table, layout), [1])), "float32"),
      );
    };
    return { scorer: { score, training: {} }, untrained: undefined };
  },
});

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
