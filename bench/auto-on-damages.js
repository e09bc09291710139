/**
 * How much each view of windows of series should weigh in auto (docs/adr/0019-families-by-planted-faults.md,
 * docs/adr/0021-movement-of-windows.md), by faults that are
 * planted into normal stretches: MSL's training parts and NAB's artificial series without an anomaly. The first 70 % of a series
 * train; windows of the rest are normal, and damaged copies of them are not. AUROC per window. No label has a part in it.
 */
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { normalSeries } from "./lib/series-tasks.js";
import { AllViews, CANDIDATES, joined } from "./lib/series-views.js";
import { mean, wilcoxon } from "./lib/stats.js";

const { seriesFromTable } = await import(built("index.js"));
const { selectRows } = await import(built("doors/data.js"));
const { createRandom } = await import(built("math/random.js"));
const { normalCdf } = await import(built("math/normal.js"));
const { auroc } = await import(built("metrics/index.js"));
const { damaged, DAMAGES } = await import(built("synthesis/damage.js"));

const report = new Report("auto-on-damages", "Views that auto could join on series, by planted faults", {
  seeds: { type: "string", default: "0,1" },
  copies: { type: "string", default: "200" },
  series: { type: "string", default: "1000" },
  /** Of the candidates: what the others are compared with, and those others. */
  against: { type: "string", default: "A" },
  candidates: { type: "string", default: "EFGH" },
});
const seeds = report.flags.seeds.split(",").map(Number);
const copies = Number(report.flags.copies);
const TRAINED = 0.7;
/** Normal windows that are judged: about so many, spread over the rest. */
const NORMALS = 400;
const { against, candidates } = report.flags;
const asked = Object.fromEntries(
  Object.entries(CANDIDATES).filter(([name]) => name[1] === ":" && (against + candidates).includes(name[0])),
);
const NOW = Object.keys(asked).find((name) => name.startsWith(against));

/** AUROC of each candidate for each damage, as objects by name. */
async function judged({ table, stride }, seed) {
  const cut = Math.floor(TRAINED * table.rowCount);
  const rows = Uint32Array.from({ length: table.rowCount }, (_, row) => row);
  const train = seriesFromTable(selectRows(table, rows.subarray(0, cut)), { stride });
  const rest = selectRows(table, rows.subarray(cut));
  const held = { ...train.layout, stride: Math.max(1, Math.floor(rest.rowCount / NORMALS)) };
  const test = seriesFromTable(rest, held);
  const model = await new AllViews({ seed }).fit(train);
  const scored = async (data) => {
    const { views } = await model.score(data);
    return (names) => joined(names, views, model.card.training.scales);
  };
  const normal = await scored(test);
  const random = createRandom(seed);
  const found = {};
  for (const damage of DAMAGES.series) {
    const outliers = damaged(test, damage, copies, random);
    if (outliers === undefined) continue;
    const abnormal = await scored(outliers);
    const labels = [...new Array(test.rowCount).fill(0), ...new Array(copies).fill(1)];
    found[damage] = mapped(asked, (names) => auroc(labels, [...normal(names), ...abnormal(names)]));
  }
  await model.close();
  return { window: train.layout.window, windows: train.rowCount, normals: test.rowCount, found };
}

const mapped = (record, of) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value)]));

const rows = [];
for await (const series of normalSeries()) {
  if (new Set(rows.map(({ name }) => name)).size >= Number(report.flags.series)) break;
  for (const seed of seeds) {
    try {
      rows.push({ name: series.name, seed, ...(await judged(series, seed)) });
    } catch (error) {
      if (error.code === undefined) throw error;
      report.note(`Left out: ${series.name}, seed ${seed}: ${error.message}`);
      continue;
    }
    console.error(JSON.stringify(rows.at(-1)));
  }
}
const used = rows.filter(({ found }) => Object.keys(found).length > 0);
const names = [...new Set(used.map(({ name }) => name))];
const figure = (candidate, name) =>
  mean(
    used
      .filter((row) => row.name === name)
      .flatMap(({ found }) => Object.values(found).map((by) => by[candidate])),
  );
const byDamage = (candidate, damage) =>
  mean(used.flatMap(({ found }) => (damage in found ? [found[damage][candidate]] : [])));
report.note(`AUROC per window, mean over ${names.length} series, seeds ${seeds.join(" and ")}:`);
report.table(
  Object.keys(asked).map((candidate) => {
    const differences = names.map((name) => figure(candidate, name) - figure(NOW, name));
    const test = candidate === NOW ? undefined : wilcoxon(differences, normalCdf);
    return {
      candidate,
      mean: mean(names.map((name) => figure(candidate, name))).toFixed(4),
      [`against ${against}`]: test === undefined ? "" : mean(differences).toFixed(4),
      "better, worse, p": test === undefined ? "" : `${test.better}, ${test.worse}, ${test.p.toPrecision(2)}`,
      ...Object.fromEntries(DAMAGES.series.map((damage) => [damage, byDamage(candidate, damage).toFixed(3)])),
    };
  }),
);
report.table(
  names.map((name) => ({
    series: name,
    ...Object.fromEntries(
      Object.keys(asked).map((candidate) => [candidate, figure(candidate, name).toFixed(3)]),
    ),
  })),
);
report.keep({ rows });
report.end();
