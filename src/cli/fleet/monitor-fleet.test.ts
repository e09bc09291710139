import { expect, test } from "vitest";
import type { FleetDriftReport } from "../../fleet/fleet-drift.js";
import { driftText } from "./monitor-fleet.js";

/** Of so many entities, the second of them called "". All have columns that moved; the first has drifted. */
function report(count: number): FleetDriftReport {
  const entities = Array.from({ length: count }, (_, k) => ({
    entity: k === 1 ? "" : `m${k}`,
    report: { drift: k === 0, martingale: { row: k === 0 ? 1234 : null }, shifted: ["flow"] },
  }));
  const told = {
    drift: true,
    drifted: ["m0"],
    unwatched: [""],
    delta: 0.01,
    source: "today.csv",
    rows: 5000,
  };
  return { ...told, entities } as unknown as FleetDriftReport;
}

test("a list of more entities than are told says how many more there are, and every name is to be seen", () => {
  const lines = (count: number) => driftText(report(count), { entityColumn: "machine" }).split("\n");
  expect(lines(13)).toEqual([
    'today.csv: 5,000 rows, 13 entities in "machine" watched together at 1.0 %.',
    'Drift in 1 entity: "m0".',
    '  "m0"  drift, noticed at row 1,234  moved: "flow"',
    expect.stringMatching(/^ {2}"" +moved: "flow"$/),
    ...Array.from({ length: 8 }, () => expect.stringMatching(/^ {2}"m\d" +moved: "flow"$/)),
    "  and 3 more",
    'Not watched, without a model of their own: "".',
  ]);
  expect(lines(10)).not.toContainEqual(expect.stringContaining("more"));
});
