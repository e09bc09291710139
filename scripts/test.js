// Everything that has to hold before a change lands: lint, types, tests. All of it runs even when a part fails. The
// last line is a plain count, for people and for programs. Arguments go to vitest: `npm test -- src/graph`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const scratch = mkdtempSync(join(tmpdir(), "hypersphere-test-"));
const report = join(scratch, "report.json");
const total = { passed: 0, failed: 0, skipped: 0 };

check("lint", "@biomejs/biome/bin/biome", ["ci", "--error-on-warnings", "."]);
check("types", "typescript/bin/tsc", ["-p", "tsconfig.json"]);
const tarball = pack();
check("package manifest", "publint/src/cli.js", ["run", "--strict", tarball]);
// ES modules only: what CommonJS without require(esm) and TypeScript before `exports` make of it does not count.
check("types of the package", "@arethetypeswrong/cli/dist/index.js", [
  ...["--profile", "esm-only", "--format", "table-flipped", "--no-emoji", "--no-definitely-typed", tarball],
]);
const ran = run("vitest/vitest.mjs", [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);
const tests = counts();
// A run can also fail without a failed test: an error outside of any, a crash, a pattern that fits no file.
if (!ran && tests.failed === 0) tests.failed = 1;
for (const kind of Object.keys(total)) total[kind] += tests[kind];

rmSync(scratch, { recursive: true, force: true });
process.exitCode = total.failed === 0 ? 0 : 1;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);

/** Runs a tool of node_modules; true if it ended well. */
function run(script, args, stdio = "inherit") {
  const done = spawnSync(process.execPath, [join("node_modules", script), ...args], { stdio });
  if (done.status !== 0 && done.stdout !== null) process.stdout.write(`${done.stdout}${done.stderr}`);
  return done.status === 0;
}

/** One check with a name, which speaks of what it found only if it fails. */
function check(name, script, args) {
  const passed = run(script, args, "pipe");
  total[passed ? "passed" : "failed"]++;
  console.log(`${name}: ${passed ? "passed" : "failed"}`);
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

/** What vitest's report says; a file that does not even load has no tests, and counts as a failed one. */
function counts() {
  let result;
  try {
    result = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
  const unloaded = result.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + unloaded.length,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}
