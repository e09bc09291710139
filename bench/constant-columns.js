/**
 * What watching constant columns costs in false alarms, on normal rows alone: no anomaly has a part in it. The normal rows
 * of each ADBench and OddBench table are halved at random, and of one half the columns are found that do not vary. The
 * figure is the share of the other half's rows in which such a column has another value: those rows would be flagged.
 *
 *     node bench/constant-columns.js           a minute
 *     node bench/constant-columns.js --write   also keeps the table in bench/results
 */
import { archiveTables } from "./lib/normals.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";

const { createRandom } = await import(built("math/random.js"));

const SEEDS = 5;
/** With fewer normal rows, halves are too small to say anything. */
const FEWEST = 60;

const report = new Report("constant-columns", "Changes of constant columns in normal rows");
const rows = [];
let tables = 0;
for await (const { name, data, normals } of archiveTables()) {
  if (normals.length < FEWEST) continue;
  tables++;
  const shares = Array.from({ length: SEEDS }, (_, seed) => changedShare(data, normals, seed));
  const found = shares.filter((share) => share !== undefined);
  if (found.length === 0) continue;
  rows.push({
    table: name,
    "normal rows": normals.length,
    "halves with constant columns": `${found.length} of ${SEEDS}`,
    "rows flagged by a change, mean": percent(found.reduce((sum, share) => sum + share, 0) / found.length),
    most: percent(Math.max(...found)),
  });
}
if (rows.length > 0) report.table(rows);
report.note(`${rows.length} of ${tables} tables have such columns.`);
report.end();

/** The share of one half's rows with a change in a column that is constant in the other; undefined without such columns. */
function changedShare(data, normals, seed) {
  const order = createRandom(seed).stream("halves").permutation(normals.length);
  const half = normals.length >> 1;
  const rowsOf = (places) => Array.from(places, (place) => normals[place]);
  const [known, others] = [rowsOf(order.slice(0, half)), rowsOf(order.slice(half))];
  const changed = new Set();
  let constants = 0;
  for (const column of data.columns) {
    const cells = column.kind === "numeric" ? column.values : column.codes;
    if (!known.every((row) => Object.is(cells[row], cells[known[0]]))) continue;
    constants++;
    for (const row of others) if (!Object.is(cells[row], cells[known[0]])) changed.add(row);
  }
  return constants === 0 ? undefined : changed.size / others.length;
}

function percent(share) {
  return `${(100 * share).toFixed(3)} %`;
}
