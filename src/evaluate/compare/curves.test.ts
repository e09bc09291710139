import { describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.js";
import { thinnedCurves } from "./curves.js";

function example(rows: number, seed: number): { labels: number[]; scores: number[] } {
  const stream = createRandom(seed).stream("curves");
  const labels = Array.from({ length: rows }, (_, row) => Number(row % 7 === 0));
  // Rounded, so that there are ties between and within the classes.
  const scores = labels.map((label) => Math.round(10 * (stream.normal() + label)) / 10);
  return { labels, scores };
}

/** Recall, precision and false-alarm rate where rows with this score or a higher one are flagged. */
function at(threshold: number, labels: readonly number[], scores: readonly number[]) {
  const flagged = labels.filter((_, row) => scores[row]! >= threshold);
  const hits = flagged.filter((label) => label === 1).length;
  const anomalies = labels.filter((label) => label === 1).length;
  return {
    recall: hits / anomalies,
    precision: hits / flagged.length,
    falseAlarms: (flagged.length - hits) / (labels.length - anomalies),
  };
}

describe("thinnedCurves", () => {
  it.each([1, 2, 3])(
    "are the highest recall and precision on a grid, computed directly (seed %i)",
    (seed) => {
      const { labels, scores } = example(150, seed);
      const points = [...new Set(scores)].map((threshold) => at(threshold, labels, scores));
      const { roc, pr } = thinnedCurves(labels, scores);
      expect([roc.length, pr.length]).toEqual([101, 101]);
      for (let k = 0; k <= 100; k++) {
        const allowed = points.filter(({ falseAlarms }) => falseAlarms <= k / 100 + 1e-12);
        expect(roc[k]).toBeCloseTo(Math.max(0, ...allowed.map(({ recall }) => recall)), 12);
        const enough = points.filter(({ recall }) => recall >= k / 100 - 1e-12);
        expect(pr[k]).toBeCloseTo(Math.max(...enough.map(({ precision }) => precision)), 12);
      }
    },
  );

  it("of a perfect ranking touch the corner, of one score for all rows are those of guessing", () => {
    const perfect = thinnedCurves([0, 0, 0, 1, 1], [1, 2, 3, 4, 5]);
    expect(perfect.roc.every((recall) => recall === 1)).toBe(true);
    expect(perfect.pr.every((precision) => precision === 1)).toBe(true);
    const constant = thinnedCurves([0, 0, 0, 1], [2, 2, 2, 2]);
    expect(constant.roc).toEqual([...new Array(100).fill(0), 1]);
    expect(constant.pr.every((precision) => precision === 0.25)).toBe(true);
    expect(constant.histogram).toMatchObject({ low: 2, high: 2, logarithmic: false });
    expect([constant.histogram.normal[0], constant.histogram.anomaly[0]]).toEqual([3, 1]);
  });

  it("histograms count every row once, also those beyond the ends", () => {
    const { labels, scores } = example(1000, 4);
    scores[0] = 1e9;
    scores[1] = -1e9;
    const { normal, anomaly, low, high, logarithmic } = thinnedCurves(labels, scores).histogram;
    const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
    expect(total(anomaly)).toBe(labels.filter((label) => label === 1).length);
    expect(total(normal) + total(anomaly)).toBe(1000);
    expect(logarithmic).toBe(false);
    expect(low).toBeGreaterThan(-5);
    expect(high).toBeLessThan(5);
  });

  it("bins are equal in the logarithm where scores above zero span decades", () => {
    const scores = Array.from({ length: 401 }, (_, k) => 10 ** (k / 100));
    const { normal, logarithmic } = thinnedCurves(
      scores.map((_, k) => Number(k === 400)),
      scores,
    ).histogram;
    expect(logarithmic).toBe(true);
    // Equal numbers in equal stretches of the logarithm, but for the ends, which hold what lies beyond them.
    for (const count of normal.slice(1, -1)) expect(Math.abs(count - 10)).toBeLessThanOrEqual(1);
  });
});
