/**
 * Writes auto_inputs.json: rows of every case, which of them train and calibrate, and the random encoders.
 *
 * Run after `npm run build`: node export_inputs.js
 *
 * The encoders are drawn by the package's own generator, which Python does not have: their weights come out of a fitted
 * model. All else that a model holds is left for make_auto_golden.py to compute.
 */
import { writeFileSync } from "node:fs";
import { spheresOf } from "./spheres.js";

const built = (path) => new URL(`../../../dist/${path}`, import.meta.url);
const { Auto, tableFromColumns } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));
const { oneOfEach, repeats, splitRows } = await import(built("detectors/fit/hold-out.js"));
const { featureCount } = await import(built("features/schema.js"));
const { decodeModel } = await import(built("graph/index.js"));

const random = createRandom("auto golden");
const options = { width: 16, members: 2, neighbours: 5, seed: 3 };

/** Rows along a curve, with some noise. */
function curved(rows, stream, columns = 4) {
  return Array.from({ length: rows }, () => {
    const t = stream.normal();
    const value = (k) => Math.sin(t + k) + 0.3 * t + 0.1 * stream.normal();
    return Array.from({ length: columns }, (_, k) => Number(value(k).toFixed(4)));
  });
}

const numeric = (rows) =>
  Object.fromEntries(rows[0].map((_, column) => [`x${column}`, rows.map((row) => row[column])]));
const far = [
  [0, 0, 0, 0],
  [3, -3, 3, -3],
  [40, 40, 40, 40],
];

/** Numbers of which some are missing, and texts: a mode that goes with the first number, and one that is often missing. */
function mixed(rows, stream) {
  const values = curved(rows, stream, 2);
  const cell = (value, share) => (stream.uniform() < share ? null : value);
  return {
    x0: values.map(([x]) => cell(x, 0.1)),
    x1: values.map(([, x]) => x),
    mode: values.map(([x]) => (x > 0.4 ? "high" : x < -0.4 ? "low" : "mid")),
    shift: values.map(() => cell(stream.uniform() < 0.7 ? "day" : "night", 0.2)),
  };
}

const distinct = curved(60, random.stream("duplicates"));
const queries = (name) => curved(16, random.stream(name, "queries"));
const cases = [
  {
    name: "fewer than 32 training rows: the nearest view alone",
    rows: numeric(curved(39, random.stream("few"))),
    queries: numeric([...queries("few"), ...far]),
  },
  {
    name: "the fewest rows with three views",
    rows: numeric(curved(40, random.stream("fewest"))),
    queries: numeric([...queries("fewest"), ...far]),
  },
  {
    name: "every row twice",
    rows: numeric([...distinct, ...distinct]),
    // Copies of training rows, not of rows that calibrate: their scores would tie with those of these queries.
    queries: (train) => {
      const known = distinct.filter((_, row) => train.includes(row) && train.includes(row + 60));
      return numeric([...queries("duplicates"), ...known.slice(0, 6), ...far]);
    },
  },
  {
    name: "more training rows than references",
    rows: numeric(curved(260, random.stream("many"))),
    queries: numeric([...queries("many"), ...far]),
    options: { maxReferences: 100 },
  },
  {
    name: "numbers and texts, some missing",
    rows: mixed(150, random.stream("mixed")),
    queries: {
      x0: [0.2, 1.1, -0.9, null, 0.2, 9],
      x1: [0.8, 0.9, 0.1, 0.8, -4, 0.8],
      mode: ["mid", "high", "low", null, "low", "never seen"],
      shift: ["day", null, "night", "day", "day", "night"],
    },
  },
  {
    name: "as wide as by default: directions without variance are whitened by the floor",
    rows: numeric(curved(120, random.stream("wide"))),
    queries: numeric([...queries("wide"), ...far]),
    options: { width: 256, members: 1 },
  },
  {
    name: "a single column",
    rows: numeric(curved(80, random.stream("single"), 1)),
    queries: numeric([[0.1], [0.5], [-0.7], [5]]),
  },
];

const exported = [];
for (const { name, rows, queries: asked, options: own } of cases) {
  const given = { ...options, ...own };
  const detector = new Auto(given);
  const table = tableFromColumns(rows);
  const model = await detector.fit(table);
  const streams = createRandom(given.seed);
  const groups = await repeats(table, detector.options);
  const { train, calibration: heldOut } = splitRows(table.rowCount, detector.options, streams, groups);
  const calibration = oneOfEach(heldOut, groups, streams);
  const { maxReferences } = detector.options;
  const references =
    train.length <= maxReferences
      ? Array.from(train.keys())
      : [...createRandom(given.seed).stream("references").sample(train.length, maxReferences)].sort(
          (a, b) => a - b,
        );
  const { views } = model.card.training;
  const { members, width } = given;
  const columns = featureCount(model.card.schema);
  const encoders = views.includes("sphere")
    ? spheresOf(decodeModel(model.toBytes()), { members, columns, width })
    : [];
  exported.push({
    ...{ name, options: given, rows, queries: typeof asked === "function" ? asked(train) : asked },
    ...{ train: [...train], calibration: [...calibration] },
    ...{ references, encoders },
  });
}
writeFileSync(new URL("auto_inputs.json", import.meta.url), `${JSON.stringify(exported)}\n`);
