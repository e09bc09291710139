import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { curveAt, isotonicRegression } from "./isotonic.js";
import { logisticAt, plattScaling, smoothedTargets } from "./platt.js";
import { reliability } from "./reliability.js";

interface Curve {
  scores: number[];
  labels: number[];
  at: number[];
  wanted: number[];
}

const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/probability/probability_golden.json", import.meta.url), "utf8"),
) as {
  isotonic: (Curve & { weights: number[] | null; x: number[]; y: number[] })[];
  platt: (Curve & { a: number; b: number })[];
  reliability: {
    probabilities: number[];
    labels: number[];
    prevalence: number | null;
    brier: number;
    logLoss: number;
  }[];
};

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, k) => Math.max(most, Math.abs(value - b[k]!)), 0);

const points = fc.array(
  fc.record({
    x: fc.integer({ min: -8, max: 8 }),
    y: fc.double({ min: -1, max: 1, noNaN: true }),
    w: fc.integer({ min: 1, max: 5 }),
  }),
  { minLength: 1, maxLength: 40 },
);

describe("isotonic regression", () => {
  it.each(golden.isotonic)("has scikit-learn's knots and predictions, case %#", (wanted) => {
    const curve = isotonicRegression(wanted.scores, wanted.labels, wanted.weights ?? undefined);
    const heights = wanted.at.map((x) => curveAt(curve, x));
    expect(largestDifference(heights, wanted.wanted)).toBeLessThan(1e-12);
    // scikit-learn leaves out level knots only where their heights are equal to the last bit.
    const same = wanted.x.map((x) => curveAt(curve, x));
    expect(largestDifference(same, wanted.y)).toBeLessThan(1e-12);
    for (const x of curve.x) expect(wanted.x).toContain(x);
  });

  it("never falls, keeps the mean, and is as near to the points as no shifted block is", () => {
    fc.assert(
      fc.property(points, (rows) => {
        const [x, y, w] = [rows.map((r) => r.x), rows.map((r) => r.y), rows.map((r) => r.w)];
        const curve = isotonicRegression(x, y, w);
        const fitted = x.map((at) => curveAt(curve, at));
        const order = [...x.keys()].sort((a, b) => x[a]! - x[b]!);
        for (let k = 1; k < order.length; k++) {
          expect(fitted[order[k]!]!).toBeGreaterThanOrEqual(fitted[order[k - 1]!]! - 1e-12);
        }
        // The conditions of Karush, Kuhn and Tucker: the residuals of each level sum to zero, and so does
        // everything up to a step; before any point they add up to no less.
        for (const level of new Set(fitted)) {
          const residual = w.reduce((sum, weight, k) => {
            return Math.abs(fitted[k]! - level) < 1e-12 ? sum + weight * (y[k]! - fitted[k]!) : sum;
          }, 0);
          expect(Math.abs(residual)).toBeLessThan(1e-9);
        }
        for (const end of new Set(x)) {
          const before = w.reduce(
            (sum, weight, k) => (x[k]! <= end ? sum + weight * (y[k]! - fitted[k]!) : sum),
            0,
          );
          expect(before).toBeGreaterThan(-1e-9);
        }
      }),
    );
  });

  it("says what it cannot work with", () => {
    expect(() => isotonicRegression([], [])).toThrow(/0 scores, 0 targets/);
    expect(() => isotonicRegression([1, 2], [0])).toThrow(/2 scores, 1 targets/);
    expect(() => isotonicRegression([1, Number.NaN], [0, 1])).toThrow(/NaN/);
    expect(() => isotonicRegression([1, 2], [0, 1], [1, 0])).toThrow(/weight 1 is 0/);
  });
});

