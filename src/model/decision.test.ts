import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Graph, serialize } from "../graph/index.js";
import { float32, type Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { exceeds, MAP_TIES, pValues, SCORE_BITS, TIE, type Ties, tieBound } from "../scoring/index.js";
import { crossPValueGraph, decisionGraph, pValueGraph, settled, thresholdTensor } from "./decision.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});

async function graphPValues(calibration: Float32Array, scores: Float32Array): Promise<Float32Array> {
  const graph = new Graph();
  graph.output("p", pValueGraph(graph.input("score", "float32", ["rows"]), calibration));
  const session = await runtime.createSession(serialize(graph));
  const { p } = await session.run({ score: float32([scores.length], scores) });
  await session.release();
  return p!.data as Float32Array;
}

async function decisions(threshold: number, scores: Float32Array, ties?: Ties): Promise<number[]> {
  const graph = new Graph();
  const score = graph.input("score", "float32", ["rows"]);
  graph.output("flag", decisionGraph(score, thresholdTensor(graph, threshold), ties));
  const session = await runtime.createSession(serialize(graph));
  const { flag } = await session.run({ score: float32([scores.length], scores) });
  await session.release();
  return Array.from(flag!.data as Uint8Array);
}

describe("p-values in the graph", () => {
  it("are those of scoring/ to the last bit of a float32, for 1 to 100 calibration scores with ties", async () => {
    const coarse = fc.integer({ min: 0, max: 6 }).map((k) => Math.fround(k / 3));
    const fine = fc.float({ noNaN: true, min: 0, max: 2 });
    const score = fc.oneof(coarse, fine);
    await fc.assert(
      fc.asyncProperty(
        fc.array(score, { minLength: 1, maxLength: 100 }),
        fc.array(fc.oneof(score, fc.constantFrom(-1, 1e30, Number.POSITIVE_INFINITY)), {
          minLength: 1,
          maxLength: 30,
        }),
        async (calibrationScores, others) => {
          const calibration = Float32Array.from(calibrationScores).sort();
          const scores = Float32Array.from([...others, ...calibrationScores]);
          const wanted = Float32Array.from(
            pValues(
              calibration,
              scores.map((score) => tieBound(score)),
            ),
          );
          expect(await graphPValues(calibration, scores)).toEqual(wanted);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("are right around every power of two in the number of scores", async () => {
    for (const size of [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100]) {
      const calibration = Float32Array.from({ length: size }, (_, k) => k);
      const scores = Float32Array.from({ length: 2 * size + 3 }, (_, k) => k / 2 - 0.5);
      const wanted = Float32Array.from(
        pValues(
          calibration,
          scores.map((score) => tieBound(score)),
        ),
      );
      expect(await graphPValues(calibration, scores), `${size} scores`).toEqual(wanted);
    }
  });

  it("are in (0, 1], least where nothing was that abnormal", async () => {
    const p = await graphPValues(Float32Array.of(1, 2, 3, 4), Float32Array.of(0, 1, 2.5, 4, 5));
    expect(Array.from(p)).toEqual([1, 1, 3 / 5, 2 / 5, 1 / 5].map(Math.fround));
  });
});

describe("cross-conformal p-values in the graph", () => {
  it("count in each fold the scores that are at least the row's by the fold's detector, ties and uneven folds included", async () => {
    const score = fc.integer({ min: 0, max: 6 }).map((k) => Math.fround(k / 3));
    const fold = fc.array(score, { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(fold, { minLength: 2, maxLength: 5 }), fc.integer(), async (folds, shift) => {
        const rows = 9;
        // Each fold's detector sees the rows in another light.
        const scores = folds.map((_, k) =>
          Float32Array.from({ length: rows }, (_, row) =>
            Math.fround(((row * (k + 1) + shift) % 9) / 3 - 0.5),
          ),
        );
        const graph = new Graph();
        const inputs = folds.map((_, k) => graph.input(`s${k}`, "float32", ["rows"]));
        const calibration = folds.map((values) => Float32Array.from(values).sort());
        graph.output("p", crossPValueGraph(inputs, calibration));
        const session = await runtime.createSession(serialize(graph));
        const { p } = await session.run(
          Object.fromEntries(scores.map((values, k) => [`s${k}`, float32([rows], values)])),
        );
        await session.release();
        const n = folds.flat().length;
        const wanted = Float32Array.from({ length: rows }, (_, row) => {
          const counts = folds.map((values, k) => values.filter((value) => value >= scores[k]![row]!).length);
          return (1 + counts.reduce((sum, count) => sum + count, 0)) / (n + 1);
        });
        expect(p!.data).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });
});

describe("the decision in the graph", () => {
  it("is that of scoring/: strict, with roundings counted as ties", async () => {
    // 0.1 is no float32: the nearest one is a little above it.
    const stored = Math.fround(0.1);
    expect(stored).toBeGreaterThan(0.1);
    const near = [1, 1 + TIE / 2, 1 + TIE, 1 + 2 * TIE, 1.001].map((factor) => Math.fround(stored * factor));
    const scores = Float32Array.of(0, ...near, 1);
    expect(await decisions(0.1, scores)).toEqual([0, 0, 0, 0, 1, 1, 1]);
    expect(
      await decisions(
        -0.1,
        scores.map((score) => -score),
      ),
    ).toEqual([1, 0, 0, 0, 0, 0, 0]);
    await fc.assert(
      fc.asyncProperty(
        fc.float({ noNaN: true }),
        fc.array(fc.integer({ min: -40, max: 40 })),
        async (t, steps) => {
          const around = Float32Array.from(steps, (step) => t * (1 + (step * TIE) / 8));
          const wanted = Array.from(around, (score) => (exceeds(score, t) ? 1 : 0));
          expect(await decisions(t, around)).toEqual(wanted);
          const near = Float32Array.from(steps, (step) => t + step * TIE);
          const ofMaps = Array.from(near, (score) => (exceeds(score, t, MAP_TIES) ? 1 : 0));
          expect(await decisions(t, near, MAP_TIES)).toEqual(ofMaps);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("scores in the graph", () => {
  /** The nearest number of `SCORE_BITS` significant bits, the even one of two. */
  const rounded = (x: number): number => {
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - (SCORE_BITS - 1));
    const [whole, rest] = [Math.floor(x / unit), x / unit - Math.floor(x / unit)];
    return (rest === 0.5 ? whole + Math.abs(whole % 2) : Math.round(x / unit)) * unit;
  };

  it("keep so many bits, rounded to the nearest, from the least to the largest", async () => {
    const graph = new Graph();
    graph.output("settled", settled(graph.input("score", "float32", ["rows"])));
    const session = await runtime.createSession(serialize(graph));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -(2 ** 120), max: 2 ** 120 }), {
          minLength: 1,
        }),
        async (list) => {
          const values = Float32Array.from(list.filter((x) => Math.abs(x) > 1e-30));
          const result = await session.run({ score: float32([values.length], values) });
          expect(result["settled"]!.data).toEqual(values.map(rounded));
        },
      ),
      { numRuns: 200 },
    );
    const ends = Float32Array.of(0, Number.POSITIVE_INFINITY, 3.4e38);
    const { settled: atEnds } = await session.run({ score: float32([3], ends) });
    const [zero, infinite, largest] = atEnds!.data as Float32Array;
    expect(zero).toBe(0);
    expect(infinite).toBe(largest);
    expect(largest).toBeGreaterThan(2.9e38);
    await session.release();
  });
});
