import { describe, expect, it } from "vitest";
import { columnSchema } from "../../features/index.js";
import { type Table, tableFromMatrix } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { Knn } from "./knn.js";
import { searchLayout } from "./layout.js";
import type { KnnInput } from "./options.js";

function table(rows = 300, seed = 1): Table {
  const random = createRandom(seed).stream("table");
  return tableFromMatrix(
    Array.from({ length: rows }, () => [random.normal(), 100 + 20 * random.normal(), random.uniform()]),
  );
}

describe("a fit", () => {
  it("gives the same bytes again, and other bytes with another seed", async () => {
    const detector = new Knn();
    const [first, again] = [await detector.fit(table()), await detector.fit(table())];
    expect(again.toBytes()).toEqual(first.toBytes());
    const other = await new Knn({ seed: 1 }).fit(table());
    expect(other.toBytes()).not.toEqual(first.toBytes());
  });

  it("scores by distance, in units of the scaled features", async () => {
    const model = await new Knn({ k: 1 }).fit(table());
    const { scores } = await model.score(
      tableFromMatrix([
        [0, 100, 0.5],
        [10, 100, 0.5],
        [20, 100, 0.5],
      ]),
    );
    const { scale } = columnSchema(model.card.schema)!.numeric[0]!;
    expect(scores[0]!).toBeLessThan(0.5);
    // From here on only the first feature counts: ten units more are ten units more.
    expect(scores[2]! - scores[1]!).toBeCloseTo(10 / scale, 0);
  });

  it("searches at most maxRows rows, says so, and is exact up to that", async () => {
    const warnings: string[] = [];
    const onWarning = (text: string): unknown => warnings.push(text);
    const model = await new Knn({ maxRows: 100 }).fit(table(), { onWarning });
    expect(warnings).toEqual([
      "Only 100 of 240 training rows are searched, drawn at random; raise maxRows to search more.",
    ]);
    expect(model.card.training).toEqual({ searched: 100 });
    const whole = await new Knn({ maxRows: 240 }).fit(table(), { onWarning });
    expect(warnings).toHaveLength(1);
    expect(whole.card.training).toEqual({ searched: 240 });
  });

  it.each([
    [240, "k is 240, but there are only 240 training rows to search."],
    [5000, "k is 5000, but there are only 240 training rows to search."],
  ])("refuses to look for %i neighbours among 240 rows", async (k, message) => {
    const refused = new Knn({ k }).fit(table());
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ code: "invalid-option", hint: expect.any(String) });
  });

  it("looks for as many as there are less one", async () => {
    const model = await new Knn({ k: 239, method: "mean" }).fit(table());
    expect((await model.score(table(20, 2))).scores.every((score) => score > 0.5)).toBe(true);
  });

  it.each([{ k: 0 }, { k: 2.5 }, { method: "max" }, { maxRows: 1 }, { neighbours: 5 }])(
    "refuses %j",
    (input) => {
      expect(() => new Knn(input as KnnInput)).toThrow();
    },
  );
});

describe("the layout of the search", () => {
  it.each([
    [1, 2, 1],
    [5, 30, 3],
    [239, 240, 3],
    [5, 20_000, 36],
    [5, 20_000, 2000],
    [50, 1_000_000, 10],
    [10_000, 20_000, 100],
  ])(
    "k = %i of %i rows of %i: groups hold all rows, there are k groups, memory is bounded",
    (k, rows, columns) => {
      const { groups, groupSize, examined, block } = searchLayout(k, rows, columns);
      expect(groups * groupSize).toBeGreaterThanOrEqual(rows);
      expect((groups - 1) * groupSize).toBeLessThan(rows);
      expect(groups).toBeGreaterThanOrEqual(Math.min(examined + 1, rows));
      expect(block).toBeGreaterThanOrEqual(1);
      // Candidates of a single row may be more than that.
      const one = 8 * examined * groupSize * columns;
      expect(block * one).toBeLessThanOrEqual(Math.max(2 ** 24, one));
      expect(block * groups * 8).toBeLessThan(2 ** 30);
    },
  );
});
