import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../math/random.js";
import {
  adjustedAveragePrecision,
  auroc,
  aurocInterval,
  averagePrecision,
  balancedAccuracy,
  bootstrapInterval,
  confusion,
  decide,
  delongTest,
  f1,
  falseAlarmRate,
  mcc,
  oracleBestF1,
  oracleF1AtPrevalence,
  prCurve,
  precision,
  precisionAtK,
  prevalence,
  recall,
  recallAtFalseAlarmRate,
  rocCurve,
  summarizeRanking,
} from "./index.js";

interface Case {
  name: string;
  labels: number[];
  scores: number[];
  auroc: number;
  ap: number;
  threshold: number;
  confusion: [number, number, number, number];
  precision: number;
  recall: number;
  f1: number;
  mcc: number;
  balanced: number;
  bestF1: number;
  recallAt: [number, number][];
  delongVariance?: number;
  roc?: { fpr: number[]; tpr: number[]; thresholds: number[] };
  pr?: { precision: number[]; recall: number[]; thresholds: number[] };
}
const golden = JSON.parse(
  readFileSync(new URL("../../test/golden/metrics/metrics_golden.json", import.meta.url), "utf8"),
) as {
  ranking: Case[];
  delongPaired: {
    labels: number[];
    a: number[];
    b: number[];
    aurocs: number[];
    covariance: number[];
    z: number;
    p: number;
  };
};

const expectLists = (actual: ArrayLike<number>, expected: number[]): void => {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, 13);
  });
};

describe("against scikit-learn", () => {
  for (const c of golden.ranking) {
    it(c.name, () => {
      expect(auroc(c.labels, c.scores)).toBeCloseTo(c.auroc, 13);
      expect(averagePrecision(c.labels, c.scores)).toBeCloseTo(c.ap, 13);
      expect(oracleBestF1(c.labels, c.scores).f1).toBeCloseTo(c.bestF1, 13);
      for (const [rate, expected] of c.recallAt) {
        expect(recallAtFalseAlarmRate(c.labels, c.scores, rate)).toBeCloseTo(expected, 13);
      }
      const table = confusion(c.labels, decide(c.scores, c.threshold));
      expect([table.trueNegatives, table.falsePositives, table.falseNegatives, table.truePositives]).toEqual(
        c.confusion,
      );
      // scikit-learn writes 0 where nothing was flagged; here that is NaN.
      expect(precision(table) || 0).toBeCloseTo(c.precision, 13);
      expect(recall(table)).toBeCloseTo(c.recall, 13);
      expect(f1(table)).toBeCloseTo(c.f1, 13);
      expect(mcc(table)).toBeCloseTo(c.mcc, 13);
      expect(balancedAccuracy(table)).toBeCloseTo(c.balanced, 13);
      if (c.delongVariance !== undefined) {
        expect(aurocInterval(c.labels, c.scores).standardError ** 2).toBeCloseTo(c.delongVariance, 13);
      }
      if (c.roc) {
        const roc = rocCurve(c.labels, c.scores);
        expect(roc.thresholds[0]).toBe(Infinity);
        expectLists(roc.thresholds.subarray(1), c.roc.thresholds);
        expectLists(roc.falsePositiveRate, c.roc.fpr);
        expectLists(roc.truePositiveRate, c.roc.tpr);
      }
      if (c.pr) {
        const pr = prCurve(c.labels, c.scores);
        expectLists(pr.thresholds, [...c.pr.thresholds].reverse());
        expectLists(pr.precision, [...c.pr.precision].reverse());
        expectLists(pr.recall, [...c.pr.recall].reverse());
      }
    });
  }

  it("the sheet's figures with ties", () => {
    const y = [0, 0, 1, 0, 1, 1, 0, 0, 1, 0];
    const s = [0.1, 0.4, 0.35, 0.4, 0.8, 0.4, 0.2, 0.7, 0.9, 0.05];
    expect(auroc(y, s)).toBeCloseTo(0.7916667, 7);
    expect(averagePrecision(y, s)).toBeCloseTo(0.7678571, 7);
    expect(prevalence(y)).toBe(0.4);
    expect(adjustedAveragePrecision(y, s)).toBeCloseTo((0.7678571 - 0.4) / 0.6, 6);
    // Ranks 0.9+ 0.8+ 0.7- then 0.4 tied three ways with one anomaly among them.
    expect(precisionAtK(y, s, 2)).toBe(1);
    expect(precisionAtK(y, s, 4)).toBeCloseTo((2 + 1 / 3) / 4, 14);
    expect(oracleF1AtPrevalence(y, s)).toBeCloseTo((2 + 1 / 3) / 4, 14);
    expect(precisionAtK(y, s, 10)).toBe(0.4);
  });

  it("DeLong's paired test", () => {
    const { labels, a, b, aurocs, covariance, z, p } = golden.delongPaired;
    const test = delongTest(labels, a, b);
    expect(test.aurocA).toBeCloseTo(aurocs[0]!, 13);
    expect(test.aurocB).toBeCloseTo(aurocs[1]!, 13);
    expect(test.standardError ** 2).toBeCloseTo(covariance[0]! + covariance[3]! - 2 * covariance[1]!, 14);
    expect(test.z).toBeCloseTo(z, 10);
    expect(test.pValue).toBeCloseTo(p, 10);
    expect(delongTest(labels, a, a)).toMatchObject({ difference: 0, z: 0, pValue: 1 });
    // A difference without variance proves nothing.
    expect(delongTest([0, 0, 1, 1], [1, 2, 3, 4], [1, 1, 1, 1]).pValue).toBeNaN();
  });
});

