import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HypersphereError } from "../../errors.js";
import { binomialCdf } from "../../math/binomial.js";
import { createRandom } from "../../math/random.js";
import { normalThreshold } from "../conformal/calibration.js";
import {
  alertsPerDayThreshold,
  calibrationSizeForRate,
  contaminationThreshold,
  costThreshold,
  f1Threshold,
  falseAlarmsThreshold,
  fitGeneralizedPareto,
  iqrThreshold,
  meanSigmaThreshold,
  percentileThreshold,
  potThreshold,
  robustZThreshold,
  type Threshold,
} from "../index.js";

const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/metrics/metrics_golden.json", import.meta.url), "utf8"),
) as {
  pot: {
    scores: number[];
    level: number;
    risk: number;
    t: number;
    exceedances: number;
    shape: number;
    scale: number;
    threshold: number;
  };
  tolerance: { n: number; alpha: number; confidence: number; k: number | null }[];
};

const flagged = (scores: ArrayLike<number>, { threshold }: Threshold): number =>
  Array.from(scores).filter((s) => s > threshold).length;

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HypersphereError) return error.code;
  }
  return "nothing thrown";
}

const one = Array.from({ length: 99 }, (_, i) => i + 1);

describe("rules on normal scores", () => {
  it("percentile and mean + k sigma, the sheet's figures", () => {
    expect(percentileThreshold([1, 2, 3, 4, 10], 95)).toMatchObject({
      method: "percentile",
      parameters: { percentile: 95 },
    });
    expect(percentileThreshold([1, 2, 3, 4, 10], 95).threshold).toBeCloseTo(8.8, 12);
    expect(percentileThreshold([10, 3, 1, 4, 2], 90).threshold).toBeCloseTo(7.6, 12);
    expect(meanSigmaThreshold([1, 2, 3, 4, 10], 2).threshold).toBeCloseTo(4 + 2 * 3.16227766, 7);
    expect(meanSigmaThreshold([1, 2, 3, 4, 10], 2, 1).threshold).toBeCloseTo(4 + 2 * 3.53553391, 7);
  });

  it("contamination flags its share", () => {
    const result = contaminationThreshold(one, 0.1);
    expect(flagged(one, result)).toBe(10);
    expect(result.expectedFalseAlarmRate).toBeUndefined();
  });

  it("conformal: the order statistic, its rate, and the size it needs", () => {
    expect(falseAlarmsThreshold(one, 0.05)).toMatchObject({ threshold: 95, expectedFalseAlarmRate: 0.05 });
    expect(falseAlarmsThreshold(one, 0.01).threshold).toBe(99);
    expect(falseAlarmsThreshold(one, 0.015).threshold).toBe(99);
    expect(() => falseAlarmsThreshold(one, 0.0099)).toThrow(
      /99 calibration scores cannot promise.*101 are needed/,
    );
    expect(codeOf(() => falseAlarmsThreshold(one, 0.001))).toBe("unfit-data");
    for (const [alpha, n] of [
      [0.5, 1],
      [0.1, 9],
      [0.07, 14],
      [0.05, 19],
      [0.01, 99],
      [0.001, 999],
      [1e-6, 999_999],
    ] as const) {
      expect(calibrationSizeForRate(alpha)).toBe(n);
    }
    for (let i = 1; i < 100; i++) {
      const n = calibrationSizeForRate(i / 100);
      const scores = Array.from({ length: n }, (_, j) => j);
      expect(Number.isFinite(falseAlarmsThreshold(scores, i / 100).threshold)).toBe(true);
      if (n > 1) expect(codeOf(() => falseAlarmsThreshold(scores.slice(1), i / 100))).toBe("unfit-data");
    }
  });

  it("with confidence: the rank that scipy's beta distribution gives", () => {
    for (const { n, alpha, confidence, k } of golden.tolerance) {
      const scores = Array.from({ length: n }, (_, i) => i + 1);
      if (k === null) {
        expect(() => falseAlarmsThreshold(scores, alpha, { confidence })).toThrow(
          /with confidence 0.9; \d+ are needed/,
        );
      } else {
        expect(falseAlarmsThreshold(scores, alpha, { confidence }).threshold).toBe(k);
      }
    }
    expect(binomialCdf(3, 10, 0.5)).toBeCloseTo(176 / 1024, 13);
    expect(binomialCdf(7, 10, 0.5)).toBeCloseTo(968 / 1024, 13);
    expect([binomialCdf(-1, 5, 0.3), binomialCdf(5, 5, 0.3)]).toEqual([0, 1]);
  });

  it("alerts per day", () => {
    const result = alertsPerDayThreshold(one, 20, 1000);
    expect(result).toMatchObject({ threshold: 98, method: "alerts-per-day" });
    expect(result.diagnostics!.expectedAlertsPerDay).toBeCloseTo(20, 10);
    expect(() => alertsPerDayThreshold(one, 1, 100_000)).toThrow(/99999 are needed/);
    expect(() => alertsPerDayThreshold(one, 10, 10)).toThrow(/alerts is 10/);
  });

  it("Tukey's fence and the robust z-score", () => {
    expect(iqrThreshold([1, 2, 3, 4, 5]).threshold).toBe(4 + 1.5 * 2);
    expect(robustZThreshold([1, 2, 3, 4, 5]).threshold).toBeCloseTo(3 + 3.5 / 0.6745, 12);
    const tied = [0, 0, 0, 0, 0, 0, 1, 2, 3, 4];
    const z = robustZThreshold(tied);
    expect(z.note).toMatch(/More than half/);
    expect(z.threshold).toBeCloseTo(3.5 * 1.253314, 12);
    expect(iqrThreshold([0, 0, 0, 0, 0, 0, 0, 0, 3, 4]).note).toMatch(/quartiles/);
  });

  it("estimates the rate of a further normal from the scores above", () => {
    expect(percentileThreshold(one, 90).expectedFalseAlarmRate).toBeCloseTo(11 / 100, 12);
    expect(meanSigmaThreshold(one, 10).expectedFalseAlarmRate).toBe(0.01);
  });
});

