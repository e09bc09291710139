import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom, type RandomStream } from "../../math/random.js";
import { falseAlarmsThreshold } from "../rules/false-alarms.js";
import { blockMaxima, falseAlarmsByBlocksThreshold } from "./blocks.js";
import { pValues } from "./p-values.js";

/** Blocks of a stationary AR(1) series, each with a start of its own: exchangeable, with dependent rows. */
function autoregressive(stream: RandomStream, blocks: number, length: number, rho: number): Float64Array {
  const scores = new Float64Array(blocks * length);
  let last = 0;
  for (let row = 0; row < scores.length; row++) {
    const fresh = stream.normal();
    last = row % length === 0 ? fresh : rho * last + Math.sqrt(1 - rho * rho) * fresh;
    scores[row] = last;
  }
  return scores;
}

const blocksOf = (rows: number, length: number): number[] =>
  Array.from({ length: rows }, (_, row) => Math.floor(row / length));

function meanAndError(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

describe("falseAlarmsByBlocksThreshold", () => {
  it("with blocks of one row is falseAlarmRate, ties or not", () => {
    const score = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ noNaN: true, min: 0.5, max: 9 }));
    const alphas = fc.constantFrom(0.05, 0.07, 0.1, 0.2, 0.25, 0.3, 0.5, 0.9);
    fc.assert(
      fc.property(fc.array(score, { minLength: 20, maxLength: 120 }), alphas, (scores, alpha) => {
        const rows = falseAlarmsThreshold(scores, alpha);
        const blocks = falseAlarmsByBlocksThreshold(scores, blocksOf(scores.length, 1), alpha);
        expect(blocks.threshold).toBe(rows.threshold);
        expect(blocks.expectedFalseAlarmRate).toBeCloseTo(rows.expectedFalseAlarmRate!, 12);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("is the least threshold that keeps the bound, in blocks of any size", () => {
    // Shares above t: 6 leaves 0, 5 leaves 1/2, 4 leaves 1/2 + 1/3, 3 leaves 1/2 + 2/3; (sum + 1) / 4 <= 0.46.
    const scores = [6, 1, 5, 4, 0, 3, 2];
    const blockOf = [0, 0, 1, 1, 1, 2, 2];
    const rule = falseAlarmsByBlocksThreshold(scores, blockOf, 0.46);
    expect(rule).toEqual({
      threshold: 4,
      method: "false-alarms-by-blocks",
      parameters: { rate: 0.46 },
      calibrationSize: 7,
      expectedFalseAlarmRate: (1 / 2 + 1 / 3 + 1) / 4,
      diagnostics: { blocks: 3 },
    });
    expect(falseAlarmsByBlocksThreshold(scores, blockOf, 0.45).threshold).toBe(5);
    expect(falseAlarmsByBlocksThreshold(scores, blockOf, 0.26).threshold).toBe(6);
  });

  it("leaves out rows of negative blocks, and does not care for the order of rows", () => {
    const stream = createRandom(5).stream("gaps");
    const scores = autoregressive(stream, 30, 10, 0.8);
    const plain = falseAlarmsByBlocksThreshold(scores, blocksOf(300, 10), 0.1);
    const gap = [...scores, 1e9, 1e9];
    const withGap = falseAlarmsByBlocksThreshold(gap, [...blocksOf(300, 10), -1, -1], 0.1);
    expect(withGap).toEqual(plain);
    const order = [...stream.permutation(300)];
    const shuffled = falseAlarmsByBlocksThreshold(
      order.map((row) => scores[row]!),
      order.map((row) => Math.floor(row / 10)),
      0.1,
    );
    expect(shuffled).toEqual(plain);
  });

  it("keeps its promise where rows depend on each other, and rowwise calibration does not", () => {
    const stream = createRandom(6).stream("ar1");
    const [alpha, blocks, length, rho] = [0.05, 25, 40, 0.99];
    const byBlocks: number[] = [];
    const byRows: number[] = [];
    for (let repeat = 0; repeat < 1000; repeat++) {
      const scores = autoregressive(stream, blocks, length, rho);
      const fresh = autoregressive(stream, 1, length, rho);
      const share = (threshold: number): number => fresh.filter((score) => score > threshold).length / length;
      byBlocks.push(
        share(falseAlarmsByBlocksThreshold(scores, blocksOf(blocks * length, length), alpha).threshold),
      );
      byRows.push(share(falseAlarmsThreshold(scores, alpha).threshold));
    }
    const promised = meanAndError(byBlocks);
    expect(promised.mean).toBeLessThanOrEqual(alpha + 2 * promised.error);
    // Conformal risk control is at most 2 / (blocks + 1) below alpha.
    expect(promised.mean).toBeGreaterThan(alpha - 2 / (blocks + 1) - 2 * promised.error);
    const naive = meanAndError(byRows);
    expect(naive.mean).toBeGreaterThan(alpha + 2 * naive.error);
  });

  it("says how many blocks are needed", () => {
    expect(() => falseAlarmsByBlocksThreshold(new Array(100).fill(1), blocksOf(100, 10), 0.05)).toThrow(
      /10 calibration blocks cannot promise a rate of 0.05; 19 are needed/,
    );
    const nineteen = Array.from({ length: 190 }, (_, row) => row);
    expect(falseAlarmsByBlocksThreshold(nineteen, blocksOf(190, 10), 0.05).threshold).toBe(189);
    expect(() => falseAlarmsByBlocksThreshold([1, 2], [0], 0.5)).toThrow(
      /blockOf has 1 values, expected one for each of 2/,
    );
    expect(() => falseAlarmsByBlocksThreshold([1, 2], [0, Number.NaN], 0.5)).toThrow(
      /blockOf is NaN at row 1/,
    );
    expect(() => falseAlarmsByBlocksThreshold([1, Number.NaN], [0, 1], 0.5)).toThrow(/value 1/);
    expect(() => falseAlarmsByBlocksThreshold([1, 2], [0, 1], 1)).toThrow(/rate is 1/);
  });
});

describe("blockMaxima", () => {
  it("are the largest scores of whole blocks", () => {
    expect([...blockMaxima([1, 5, 2, 4, 4, -3, 9], 3)]).toEqual([5, 4]);
    expect([...blockMaxima([3, 1], 1)]).toEqual([3, 1]);
    expect([...blockMaxima([-Infinity, Infinity], 1)]).toEqual([-Infinity, Infinity]);
    expect(() => blockMaxima([1], 2)).toThrow(/1 rows make no block of 2/);
    expect(() => blockMaxima([1], 1.5)).toThrow(/blockLength is 1.5/);
    expect(() => blockMaxima([1, Number.NaN], 1)).toThrow(/score 1 is NaN/);
  });

  it("give p-values of blocks that are valid where rows depend on each other", () => {
    const stream = createRandom(7).stream("maxima");
    const hits: number[] = [];
    for (let repeat = 0; repeat < 2000; repeat++) {
      const calibration = blockMaxima(autoregressive(stream, 19, 20, 0.95), 20).sort();
      const [p] = pValues(calibration, blockMaxima(autoregressive(stream, 1, 20, 0.95), 20));
      hits.push(p! <= 0.1 ? 1 : 0);
    }
    const { mean, error } = meanAndError(hits);
    expect(Math.abs(mean - 0.1)).toBeLessThan(3 * error);
  });
});
