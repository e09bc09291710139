/** What a search for settings of detectors meets, measured once on a lattice so that samplers can be compared on it for free. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { built, dataFolder } from "./root.js";

const { open } = await import(built("index.js"));
const { selectRows } = await import(built("doors/data.js"));
const { Measuring } = await import(built("evaluate/tune/index.js"));
const { searchSpace } = await import(built("detectors/fit/searched.js"));
const { detectors } = await import(built("detectors/registry.js"));
const { createRandom } = await import(built("math/random.js"));

/** Values of a number on its axis, and rows to learn from. */
const [MOST_VALUES, ROWS] = [16, 600];
/** Options that stay: a lattice has no place for those that depend on others, nor for more than a thousand settings. */
const GIVEN = {
  "one-class-svm": { kernel: "rbf" },
  "isolation-forest": { trees: 50, scaling: "standard" },
};

/**
 * @param names of detectors
 * @param table of OddBench; by default its first one with enough rows
 * @returns by detector: the space that it declares, a function of its points, lower is better, and the least value on the lattice
 */
export async function detectorSpaces(names, table) {
  if (names.length === 0) return {};
  const data = await normalRows(table);
  const found = {};
  for (const name of names) {
    const given = GIVEN[name] ?? {};
    const space = searchSpace(detectors[name].options, "table", [...Object.keys(given), "degree"]);
    const lattice = await measured(name, given, space, data);
    const at = (point) => {
      const place = lattice.axes.reduce(
        (sum, axis) => sum * axis.values.length + nearest(axis, point[axis.name]),
        0,
      );
      return -lattice.values[place];
    };
    found[name] = { space, lattice, at, least: -Math.max(...lattice.values) };
  }
  return found;
}

async function normalRows(wanted) {
  const folder = join(dataFolder, "tabular/oddbench");
  if (!existsSync(folder)) {
    throw new Error(
      `There is no ${folder}: set HYPERSPHERE_DATA, or leave the detectors out with --detectors "".`,
    );
  }
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".npz") || (wanted !== undefined && file !== `${wanted}.npz`)) continue;
    const { data, labels } = await open(join(folder, file));
    const normal = [...labels.keys()].filter((row) => labels[row] === 0);
    if (normal.length < ROWS) continue;
    const drawn = createRandom(file).stream("bench").sample(normal.length, ROWS);
    console.log(`${file}: ${ROWS} rows, ${data.columns.length} columns`);
    return selectRows(
      data,
      Uint32Array.from(drawn, (place) => normal[place]),
    );
  }
  throw new Error(`There is no table ${wanted ?? ""} with ${ROWS} normal rows in ${folder}.`);
}

async function measured(detector, given, space, data) {
  const axes = Object.entries(space).map(([name, range]) => ({
    name,
    log: range.log ?? false,
    values: range.kind === "choice" ? range.values : numbers(range),
  }));
  const measuring = new Measuring({ data, rowCount: data.rowCount });
  const values = [];
  const count = axes.reduce((product, axis) => product * axis.values.length, 1);
  for (let place = 0; place < count; place++) {
    let rest = place;
    const point = {};
    for (const { name, values: own } of axes.toReversed()) {
      point[name] = own[rest % own.length];
      rest = Math.floor(rest / own.length);
    }
    const setting = { detector, options: { ...given, ...point }, objective: "separation", maxTrain: ROWS };
    try {
      values.push((await measuring.measure({ ...setting, repeats: [0] })).values[0]);
    } catch {
      // What cannot be fitted is as bad as chance.
      values.push(0.5);
    }
  }
  console.log(
    `${detector}: ${count} settings, ${Math.min(...values).toFixed(4)} to ${Math.max(...values).toFixed(4)}`,
  );
  return { axes, values };
}

function numbers({ low, high, log = false, integer = false }) {
  const at = (share) => (log ? low * (high / low) ** share : low + share * (high - low));
  const all = Array.from({ length: MOST_VALUES }, (_, k) => at(k / (MOST_VALUES - 1)));
  return [...new Set(integer ? all.map(Math.round) : all)];
}

function nearest({ values, log }, value) {
  const exact = values.findIndex((each) => JSON.stringify(each) === JSON.stringify(value));
  if (exact >= 0) return exact;
  const distances = values.map((each) => (log ? Math.abs(Math.log(each / value)) : Math.abs(each - value)));
  return distances.indexOf(Math.min(...distances));
}