describe("peaks over threshold", () => {
  it("agrees with numpy's moments and scipy's generalised Pareto quantile", () => {
    const { scores, level, risk, ...expected } = golden.pot;
    const result = potThreshold(scores, risk, { level: 100 * level });
    expect(result.threshold).toBeCloseTo(expected.threshold, 9);
    expect(result.diagnostics).toMatchObject({
      excesses: expected.exceedances,
      modelledFalseAlarmRate: risk,
    });
    expect(result.diagnostics!.tailStart).toBeCloseTo(expected.t, 12);
    expect(result.diagnostics!.shape).toBeCloseTo(expected.shape, 10);
    expect(result.diagnostics!.scale).toBeCloseTo(expected.scale, 10);
    expect(result.threshold).toBeGreaterThan(Math.max(...scores));
  });

  it("recovers shape and scale of generalised Pareto draws", () => {
    for (const shape of [-0.3, 0, 0.3]) {
      const stream = createRandom(1).stream("gpd", shape);
      const draws = Float64Array.from({ length: 20_000 }, () => {
        const u = 1 - stream.uniform();
        return 2 * (shape === 0 ? -Math.log(u) : (u ** -shape - 1) / shape);
      }).sort();
      const fit = fitGeneralizedPareto(draws);
      expect(Math.abs(fit.shape - shape)).toBeLessThan(0.05);
      expect(Math.abs(fit.scale - 2)).toBeLessThan(0.1);
    }
  });

  it("takes an exponential tail when the fitted one ends too early, and says so", () => {
    // A short tail of equal steps and one score far out: moments see an end below it.
    const stream = createRandom(2).stream("pot");
    let seen = 0;
    for (let round = 0; round < 200; round++) {
      const scores = Array.from({ length: 100 }, () => stream.uniform());
      const result = potThreshold(scores, 0.001, { level: 80 });
      if (result.note !== undefined) {
        seen++;
        expect(result.diagnostics!.shape).toBe(0);
      } else {
        expect(result.diagnostics!.shape).toBeLessThan(1);
      }
      expect(Number.isFinite(result.threshold)).toBe(true);
    }
    expect(seen).toBeGreaterThan(0);
  });

  it("refuses what cannot carry a fit", () => {
    expect(() => potThreshold(one, 0.001)).toThrow(/2 of 99 scores lie above/);
    expect(() => potThreshold(one, 0.5, { level: 80 })).toThrow(/rate is 0.5/);
    const step = Array.from({ length: 100 }, (_, i) => (i < 80 ? 0 : 1));
    expect(() => potThreshold(step, 0.001, { level: 50 })).toThrow(/all 20 scores in the tail are equal/);
    expect(() => potThreshold(new Array(100).fill(1), 0.001)).toThrow(/0 of 100/);
  });
});

