import { readdirSync } from "node:fs";
import { join } from "node:path";
import { built, dataFolder } from "./root.js";

const { detectors, open } = await import(built("index.js"));
const { protocolSplit } = await import(built("evaluate/compare/index.js"));
const { evaluateScores } = await import(built("evaluate/index.js"));
const { kindOf, observations, selectRowsOf } = await import(built("features/index.js"));
const { nodeBackend } = await import(built("runtime/node/backend.js"));

const folder = join(dataFolder, "tabular/oddbench");

/** Names of the tables, in the order of the alphabet. @throws where the data are not there */
export function oddbenchTables() {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".npz"))
    .map((file) => file.slice(0, -".npz".length))
    .sort();
  if (names.length > 0) return names;
  throw new Error("No tables: set HYPERSPHERE_DATA to the folder that holds tabular/oddbench.");
}

/** The rows that `compare --protocol given` trains and tests on, drawn by the seed where there are more than the caps. */
export async function givenRows(name, seed, caps) {
  const samples = observations(await open(join(folder, `${name}.npz`)));
  const split = protocolSplit(samples, seed, { protocol: "given", ...caps });
  return {
    train: kindOf(samples.data).select(samples.data, split.train),
    test: selectRowsOf(samples, split.test),
  };
}

/** One core, as each run of `compare` has. */
export const oneCore = () => nodeBackend({ cores: 1 });

/**
 * Fits a detector to the training rows and measures it on the test rows, as `compare` does.
 * @param create makes it from options; by default the one of the registry with this name
 */
export async function measure({ train, test }, { detector, options = {}, create }, seed, backend) {
  const make = create ?? ((all) => detectors[detector].create(all));
  const begun = performance.now();
  const model = await make({ ...options, seed }).fit(train, { backend });
  const fitted = performance.now();
  const scored = await model.score(test, { backend });
  const ended = performance.now();
  const { ranking, untrained } = await evaluateScores(model, test, scored, { backend });
  const { training } = model.card;
  await model.close();
  return {
    figures: {
      auroc: ranking.auroc,
      averagePrecision: ranking.averagePrecision,
      untrainedAuroc: untrained?.auroc ?? null,
      fitSeconds: (fitted - begun) / 1000,
      scoreSeconds: (ended - fitted) / 1000,
    },
    training,
  };
}
