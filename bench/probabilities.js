/**
 * Probabilities promised and kept: calibrated on one part of the labelled rows at a prior of 2 %, judged on another at
 * 2 %. Beside them what the calibration's own cross-validated figures said, the control of always saying the prior,
 * and the same curve without correction for the prior, which keeps the sample's share of anomalies.
 *
 * Tables: those of ADBench with at least 100 anomalies and fewer than 8 000 rows. Half of the normals train (nearest
 * neighbours); the other half and all anomalies are parted in two.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";

const { Knn } = await import(built("index.js"));
const { selectRows, splitLabels } = await import(built("doors/data.js"));
const { readTable } = await import(built("doors/io.js"));
const scoring = await import(built("scoring/index.js"));
const { createRandom } = await import(built("math/random.js"));

const PRIOR = 0.02;
const report = new Report("probabilities", "Probabilities promised and kept");
const folder = join(dataFolder, "tabular", "adbench");
const halves = (rows, stream) => {
  const order = Array.from(stream.permutation(rows.length), (k) => rows[k]);
  return [order.slice(0, order.length >> 1), order.slice(order.length >> 1)];
};

const figures = [];
for (const file of readdirSync(folder).filter((name) => name.endsWith(".npz"))) {
  const { features, labels } = splitLabels(await readTable(join(folder, file)), "y", { normalLabel: 0 });
  const rowsOf = (label) => [...labels.keys()].filter((row) => labels[row] === label);
  const [normals, anomalies] = [rowsOf(0), rowsOf(1)];
  if (anomalies.length < 100 || labels.length >= 8000) continue;
  const random = createRandom(0).stream("probabilities", file);
  const [train, rest] = halves(normals, random);
  const [normalsA, normalsB] = halves(rest, random);
  const [anomaliesA, anomaliesB] = halves(anomalies, random);
  const table = (rows) => selectRows(features, Uint32Array.from(rows));
  const truth = (rows) => Int8Array.from(rows, (row) => labels[row]);
  const model = await new Knn().fit(table(train));
  const [given, fresh] = [
    [...normalsA, ...anomaliesA],
    [...normalsB, ...anomaliesB],
  ];
  const { scores } = await model.score(table(given));
  for (const method of ["platt", "isotonic"]) {
    const judged = async (prior) => {
      let calibration;
      try {
        calibration = scoring.calibrateProbabilities(scores, truth(given), { method, prior });
      } catch (error) {
        if (error.code === "unfit-data") return undefined;
        throw error;
      }
      const { probabilities } = await (await model.withProbability(calibration)).score(table(fresh));
      return { calibration, kept: scoring.reliability(probabilities, truth(fresh), { prevalence: PRIOR }) };
    };
    const corrected = await judged(PRIOR);
    if (corrected === undefined) {
      report.note(`${file}, ${method}: refused (too few rows, or scores that do not rise with anomalies).`);
      continue;
    }
    const { kept, calibration } = corrected;
    const plain = (await judged(undefined)).kept;
    figures.push({ table: file.replace(".npz", ""), method, promised: calibration.reliability, kept, plain });
  }
}

const short = (value) => value.toFixed(4);
report.table(
  figures.map(({ table, method, promised, kept, plain }) => ({
    table,
    method,
    "log loss promised": short(promised.logLoss),
    kept: short(kept.logLoss),
    "always the prior": short(kept.logLossOfPrevalence),
    "no correction": short(plain.logLoss),
    "calibration error promised": short(promised.expectedCalibrationError),
    "error kept": short(kept.expectedCalibrationError),
    "error without correction": short(plain.expectedCalibrationError),
  })),
);
for (const method of ["platt", "isotonic"]) {
  const own = figures.filter((figure) => figure.method === method);
  const mean = (value) => own.reduce((sum, figure) => sum + value(figure), 0) / own.length;
  report.target(
    `${method}: mean calibration error on new rows`,
    mean(({ kept }) => kept.expectedCalibrationError),
    { atMost: 0.02 },
  );
  report.target(
    `${method}: mean log loss on new rows`,
    mean(({ kept }) => kept.logLoss),
    { atMost: Number(short(own[0].kept.logLossOfPrevalence)) },
  );
}
report.keep({ figures });
report.end();
