/**
 * What p-values promise and keep when calibration is split or cross, on Gaussian rows with a detector trained anew in
 * each repeat: the mean share of new normals with p <= a, and how far it spreads from fit to fit. About three minutes.
 */
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";

const { detectors, tableFromMatrix } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));

const report = new Report("cross-conformal", "Split and cross-conformal p-values", {
  repeats: { type: "string", default: "200" },
});
const repeats = Number(report.flags.repeats);
const [COLUMNS, TESTED, FOLDS] = [4, 500, 5];
const SIZES = [60, 200];
const ALPHAS = [0.05, 0.1, 0.2];
const CASES = { pca: { score: "mahalanobis" }, knn: {} };

function gaussian(rows, stream) {
  return tableFromMatrix(
    Array.from({ length: rows }, () => Array.from({ length: COLUMNS }, () => stream.normal())),
  );
}

function summary(rates) {
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / (rates.length - 1);
  return { mean, spread: Math.sqrt(variance), error: Math.sqrt(variance / rates.length) };
}

const figures = [];
for (const [detector, options] of Object.entries(CASES)) {
  for (const rows of SIZES) {
    const rates = { split: ALPHAS.map(() => []), cross: ALPHAS.map(() => []) };
    for (let repeat = 0; repeat < repeats; repeat++) {
      const random = createRandom(repeat);
      const table = gaussian(rows, random.stream("train", rows));
      const today = gaussian(TESTED, random.stream("test", rows));
      for (const [calibration, lists] of Object.entries(rates)) {
        const fitted = detectors[detector].create({
          ...options,
          calibration,
          calibrationFolds: FOLDS,
          seed: repeat,
        });
        const { pValues } = await (await fitted.fit(table)).score(today);
        ALPHAS.forEach((alpha, k) => {
          lists[k].push(pValues.filter((p) => p <= Math.fround(alpha)).length / TESTED);
        });
      }
    }
    ALPHAS.forEach((alpha, k) => {
      const [split, cross] = [summary(rates.split[k]), summary(rates.cross[k])];
      const bound = 2 * alpha + (2 * (1 - alpha) * (FOLDS - 1)) / (rows + FOLDS);
      figures.push({ detector, rows, alpha, split, cross, bound });
    });
  }
}

const text = ({ mean, error }) => `${mean.toFixed(4)} ± ${error.toFixed(4)}`;
report.note(
  `${repeats} repeats of ${TESTED} new rows, ${COLUMNS} columns, ${FOLDS} folds; spread is the standard deviation of the ` +
    "share from fit to fit.",
);
report.table(
  figures.map(({ detector, rows, alpha, split, cross, bound }) => ({
    detector,
    rows,
    promised: alpha,
    split: text(split),
    "split spread": split.spread.toFixed(3),
    cross: text(cross),
    "cross spread": cross.spread.toFixed(3),
    "cross at most": bound.toFixed(3),
  })),
);
report.keep({ repeats, figures });
const excess = Math.max(...figures.map(({ cross, bound }) => cross.mean - 3 * cross.error - bound));
report.target("excess of cross-conformal p-values over their bound, less three standard errors", excess, {
  atMost: 0,
});
report.end();
process.exit(excess > 0 ? 1 : 0);
