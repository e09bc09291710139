/** What `npm test` makes of vitest's report. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
// @ts-expect-error scripts are plain JavaScript
import { counts, readReport, slowTests } from "../../scripts/test-report.js";

const result = (file: string, tests: Record<string, number>, status = "passed"): object => ({
  name: join(process.cwd(), file),
  status,
  assertionResults: Object.entries(tests).map(([fullName, duration]) => ({ fullName, duration })),
});

describe("counts", () => {
  test("count a file that does not load as one failure", () => {
    const report = {
      numPassedTests: 5,
      numFailedTests: 1,
      numPendingTests: 2,
      numTodoTests: 1,
      testResults: [result("test/a.test.ts", {}, "failed"), result("test/b.test.ts", { b: 1 }, "failed")],
    };
    expect(counts(report)).toEqual({ passed: 5, failed: 2, skipped: 3 });
  });

  test("are zero where there is no report", () => {
    expect(counts(readReport("/nowhere/report.json"))).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });
});

describe("slow tests", () => {
  const report = {
    testResults: [
      result("test/a.test.ts", { "suite quick": 59_900, "suite slow": 61_000, "suite known": 95_000 }),
    ],
  };

  test("come slowest first, with their reasons", () => {
    const { slow, stale } = slowTests(report, { "test/a.test.ts": { "suite known": "it trains for long" } });
    expect(slow).toEqual([
      { file: "test/a.test.ts", test: "suite known", seconds: 95, reason: "it trains for long" },
      { file: "test/a.test.ts", test: "suite slow", seconds: 61, reason: undefined },
    ]);
    expect(stale).toEqual([]);
  });

  test("reasons for tests that are gone are found, but not those of files that were not run", () => {
    const reasons = { "test/a.test.ts": { "suite gone": "why" }, "test/b.test.ts": { other: "why" } };
    expect(slowTests(report, reasons).stale).toEqual([{ file: "test/a.test.ts", test: "suite gone" }]);
  });
});