describe("rules with labels", () => {
  it("F1: ties as groups, half-way between, highest of equals", () => {
    const result = f1Threshold([1, 2, 2, 3, 8, 9], [0, 0, 0, 0, 1, 1]);
    expect(result.threshold).toBe(5.5);
    expect(result.diagnostics).toEqual({ anomalies: 2, recall: 1, falseAlarmRate: 0, f1: 1 });
    // The tied pair at 5 is flagged together or not at all: F1 2/3 either way, so the higher threshold.
    expect(f1Threshold([1, 2, 5, 5, 7], [0, 0, 0, 1, 1]).threshold).toBe(3.5);
    expect(f1Threshold([1, 1, 1], [0, 1, 0])).toMatchObject({
      threshold: 1,
      note: expect.stringMatching(/equal/),
    });
    // Neighbours in floating point: the middle of the second pair rounds up to its larger member.
    const low = 1 + Number.EPSILON;
    expect(f1Threshold([1, low], [0, 1]).threshold).toBe(1);
    expect(f1Threshold([low, low + Number.EPSILON], [0, 1]).threshold).toBe(low);
  });

  it("F1 with normals only goes above the largest, never to the least", () => {
    const result = f1Threshold([1, 2, 3, 4], [0, 0, 0, 0]);
    expect(result.threshold).toBeCloseTo(4.2, 12);
    expect(result.note).toMatch(/None of the 4 rows/);
    expect(result.expectedFalseAlarmRate).toBe(0.2);
    expect(f1Threshold([-4, -3], [0, 0], { margin: 0.1 }).threshold).toBeCloseTo(-2.7, 12);
    expect(() => f1Threshold([1, 2], [1, 1])).toThrow(/2 anomalies and 0 normals/);
    expect(() => f1Threshold([1, 2], [0])).toThrow(/1 labels for 2 scores/);
  });

  it("F1 agrees with trying every threshold", () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 6 })), { minLength: 2, maxLength: 25 })
          .filter((rows) => rows.some(([y]) => y) && rows.some(([y]) => !y)),
        (rows) => {
          const scores = rows.map(([, s]) => s);
          const labels = rows.map(([y]) => y);
          const f1At = (t: number): number => {
            const hits = rows.filter(([y, s]) => y && s > t).length;
            const all = scores.filter((s) => s > t).length;
            return (2 * hits) / (all + labels.filter(Boolean).length);
          };
          const result = f1Threshold(scores, labels);
          // Every threshold but those that flag everything.
          expect(f1At(result.threshold)).toBeCloseTo(Math.max(...scores.map(f1At)), 12);
          expect(result.diagnostics!.f1).toBeCloseTo(f1At(result.threshold), 12);
          expect(flagged(scores, result)).toBeLessThan(scores.length);
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });

  it("least cost moves with the costs", () => {
    const scores = [1, 2, 3, 4, 5, 6, 7, 8];
    const labels = [0, 0, 0, 0, 1, 0, 1, 1];
    expect(costThreshold(scores, labels, { falseAlarm: 10, miss: 1 }).threshold).toBe(6.5);
    expect(costThreshold(scores, labels, { falseAlarm: 1, miss: 10 }).threshold).toBe(4.5);
    const rare = costThreshold(scores, labels, { falseAlarm: 1, miss: 1, prevalence: 1e-6 });
    expect(rare.threshold).toBe(6.5);
    const none = costThreshold([1, 2, 3], [1, 0, 0], { falseAlarm: 1, miss: 1 });
    expect(none.threshold).toBe(3);
    expect(none.diagnostics!.costPerRow).toBeCloseTo(1 / 3, 12);
    const all = costThreshold([1, 2, 3], [1, 0, 0], { falseAlarm: 1, miss: 100 });
    expect(all.note).toMatch(/flagging every row would be cheaper/);
    expect(all.threshold).toBe(3);
    expect(() => costThreshold([1, 2], [0, 1], { falseAlarm: 0, miss: 1 })).toThrow(/falseAlarm is 0/);
  });
});

