// Everything that has to hold before a change lands: lint, types, the package, tests. All of it runs even when a part
// fails. The last line is a plain count, for people and for programs. With --coverage, lines of src/ that no test runs are
// counted too; with --long, tests run that are left out otherwise because of the time they take. Other arguments go to vitest:
// `npm test -- src/graph`.
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { coverageEnvironment, coverageFlags, lineCoverage } from "./coverage.js";
import { TSC } from "./lib/compiler.js";
import { counts, readReport, SLOW_SECONDS, slowTests } from "./test-report.js";

/** Percent of the lines of src/ that tests have to run. */
const LEAST_COVERAGE = 90;
const run = promisify(execFile);

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const measuring = process.argv.includes("--coverage");
const long = process.argv.includes("--long");
const scratch = mkdtempSync(join(tmpdir(), "hypersphere-test-"));
const total = { passed: 0, failed: 0, skipped: 0 };

const tarball = pack();
await sideBySide({
  lint: ["@biomejs/biome/bin/biome", "ci", "--error-on-warnings", "."],
  types: [TSC, "-p", "tsconfig.json"],
  "types of the service": [TSC, "-p", "packages/server/tsconfig.json"],
  "types of the workers over brokers": [TSC, "-p", "packages/brokers/tsconfig.json"],
  "types of its page": [TSC, "-p", "packages/server/page/tsconfig.json"],
  "types of the playground": [TSC, "-p", "packages/playground/tsconfig.json"],
  "package manifest": ["publint/src/cli.js", "run", "--strict", tarball],
  // ES modules only: what CommonJS without require(esm) and TypeScript before `exports` make of it does not count.
  "types of the package": [
    ...["@arethetypeswrong/cli/dist/index.js", "--profile", "esm-only", "--format", "table-flipped"],
    ...["--no-emoji", "--no-definitely-typed", tarball],
  ],
});

const report = testReport();
check(`tests above ${SLOW_SECONDS} s have a reason`, slowOnesAreKnown(report));
if (measuring) check("coverage", coverageSuffices());

rmSync(scratch, { recursive: true, force: true });
process.exitCode = total.failed === 0 ? 0 : 1;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);

/** Counts and prints one check. */
function check(name, passed) {
  total[passed ? "passed" : "failed"]++;
  console.log(`${name}: ${passed ? "passed" : "failed"}`);
}

/** Checks of one tool of node_modules each, as many at a time as there are cores: what it is called, and how it is run. */
async function sideBySide(tools) {
  const waiting = Object.entries(tools);
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, [script, ...args]] = next;
      check(name, await quiet(script, args));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
}

/** Runs a tool of node_modules, which is heard only if it fails. */
async function quiet(script, args) {
  try {
    await run(process.execPath, [join("node_modules", script), ...args], { maxBuffer: 2 ** 26 });
    return true;
  } catch ({ stdout, stderr }) {
    console.log(`${stdout}${stderr}`);
    return false;
  }
}

/** The package as it would be published, from the build in dist/; the name of the file. */
function pack() {
  const done = spawnSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", scratch], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    shell: process.platform === "win32",
  });
  return join(scratch, done.status === 0 ? JSON.parse(done.stdout)[0].filename : "not-packed.tgz");
}

/** Runs vitest and adds its counts; its report. */
function testReport() {
  const path = join(scratch, "report.json");
  const others = process.argv
    .slice(2)
    .filter((argument) => argument !== "--coverage" && argument !== "--long");
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${path}`, ...others];
  const done = spawnSync(
    process.execPath,
    [join("node_modules", "vitest/vitest.mjs"), ...args, ...(measuring ? coverageFlags(scratch) : [])],
    {
      stdio: "inherit",
      env: {
        ...process.env,
        ...(long && { HYPERSPHERE_LONG: "1" }),
        ...(measuring && coverageEnvironment(scratch)),
      },
    },
  );
  const report = readReport(path);
  const tests = counts(report);
  // A run can also fail without a failed test: an error outside of any, a crash, a pattern that fits no file.
  if (done.status !== 0 && tests.failed === 0) tests.failed = 1;
  for (const kind of Object.keys(total)) total[kind] += tests[kind];
  return report;
}

function slowOnesAreKnown(report) {
  const { slow, stale } = slowTests(report, JSON.parse(readFileSync("test/slow.json", "utf8")));
  for (const { file, test, seconds, reason } of slow) {
    console.log(`${seconds.toFixed(0)} s: ${file}: ${test} (${reason ?? "no reason in test/slow.json"})`);
  }
  for (const { file, test } of stale)
    console.log(`test/slow.json knows a test that is not in ${file}: ${test}`);
  return slow.every(({ reason }) => reason !== undefined) && stale.length === 0;
}

function coverageSuffices() {
  let result;
  try {
    result = lineCoverage(scratch);
  } catch (error) {
    console.log(`coverage could not be measured: ${error.message}`);
    return false;
  }
  const { covered, total, rooms } = result;
  const percent = (part) => ((100 * part.covered) / part.total).toFixed(1);
  const low = Object.entries(rooms).filter(([, room]) => room.covered < (LEAST_COVERAGE / 100) * room.total);
  for (const [name, room] of low) console.log(`${percent(room)} % of ${room.total} lines: src/${name}`);
  console.log(`coverage: ${percent({ covered, total })} % of lines of src/`);
  return covered >= (LEAST_COVERAGE / 100) * total;
}
