/**
 * Promised and realised false alarms once more, from the model files alone: models are trained and saved here, and
 * p-values and decisions on normals that the fit has not seen come from Python with numpy and onnxruntime.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./lib/files.js";
import { labelledRows, pick } from "./lib/normals.js";
import { python, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";

const { detectors } = await import(built("index.js"));
const { falseAlarmsThreshold } = await import(built("scoring/index.js"));
const { createRandom } = await import(built("math/random.js"));

const report = new Report("decisions", "Promised and realised false alarms, from model files in Python", {
  detectors: { type: "string", default: "deep-svdd,knn,isolation-forest,pca" },
  draws: { type: "string", default: "10" },
});
requirePython("numpy", "onnxruntime");
const TABLES = ["HTRU2", "NSL-KDD", "32_shuttle"];
const ALPHAS = [0.01, 0.05, 0.1];
/** The fit holds a fifth out: 499 rows, so that 500 alpha is whole. */
const TRAIN = 2495;
const TEST = 2000;
const DRAWS = Number(report.flags.draws);
/** One network instead of four, and few steps: what is promised holds for any scores. */
const OPTIONS = { "deep-svdd": { members: 1, pretrainSteps: 100, steps: 100 } };
/** The decision in force: at most this share of the normals, on average over calibration sets. */
const RATE = 0.01;
const folder = temporaryFolder();
const names = report.flags.detectors.split(",").filter((name) => Object.hasOwn(detectors, name));

const jobs = [];
for (const data of TABLES) {
  for (let draw = 0; draw < DRAWS; draw++) {
    const { path, table, normals } = await labelledRows(data, createRandom(draw));
    const rows = pick(table, normals.subarray(0, TRAIN));
    const held = Array.from(normals.subarray(TRAIN, TRAIN + TEST));
    for (const detector of names) {
      const fitted = await detectors[detector].create({ seed: draw, ...OPTIONS[detector] }).fit(rows);
      const model = await fitted.withThreshold(falseAlarmsThreshold(fitted.calibrationScores, RATE));
      const file = join(folder, `${data}-${detector}-${draw}.onnx`);
      await model.save(file);
      jobs.push({ name: `${data}, ${detector}`, model: file, data: path, normals: held, alphas: ALPHAS });
    }
  }
}
writeFileSync(join(folder, "jobs.json"), JSON.stringify(jobs));
const script = fileURLToPath(new URL("peers/decisions_check.py", import.meta.url));
const text = execFileSync(python, [script, join(folder, "jobs.json")], {
  encoding: "utf8",
  maxBuffer: 2 ** 26,
});
const results = text
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

const percent = (value) => `${(100 * value).toFixed(2)} %`;
const zs = [];
report.note(
  `${DRAWS} draws of ${TRAIN} normals for a fit, which calibrates on ${results[0].calibration} of them, and ${TEST} others, scored in Python with ` +
    `onnxruntime ${results[0].onnxruntime}. Default options, but deep-svdd with one network and 100 steps of each stage. Mean over draws, and ` +
    "its standard error. `node bench/decisions.js --write` makes this table.",
);
const cell = (promised, realised) => {
  const average = realised.reduce((sum, value) => sum + value, 0) / realised.length;
  const squares = realised.reduce((sum, value) => sum + (value - average) ** 2, 0);
  const se = Math.sqrt(squares / (realised.length - 1) / realised.length);
  zs.push((average - promised) / se);
  return `${percent(average)} +- ${percent(se)}`;
};
report.table(
  [...new Set(jobs.map(({ name }) => name))].map((name) => {
    const own = results.filter((result) => result.name === name);
    const rates = ALPHAS.map((alpha, k) => [
      `p_value <= ${100 * alpha} %`,
      cell(
        alpha,
        own.map((result) => result.p_value[k].realised),
      ),
    ]);
    const decided = own.map((result) => result.is_anomaly.realised);
    return {
      model: name,
      ...Object.fromEntries(rates),
      [`is_anomaly, promised ${100 * RATE} %`]: cell(own[0].is_anomaly.promised, decided),
    };
  }),
);
const outside = zs.filter((z) => z > 2).length;
report.note(`${outside} of ${zs.length} means are above the promise by more than two standard errors.`);
report.keep({ results });
const wrong = results.reduce(
  (sum, result) =>
    sum +
    result.decisions_differ_from_score +
    result.ranks_not_whole +
    result.p_values_out_of_order +
    result.single_rows_differ,
  0,
);
report.target("answers that contradict the score, the card or the answer for a single row", wrong, {
  atMost: 0,
});
report.target("most standard errors above a promise", Math.max(...zs), { atMost: 4 });
report.end();
process.exit(wrong > 0 || Math.max(...zs) > 4 ? 1 : 0);
