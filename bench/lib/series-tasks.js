/** Public series with labelled stretches: each a model of its own, scored per time step. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { built, dataFolder } from "./root.js";

const { seriesFromTable, tableFromMatrix } = await import(built("index.js"));
const { pointScores, selectRows } = await import(built("doors/data.js"));
const { openNpz, readTable } = await import(built("doors/io.js"));
const { auroc, volumeUnderSurface } = await import(built("metrics/index.js"));

const folder = join(dataFolder, "timeseries");

/**
 * Figures for rows, which are in the order of time, from scores of windows. Those in no window have the lowest score: nobody
 * would look at them.
 */
function judgePoints(series, labels, buffer) {
  return (windowScores) => {
    const { scores, uncovered } = pointScores(series, windowScores);
    const lowest = scores
      .filter((score) => !Number.isNaN(score))
      .reduce((least, score) => Math.min(least, score), Number.POSITIVE_INFINITY);
    const all = scores.map((score) => (Number.isNaN(score) ? lowest : score));
    const { roc, pr } = volumeUnderSurface(labels, all, Math.min(buffer, labels.length));
    return { vusPr: pr, vusRoc: roc, auroc: auroc(labels, all), uncovered };
  };
}

function taskOf(name, tables, labels, { window, stride, buffer = window }, options = {}) {
  const train = seriesFromTable(tables.train, { window, stride, ...options });
  const test = seriesFromTable(tables.test, { ...train.layout, stride: 1, cover: true });
  const anomalous = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  const chance = { vusPr: anomalous, vusRoc: 0.5, auroc: 0.5 };
  return { task: name, train, test, judge: judgePoints(test, labels, buffer), chance };
}

/**
 * Channels of a Mars rover, with the split that they come with.
 * @param cut `window`, found from the training steps where it is undefined; the `stride` of training; `buffer`, the steps
 *   beside an anomaly that VUS tolerates, by default a window
 */
export async function* mslTasks(cut, most) {
  const path = join(folder, "msl/MSL.npz");
  const archive = await openNpz(readFileSync(path), path);
  const channels = archive.names
    .filter((name) => name.endsWith("_train"))
    .map((name) => name.replace("_train", ""));
  for (const channel of channels.slice(0, most)) {
    const table = async (name) => {
      const { shape, data, fortranOrder } = await archive.read(`${channel}_${name}`);
      return tableFromMatrix({ data, rows: shape[0], columns: shape[1], order: fortranOrder ? "F" : "C" });
    };
    const labels = (await archive.read(`${channel}_label`)).data;
    yield taskOf(channel, { train: await table("train"), test: await table("test") }, labels, cut);
  }
}

/**
 * NAB's series, trained on the first 15 % of each file; those without an anomaly after that are left out.
 * @param planted what the test part and its labels become, from both, where faults are planted into it
 */
export async function* nabTasks(
  { window, buffer = window },
  planted = (table, labels) => ({ table, labels }),
  subfolders = ["realKnownCause"],
) {
  const anomalies = JSON.parse(readFileSync(join(folder, "nab/combined_windows.json"), "utf8"));
  const files = subfolders.flatMap((subfolder) =>
    readdirSync(join(folder, "nab", subfolder))
      .sort()
      .map((name) => `${subfolder}/${name}`),
  );
  for (const file of files) {
    const table = await readTable(join(folder, "nab", file), { columnTypes: { timestamp: "categorical" } });
    const { rowSteps, layout } = seriesFromTable(table, { window: 1, timeColumn: "timestamp" });
    // The usual step makes the grid; holes shorter than a window are filled with the last value.
    const every = layout.maxGap / 3;
    const order = new Uint32Array(rowSteps.length);
    rowSteps.forEach((step, row) => {
      order[step] = row;
    });
    const probation = Math.floor(0.15 * order.length);
    const [first, rest] = [order.subarray(0, probation), order.subarray(probation)];
    const stamps = table.columns.find(({ name }) => name === "timestamp");
    const isAnomaly = (row) => {
      const time = stamps.levels[stamps.codes[row]];
      return anomalies[file].some(([from, to]) => from.slice(0, 19) <= time && time <= to.slice(0, 19));
    };
    const labels = Uint8Array.from(rest, (row) => (isAnomaly(row) ? 1 : 0));
    if (!labels.includes(1)) continue;
    const changed = planted(selectRows(table, rest), labels);
    const tables = { train: selectRows(table, first), test: changed.table };
    // The files are short: every window there is.
    const options = { timeColumn: "timestamp", every, maxGap: buffer * every };
    const name = file.split("/")[1].replace(".csv", "");
    yield taskOf(name, tables, changed.labels, { window, stride: 1, buffer }, options);
  }
}

/** The two series of UCR's anomaly archive: names of files say where training ends and where the one anomaly lies. */
export async function* ucrAnomalyTasks({ window, buffer = window }) {
  for (const file of readdirSync(join(folder, "ucr-anomaly")).sort()) {
    const [trained, from, to] = file
      .match(/_(\d+)_(\d+)_(\d+)\.txt$/)
      .slice(1)
      .map(Number);
    const values = readFileSync(join(folder, "ucr-anomaly", file), "utf8")
      .trim()
      .split(/\s+/)
      .map(Number);
    const table = (part) =>
      tableFromMatrix({ data: Float64Array.from(part), rows: part.length, columns: 1, order: "C" });
    const labels = Uint8Array.from(values.slice(trained), (_, at) =>
      from <= trained + at + 1 && trained + at + 1 <= to ? 1 : 0,
    );
    const tables = { train: table(values.slice(0, trained)), test: table(values.slice(trained)) };
    yield taskOf(file.replace(".txt", ""), tables, labels, { window, stride: 1, buffer });
  }
}

/** Series without an anomaly: the training parts of MSL's channels, and NAB's artificial ones, each as a table of steps. */
export async function* normalSeries() {
  const path = join(folder, "msl/MSL.npz");
  const archive = await openNpz(readFileSync(path), path);
  for (const name of archive.names.filter((name) => name.endsWith("_train"))) {
    const { shape, data, fortranOrder } = await archive.read(name);
    const order = fortranOrder ? "F" : "C";
    yield { name, table: tableFromMatrix({ data, rows: shape[0], columns: shape[1], order }), stride: 10 };
  }
  const artificial = join(folder, "nab/artificialNoAnomaly");
  for (const name of readdirSync(artificial).sort())
    yield {
      name,
      table: await readTable(join(artificial, name), { columns: ["value"] }),
      stride: 1,
    };
}