describe("refusals", () => {
  const y = [0, 1, 0, 1];
  const rankings = {
    auroc,
    averagePrecision,
    rocCurve,
    prCurve,
    oracleBestF1,
    oracleF1AtPrevalence,
    aurocInterval,
    summarizeRanking,
  };
  for (const [name, metric] of Object.entries(rankings)) {
    it(name, () => {
      expect(() => metric(y, [1, Number.NaN, 2, 3])).toThrow(/value 1 of 4 is not a number/);
      expect(() => metric([0, 0, 0], [1, 2, 3])).toThrow(/0 anomalies and 3 normals/);
      expect(() => metric([1, 1, 1], [1, 2, 3])).toThrow(/3 anomalies and 0 normals/);
      expect(() => metric([], [])).toThrow(/both classes/);
      expect(() => metric([1, -1], [1, 2])).toThrow(/label 1 is -1/);
      expect(() => metric(y, [1, 2])).toThrow(/4 labels for 2 scores/);
    });
  }

  it("decisions and options", () => {
    expect(() => confusion([0, 1], [0.3, 0.7])).toThrow(/label 0 is 0.3/);
    expect(() => confusion([0, 1], [0])).toThrow(/2 labels for 1 decisions/);
    expect(() => decide([1, Number.NaN], 0)).toThrow(/value 1/);
    expect(() => decide([1], Number.NaN)).toThrow(/threshold/);
    expect(() => precisionAtK(y, [1, 2, 3, 4], 5)).toThrow(/k is 5/);
    expect(() => recallAtFalseAlarmRate(y, [1, 2, 3, 4], -0.1)).toThrow(/rate is -0.1/);
    expect(() => aurocInterval(y, [1, 2, 3, 4], 1)).toThrow(/level is 1/);
    expect(() => aurocInterval([0, 0, 1], [1, 2, 3])).toThrow(/two rows of each class/);
  });

  it("undefined figures are NaN, not 0", () => {
    const none = confusion([0, 0, 1], [0, 0, 0]);
    expect(precision(none)).toBeNaN();
    expect([recall(none), f1(none), mcc(none), falseAlarmRate(none)]).toEqual([0, 0, 0, 0]);
    const normals = confusion([false, false], [false, false]);
    expect([recall(normals), f1(normals), balancedAccuracy(normals)]).toEqual([NaN, NaN, NaN]);
  });

  it("ranks infinite scores and takes booleans", () => {
    expect(auroc([false, true, false], [-Infinity, Infinity, 3])).toBe(1);
    expect([...decide([1, 2, 3], 2)]).toEqual([0, 0, 1]);
  });
});

