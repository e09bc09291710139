/** Fits on a large table of random numbers and prints what it took as JSON. Arguments: rows, columns, members. */
import { built } from "../lib/root.js";

const { DeepSvdd, tableFromMatrix } = await import(built("index.js"));
const [rows, columns, members] = process.argv.slice(2).map(Number);

// xorshift32: fast, and good enough for rows that only have to differ.
const data = new Float32Array(rows * columns);
let state = 2463534242;
for (let k = 0; k < data.length; k++) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  data[k] = (state >>> 0) / 4294967296 - 0.5;
}
const table = tableFromMatrix({ data, rows, columns, order: "F" });
const maxRss = () => process.resourceUsage().maxRSS * 1024;
const before = maxRss();
const stages = {};
const begun = performance.now();
const detector = new DeepSvdd({
  members,
  hiddenDims: [32],
  latentDim: 16,
  batchSize: 4096,
  pretrainEpochs: 1,
  epochs: 1,
});
const model = await detector.fit(table, {
  onProgress: ({ stage }) => {
    stages[stage] = maxRss();
  },
});
const fitted = maxRss();
const fitSeconds = (performance.now() - begun) / 1000;
await model.score(table);
const scoreSeconds = (performance.now() - begun) / 1000 - fitSeconds;
console.log(JSON.stringify({ before, stages, fitted, scored: maxRss(), fitSeconds, scoreSeconds }));
process.exit(0);