describe("promises of every rule", () => {
  const rules: Record<string, (scores: number[]) => Threshold> = {
    percentile: (s) => percentileThreshold(s, 95),
    "percentile 1.5": (s) => percentileThreshold(s, 1.5),
    meanSigma: (s) => meanSigmaThreshold(s, 3),
    "meanSigma 0": (s) => meanSigmaThreshold(s, 0),
    contamination: (s) => contaminationThreshold(s, 0.1),
    falseAlarmRate: (s) => falseAlarmsThreshold(s, 0.5),
    "false alarms, confident": (s) => falseAlarmsThreshold(s, 0.9, { confidence: 0.5 }),
    alertsPerDay: (s) => alertsPerDayThreshold(s, 50, 100),
    iqrFence: (s) => iqrThreshold(s),
    "iqrFence 0": (s) => iqrThreshold(s, 0),
    robustZ: (s) => robustZThreshold(s),
    "robustZ 0": (s) => robustZThreshold(s, 0),
    f1Threshold: (s) =>
      f1Threshold(
        s,
        s.map(() => 0),
      ),
  };
  const scores = fc.array(
    fc.oneof(
      fc.constantFrom(0, 0.1, 0.1, 0.3, -7.7),
      fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
      fc.integer({ min: -2, max: 2 }),
    ),
    { minLength: 1, maxLength: 40 },
  );

  for (const [name, rule] of Object.entries(rules)) {
    it(`${name}: never flags every calibration score, does not look at their order or change them`, () => {
      fc.assert(
        fc.property(scores, (values) => {
          const before = [...values];
          const result = rule(values);
          expect(values).toEqual(before);
          expect(Number.isFinite(result.threshold)).toBe(true);
          expect(flagged(values, result)).toBeLessThan(values.length);
          expect(result.calibrationSize).toBe(values.length);
          expect(rule([...values].reverse()).threshold).toBe(result.threshold);
          expect(JSON.parse(JSON.stringify(result))).toEqual(result);
        }),
        { seed: 1, numRuns: 150 },
      );
    });

    it(`${name}: is not below scores that are all equal`, () => {
      for (const value of [0, 0.1, -0.1, 1e-300, 123456.789, 1 / 3]) {
        for (const n of [1, 2, 3, 10, 1000]) {
          const values = new Array<number>(n).fill(value);
          expect(flagged(values, rule(values))).toBe(0);
        }
      }
    });

    it(`${name}: refuses missing, NaN and infinite scores`, () => {
      for (const values of [[], [1, Number.NaN, 2], [1, Infinity], [-Infinity, 1]]) {
        expect(codeOf(() => rule(values))).toBe("unfit-data");
      }
    });
  }

  it("a threshold below the least calibration score is raised to it", () => {
    const raised = normalThreshold(Float64Array.of(1, 1), 1 - Number.EPSILON, "rule", {});
    expect(raised).toMatchObject({ threshold: 1, expectedFalseAlarmRate: 1 / 3 });
  });

  it("a threshold that overflows is refused, not returned", () => {
    expect(() => meanSigmaThreshold([1e200, -1e200, 3e200], 3)).toThrow(/came out as Infinity/);
  });

  it("options out of range are refused with their name", () => {
    expect(() => percentileThreshold(one, 0.95)).toThrow(/percentile is 0\.95, .* perhaps 95 was meant\./);
    expect(() => percentileThreshold(one, 100)).toThrow(/percentile is 100, expected/);
    expect(() => meanSigmaThreshold(one, -1)).toThrow(/k is -1/);
    expect(() => contaminationThreshold(one, 0)).toThrow(/rate is 0/);
    expect(() => falseAlarmsThreshold(one, 1)).toThrow(/rate is 1/);
    expect(() => falseAlarmsThreshold(one, 0.1, { confidence: 1 })).toThrow(/confidence is 1/);
    expect(() => iqrThreshold(one, Number.NaN)).toThrow(/factor is NaN/);
    expect(codeOf(() => robustZThreshold(one, -1))).toBe("invalid-option");
  });
});

describe("Monte Carlo", () => {
  it("the k-th order statistic lets 1 - k / (n + 1) through on average", () => {
    const stream = createRandom(1).stream("order");
    const n = 40;
    const rounds = 4000;
    for (const alpha of [0.05, 0.1, 0.33]) {
      let sum = 0;
      let squares = 0;
      let expected = 0;
      for (let r = 0; r < rounds; r++) {
        // Uniform scores: the true false-alarm rate of a threshold t is 1 - t.
        const result = falseAlarmsThreshold(
          Array.from({ length: n }, () => stream.uniform()),
          alpha,
        );
        const rate = 1 - result.threshold;
        expected = result.expectedFalseAlarmRate!;
        sum += rate;
        squares += rate * rate;
      }
      const average = sum / rounds;
      const se = Math.sqrt((squares / rounds - average ** 2) / rounds);
      expect(expected).toBeCloseTo(1 - Math.ceil(41 * (1 - alpha)) / 41, 12);
      expect(expected).toBeLessThanOrEqual(alpha);
      expect(Math.abs(average - expected)).toBeLessThan(4 * se);
    }
  });

  it("with confidence, the share of calibration sets that break alpha is as small as promised", () => {
    const stream = createRandom(2).stream("tolerance");
    const rounds = 3000;
    let broken = 0;
    for (let r = 0; r < rounds; r++) {
      const scores = Array.from({ length: 60 }, () => stream.uniform());
      if (1 - falseAlarmsThreshold(scores, 0.1, { confidence: 0.9 }).threshold > 0.1) broken++;
    }
    expect(broken / rounds).toBeLessThan(0.1 + 3 * Math.sqrt(0.09 / rounds));
  });

  it("ties only lower the rate", () => {
    const stream = createRandom(3).stream("ties");
    let flags = 0;
    const rounds = 4000;
    for (let r = 0; r < rounds; r++) {
      const { threshold } = falseAlarmsThreshold(
        Array.from({ length: 40 }, () => stream.int(5)),
        0.1,
      );
      if (stream.int(5) > threshold) flags++;
    }
    expect(flags / rounds).toBeLessThan(0.1 + 3 * Math.sqrt(0.09 / rounds));
  });
});
