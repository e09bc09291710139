/** Every view that auto could join on series, from one fit, and how candidates of ADR 9, 18, 19 and 21 join them. */
import { built } from "./root.js";
import { mean } from "./stats.js";

const { neighbourViews } = await import(built("detectors/auto/neighbour-views.js"));
const { neighbourhoods } = await import(built("detectors/auto/neighbours.js"));
const { autoOptions } = await import(built("detectors/auto/options.js"));
const { neighbourLogarithms } = await import(built("detectors/auto/parts.js"));
const { meanSphereDistance, sphereView } = await import(built("detectors/auto/sphere-view.js"));
const { defineDetector } = await import(built("detectors/define.js"));
const { pcaOptions } = await import(built("detectors/pca/options.js"));
const { pcaLook } = await import(built("detectors/pca/pca.js"));
const { centresLook } = await import(built("detectors/windows/centres-look.js"));
const { crossFitted } = await import(built("detectors/windows/cross-fitted.js"));
const { joinedScorer, standardisedViews } = await import(built("detectors/windows/fitted-view.js"));
const { furtherViews, lookView, trainingWindows } = await import(
  built("detectors/windows/training-windows.js")
);
const { sampleFeatures } = await import(built("features/index.js"));
const { add, log } = await import(built("graph/index.js"));
const { inRowBlocks } = await import(built("nn/row-blocks.js"));
const { standardisation, standardised } = await import(built("nn/standardisation.js"));

const AUTO = ["nearest", "relative", "sphere"];
const AMPLITUDE = ["deviation", "shift"];
/** Names that candidates join with the same weight; a list of names counts once, as their mean. */
export const CANDIDATES = {
  auto: AUTO,
  "A: amplitude": [...AUTO, ...AMPLITUDE],
  "B: and shapes": [...AUTO, ...AMPLITUDE, "residual"],
  "C: and single steps": [...AUTO, ...AMPLITUDE, "residual", "single-steps"],
  "D: B, held out": [...AUTO.map((name) => `${name}, held out`), ...AMPLITUDE, "residual"],
  "E: families": [AUTO, ...AMPLITUDE],
  "F: and shapes": [AUTO, "centres", ...AMPLITUDE],
  "G: shapes and amplitude": ["centres", ...AMPLITUDE],
  "H: nearest and amplitude": ["nearest", ...AMPLITUDE],
  "I: H and movement": ["nearest", ...AMPLITUDE, "movement"],
  "J: movement in a family": ["nearest", "deviation", ["shift", "movement"]],
};

/** Windows without which a fit to a part of them says nothing. */
const FEWEST = 32;
const ROWS_PER_BLOCK = 64;
/** As many as kmeans has by default. */
const CENTRES = 20;

/** auto's three views of windows, before they are standardised, as fitted to rows. */
async function autoParts(options, rows, context) {
  const references = sampleFeatures(rows, options.maxReferences, context.random.stream("references"));
  const k = Math.min(options.neighbours, references.rows - 1);
  const neighbours = neighbourViews(references, await neighbourhoods(references, k));
  const spheres = await sphereView(options, rows, context);
  const blocks = (name, value) => (x) =>
    x.graph.prefixed(`${name}.`, () => inRowBlocks(x, ROWS_PER_BLOCK, value));
  return {
    nearest: {
      value: blocks("nearest", (x) => neighbourLogarithms(x, neighbours.part).nearest),
      scale: neighbours.nearest,
    },
    relative: {
      value: blocks("relative", (x) => neighbourLogarithms(x, neighbours.part).relative),
      scale: neighbours.relative,
    },
    sphere: {
      value: blocks("sphere", (x) => log(add(meanSphereDistance(x, spheres.members), spheres.floor))),
      scale: spheres.standardisation,
    },
  };
}

export const AllViews = defineDetector({
  name: "all-views",
  title: "Every view that a candidate joins",
  options: autoOptions,
  kinds: ["series"],
  overlapping: true,
  async train(options, data, context) {
    const runtime = await context.backend.inline();
    const quiet = { ...context, onProgress: undefined };
    const windows = trainingWindows(data, 20_000, context.random.stream("windows"));
    const parts = await autoParts(options, windows.dense, quiet);
    const scales = {};
    for (const name of AUTO) {
      const values = await crossFitted(
        runtime,
        windows.dense,
        windows.matrix,
        FEWEST,
        async (rows) => (await autoParts(options, rows, quiet))[name].value,
      );
      scales[name] = { alone: parts[name].scale, held: standardisation(values) };
    }
    const look = (rows) => pcaLook(pcaOptions.parse({}), rows, runtime);
    const residual = await lookView("residual", windows, runtime, FEWEST, look);
    const centres = await lookView("centres", windows, runtime, FEWEST, (rows) =>
      centresLook(runtime, rows, CENTRES, context.random.stream("centres")),
    );
    const fitted = [
      residual.view,
      centres.view,
      ...(await furtherViews({ amplitude: true, singleSteps: true, movement: true }, windows, runtime)),
    ];
    const others = standardisedViews(fitted);
    const views = {
      names: [...AUTO, ...others.names],
      values: (x) => [
        ...AUTO.map((name) => standardised(parts[name].value(x), parts[name].scale)),
        ...others.values(x),
      ],
    };
    return { scorer: { ...joinedScorer(views), training: { scales } }, untrained: undefined };
  },
});

const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** The score of windows that joins views of those names. */
export function joined(names, views, scales) {
  const part = (name, row) => {
    if (Array.isArray(name)) return mean(name.map((each) => part(each, row)));
    if (!name.endsWith(", held out")) return softplus(views[name][row]);
    const plain = name.replace(", held out", "");
    const { alone, held } = scales[plain];
    return softplus((views[plain][row] * alone.deviation + alone.mean - held.mean) / held.deviation);
  };
  return Array.from(views.nearest, (_, row) => mean(names.map((name) => part(name, row))));
}
