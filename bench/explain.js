/**
 * Do explanations name the column that was changed? On held-out normal rows of tables, with detectors trained on others:
 *
 * - fault: one random column is moved by 4 standard deviations; the share of rows whose largest contribution is it
 * - broken: two random columns get the values that they have together in another row; the share of the two that is among
 *   the two largest contributions, over all rows, over those that the model flags, and over those that it flags for the
 *   change: it did not flag the row before. "seen" is the share of such rows, and "cause" in how many of them the one of
 *   the two is named that takes more off the score when it alone gets its value back: the other may break nothing. "both
 *   matter" where the return of that other takes off a fifth or more of what both take off together
 *
 * "has a nearest" is the share of faulty rows for which a nearest normal row is named: reconstructions may be flagged themselves.
 *
 * All of it beside the control, the columns with the largest z-scores; of broken rows also beside what a normal distribution tells
 * who knows how they were made ("told by distribution", see `swappedPair`): a bound, not a method. Last the time per row at 30 columns. Options: --tables,
 * --detectors, --methods, --rows (of each table), --neighbours, --samples, --write.
 */
import { labelledRows, pick } from "./lib/normals.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { mean } from "./lib/stats.js";
import { swappedPair } from "./lib/swapped-pair.js";

const { detectors, explain, tableFromMatrix } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));

const TABLES =
  "2_annthyroid,4_breastw,6_cardio,12_fault,18_Ionosphere,23_mammography,29_Pima,30_satellite,41_Waveform,43_WDBC,NSL-KDD";
const OPTIONS = {
  auto: {},
  knn: {},
  "deep-svdd": { members: 1, pretrainSteps: 400, steps: 400 },
  "isolation-forest": {},
  autoencoder: { members: 1, steps: 600 },
  pca: {},
  mahalanobis: { score: "mahalanobis" },
  "one-class-svm": {},
  drocc: { members: 1, steps: 400 },
};
/** What a line is called, where it is not the detector's name. */
const DETECTOR = { mahalanobis: "pca" };
/** Those whose score is a sum of terms. */
const EXACT = ["knn", "autoencoder", "pca", "mahalanobis"];
/** Those whose score has derivatives. */
const SMOOTH = ["deep-svdd", "autoencoder", "pca", "mahalanobis", "one-class-svm", "drocc"];
/** Those whose decoder gives rows of the data back. */
const DECODERS = ["autoencoder", "pca"];
const MOST_TRAINING = 2000;
const FAULT = 4;
/** Part of what both changed columns add to the score from which the weaker one matters, too. */
const MATTERS = 0.2;

const report = new Report("explain", "Explanations: is the changed column named?", {
  tables: { type: "string", default: TABLES },
  detectors: { type: "string", default: Object.keys(OPTIONS).join(",") },
  rows: { type: "string", default: "40" },
  neighbours: { type: "string", default: "3" },
  samples: { type: "string", default: "16" },
  methods: { type: "string", default: "exact,gradients,nearest,reconstructions,shapley" },
});
const { flags } = report;
const rowsOfEach = Number(flags.rows);
const METHODS = {
  exact: { method: "exact" },
  gradients: { method: "gradients", neighbours: Number(flags.neighbours) },
  nearest: { method: "nearest", neighbours: Number(flags.neighbours) },
  // Without any normal rows: beside what the model's decoder makes of each row.
  reconstructions: { background: "reconstructions" },
  shapley: { method: "shapley", samples: Number(flags.samples) },
};
const wanted = flags.methods.split(",");
const methodsOf = (detector) =>
  Object.entries(METHODS).filter(
    ([name]) =>
      wanted.includes(name) &&
      (name !== "exact" || EXACT.includes(detector)) &&
      (name !== "gradients" || SMOOTH.includes(detector)) &&
      (name !== "reconstructions" || DECODERS.includes(detector)),
  );
const fitted = (detector, training) =>
  detectors[DETECTOR[detector] ?? detector].create({ ...OPTIONS[detector], seed: 0 }).fit(training);
const random = createRandom("explain");

/** Places of the largest values, largest first. */
const largest = (values, many) => [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, many);

/** Mean and standard deviation of the numeric columns that vary, by the training rows. */
function moments(table) {
  return table.columns.flatMap((column, k) => {
    if (column.kind !== "numeric") return [];
    const values = Array.from(column.values).filter(Number.isFinite);
    const centre = mean(values);
    const deviation = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
    return deviation > 0 ? [{ k, centre, deviation }] : [];
  });
}

/** Rows with a change each: `change` answers [column, value] pairs. */
function changed(table, change) {
  const columns = table.columns.map((column) =>
    column.kind === "numeric" ? { ...column, values: Float64Array.from(column.values) } : column,
  );
  const planted = Array.from({ length: table.rowCount }, (_, row) => {
    const cells = change(row);
    for (const [k, value] of cells) columns[k].values[row] = value;
    return cells.map(([k]) => table.columns[k].name);
  });
  return { table: { ...table, columns }, planted };
}

