// What vitest's JSON report says about a run: how many tests passed, and which took long.
import { readFileSync } from "node:fs";
import { relative, sep } from "node:path";

/** A test that takes longer needs a reason in test/slow.json. On a machine that does other work it takes three times its usual. */
export const SLOW_SECONDS = 60;

/** The report of a run, without any test if vitest wrote none. */
export function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return { testResults: [], numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  }
}

/** A file that does not even load has no tests, and counts as a failed one. */
export function counts(report) {
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/**
 * Tests that took long, slowest first, with the reason that is written down for each.
 * @param reasons by file and name of the test: {"test/a.test.ts": {"suite name": "why"}}
 * @returns `slow` and `stale`: reasons for tests that are no longer in a file that was run
 */
export function slowTests(report, reasons) {
  const slow = [];
  const stale = [];
  for (const { name, assertionResults } of report.testResults) {
    const file = relative(process.cwd(), name).replaceAll(sep, "/");
    const known = reasons[file] ?? {};
    for (const { fullName, duration } of assertionResults) {
      const seconds = (duration ?? 0) / 1000;
      if (seconds > SLOW_SECONDS) slow.push({ file, test: fullName, seconds, reason: known[fullName] });
    }
    const names = new Set(assertionResults.map(({ fullName }) => fullName));
    stale.push(
      ...Object.keys(known)
        .filter((test) => !names.has(test))
        .map((test) => ({ file, test })),
    );
  }
  return { slow: slow.sort((a, b) => b.seconds - a.seconds), stale };
}
