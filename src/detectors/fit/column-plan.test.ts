import { expect, test } from "vitest";
import { Knn, samplesOf, tableFromColumns } from "../../index.js";
import { planColumns } from "./column-plan.js";

const rows = 60;
const table = tableFromColumns({
  id: Array.from({ length: rows }, (_, row) => row + 1),
  flow: Array.from({ length: rows }, (_, row) => Math.sin(row) * 3),
  line: Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? "A" : "B")),
  site: Array(rows).fill("north"),
  empty: Array(rows).fill(null),
  verdict: Array.from({ length: rows }, (_, row) => (row % 7 === 0 ? "anomaly" : "normal")),
});

test("says what a fit then does, with the same reasons", async () => {
  const { columns, doubts } = planColumns(table);
  expect(columns.filter(({ learned }) => learned).map(({ name }) => name)).toEqual([
    "flow",
    "line",
    "verdict",
  ]);
  const warnings: string[] = [];
  const { card } = await new Knn().fit(table, { onWarning: (text) => warnings.push(text) });
  const { dropped } = card.schema as { dropped: unknown };
  expect(columns.flatMap(({ name, reason }) => (reason === undefined ? [] : [{ name, reason }]))).toEqual(
    dropped,
  );
  expect(doubts).toHaveLength(1);
  expect(warnings).toContain(doubts[0]);
});

test("anomalies have no say", () => {
  const labels = Array.from({ length: rows }, (_, row) => (row === 3 ? 1 : 0));
  const flow = Array.from({ length: rows }, (_, row) => Math.cos(row));
  const valve = labels.map((label) => (label === 1 ? "open" : "shut"));
  const two = tableFromColumns({ flow, valve });
  const learned = (of: Parameters<typeof planColumns>[0]) =>
    planColumns(of).columns.map((one) => one.learned);
  expect(learned(two)).toEqual([true, true]);
  expect(learned(samplesOf(two, { labels }))).toEqual([true, false]);
});