/** Shares of planted columns among the largest contributions, one number per row. */
const hits = (named, planted) =>
  planted.map((columns, row) => mean(columns.map((name) => (named[row].includes(name) ? 1 : 0))));

/**
 * Of each row the changed column whose own return takes most off the score, and whether the return of the other one takes off
 * a further part of what both take.
 */
async function causesOf(model, { table, planted }, held, before) {
  const { scores } = await model.score(table);
  const drops = [];
  for (const place of [0, 1]) {
    const back = changed(table, (row) => {
      const k = table.columns.findIndex(({ name }) => name === planted[row][place]);
      return [[k, held.columns[k].values[row]]];
    });
    const returned = await model.score(back.table);
    drops.push(scores.map((score, row) => score - returned.scores[row]));
  }
  return {
    causes: planted.map((names, row) => names[drops[0][row] >= drops[1][row] ? 0 : 1]),
    bothMatter: Array.from(scores, (score, row) => {
      const whole = score - before[row];
      return whole > 0 && whole - Math.max(drops[0][row], drops[1][row]) >= MATTERS * whole;
    }),
  };
}

async function namedBy(model, table, background, options, many) {
  const started = performance.now();
  const { rows } = await explain(model, table, { background, ...options, top: many, changes: 0 });
  const seconds = (performance.now() - started) / 1000;
  const named = [];
  const flagged = [];
  const beside = mean(rows.map(({ nearest }) => (nearest.length > 0 ? 1 : 0)));
  for (const { row, contributions, isAnomaly } of rows) {
    named[row] = contributions.map(({ feature }) => feature);
    flagged[row] = isAnomaly;
  }
  return { named, flagged, seconds, beside };
}

/** Rows as z-scores; a missing value counts as the mean. */
const standardised = (table, scales) =>
  Array.from({ length: table.rowCount }, (_, row) =>
    scales.map(({ k, centre, deviation }) => {
      const z = (table.columns[k].values[row] - centre) / deviation;
      return Number.isNaN(z) ? 0 : z;
    }),
  );

const namesAt = (table, scales, places) => places.map((place) => table.columns[scales[place].k].name);

const namedByZ = (table, scales, many) =>
  standardised(table, scales).map((z) => namesAt(table, scales, largest(z.map(Math.abs), many)));

/** The two columns of each row that a normal distribution tells were exchanged. */
function namedByDistribution(table, scales, training) {
  const told = swappedPair(standardised(training, scales));
  return standardised(table, scales).map((z) => namesAt(table, scales, told(z)));
}

const found = [];
for (const name of flags.tables.split(",")) {
  const { table, normals } = await labelledRows(name, random);
  const half = Math.min(MOST_TRAINING, Math.floor(normals.length / 2));
  const training = pick(table, normals.slice(0, half));
  const held = pick(table, normals.slice(half, half + rowsOfEach));
  const scales = moments(training);
  const stream = random.stream(name, "change");
  const draw = (many) => Array.from(stream.sample(scales.length, many), (place) => scales[place]);
  const fault = changed(held, (row) =>
    draw(1).map(({ k, deviation }) => [
      k,
      held.columns[k].values[row] + (stream.int(2) === 0 ? -1 : 1) * FAULT * deviation,
    ]),
  );
  const broken = changed(held, () => {
    const from = stream.int(training.rowCount);
    return draw(2).map(({ k }) => [k, training.columns[k].values[from]]);
  });
  const told = hits(namedByDistribution(broken.table, scales, training), broken.planted);
  for (const detector of flags.detectors.split(",")) {
    const model = await fitted(detector, training);
    const { isAnomaly: before, scores } = await model.score(held);
    const { causes, bothMatter } = await causesOf(model, broken, held, scores);
    for (const [method, options] of methodsOf(detector)) {
      const first = await namedBy(model, fault.table, training, options, 1);
      const second = await namedBy(model, broken.table, training, options, 2);
      const z = hits(namedByZ(fault.table, scales, 1), fault.planted);
      const zTwo = namedByZ(broken.table, scales, 2);
      const zBroken = hits(zTwo, broken.planted);
      found.push({
        ...{ name, detector, method },
        fault: hits(first.named, fault.planted),
        broken: hits(second.named, broken.planted),
        ...{ z, zBroken, told, flagged: second.flagged, beside: [first.beside] },
        cause: causes.map((name, row) => (second.named[row].includes(name) ? 1 : 0)),
        zCause: causes.map((name, row) => (zTwo[row].includes(name) ? 1 : 0)),
        seen: second.flagged.map((flag, row) => flag && before[row] === 0),
        matter: second.flagged.map((flag, row) => flag && before[row] === 0 && bothMatter[row]),
        milliseconds: (1000 * first.seconds) / held.rowCount,
      });
      const { fault: own, broken: both } = found.at(-1);
      console.error(
        `${name} ${detector} ${method}: fault ${mean(own).toFixed(2)} (z ${mean(z).toFixed(2)}), broken ` +
          `${mean(both).toFixed(2)} (z ${mean(zBroken).toFixed(2)}), ${found.at(-1).milliseconds.toFixed(1)} ms a row`,
      );
    }
    await model.close();
  }
}

