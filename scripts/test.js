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
function run(script, args) {
  const done = spawnSync(process.execPath, [join("node_modules", script), ...args], { stdio: "inherit" });
  return done.status === 0;
}

function check(name, script, args) {
  const passed = run(script, args);
  total[passed ? "passed" : "failed"]++;
  console.log(`${name}: ${passed ? "passed" : "failed"}`);
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
