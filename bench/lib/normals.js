import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { built, dataFolder } from "./root.js";

const { selectRows, splitLabels } = await import(built("doors/data.js"));
const { readTable } = await import(built("doors/io.js"));
const { open } = await import(built("index.js"));

const HTRU2 = { file: "htru2/HTRU_2.csv.gz", label: "class", normalLabel: 0, leave: [] };
const NSL_KDD = {
  file: "nsl-kdd/KDDTrain+_20Percent.csv.gz",
  label: "attack",
  normalLabel: "normal",
  leave: ["level"],
  columnTypes: { protocol_type: "categorical", service: "categorical", flag: "categorical" },
};
const KNOWN = { HTRU2, "NSL-KDD": NSL_KDD };

/** Names of the ADBench tables, by number. Ends with a hint where the data are not there. */
export function adbenchTables() {
  const folder = join(dataFolder, "tabular/adbench");
  if (!existsSync(folder)) {
    console.error(`There is no ${folder}: set HYPERSPHERE_DATA to the folder that holds tabular/adbench.`);
    process.exit(1);
  }
  return readdirSync(folder)
    .filter((file) => file.endsWith(".npz"))
    .map((file) => file.replace(/\.npz$/, ""))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

/**
 * A labelled table as its rows, and the numbers of the normal and of the abnormal ones, each in random order; and the
 * labels as the file has them.
 */
export async function labelledRows(name, random) {
  const source = KNOWN[name] ?? { file: `adbench/${name}.npz`, label: "y", normalLabel: 0, leave: [] };
  const path = join(dataFolder, "tabular", source.file);
  const table = await readTable(path, { columnTypes: source.columnTypes });
  const { features, labels } = splitLabels(table, source.label, { normalLabel: source.normalLabel });
  const columns = features.columns.filter((column) => !source.leave.includes(column.name));
  const rows = { ...features, columns };
  const shuffled = (label) => {
    const own = Uint32Array.from(labels.keys()).filter((row) => labels[row] === label);
    return Uint32Array.from(random.stream(name, label).permutation(own.length), (place) => own[place]);
  };
  const { levels = [], codes = [] } = table.columns.find(({ name }) => name === source.label) ?? {};
  const texts = Array.from(codes, (code) => levels[code]);
  return { path, table: rows, normals: shuffled(0), anomalies: shuffled(1), texts };
}

/**
 * What a person might have labelled: some anomalies of each of two kinds, which are drawn among those that are not rare.
 * @param rows as `labelledRows` answers
 * @param counts fewest rows that a kind must have, and how many of each of the two are labelled
 * @returns names of the two kinds, and the numbers of the labelled rows
 */
export function twoKinds({ anomalies, texts }, random, { fewest, each }) {
  const ofKind = (kind) => [...anomalies].filter((row) => texts[row] === kind);
  const kinds = new Set(Array.from(anomalies, (row) => texts[row]));
  const common = [...kinds].filter((kind) => ofKind(kind).length >= fewest).sort();
  const order = random.stream("kinds").permutation(common.length);
  const chosen = [common[order[0]], common[order[1]]];
  return { chosen, labelled: chosen.flatMap((kind) => ofKind(kind).slice(0, each)) };
}

/** The rows with these numbers, in ascending order. */
export const pick = (table, rows) => selectRows(table, Uint32Array.from(rows).sort());

/** Every table of ADBench and OddBench that is there: its name, its data, and the numbers of its normal rows. */
export async function* archiveTables() {
  for (const folder of ["adbench", "oddbench"].map((name) => join(dataFolder, "tabular", name))) {
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".npz"))) {
      const { labels, data } = await open(join(folder, file));
      yield { name: file.replace(".npz", ""), data, normals: normalsOf(labels) };
    }
  }
}

export const normalsOf = (labels) => Uint32Array.from(labels.keys()).filter((row) => labels[row] === 0);
