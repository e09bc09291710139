import { describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.js";
import { calibrateProbabilities, type ProbabilityMethod, probabilities } from "./calibrate.js";

/** Normal rows at 0, anomalies at 2, both of deviation 1, so that P(anomaly | s) is known at every prevalence. */
function sample(anomalies: number, normals: number, seed: number, stretch = (score: number) => score) {
  const random = createRandom(seed).stream("sample");
  const labels = Uint8Array.from({ length: anomalies + normals }, (_, row) => (row < anomalies ? 1 : 0));
  const plain = Float64Array.from(labels, (label) => 2 * label + random.normal());
  return { labels, plain, scores: plain.map(stretch) };
}

function truth(score: number, prevalence: number): number {
  const odds = (prevalence / (1 - prevalence)) * Math.exp(2 * score - 2);
  return odds / (1 + odds);
}

const methods: ProbabilityMethod[] = ["platt", "isotonic"];

describe("calibrateProbabilities", () => {
  it.each(methods)("finds the true probabilities, at another prevalence than the sample's: %s", (method) => {
    const { scores, labels } = sample(2000, 2000, 1);
    for (const prior of [undefined, 0.01, 0.2]) {
      const { curve, prevalence } = calibrateProbabilities(scores, labels, { method, prior });
      expect(prevalence).toBe(prior ?? 0.5);
      const at = [-1, 0, 1, 2, 3];
      const found = probabilities(curve, at);
      at.forEach((score, k) => {
        const wanted = truth(score, prevalence);
        expect(Math.abs(found[k]! - wanted), `${found[k]} at ${score}`).toBeLessThan(
          method === "platt" ? 0.06 : 0.1,
        );
      });
    }
  });

  it.each(methods)(
    "promises in its figures what new rows then show, at the stated prevalence: %s",
    (method) => {
      const few = sample(300, 300, 2);
      const prior = 0.05;
      const { curve, reliability } = calibrateProbabilities(few.scores, few.labels, { method, prior });
      const many = sample(5000, 95_000, 3);
      const said = probabilities(curve, many.scores);
      const brier = said.reduce((sum, p, row) => sum + (p - many.labels[row]!) ** 2, 0) / said.length;
      expect(Math.abs(reliability.brier - brier)).toBeLessThan(0.006);
      expect(reliability.brier).toBeLessThan(reliability.brierOfPrevalence);
      const mean = said.reduce((sum, p) => sum + p, 0) / said.length;
      expect(Math.abs(mean - prior)).toBeLessThan(0.015);
      expect(reliability.prevalence).toBe(prior);
      expect(reliability.bins.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    },
  );

  it("judges rows by curves that did not see them: scores of pure chance are not made to look good", () => {
    const random = createRandom(4).stream("chance");
    const labels = Uint8Array.from({ length: 120 }, (_, row) => row % 2);
    const scores = Float64Array.from(labels, (label) => random.normal() + 0.05 * label);
    const { reliability, curve } = calibrateProbabilities(scores, labels, { method: "isotonic" });
    const own = probabilities(curve, scores);
    const optimistic = own.reduce((sum, p, row) => sum + (p - labels[row]!) ** 2, 0) / own.length;
    expect(reliability.brier).toBeGreaterThan(optimistic + 0.01);
  });

  it.each(methods)("is never falling, in [0, 1], and the same for the same seed: %s", (method) => {
    const { scores, labels } = sample(60, 200, 5, (s) => Math.exp(3 * s));
    const { curve, reliability } = calibrateProbabilities(scores, labels, { method, seed: "a" });
    const at = Float64Array.from({ length: 2001 }, (_, k) => Math.sinh((k - 1000) / 20));
    const found = probabilities(curve, at);
    found.forEach((p, k) => {
      expect(p).toBeGreaterThanOrEqual(k === 0 ? 0 : found[k - 1]!);
      expect(p).toBeLessThanOrEqual(1);
    });
    expect(found[0]).toBeLessThan(0.1);
    expect(found.at(-1)).toBeGreaterThan(0.5);
    expect(calibrateProbabilities(scores, labels, { method, seed: "a" }).reliability).toEqual(reliability);
    expect(calibrateProbabilities(scores, labels, { method, seed: "b" }).reliability).not.toEqual(
      reliability,
    );
  });

  it("is not bent by one score of a million, as a logistic curve of raw scores would be", () => {
    const { scores, labels } = sample(200, 400, 6);
    const before = calibrateProbabilities(scores, labels).curve;
    scores[0] = 1e6;
    const after = calibrateProbabilities(scores, labels).curve;
    const at = [-1, 0, 1, 2, 3];
    const moved = probabilities(before, at).map((p, k) => Math.abs(p - probabilities(after, at)[k]!));
    expect(Math.max(...moved)).toBeLessThan(0.12);
  });

  it("works where more than half of the normal rows have one score", () => {
    const labels = Uint8Array.from({ length: 100 }, (_, row) => (row < 20 ? 1 : 0));
    const scores = Float64Array.from(labels, (label, row) => (label === 1 ? 5 + (row % 3) : 0));
    const [low, high] = probabilities(calibrateProbabilities(scores, labels).curve, [0, 6]);
    expect(low).toBeLessThan(0.05);
    expect(high).toBeGreaterThan(0.9);
  });

  it("says how many rows it needs, of which class", () => {
    const few = sample(9, 500, 7);
    expect(() => calibrateProbabilities(few.scores, few.labels)).toThrow(
      /9 anomalies and 500 normal rows are too few, expected at least 10 of each for platt/,
    );
    const more = sample(49, 500, 7);
    expect(() => calibrateProbabilities(more.scores, more.labels, { method: "isotonic" })).toThrow(
      /49 anomalies and 500 normal rows are too few, expected at least 50 of each for isotonic/,
    );
    expect(calibrateProbabilities(more.scores, more.labels).labelled).toEqual({
      anomalies: 49,
      normals: 500,
    });
  });

  it.each(methods)("refuses labels that are the wrong way round: %s", (method) => {
    const { scores, labels } = sample(100, 100, 8);
    const turned = labels.map((label) => 1 - label);
    expect(() => calibrateProbabilities(scores, turned, { method })).toThrow(
      /a higher score does not mean more anomalies on these rows \(AUROC 0\.0\d+\)/,
    );
  });

  it.each([
    [{ method: "beta" as never }, /method is "beta"/],
    [{ prior: 0 }, /prior is 0/],
    [{ prior: 1.5 }, /prior is 1.5/],
    [{ folds: 1 }, /folds is 1/],
  ])("refuses options out of range: %o", (options, message) => {
    const { scores, labels } = sample(20, 20, 9);
    expect(() => calibrateProbabilities(scores, labels, options)).toThrow(message);
  });
});