describe("properties", () => {
  const sample = fc
    .array(fc.tuple(fc.boolean(), fc.integer({ min: -4, max: 4 })), { minLength: 2, maxLength: 40 })
    .filter((rows) => rows.some(([y]) => y) && rows.some(([y]) => !y));

  it("AUROC is the share of ordered pairs, turns with the scores, and ignores monotone maps", () => {
    fc.assert(
      fc.property(sample, (rows) => {
        const y = rows.map(([label]) => label);
        const s = rows.map(([, score]) => score);
        let wins = 0;
        let pairs = 0;
        for (const [yi, si] of rows) {
          for (const [yj, sj] of rows) {
            if (!yi || yj) continue;
            pairs++;
            wins += si > sj ? 1 : si === sj ? 0.5 : 0;
          }
        }
        const area = auroc(y, s);
        expect(area).toBeCloseTo(wins / pairs, 12);
        expect(
          auroc(
            y,
            s.map((v) => -v),
          ),
        ).toBeCloseTo(1 - area, 12);
        expect(
          auroc(
            y,
            s.map((v) => Math.exp(v)),
          ),
        ).toBe(area);
        const roc = rocCurve(y, s);
        let trapezia = 0;
        for (let i = 1; i < roc.thresholds.length; i++) {
          trapezia +=
            ((roc.falsePositiveRate[i]! - roc.falsePositiveRate[i - 1]!) *
              (roc.truePositiveRate[i]! + roc.truePositiveRate[i - 1]!)) /
            2;
        }
        expect(trapezia).toBeCloseTo(area, 12);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe("intervals", () => {
  it("DeLong's interval covers the truth about as often as it says", () => {
    // Normal scores one sd apart: AUROC = Phi(1 / sqrt 2).
    const truth = 0.7602499389065233;
    const stream = createRandom(1).stream("delong");
    const y = Uint8Array.from({ length: 90 }, (_, i) => (i < 30 ? 1 : 0));
    const rounds = 1000;
    let covered = 0;
    for (let r = 0; r < rounds; r++) {
      const s = Float64Array.from(y, (label) => stream.normal() + label);
      const { lower, upper } = aurocInterval(y, s, 0.9);
      if (lower <= truth && truth <= upper) covered++;
    }
    expect(covered / rounds).toBeGreaterThan(0.87);
    expect(covered / rounds).toBeLessThan(0.93);
  });

  it("perfect separation leaves an interval of honest width", () => {
    const few = aurocInterval([0, 0, 0, 1, 1], [1, 2, 3, 4, 5]);
    expect(few).toMatchObject({ auroc: 1, upper: 1, method: "exact-separation" });
    expect(few.lower).toBeCloseTo(Math.sqrt(0.025), 12);
    expect(aurocInterval([1, 1, 0, 0], [1, 2, 3, 4])).toMatchObject({ auroc: 0, lower: 0 });
    expect(aurocInterval([1, 1, 0, 0], [1, 1, 1, 1])).toMatchObject({ auroc: 0.5, lower: 0.5, upper: 0.5 });
  });

  it("the bootstrap repeats itself, keeps the class sizes, and agrees with DeLong", () => {
    const c = golden.ranking.find(({ name }) => name === "continuous")!;
    const run = (): ReturnType<typeof bootstrapInterval> =>
      bootstrapInterval(
        (y, s) => {
          expect(y.reduce((a, b) => a + b, 0)).toBe(50);
          return auroc(y, s);
        },
        c.labels,
        c.scores,
        createRandom(1).stream("bootstrap"),
        { replicates: 400 },
      );
    const interval = run();
    expect(run()).toEqual(interval);
    const delong = aurocInterval(c.labels, c.scores);
    expect(interval.estimate).toBe(delong.auroc);
    expect(Math.abs(interval.lower - delong.lower)).toBeLessThan(0.02);
    expect(Math.abs(interval.upper - delong.upper)).toBeLessThan(0.02);
    expect(interval.standardError / delong.standardError).toBeGreaterThan(0.85);
    expect(interval.standardError / delong.standardError).toBeLessThan(1.15);
  });

  it("the bootstrap refuses a metric that is not defined", () => {
    const stream = createRandom(1).stream("b");
    expect(() => bootstrapInterval(() => Number.NaN, [0, 1], [1, 2], stream)).toThrow(
      /NaN on the data as given/,
    );
    expect(() => bootstrapInterval(auroc, [0, 1], [1, 2], stream, { replicates: 3 })).toThrow(
      /replicates is 3/,
    );
  });
});

describe("summary", () => {
  it("never shows AUROC alone and says what to be careful with", () => {
    const rare = golden.ranking.find(({ name }) => name === "three in four thousand")!;
    const summary = summarizeRanking(rare.labels, rare.scores);
    expect(summary.averagePrecision).toBeCloseTo(rare.ap, 12);
    expect(summary.notes.join(" ")).toMatch(/With 3 anomalies.*prevalence of 0.075 %/);
    const binary = golden.ranking.find(({ name }) => name === "two values")!;
    expect(summarizeRanking(binary.labels, binary.scores).notes[0]).toMatch(/only two different scores/);
    expect(summarizeRanking([0, 1, 1], [5, 5, 5]).notes[0]).toMatch(/same score/);
    expect(summarizeRanking([0, 1, 1], [5, 6, 7]).aurocInterval).toBeUndefined();
    const clean = golden.ranking.find(({ name }) => name === "continuous")!;
    expect(summarizeRanking(clean.labels, clean.scores).notes).toEqual([]);
  });
});
