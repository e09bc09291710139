/**
 * False discovery rates promised and kept, by batch and row after row, on conformal p-values of one shared calibration
 * set; what happens to them when the normals drift; and false alarms of autocorrelated series, calibrated by rows and by
 * blocks. Scores are made up: rows are normal(0, 1), anomalies normal(4, 1). About half a minute.
 */
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";

const scoring = await import(built("scoring/index.js"));
const { createRandom } = await import(built("math/random.js"));

const report = new Report("false-discovery", "False discovery rates promised and kept", {
  repeats: { type: "string", default: "1000" },
});
const repeats = Number(report.flags.repeats);
const ALPHA = 0.1;
const ROWS = 500;
const CASES = [
  { n: 199, anomalous: 0.1, drift: 0 },
  { n: 1000, anomalous: 0.1, drift: 0 },
  { n: 10_000, anomalous: 0.1, drift: 0 },
  { n: 10_000, anomalous: 0.01, drift: 0 },
  { n: 10_000, anomalous: 0.1, drift: 0.5 },
];
const online = (procedure) => (p) => {
  const stream = scoring.onlineFdr({ procedure, alpha: ALPHA });
  return Array.from(p, (value) => (stream.next(value).reject ? 1 : 0));
};
const METHODS = {
  bh: (p) => scoring.benjaminiHochberg(p, ALPHA).rejected,
  storey: (p) => scoring.storey(p, ALPHA).rejected,
  lord: online("lord"),
  saffron: online("saffron"),
};
const random = createRandom(0);
const percent = (share) => `${(100 * share).toFixed(1)} %`;

function meanAndError(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (values.length - 1) / values.length) };
}

const figures = [];
for (const { n, anomalous, drift } of CASES) {
  const stream = random.stream("fdr", n, anomalous * 1000, drift * 10);
  const shares = Object.fromEntries(Object.keys(METHODS).map((name) => [name, { false: [], found: [] }]));
  for (let repeat = 0; repeat < repeats; repeat++) {
    const calibration = Float64Array.from({ length: n }, () => stream.normal()).sort();
    const odd = new Set(stream.sample(ROWS, ROWS * anomalous));
    const scores = Array.from({ length: ROWS }, (_, row) => stream.normal() + (odd.has(row) ? 4 : drift));
    const p = scoring.pValues(calibration, scores);
    for (const [name, decide] of Object.entries(METHODS)) {
      const found = [...decide(p).entries()].filter(([, reject]) => reject === 1).map(([row]) => row);
      const hits = found.filter((row) => odd.has(row)).length;
      shares[name].false.push(found.length === 0 ? 0 : 1 - hits / found.length);
      shares[name].found.push(hits / odd.size);
    }
  }
  for (const [method, { false: falseShares, found }] of Object.entries(shares)) {
    const { mean, error } = meanAndError(falseShares);
    figures.push({ n, anomalous, drift, method, fdr: mean, error, power: meanAndError(found).mean });
  }
}
report.note(`${repeats} repeats of ${ROWS} rows at a false discovery rate of ${ALPHA}.`);
report.table(
  figures.map(({ n, anomalous, drift, method, fdr, error, power }) => ({
    calibration: n,
    anomalies: percent(anomalous),
    drift: drift === 0 ? "none" : `${drift} sd`,
    method,
    "false discoveries": `${percent(fdr)} ± ${percent(error)}`,
    found: percent(power),
  })),
);
for (const { n, anomalous, drift, method, fdr, error } of figures) {
  if (drift > 0) continue;
  const what = `${method}, ${n} normals, ${percent(anomalous)} anomalies: false discoveries`;
  report.target(what, fdr, { atMost: Number((ALPHA + 2 * error).toPrecision(4)) });
}

/** Stationary AR(1) blocks with starts of their own. */
function series(stream, blocks, length, rho) {
  let last = 0;
  return Float64Array.from({ length: blocks * length }, (_, row) => {
    const fresh = stream.normal();
    last = row % length === 0 ? fresh : rho * last + Math.sqrt(1 - rho * rho) * fresh;
    return last;
  });
}

const BLOCKS = 39;
const LENGTH = 60;
const RATE = 0.05;
const blockOf = Array.from({ length: BLOCKS * LENGTH }, (_, row) => Math.floor(row / LENGTH));
const blockFigures = [0, 0.9, 0.99, 0.999].map((rho) => {
  const stream = random.stream("blocks", rho * 1000);
  const kept = { rows: [], blocks: [] };
  for (let repeat = 0; repeat < repeats; repeat++) {
    const calibration = series(stream, BLOCKS, LENGTH, rho);
    const fresh = series(stream, 1, LENGTH, rho);
    const share = ({ threshold }) => fresh.filter((score) => score > threshold).length / LENGTH;
    kept.rows.push(share(scoring.falseAlarmsThreshold(calibration, RATE)));
    kept.blocks.push(share(scoring.falseAlarmsByBlocksThreshold(calibration, blockOf, RATE)));
  }
  return { rho, rows: meanAndError(kept.rows), blocks: meanAndError(kept.blocks) };
});
report.note(
  `False alarms of AR(1) series promised at most ${RATE}, from ${BLOCKS} blocks of ${LENGTH} rows.`,
);
report.table(
  blockFigures.map(({ rho, rows, blocks }) => ({
    "correlation of neighbours": rho,
    "false-alarms, by rows": `${percent(rows.mean)} ± ${percent(rows.error)}`,
    "false-alarms-by-blocks": `${percent(blocks.mean)} ± ${percent(blocks.error)}`,
  })),
);
for (const { rho, blocks } of blockFigures) {
  const atMost = Number((RATE + 2 * blocks.error).toPrecision(4));
  report.target(`false alarms by blocks at correlation ${rho}`, blocks.mean, { atMost });
}
report.keep({ repeats, alpha: ALPHA, rows: ROWS, figures, blocks: blockFigures });
report.end();
