/** Trains and saves a model for bench/startup.js. Arguments: rows, columns, file, options as JSON. */
import { built } from "../lib/root.js";

const { DeepSvdd, tableFromMatrix } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));

const [rows, columns] = process.argv.slice(2, 4).map(Number);
const data = new Float32Array(rows * columns);
createRandom(1).stream("rows").fillNormal(data);
const table = tableFromMatrix({ data, rows, columns, order: "C" });
const model = await new DeepSvdd(JSON.parse(process.argv[5])).fit(table);
await model.save(process.argv[4], { force: true });
