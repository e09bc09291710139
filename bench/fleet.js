/**
 * A fleet of many small models: time to fit it, size of its file, and memory while rows of random entities are scored, beside
 * one process and one file per entity (of which a sample is run, and the rest reckoned).
 *
 *   node bench/fleet.js                        1 000 entities of 2 000 rows
 *   node bench/fleet.js --entities 100 --detector auto
 */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";

const { createRandom } = await import(built("math/random.js"));

const report = new Report("fleet", "Fleets", {
  entities: { type: "string", default: "1000" },
  rows: { type: "string", default: "2000" },
  detector: { type: "string", default: "knn" },
  workers: { type: "string", default: "2" },
  sample: { type: "string", default: "10" },
  batches: { type: "string", default: "20" },
});
const { detector } = report.flags;
const [entities, rows, workers, sample, batches] = ["entities", "rows", "workers", "sample", "batches"].map(
  (name) => Number(report.flags[name]),
);
const COLUMNS = 8;
const BATCH = 500;
const bin = fileURLToPath(new URL("../bin/hypersphere.js", import.meta.url));
const scorer = fileURLToPath(new URL("lib/fleet-scorer.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "hypersphere-bench-"));
const at = (name) => join(folder, name);
const nameOf = (entity) => `machine-${String(entity + 1).padStart(4, "0")}`;
const head = `machine,${Array.from({ length: COLUMNS }, (_, k) => `x${k}`).join(",")}\n`;
const random = createRandom("fleet").stream("rows");

/** Rows at a level and with a spread of the entity's own, half of the columns following the others. */
function linesOf(entity, count) {
  let text = "";
  for (let row = 0; row < count; row++) {
    const own = Array.from({ length: COLUMNS / 2 }, () => random.normal());
    const cells = [...own, ...own.map((value) => value * (1 + (entity % 7)) + 0.1 * random.normal())];
    text += `${nameOf(entity)},${cells.map((value) => (entity / 10 + value).toFixed(4)).join(",")}\n`;
  }
  return text;
}

/** Seconds of a command, and its peak memory in MB where it tells. */
function run(args) {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    let said = "";
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
    child.stdout.on("data", (text) => {
      said += text;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve({ seconds: (performance.now() - begun) / 1000, said });
      else reject(new Error(`${args.slice(0, 3).join(" ")} ended with ${code}.`));
    });
  });
}

try {
  const file = openSync(at("fleet.csv"), "w");
  writeSync(file, head);
  for (let entity = 0; entity < entities; entity++) {
    const text = linesOf(entity, rows);
    writeSync(file, text);
    if (entity < sample) writeFileSync(at(`${entity}.csv`), head + text);
  }
  closeSync(file);
  report.note(
    `${entities} entities of ${rows} rows and ${COLUMNS} columns (${megabytes(at("fleet.csv"))} MB of CSV), ${detector}, ${workers} processes.`,
  );

  const training = ["train", at("fleet.csv"), "--per-entity", "machine", "--detector", detector];
  const fleet = await run([bin, ...training, "--workers", `${workers}`, "--out", at("fleet.hsz"), "--json"]);
  const { entities: trained } = JSON.parse(fleet.said);
  if (trained.own !== entities) throw new Error(`${trained.own} of ${entities} models were trained.`);

  // As many side by side as the fleet has.
  const begun = performance.now();
  let next = 0;
  let bytes = 0;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (next < sample) {
        const entity = next++;
        const out = at(`${entity}.onnx`);
        await run([
          bin,
          "train",
          at(`${entity}.csv`),
          "--exclude",
          "machine",
          "--detector",
          detector,
          "--out",
          out,
        ]);
        bytes += statSync(out).size;
      }
    }),
  );
  const each = (performance.now() - begun) / 1000 / sample;
  report.table([
    { "": "one fleet", "fit, s": fleet.seconds.toFixed(0), "size, MB": megabytes(at("fleet.hsz")), files: 1 },
    {
      "": `a process and a file per entity (${sample} run, ${entities} reckoned)`,
      "fit, s": (each * entities).toFixed(0),
      "size, MB": ((bytes / sample / 1e6) * entities).toFixed(1),
      files: entities,
    },
  ]);
  report.target("one process per entity over the fleet, in time", (each * entities) / fleet.seconds, {
    atLeast: 1.5,
  });

  const lines = [];
  for (const maxOpen of [16, 256, entities]) {
    const { said } = await run([
      scorer,
      at("fleet.hsz"),
      `${maxOpen}`,
      `${batches}`,
      `${BATCH}`,
      `${COLUMNS}`,
    ]);
    const { rowsPerSecond, open, half, end, peak } = JSON.parse(said);
    lines.push({
      "models open at most": maxOpen,
      "open at the end": open,
      "memory after half, MB": half,
      "at the end, MB": end,
      "peak, MB": peak,
      "rows/s": rowsPerSecond,
    });
  }
  report.note(
    `A stream of ${batches} batches of ${BATCH} rows, each row of an entity drawn at random, scored in one process:`,
  );
  report.table(lines);
  report.target(
    "memory with 16 models open, end over half",
    lines[0]["at the end, MB"] / lines[0]["memory after half, MB"],
    {
      atMost: 1.25,
    },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
report.end();

function megabytes(path) {
  return (statSync(path).size / 1e6).toFixed(1);
}
