import { describe, expect, it } from "vitest";
import { seriesFromTable, tableFromRows } from "../../data/index.js";
import { kindOf } from "./index.js";

/** Three machines whose readings come mixed, one of them with a gap. */
const rows = Array.from({ length: 90 }, (_, k) => ({
  machine: ["press", "saw", "lathe"][(k * 7) % 3]!,
  time: 1000 + k * 10 + (k > 60 && (k * 7) % 3 === 1 ? 5000 : 0),
  load: Math.sin(k),
}));
const names = ["press", "saw", "lathe"];
const groups = Int32Array.from(rows, ({ machine }) => names.indexOf(machine));

describe("rows dealt to groups", () => {
  it("are those of a table, in their order, and rows of no group are left out", () => {
    const some = groups.map((group, row) => (row === 3 ? -1 : group));
    const shares = kindOf(tableFromRows(rows)).deal(tableFromRows(rows), some, 3);
    for (const [group, name] of names.entries()) {
      const expected = rows.flatMap((row, k) => (row.machine === name && k !== 3 ? [row.load] : []));
      const { columns, rowCount } = shares.data(group) as ReturnType<typeof tableFromRows>;
      expect(rowCount).toBe(expected.length);
      const load = columns.find((column) => column.name === "load");
      expect(load?.kind === "numeric" && [...load.values]).toEqual(expected);
      expect([...shares.rows(group)].every((row) => rows[row]!.machine === name)).toBe(true);
    }
  });

  it.each([{}, { every: 30 }])("make of a series what each series makes by itself, with %o", (more) => {
    const cutting = { window: 5, timeColumn: "time", entityColumn: "machine", maxGap: 200, ...more };
    const whole = seriesFromTable(tableFromRows(rows), cutting);
    const shares = kindOf(whole).deal(whole, groups, 3);
    let windows = 0;
    for (const [group, name] of names.entries()) {
      const own = tableFromRows(rows.filter(({ machine }) => machine === name));
      const alone = seriesFromTable(own, { ...cutting, timeUnit: whole.layout.timeUnit });
      const dealt = shares.data(group) as typeof whole;
      expect([...dealt.starts]).toEqual([...alone.starts]);
      expect([...dealt.rowSteps!]).toEqual([...alone.rowSteps!]);
      expect(dealt.segments).toEqual(alone.segments);
      expect(dealt.entities).toEqual(alone.entities);
      const [mine, theirs] = [dealt, alone].map(({ steps }) =>
        steps.columns.find((one) => one.name === "load"),
      );
      expect(mine?.kind === "numeric" && [...mine.values]).toEqual(
        theirs?.kind === "numeric" && [...theirs.values],
      );
      expect(shares.observations(group)).toHaveLength(alone.rowCount);
      windows += alone.rowCount;
    }
    expect(windows).toBe(whole.rowCount);
  });
});
