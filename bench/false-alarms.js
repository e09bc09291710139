/**
 * Promised against realised false alarms on the 25 tables of ADBench. Half of the normals (at most 4 000 rows in all)
 * are given to a fit, which holds a fifth of them out for calibration; the other half tells what rate comes true.
 * Beside the conformal threshold of those held-out normals stands the usual way: the percentile of the scores of the
 * rows that were trained on.
 *
 * Seed 0. The default detector has one network here instead of four, and few epochs, to stay within minutes.
 */
import { adbenchTables, labelledRows, pick } from "./lib/normals.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";

const { detectors } = await import(built("index.js"));
const { selectRows } = await import(built("doors/data.js"));
const { calibrationSizeForRate, falseAlarmsThreshold, percentileThreshold } = await import(
  built("scoring/index.js")
);
const { createRandom } = await import(built("math/random.js"));

const report = new Report("false-alarms", "False alarms on 25 tables of ADBench, promised and realised", {
  detectors: { type: "string", default: "deep-svdd,knn,isolation-forest,pca" },
  tables: { type: "string", default: "" },
});
const SEED = 0;
const MOST_ROWS = 4000;
const ALPHAS = [0.01, 0.05, 0.1];
const OPTIONS = { "deep-svdd": { members: 1, pretrainSteps: 100, steps: 100 } };
const names = report.flags.detectors.split(",").filter((name) => Object.hasOwn(detectors, name));
const tables = adbenchTables().filter((name) => name.includes(report.flags.tables));
const random = createRandom(SEED);
const share = (values, threshold) =>
  values.reduce((n, value) => n + (value > threshold ? 1 : 0), 0) / values.length;

const rows = [];
for (const dataset of tables) {
  const { table, normals } = await labelledRows(dataset, random);
  const used = normals.subarray(0, MOST_ROWS);
  const fitted = pick(table, used.subarray(0, used.length >> 1));
  const held = selectRows(table, used.subarray(used.length >> 1));
  for (const detector of names) {
    const model = await detectors[detector].create({ seed: SEED, ...OPTIONS[detector] }).fit(fitted);
    const calibration = Float64Array.from(model.calibrationScores);
    const test = (await model.score(held)).scores;
    const { validation } = model.card.data;
    // The fit's own split: rows that were neither held out to calibrate nor to stop in time.
    const order = createRandom(SEED).stream("split").permutation(fitted.rowCount);
    const trained = order.slice(calibration.length + validation).sort();
    const training = (await model.score(selectRows(fitted, trained))).scores;
    for (const alpha of ALPHAS) {
      const possible = calibration.length >= calibrationSizeForRate(alpha);
      rows.push({
        dataset,
        detector,
        alpha,
        calibration: calibration.length,
        test: test.length,
        promised: possible ? share(test, falseAlarmsThreshold(calibration, alpha).threshold) : null,
        training: share(test, percentileThreshold(training, 100 - 100 * alpha).threshold),
      });
    }
  }
  console.error(`${dataset} done`);
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (value) => (value === null || Number.isNaN(value) ? "-" : `${(100 * value).toFixed(1)} %`);
const of = (detector, alpha) => rows.filter((row) => row.detector === detector && row.alpha === alpha);

report.note(
  `Seed ${SEED}; at most ${MOST_ROWS} normals per table, half of them for the fit, which calibrates on a fifth of its half, and half to ` +
    "test. Default options, but deep-svdd with one network and 100 steps of each stage. Promised: conformal " +
    "threshold of held-out normals; where these are too few for the promise, the threshold is refused and the table " +
    "left out of the mean. Training scores: percentile of the scores of the rows trained on, as guides have it, on " +
    "the same tables. Too many: tables whose rate is above the promise by more than two standard errors of a draw of " +
    "so many calibration and test rows. `node bench/false-alarms.js --write` makes these tables.",
);
/** Standard deviation of the realised rate over draws of n calibration and m test rows: beta-binomial, to first order. */
const spread = ({ alpha, calibration, test }) =>
  Math.sqrt(alpha * (1 - alpha) * (1 / (calibration + 1) + 1 / test));
const summary = [];
const worst = [];
for (const detector of names) {
  for (const alpha of ALPHAS) {
    const able = of(detector, alpha).filter(({ promised }) => promised !== null);
    const over = (figure) => able.filter((row) => row[figure] > alpha + 2 * spread(row)).length;
    const kept = mean(able.map(({ promised }) => promised));
    const se = Math.sqrt(mean(able.map((row) => spread(row) ** 2)) / able.length);
    worst.push({ detector, alpha, kept, se, z: (kept - alpha) / se });
    summary.push({
      detector,
      promised: percent(alpha),
      tables: able.length,
      realised: percent(kept),
      se: percent(se),
      "too many": over("promised"),
      "training scores": percent(mean(able.map(({ training }) => training))),
      "most, training scores": percent(Math.max(...able.map(({ training }) => training))),
      "too many, training scores": over("training"),
    });
  }
}
report.table(summary);
report.table(
  tables.flatMap((dataset) =>
    ALPHAS.map((alpha) => ({
      table: dataset,
      promised: percent(alpha),
      ...Object.fromEntries(
        names.flatMap((detector) => {
          const row = of(detector, alpha).find((one) => one.dataset === dataset);
          return [
            [detector, percent(row.promised)],
            [`${detector}, training scores`, percent(row.training)],
          ];
        }),
      ),
    })),
  ),
);
report.keep({ seed: SEED, rows });
const high = Math.max(...worst.map(({ z }) => z));
report.target("mean realised rate above the promise, standard errors at most", high, { atMost: 3 });
report.end();
process.exit(high > 3 ? 1 : 0);
