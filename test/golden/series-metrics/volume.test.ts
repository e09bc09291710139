import { describe, expect, it } from "vitest";
import { createRandom } from "../../../src/math/random.js";
import { auroc, rangeF1, volumeUnderSurface } from "../../../src/metrics/index.js";
import golden from "./tsb_ad_golden.json" with { type: "json" };

describe("volume under the surface", () => {
  it.each(golden.cases.map((one, k) => [k, one] as const))("series %i agrees with TSB-AD", (_, one) => {
    const { labels, scores, maxBuffer, thresholds } = one;
    const options = thresholds === null ? {} : { thresholds };
    const { roc, pr } = volumeUnderSurface(labels, scores, maxBuffer, options);
    expect(roc).toBeCloseTo(one.roc, 12);
    expect(pr).toBeCloseTo(one.pr, 12);
  });

  it("takes every score where it is not told how many, which is much the same", () => {
    const { labels, scores, maxBuffer, roc, pr } = golden.cases.at(-1)!;
    const all = volumeUnderSurface(labels, scores, maxBuffer);
    expect(Math.abs(all.roc - roc)).toBeLessThan(0.01);
    expect(all.pr).not.toBe(pr);
    expect(Math.abs(all.pr - pr)).toBeLessThan(0.03);
    expect(volumeUnderSurface(labels, scores, maxBuffer, { thresholds: 1e6 })).toEqual(all);
  });

  it("is the plain area where every anomaly is one point and there is no buffer, if all are hit at once", () => {
    const labels = [0, 0, 1, 0, 0, 0];
    const scores = [0.1, 0.9, 0.7, 0.2, 0.3, 0.05];
    expect(volumeUnderSurface(labels, scores, 0).roc).toBeCloseTo(auroc(labels, scores), 12);
  });

  it("credits an alarm just beside the anomaly, and the more the wider the buffer", () => {
    const labels = Array.from({ length: 100 }, (_, t) => (t >= 50 && t < 55 ? 1 : 0));
    const late = labels.map((_, t) => (t >= 55 && t < 58 ? 1 : 0) + t * 1e-6);
    const volumes = [0, 8, 16].map((buffer) => volumeUnderSurface(labels, late, buffer).pr);
    expect(volumes[1]).toBeGreaterThan(volumes[0]! + 0.1);
    expect(volumes[2]).toBeGreaterThan(volumes[1]!);
  });

  it("is not impressed by random scores, which point adjustment would crown", () => {
    const stream = createRandom(5).stream("scores");
    const labels = Array.from({ length: 2000 }, (_, t) => (t % 500 < 100 ? 1 : 0));
    const scores = labels.map(() => stream.uniform());
    const { roc, pr } = volumeUnderSurface(labels, scores, 20);
    expect(Math.abs(roc - 0.5)).toBeLessThan(0.06);
    expect(Math.abs(pr - 0.2)).toBeLessThan(0.06);
  });

  it("refuses what cannot be ranked, and buffers that cannot be", () => {
    expect(() => volumeUnderSurface([0, 0], [1, 2], 1)).toThrow("needs both classes");
    expect(() => volumeUnderSurface([0, 1], [1, 2], -1)).toThrow(
      "maxBuffer is -1, expected a number from 0 to 2",
    );
    expect(() => volumeUnderSurface([0, 1], [1, 2], 1, { thresholds: 1 })).toThrow("thresholds is 1");
  });
});

describe("F1 of ranges", () => {
  it.each(golden.cases.map((one, k) => [k, one] as const))("series %i agrees with TSB-AD", (_, one) => {
    const flags = one.scores.map((score) => score > one.flagAbove);
    expect(rangeF1(one.labels, flags).f1).toBeCloseTo(one.rangeF1, 12);
  });

  it("gives 0.2 for meeting an anomaly, the rest for its share, and less for several alarms in one", () => {
    const labels = [0, 1, 1, 1, 1, 0, 0, 0];
    expect(rangeF1(labels, [0, 0, 1, 0, 0, 0, 0, 0])).toMatchObject({ precision: 1, recall: 0.2 + 0.8 / 4 });
    // Two alarms, and one beside it: their precisions are 1, 1 and 0.
    const { precision, recall } = rangeF1(labels, [0, 1, 0, 1, 0, 0, 1, 0]);
    expect([precision, recall]).toEqual([2 / 3, 0.2 + (0.8 * 0.5) / 2]);
    expect(rangeF1([1, 1], [1, 1])).toEqual({ f1: 1, precision: 1, recall: 1 });
    expect(rangeF1([0, 1], [0, 0])).toEqual({ f1: 0, precision: 0, recall: 0 });
    expect(() => rangeF1([0, 1], [0, 2])).toThrow("label 1 is 2");
    expect(() => rangeF1([0, 1], [0])).toThrow("2 labels for 1 flags");
  });
});
