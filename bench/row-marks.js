/**
 * Which columns of real tables `fit` leaves out since they number or date the rows (docs/columns.md), and which it only
 * doubts. Columns of ADBench have no names of their own, which would exempt them: here they are given some.
 *
 *     node bench/row-marks.js           a minute
 *     node bench/row-marks.js --write   also keeps the table in bench/results
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";

const { open } = await import(built("index.js"));
const { rowMarks } = await import(built("features/index.js"));

const report = new Report("row-marks", "Columns that number or date the rows");
const rows = [];
let tables = 0;
for (const folder of ["adbench", "oddbench"].map((name) => join(dataFolder, "tabular", name))) {
  if (!existsSync(folder)) continue;
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".npz"))) {
    await look(file.replace(".npz", ""), await open(join(folder, file)));
  }
}
const htru2 = join(dataFolder, "tabular/htru2/HTRU_2.csv.gz");
if (existsSync(htru2)) await look("HTRU2", await open(htru2, { labelColumn: "class" }));
const nslKdd = join(dataFolder, "tabular/nsl-kdd/KDDTrain+_20Percent.csv.gz");
if (existsSync(nslKdd))
  await look("NSL-KDD", await open(nslKdd, { labelColumn: "attack", normalLabel: "normal" }));
if (rows.length > 0) report.table(rows);
const left = rows.filter(({ what }) => what === "left out").length;
report.note(`${left} columns of ${tables} tables are left out, ${rows.length - left} are doubted.`);
report.end();

async function look(table, { data, labels }) {
  tables++;
  const normals = Uint32Array.from(labels.keys()).filter((row) => labels[row] === 0);
  const columns = data.columns.map((column) => ({
    ...column,
    name: column.name.replace(/^x(\d+)$/, "column $1"),
  }));
  for (const [column, { mark, doubt }] of rowMarks(columns, normals)) {
    rows.push({ table, column, what: doubt ? "doubted" : "left out", "it holds": mark });
  }
}
