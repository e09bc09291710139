/**
 * What the norm of DROCC-LF gives DROCC: the shell measured by all features alike, and by those that the network heeds,
 * without labels and with a few. Default options otherwise. Test labels judge and do nothing else.
 *
 * Close anomalies are made here: three of sixteen features lie near a plane in normal rows and off it in anomalies, the
 * others are noise in both. NSL-KDD is set up as in bench/labels.js, with fewer normal rows.
 *
 *     node bench/drocc-norm.js             about ten minutes
 *     node bench/drocc-norm.js --write     also keeps the table in bench/results
 */
import { labelledRows, pick, twoKinds } from "./lib/normals.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { mean } from "./lib/stats.js";

const { Drocc, tableFromMatrix } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));
const { auroc } = await import(built("metrics/index.js"));

const report = new Report("drocc-norm", "The norm of DROCC-LF", {
  seeds: { type: "string", default: "0,1,2" },
});
const seeds = report.flags.seeds.split(",").map(Number);
const LABELLED = 10;
const NORMS = ["euclidean", "gradient"];

/** Rows near the plane z = x + y, or so far off it; and features of noise. */
function rowsOff(count, distance, stream) {
  return Array.from({ length: count }, () => {
    const [x, y] = [stream.normal(), stream.normal()];
    const off = 0.1 * stream.normal() + (stream.uniform() < 0.5 ? -distance : distance);
    return [x, y, x + y + off, ...Array.from({ length: 13 }, () => stream.normal())];
  });
}

/** 1000 normal rows, ten labelled anomalies, and others of both kinds to judge by. */
async function plane(seed) {
  const random = createRandom(`drocc norm ${seed}`);
  const made = (what, count, distance) => rowsOff(count, distance, random.stream(what));
  const normals = made("normals", 1000, 0);
  const known = made("labelled", LABELLED, 0.5);
  return {
    normals: tableFromMatrix(normals),
    labelled: tableFromMatrix([...normals, ...known]),
    labels: Int8Array.from([...normals.map(() => -1), ...known.map(() => 1)]),
    judged: tableFromMatrix(made("judged", 500, 0)),
    anomalies: {
      "off a plane by 0.5, as labelled": tableFromMatrix(made("like", 500, 0.5)),
      "off a plane by 1.5": tableFromMatrix(made("farther", 500, 1.5)),
    },
  };
}

/** 2000 normal connections, and ten attacks of two random kinds. */
async function nslKdd(seed) {
  const [TRAINED, JUDGED, FEWEST] = [2000, 3000, 20];
  const random = createRandom(seed);
  const source = await labelledRows("NSL-KDD", random);
  const { table, normals, anomalies, texts } = source;
  const { chosen, labelled: known } = twoKinds(source, random, { fewest: FEWEST, each: LABELLED / 2 });
  const train = normals.slice(0, TRAINED);
  const rows = Uint32Array.from([...train, ...known]).sort();
  const judged = anomalies.filter((row) => !known.includes(row));
  const ofLabelledKinds = (wanted) => judged.filter((row) => chosen.includes(texts[row]) === wanted);
  return {
    normals: pick(table, train),
    labelled: pick(table, rows),
    labels: Int8Array.from(rows, (row) => (known.includes(row) ? 1 : -1)),
    judged: pick(table, normals.slice(TRAINED, TRAINED + JUDGED)),
    anomalies: {
      "NSL-KDD, labelled kinds": pick(table, ofLabelledKinds(true)),
      "NSL-KDD, other kinds": pick(table, ofLabelledKinds(false).slice(0, JUDGED)),
    },
  };
}

const runs = [];
for (const make of [plane, nslKdd]) {
  for (const seed of seeds) {
    const { normals, labelled, labels, judged, anomalies } = await make(seed);
    for (const norm of NORMS) {
      for (const count of [0, LABELLED]) {
        const detector = new Drocc({ seed, norm });
        const model = await (count === 0 ? detector.fit(normals) : detector.fit(labelled, { labels }));
        const low = [...(await model.score(judged)).scores];
        for (const [name, rows] of Object.entries(anomalies)) {
          const high = [...(await model.score(rows)).scores];
          const quality = auroc([...low.map(() => 0), ...high.map(() => 1)], [...low, ...high]);
          runs.push({ anomalies: name, seed, norm, labels: count, auroc: quality });
          console.error(JSON.stringify(runs.at(-1)));
        }
      }
    }
  }
}

report.note(
  `AUROC, mean (and runs) over seeds ${seeds.join(", ")}; default options but for the norm. The plane: 1000 normal rows of sixteen features, of which ` +
    `three lie within 0.1 of a plane; ${LABELLED} labelled anomalies are off it by 0.5. NSL-KDD, the 20 % file: 2000 normal connections, ${LABELLED} labelled attacks of two random kinds; ` +
    "at most 3000 normals, and 3000 attacks of other kinds, judge.",
);
const figure = (values) =>
  `${mean(values).toFixed(3)} (${values.map((value) => value.toFixed(3)).join(", ")})`;
report.table(
  [...new Set(runs.map((run) => run.anomalies))].flatMap((name) =>
    [0, LABELLED].map((count) => ({
      anomalies: name,
      labels: count,
      ...Object.fromEntries(
        NORMS.map((norm) => [
          norm,
          figure(
            runs
              .filter((run) => run.anomalies === name && run.norm === norm && run.labels === count)
              .map((run) => run.auroc),
          ),
        ]),
      ),
    })),
  ),
);
report.keep({ runs });
report.end();
