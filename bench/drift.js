/**
 * Drift: how often a stream without drift raises the alarm, and how soon one with drift does. A forest trained once,
 * 200 simulated streams of each kind, each beginning with rows like the training rows.
 *
 *     node bench/drift.js --write
 */
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { summary } from "./lib/stats.js";

const { driftMonitor, driftReport, IsolationForest, Knn, tableFromMatrix } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));

const report = new Report("drift", "Drift: false alarms and delay", {
  streams: { type: "string", default: "200" },
});
const STREAMS = Number(report.flags.streams);
const TRAINING = 4000;
const ROWS = 1500;
/** Rows before the drift begins. */
const CLEAN = 500;
const COLUMNS = 8;
const FACTORS = 3;
const DELTA = 0.01;

const random = createRandom(7);
const loadingStream = random.stream("loadings");
const loadings = Float64Array.from({ length: COLUMNS * FACTORS }, () => loadingStream.normal());

/** Sensors that share three causes: rows of a plant. `change(row, values)` makes the drift. */
function plant(stream, rows, change = () => {}) {
  const data = new Float64Array(rows * COLUMNS);
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * COLUMNS, (row + 1) * COLUMNS);
    const causes = Array.from({ length: FACTORS }, () => stream.normal());
    for (let k = 0; k < COLUMNS; k++) {
      values[k] = 0.5 * stream.normal();
      for (let f = 0; f < FACTORS; f++) values[k] += loadings[k * FACTORS + f] * causes[f];
    }
    change(row, values);
  }
  return tableFromMatrix({ data, rows, columns: COLUMNS, order: "C" });
}

const FRESH = "none, calibration rows drawn anew for each stream";
const kinds = {
  none: undefined,
  [FRESH]: undefined,
  "sudden: three of eight sensors up by 1.5": (row, values) => {
    if (row >= CLEAN) for (let k = 0; k < 3; k++) values[k] += 1.5;
  },
  "gradual: the same, over 1,000 rows": (row, values) => {
    const share = Math.max(0, (row - CLEAN) / (ROWS - CLEAN));
    for (let k = 0; k < 3; k++) values[k] += 1.5 * share;
  },
  "one sensor dead: it answers 0": (row, values) => {
    if (row >= CLEAN) values[0] = 0;
  },
};

const training = plant(random.stream("training"), TRAINING);
const detectors = {
  knn: await new Knn({ seed: 1 }).fit(training),
  "isolation-forest": await new IsolationForest({ seed: 1 }).fit(training),
};

report.note(
  `${STREAMS} streams of ${ROWS} rows per kind, drift from row ${CLEAN + 1}; ${COLUMNS} sensors with ${FACTORS} common causes, ` +
    `${TRAINING} training rows, alarm at delta = ${DELTA}. False: alarms before the drift began (or at all, without ` +
    "drift); a stream that raised one is counted in no other column. Delay: rows from the beginning of the drift to the " +
    "alarm, among streams that noticed it. PSI: streams with at least one column moved by more than chance explains.",
);
const rows = [];
const figures = [];
for (const [name, model] of Object.entries(detectors)) {
  for (const [kind, change] of Object.entries(kinds)) {
    const begins = change === undefined ? ROWS : CLEAN;
    const delays = [];
    let early = 0;
    let moved = 0;
    for (let k = 0; k < STREAMS; k++) {
      const table = plant(random.stream("stream", kind, k), ROWS, change);
      let calibration = model.calibrationScores;
      if (kind === FRESH) {
        const others = plant(random.stream("calibration", name, k), calibration.length);
        calibration = (await model.score(others)).scores;
      }
      const monitor = driftMonitor({ calibration, delta: DELTA, seed: k });
      const { martingale, shifted } = await driftReport(model, table, { monitor });
      if (shifted.length > 0) moved++;
      if (martingale.row === null) continue;
      if (martingale.row <= begins) early++;
      else delays.push(martingale.row - begins);
    }
    const delay = delays.length > 0 ? summary(delays) : undefined;
    const sorted = delays.toSorted((a, b) => a - b);
    const p90 = sorted[Math.ceil(0.9 * sorted.length) - 1];
    rows.push({
      detector: name,
      stream: kind,
      false: `${early} (${((100 * early) / STREAMS).toFixed(1)} %)`,
      noticed: change === undefined ? "-" : `${delays.length} of ${STREAMS - early}`,
      "median delay": delay ? delay.median : "-",
      "90 % within": p90 ?? "-",
      PSI: moved,
    });
    figures.push({ detector: name, kind, early, noticed: delays.length, moved, delays: sorted });
  }
}
report.table(rows);
// The promise is over stream and calibration rows together: streams that share those are not independent.
const fresh = figures.filter(({ kind }) => kind === FRESH);
const alarms = fresh.reduce((sum, { early }) => sum + early, 0) / (fresh.length * STREAMS);
report.target("share of false alarms with calibration rows drawn anew", alarms, {
  atMost: DELTA + 2 * Math.sqrt((DELTA * (1 - DELTA)) / (fresh.length * STREAMS)),
});
report.keep({ streams: STREAMS, training: TRAINING, rows: ROWS, clean: CLEAN, delta: DELTA, figures });
report.end();
