/**
 * Which columns of real tables `fit` leaves out since they number or date the rows (docs/columns.md), and which it only
 * doubts. Columns of ADBench have no names of their own, which would exempt them: here they are given some.
 *
 *     node bench/row-marks.js           a minute
 *     node bench/row-marks.js --write   also keeps the table in bench/results
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { archiveTables, normalsOf } from "./lib/normals.js";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";

const { open } = await import(built("index.js"));
const { rowMarks } = await import(built("features/index.js"));

const report = new Report("row-marks", "Columns that number or date the rows");
const rows = [];
let tables = 0;
for await (const { name, data, normals } of archiveTables()) look(name, data, normals);
const tabular = join(dataFolder, "tabular");
await lookAt("HTRU2", join(tabular, "htru2/HTRU_2.csv.gz"), { labelColumn: "class" });
await lookAt("NSL-KDD", join(tabular, "nsl-kdd/KDDTrain+_20Percent.csv.gz"), {
  labelColumn: "attack",
  normalLabel: "normal",
});
if (rows.length > 0) report.table(rows);
const left = rows.filter(({ what }) => what === "left out").length;
report.note(`${left} columns of ${tables} tables are left out, ${rows.length - left} are doubted.`);
report.end();

async function lookAt(table, path, options) {
  if (!existsSync(path)) return;
  const { data, labels } = await open(path, options);
  look(table, data, normalsOf(labels));
}

function look(table, data, normals) {
  tables++;
  const columns = data.columns.map((column) => ({
    ...column,
    name: column.name.replace(/^x(\d+)$/, "column $1"),
  }));
  for (const [column, { mark, doubt }] of rowMarks(columns, normals)) {
    rows.push({ table, column, what: doubt ? "doubted" : "left out", "it holds": mark });
  }
}