/** Mean over tables of the mean over rows. */
const over = (runs, figure) => mean(runs.map((run) => mean(figure(run))).filter(Number.isFinite)).toFixed(3);
const only = (which, figure) => (run) => figure(run).filter((_, row) => run[which][row]);
report.note(
  `${new Set(found.map(({ name }) => name)).size} tables, ${rowsOfEach} held-out normal rows of each; means over tables.`,
);
report.table(
  flags.detectors.split(",").flatMap((detector) =>
    methodsOf(detector).map(([method]) => {
      const runs = found.filter((run) => run.detector === detector && run.method === method);
      return {
        detector,
        method,
        fault: over(runs, (run) => run.fault),
        "fault, z-score": over(runs, (run) => run.z),
        "has a nearest": over(runs, (run) => run.beside),
        broken: over(runs, (run) => run.broken),
        "broken, z-score": over(runs, (run) => run.zBroken),
        "broken, flagged": over(
          runs,
          only("flagged", (run) => run.broken),
        ),
        "z-score, flagged": over(
          runs,
          only("flagged", (run) => run.zBroken),
        ),
        seen: over(runs, (run) => run.seen.map(Number)),
        "broken, seen": over(
          runs,
          only("seen", (run) => run.broken),
        ),
        "z-score, seen": over(
          runs,
          only("seen", (run) => run.zBroken),
        ),
        "told by distribution, seen": over(
          runs,
          only("seen", (run) => run.told),
        ),
        "both matter, seen": over(
          runs,
          only("seen", (run) => run.matter.map(Number)),
        ),
        "broken, both matter": over(
          runs,
          only("matter", (run) => run.broken),
        ),
        cause: over(
          runs,
          only("seen", (run) => run.cause),
        ),
        "cause, z-score": over(
          runs,
          only("seen", (run) => run.zCause),
        ),
      };
    }),
  ),
);

await structured();
await timed();
report.end();

/**
 * Sixteen columns of two hidden causes and a little noise: correlations that a pair of columns can break, while each of its
 * values stays usual, and while the other columns of its cause are the majority that says what would be right.
 */
async function structured() {
  const stream = random.stream("structured");
  const columns = 16;
  const rows = (many) =>
    Float64Array.from(
      Array.from({ length: many }, () => {
        const causes = [stream.normal(), stream.normal()];
        return Array.from({ length: columns }, (_, k) => causes[k % 2] + 0.2 * stream.normal());
      }).flat(),
    );
  const training = tableFromMatrix({ data: rows(2000), rows: 2000, columns });
  const held = tableFromMatrix({ data: rows(100), rows: 100, columns });
  const broken = changed(held, () => {
    const from = stream.int(training.rowCount);
    return Array.from(stream.sample(columns, 2), (k) => [k, training.columns[k].values[from]]);
  });
  const scales = moments(training);
  const lines = [];
  for (const detector of flags.detectors.split(",")) {
    const model = await fitted(detector, training);
    for (const [method, options] of methodsOf(detector)) {
      const { named, flagged } = await namedBy(model, broken.table, training, options, 2);
      const all = hits(named, broken.planted);
      const z = hits(namedByZ(broken.table, scales, 2), broken.planted);
      const only = (values) => mean(values.filter((_, row) => flagged[row])).toFixed(3);
      lines.push({
        ...{ detector, method, broken: mean(all).toFixed(3), "z-score": mean(z).toFixed(3) },
        ...{
          flagged: mean(flagged.map(Number)).toFixed(2),
          "broken, flagged": only(all),
          "z-score, flagged": only(z),
        },
      });
    }
    await model.close();
  }
  report.note(`Broken correlations of ${columns} columns that follow two hidden causes, 100 rows:`);
  report.table(lines);
}

async function timed() {
  const stream = random.stream("timed");
  const columns = 30;
  const matrix = (rows) =>
    tableFromMatrix({
      data: Float64Array.from({ length: rows * columns }, () => stream.normal()),
      ...{ rows, columns },
    });
  const [training, today] = [matrix(2000), matrix(200)];
  const lines = [];
  for (const detector of flags.detectors.split(",")) {
    const model = await fitted(detector, training);
    for (const [method, options] of methodsOf(detector)) {
      const { seconds } = await namedBy(model, today, training, options, 3);
      lines.push({ detector, method, "ms a row": ((1000 * seconds) / today.rowCount).toFixed(2) });
    }
    await model.close();
  }
  report.note(`Time at ${columns} columns, ${today.rowCount} rows, 2000 normal rows given:`);
  report.table(lines);
}