describe("Platt scaling", () => {
  it.each(golden.platt)(
    "predicts what scikit-learn does, case %#",
    ({ scores, labels, at, wanted, a, b }) => {
      const curve = plattScaling(scores, labels);
      const heights = at.map((score) => logisticAt(curve, score));
      // scikit-learn stops its search at a gradient of 1e-6 per coordinate, so no nearer agreement is to be had.
      expect(largestDifference(heights, wanted)).toBeLessThan(2e-5);
      expect(curve.slope / -a).toBeCloseTo(1, 3);
      expect(curve.intercept / -b).toBeCloseTo(1, 3);
    },
  );

  it("ends where the gradient is zero", () => {
    for (const { scores, labels } of golden.platt) {
      const curve = plattScaling(scores, labels);
      const anomalies = labels.filter((label) => label === 1).length;
      const targets = smoothedTargets(labels.length - anomalies, anomalies);
      const errors = scores.map((score, k) => logisticAt(curve, score) - targets[labels[k] as 0 | 1]);
      const largest = Math.max(...scores.map(Math.abs));
      expect(Math.abs(errors.reduce((sum, error) => sum + error, 0))).toBeLessThan(1e-8);
      expect(Math.abs(errors.reduce((sum, error, k) => sum + error * scores[k]!, 0)) / largest).toBeLessThan(
        1e-8,
      );
    }
  });

  it("stays finite where the classes do not overlap, and level where all scores are equal", () => {
    const apart = plattScaling([1, 2, 3, 101, 102, 103], [0, 0, 0, 1, 1, 1]);
    expect(logisticAt(apart, 2)).toBeCloseTo(1 / 5, 1);
    expect(logisticAt(apart, 102)).toBeCloseTo(4 / 5, 1);
    const level = plattScaling([7, 7, 7, 7, 7], [0, 0, 0, 0, 1]);
    expect(logisticAt(level, 7)).toBeCloseTo((4 * (1 / 6) + 2 / 3) / 5, 6);
  });

  it("needs both classes", () => {
    expect(() => plattScaling([1, 2], [0, 0])).toThrow(/both classes/);
  });
});

describe("reliability", () => {
  it.each(golden.reliability)("has scikit-learn's Brier score and log loss, case %#", (wanted) => {
    const { probabilities, labels, prevalence } = wanted;
    const found = reliability(probabilities, labels, { prevalence: prevalence ?? undefined });
    expect(found.brier).toBeCloseTo(wanted.brier, 12);
    expect(found.logLoss).toBeCloseTo(wanted.logLoss, 12);
  });

  it("has bins of equally many rows, worked out by hand", () => {
    const said = [0.1, 0.1, 0.2, 0.4, 0.6, 0.8];
    const found = reliability(said, [0, 0, 1, 0, 1, 1], { bins: 3 });
    expect(found.bins.map(({ rows, anomalies }) => [rows, anomalies])).toEqual([
      [2, 0],
      [2, 1],
      [2, 2],
    ]);
    found.bins.forEach(({ predicted, observed, weight }, k) => {
      expect(predicted).toBeCloseTo([0.1, 0.3, 0.7][k]!, 12);
      expect(observed).toBeCloseTo([0, 0.5, 1][k]!, 12);
      expect(weight).toBeCloseTo(1 / 3, 12);
    });
    expect(found.expectedCalibrationError).toBeCloseTo((0.1 + 0.2 + 0.3) / 3, 12);
    expect(found.brierOfPrevalence).toBeCloseTo(0.25, 12);
    expect(found.logLossOfPrevalence).toBeCloseTo(Math.LN2, 12);
  });

  it("never parts rows of one probability, and weights classes to the prevalence", () => {
    const found = reliability([0.5, 0.5, 0.5, 0.9], [0, 0, 1, 1], { bins: 4, prevalence: 0.1 });
    expect(found.bins.map(({ rows }) => rows)).toEqual([3, 1]);
    expect(found.bins[0]!.weight).toBeCloseTo(0.95, 12);
    expect(found.bins[0]!.observed).toBeCloseTo(0.05 / 0.95, 12);
    expect(found.brier).toBeCloseTo(0.95 * 0.25 + 0.05 * 0.01, 12);
  });

  it("counts a wrong certainty as nearly one, and refuses what is no probability", () => {
    expect(reliability([1, 1], [0, 1]).logLoss).toBeCloseTo(26 * Math.LN2, 9);
    expect(() => reliability([0.5, 1.1], [0, 1])).toThrow(/probability 1 is 1.1/);
    expect(() => reliability([0.5, 0.6], [0, 1], { bins: 2.5 })).toThrow(/bins is 2.5/);
    expect(() => reliability([0.5, 0.6], [0, 1], { prevalence: 1 })).toThrow(/prevalence is 1/);
  });
});
