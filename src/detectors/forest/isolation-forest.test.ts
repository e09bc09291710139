import { describe, expect, it } from "vitest";
import { type Progress, type Table, tableFromMatrix, tableFromRows } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { IsolationForest } from "./isolation-forest.js";
import type { IsolationForestInput } from "./options.js";

function table(rows = 600, seed = 1): Table {
  const random = createRandom(seed).stream("table");
  return tableFromMatrix(
    Array.from({ length: rows }, () => [random.normal(), 100 + 20 * random.normal(), random.uniform()]),
  );
}

const trained = (input: IsolationForestInput = {}, rows = table()) => new IsolationForest(input).fit(rows);

describe("a fit", () => {
  it.each([{}, { extensionLevel: 2 }, { bootstrap: true }])(
    "with %j: same seed, same bytes; another seed, other bytes",
    async (input) => {
      const detector = new IsolationForest({ trees: 20, ...input });
      const [first, again] = [await detector.fit(table()), await detector.fit(table())];
      expect(again.toBytes()).toEqual(first.toBytes());
      const other = await trained({ trees: 20, ...input, seed: 1 });
      expect(other.toBytes()).not.toEqual(first.toBytes());
    },
  );

  it("scores between 0 and 1, higher for what is far out, and keeps the false-alarm rate", async () => {
    const model = await trained();
    const { scores } = await model.score(
      tableFromMatrix([
        [0, 100, 0.5],
        [5, 100, 0.5],
        [9, 400, 7],
      ]),
    );
    expect(scores[0]!).toBeLessThan(scores[1]!);
    expect(scores[1]!).toBeLessThan(scores[2]!);
    expect(Math.min(...scores)).toBeGreaterThan(0);
    expect(Math.max(...scores)).toBeLessThan(1);
    const { isAnomaly } = await model.score(table(2000, 2));
    const share = isAnomaly.reduce((sum, flag) => sum + flag, 0) / 2000;
    expect(share).toBeGreaterThan(0.01);
    expect(share).toBeLessThan(0.12);
  });

  it("takes missing values, categories and constant columns", async () => {
    const rows = Array.from({ length: 200 }, (_, k) => ({
      size: k % 17 === 0 ? "" : String(Math.sin(k)),
      colour: ["red", "green", "blue"][k % 3]!,
      always: "1",
    }));
    const warnings: string[] = [];
    const detector = new IsolationForest({ trees: 10 });
    const model = await detector.fit(tableFromRows(rows), { onWarning: (text) => warnings.push(text) });
    expect(warnings.join()).toContain("always");
    expect((await model.score(tableFromRows(rows))).scores.every(Number.isFinite)).toBe(true);
  });

  it("records what it made", async () => {
    const { card } = await trained({ trees: 30, maxSamples: 64 });
    expect(card.training).toMatchObject({ trees: 30, samplesPerTree: 64, depthLimit: 6 });
    expect((card.training as { nodes: number }).nodes).toBeGreaterThan(30 * 20);
    expect(card.detector).toBe("isolation-forest");
  });

  it("warns of more rows per tree than there are", async () => {
    const warnings: string[] = [];
    const model = await new IsolationForest({ trees: 5, maxSamples: 1000 }).fit(table(100), {
      onWarning: (text) => warnings.push(text),
    });
    expect(warnings).toEqual([
      "maxSamples is 1000, but there are 80 rows to train from; each tree sees all of them.",
    ]);
    expect(model.card.training).toMatchObject({ samplesPerTree: 80 });
  });

  it("tells how far it is, and stops when asked to", async () => {
    const input = { trees: 400, maxSamples: 1 } as const;
    const seen: Progress[] = [];
    await new IsolationForest(input).fit(table(3000), { onProgress: (progress) => seen.push(progress) });
    const fractions = seen.filter(({ stage }) => stage === "training").map(({ fraction }) => fraction);
    expect(fractions.length).toBeGreaterThan(2);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    const controller = new AbortController();
    const stopped = new IsolationForest(input).fit(table(3000), {
      signal: controller.signal,
      onProgress: ({ stage }) => stage === "training" && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("options out of range", () => {
  it.each([
    [{ trees: 0 }, "trees is 0"],
    [{ maxSamples: 0 }, "maxSamples is 0"],
    [{ maxSamples: 2.5 }, "maxSamples is 2.5"],
    [{ maxSamples: "all" }, 'maxSamples is "all"'],
    [{ maxFeatures: 1.5 }, "maxFeatures is 1.5"],
    [{ extensionLevel: -1 }, "extensionLevel is -1"],
    [{ nTrees: 10 }, 'There is no option "nTrees"'],
  ])("%j", (input, message) => {
    expect(() => new IsolationForest(input as IsolationForestInput)).toThrow(message);
  });

  it("more features per tree than there are, and slants along more than there are", async () => {
    await expect(trained({ maxFeatures: 4 })).rejects.toThrow(
      "maxFeatures is 4, but the table has 3 features.",
    );
    await expect(trained({ extensionLevel: 3 })).rejects.toMatchObject({ code: "invalid-option" });
  });
});
