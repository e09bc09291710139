/**
 * Do settings that a search finds without labels, or with a few, detect more than the defaults? Half of the normal rows of a
 * table are searched on and learned from, the others and the anomalies test; the search sees none of them, but for the
 * anomalies of --labelled, which then do not test.
 *
 *     node bench/tune.js --detectors knn,isolation-forest --trials 15     without labels, about ten minutes
 *     node bench/tune.js --labelled 20                                    with twenty labelled anomalies
 *     node bench/tune.js --skip 20 --tables 33 --trials 12 --rows 600     other tables, on which what a gain has to be was chosen
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { meanDifference, meanDifferenceText } from "./lib/bootstrap.js";
import { built, dataFolder } from "./lib/root.js";

const { open, samplesOf, detectors } = await import(built("index.js"));
const { selectRows } = await import(built("doors/data.js"));
const { tune } = await import(built("evaluate/tune/index.js"));
const { auroc } = await import(built("metrics/index.js"));
const { createRandom } = await import(built("math/random.js"));

const { values: flags } = parseArgs({
  options: {
    detectors: { type: "string", default: "knn" },
    tables: { type: "string", default: "20" },
    skip: { type: "string", default: "0" },
    trials: { type: "string", default: "15" },
    labelled: { type: "string", default: "0" },
    objective: { type: "string" },
    sampler: { type: "string", default: "tpe" },
    folder: { type: "string", default: "oddbench" },
    rows: { type: "string", default: "1000" },
  },
});
const [wanted, skip, trials, labelled, most] = [
  flags.tables,
  flags.skip,
  flags.trials,
  flags.labelled,
  flags.rows,
].map(Number);
const folder = join(dataFolder, "tabular", flags.folder);
if (!existsSync(folder)) {
  console.error(
    `There is no ${folder}: set HYPERSPHERE_DATA to the folder that holds tabular/${flags.folder}.`,
  );
  process.exit(1);
}

/** The first tables by name that have enough rows of both kinds, after those that are skipped. */
async function* tables() {
  let found = 0;
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".npz")) continue;
    const { data, labels } = await open(join(folder, file));
    const rows = (label) => Uint32Array.from(labels.keys()).filter((row) => labels[row] === label);
    const [normals, anomalies] = [rows(0), rows(1)];
    if (normals.length < 300 || anomalies.length < 50 || ++found <= skip) continue;
    const stream = createRandom(file).stream("bench");
    const shuffled = (of, count) =>
      Uint32Array.from(stream.sample(of.length, Math.min(count, of.length)), (place) => of[place]);
    const drawn = shuffled(normals, 2 * most);
    const half = Math.floor(drawn.length / 2);
    const odd = shuffled(anomalies, most + labelled);
    yield {
      name: file.replace(/\.npz$/, ""),
      train: selectRows(data, drawn.subarray(0, half)),
      search: selectRows(data, Uint32Array.of(...drawn.subarray(0, half), ...odd.subarray(0, labelled))),
      test: selectRows(data, Uint32Array.of(...drawn.subarray(half), ...odd.subarray(labelled))),
      labels: Uint8Array.from({ length: drawn.length - half + odd.length - labelled }, (_, row) =>
        row < drawn.length - half ? 0 : 1,
      ),
    };
    if (found === skip + wanted) return;
  }
}

async function testAuroc(detector, options, { train, test, labels }) {
  const model = await detectors[detector].create({ ...options, seed: 0 }).fit(train);
  const { scores } = await model.score(test);
  await model.close();
  return auroc(labels, scores);
}

const what = labelled > 0 ? `${labelled} labelled anomalies` : "no labels";
console.log(
  `${trials} trials by ${flags.sampler}, ${what}, ${most} normal rows to learn from at most; AUROC on rows kept apart`,
);
for (const detector of flags.detectors.split(",")) {
  const [gains, risky] = [[], []];
  for await (const table of tables()) {
    const begun = performance.now();
    const learned = table.train.rowCount;
    const samples = samplesOf(table.search, {
      labels: Int8Array.from({ length: learned + labelled }, (_, row) => (row < learned ? 0 : 1)),
    });
    const found = await tune(samples, {
      ...{ detector, trials, sampler: flags.sampler, objective: flags.objective },
      maxTrain: most,
    });
    const before = await testAuroc(detector, {}, table);
    const after = found.defaultIsAsGood ? before : await testAuroc(detector, found.options, table);
    const best = found.best.number === 0 ? before : await testAuroc(detector, found.best.point, table);
    gains.push(after - before);
    risky.push(best - before);
    const { gain } = found;
    const sure =
      gain === null
        ? ""
        : `; gain from ${gain.lower.toFixed(3)}${gain.worse.length > 0 ? `, worse: ${gain.worse.join(" ")}` : ""}`;
    const setting = found.defaultIsAsGood ? "default" : JSON.stringify(found.options);
    console.log(
      `${detector} ${table.name}: default ${before.toFixed(4)}, tuned ${after.toFixed(4)} (${(after - before).toFixed(4)}), ` +
        `best trial ${best.toFixed(4)}${sure}; ${setting}; ${((performance.now() - begun) / 1000).toFixed(0)} s`,
    );
  }
  for (const [name, differences] of Object.entries({
    "the answer": gains,
    "the best trial, certain or not": risky,
  })) {
    const text = meanDifferenceText(differences, meanDifference(differences, `tune ${detector}`), "tables");
    console.log(`${detector}, ${name} over the defaults: ${text}`);
  }
}
