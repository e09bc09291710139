/** Scores rows of random entities by a fleet, and tells its memory. Run by bench/fleet.js. */
import { built } from "./root.js";

const { loadFleet, samplesOf, tableFromMatrix } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));

const [path, maxOpen, batches, rows, columns] = process.argv
  .slice(2)
  .map((text, k) => (k === 0 ? text : Number(text)));
const fleet = await loadFleet(path, { maxOpen });
const names = fleet.entities.map(({ name }) => name);
const random = createRandom("stream").stream("rows");
const megabytes = () => Math.round(process.memoryUsage().rss / 1e6);
let half = 0;
const begun = performance.now();
for (let batch = 0; batch < batches; batch++) {
  const data = Float64Array.from({ length: rows * columns }, () => random.normal());
  const codes = Int32Array.from({ length: rows }, () => random.int(names.length));
  const table = tableFromMatrix({ data, rows, columns, order: "C" });
  const { scores } = await fleet.score(
    samplesOf(table, { entities: { column: fleet.entityColumn, names, codes } }),
  );
  if (!scores.every((score) => Number.isFinite(score))) throw new Error("A row has no score.");
  if (batch === batches >> 1) half = megabytes();
}
const seconds = (performance.now() - begun) / 1000;
const end = megabytes();
console.log(
  JSON.stringify({
    ...{ half, end, open: fleet.openModels, rowsPerSecond: Math.round((rows * batches) / seconds) },
    peak: Math.round(process.resourceUsage().maxRSS / 1000),
  }),
);
await fleet.close();
