import { describe, expect, it } from "vitest";
import { createRandom } from "../../../src/math/random.js";
import { auroc, volumeUnderSurface } from "../../../src/metrics/index.js";
import golden from "./volume_golden.json" with { type: "json" };

describe("volume under the surface", () => {
  it.each(golden.cases.map((one, k) => [k, one] as const))(
    "series %i agrees with the definition",
    (_, one) => {
      const { roc, pr } = volumeUnderSurface(one.labels, one.scores, one.maxBuffer);
      expect(roc).toBeCloseTo(one.roc, 12);
      expect(pr).toBeCloseTo(one.pr, 12);
    },
  );

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
  });
});
