/**
 * DROCC's defaults, chosen without labels: on normal rows of ADBench tables alone, held-out normals against outliers made
 * from other held-out normals. No anomaly of any table has a part in it. One factor at a time is changed from the
 * settings that DROCC had before (TODAY), then the best levels are put together.
 *
 * The rule, fixed before the first run: the best setting of all by mean AUROC over the tables replaces today's where it
 * gains more than two standard errors of the difference, table by table; otherwise today's stay.
 *
 *     node bench/drocc-defaults.js             about half an hour
 *     node bench/drocc-defaults.js --write     also keeps every run in bench/results, and goes on where it was stopped
 */
import { KeptRuns } from "./lib/kept-runs.js";
import { adbenchTables, labelledRows } from "./lib/normals.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { mean } from "./lib/stats.js";

const { Drocc, tableFromMatrix } = await import(built("index.js"));
const { shiftedFeatures, shuffledColumns } = await import(built("synthesis/tables.js"));
const { createRandom } = await import(built("math/random.js"));
const { auroc } = await import(built("metrics/index.js"));

const report = new Report("drocc-defaults", "DROCC's defaults, chosen without labels", {
  seed: { type: "string", default: "0" },
});
const seed = Number(report.flags.seed);

const TODAY = {
  learningRate: 3e-3,
  steps: 1000,
  radiusFactor: 1.5,
  far: 3,
  ascentStep: 0.1,
  norm: "euclidean",
};
const OTHERS = {
  learningRate: [1e-3],
  steps: [2000],
  radiusFactor: [1, 2],
  far: [0],
  ascentStep: [0.03],
  norm: ["gradient"],
};
/** Normal rows to learn from, calibration included, and others to judge by; in small tables two thirds and a third. */
const [TRAINED, HELD, OUTLIERS] = [1000, 500, 500];

/** The normal rows of a table by number of them. */
async function normalRows(name) {
  const { table, normals } = await labelledRows(name, createRandom(`drocc defaults ${seed}`));
  const trained = Math.min(TRAINED, Math.floor((2 * normals.length) / 3));
  const take = (from, to) => {
    const rows = normals.slice(from, to);
    const { length: columns } = table.columns;
    const data = new Float32Array(rows.length * columns);
    rows.forEach((row, k) => {
      table.columns.forEach(({ values }, column) => {
        data[k * columns + column] = values[row];
      });
    });
    return { rows: rows.length, columns, data };
  };
  const held = Math.min(HELD, normals.length - trained);
  const middle = trained + Math.floor(held / 2);
  return {
    count: normals.length,
    train: take(0, trained),
    judged: take(trained, middle),
    source: take(middle, trained + held),
  };
}

const loaded = await Promise.all(
  adbenchTables().map(async (name) => ({ name, ...(await normalRows(name)) })),
);
// Every other table by number of normal rows, from the smallest to the largest.
const tables = new Map(
  loaded
    .sort((a, b) => a.count - b.count)
    .filter((_, k) => k % 2 === 0)
    .map((table) => [table.name, table]),
);

const nameOf = (options) => {
  const changed = Object.keys(TODAY).filter((key) => options[key] !== TODAY[key]);
  return changed.length === 0 ? "today" : changed.map((key) => `${key} ${options[key]}`).join(", ");
};
const runs = new KeptRuns(report, { today: TODAY, trained: TRAINED, held: HELD, outliers: OUTLIERS, seed });

async function measure(settings) {
  const byName = new Map(settings.map((options) => [nameOf(options), options]));
  const jobs = [...tables.keys()].flatMap((table) =>
    [...byName.keys()].map((setting) => ({ table, setting })),
  );
  await runs.all(jobs, [undefined], async ({ table: name, setting }) => {
    const { train, judged, source } = tables.get(name);
    const random = createRandom(`drocc outliers ${seed} ${name}`);
    const model = await new Drocc({ ...byName.get(setting), seed }).fit(tableFromMatrix(train));
    const score = async (matrix) => [...(await model.score(tableFromMatrix(matrix))).scores];
    const low = await score(judged);
    const quality = async (outliers) => {
      const high = await score(outliers);
      return auroc([...low.map(() => 0), ...high.map(() => 1)], [...low, ...high]);
    };
    const shifted = await quality(shiftedFeatures(source, OUTLIERS, random.stream("shifted")));
    const shuffled = await quality(shuffledColumns(source, OUTLIERS, random.stream("shuffled")));
    return { shifted, shuffled, both: (shifted + shuffled) / 2 };
  });
}

const qualities = (setting) =>
  [...tables.keys()].map((table) => runs.mean({ table, setting: nameOf(setting) }, "both"));
const quality = (setting) => mean(qualities(setting));
/** Mean gain over today's settings and its standard error, over the tables. */
function gain(setting) {
  const before = qualities(TODAY);
  const gains = qualities(setting).map((value, k) => value - before[k]);
  const middle = mean(gains);
  const variance = gains.reduce((sum, each) => sum + (each - middle) ** 2, 0) / (gains.length - 1);
  return { gain: middle, error: Math.sqrt(variance / gains.length) };
}
const better = (a, b) => (quality(b) > quality(a) ? b : a);

const single = Object.entries(OTHERS).flatMap(([key, levels]) =>
  levels.map((level) => ({ ...TODAY, [key]: level })),
);
await measure([TODAY, ...single]);
const together = Object.fromEntries(
  Object.keys(TODAY).map((key) => [
    key,
    [TODAY, ...OTHERS[key].map((level) => ({ ...TODAY, [key]: level }))].reduce(better)[key],
  ]),
);
await measure([together]);

const settings = [...new Map([TODAY, ...single, together].map((each) => [nameOf(each), each])).values()];
report.note(
  `${tables.size} ADBench tables, every other one by number of normal rows; normal rows only. At most ${TRAINED} to learn from, ${HELD / 2} others ` +
    `to judge by, ${OUTLIERS} outliers of each kind made from ${HELD / 2} more (small tables: two thirds, a sixth, a sixth). Seed ${seed}. ` +
    "AUROC of held-out normals against shifted features and shuffled columns; gains over the first line with standard errors over the tables.",
);
report.table(
  settings.map((setting) => {
    const match = { setting: nameOf(setting) };
    const { gain: more, error } = gain(setting);
    return {
      setting: nameOf(setting),
      shifted: runs.mean(match, "shifted").toFixed(4),
      shuffled: runs.mean(match, "shuffled").toFixed(4),
      both: quality(setting).toFixed(4),
      gain: setting === TODAY ? "" : `${more.toFixed(4)} ± ${error.toFixed(4)}`,
      "s a fit": runs.mean(match, "seconds").toFixed(1),
    };
  }),
);
const winner = settings.reduce(better);
const { gain: most, error } = gain(winner);
report.note(
  most > 2 * error
    ? `Chosen: ${nameOf(winner)}.`
    : `Chosen: today's; the best, ${nameOf(winner)}, gains no more than two standard errors.`,
);
report.keep({ settings: runs.settings, rows: runs.rows });
report.end();
