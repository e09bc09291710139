/** One-class SVM and kernel SVDD as a user meets them: tables in, models out. */
import { describe, expect, it } from "vitest";
import { type NumericColumn, type Table, tableFromMatrix } from "../../data/index.js";
import { Model } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { auroc } from "../../metrics/index.js";
import type { FitOptions } from "../../model/contract.js";
import { KernelSvdd } from "./kernel-svdd/kernel-svdd.js";
import { OneClassSvm } from "./one-class-svm/one-class-svm.js";
import type { OneClassSvmInput } from "./one-class-svm/options.js";
import type { SolverReport } from "./solution.js";

/** Rows on a noisy ring: nothing is normal in its middle, where the mean is. */
function ring(rows: number, seed: number, radius = 3): Table {
  const stream = createRandom(seed).stream("ring");
  return tableFromMatrix(
    Array.from({ length: rows }, () => {
      const angle = 2 * Math.PI * stream.uniform();
      const r = radius + 0.2 * stream.normal();
      return [r * Math.cos(angle), 5 + r * Math.sin(angle), stream.normal()];
    }),
  );
}

const detectors = { "one-class-svm": OneClassSvm, "kernel-svdd": KernelSvdd };
const solverOf = ({ card }: Model): SolverReport =>
  (card.detector === "kernel-svdd" ? KernelSvdd : OneClassSvm).trainings(card)[0]!.solver;
const scoresOf = async (model: Model, table: Table) => (await model.score(table)).scores;

describe.each(Object.entries(detectors))("%s", (name, Detector) => {
  const learn = (options: OneClassSvmInput = {}, fitOptions: FitOptions = {}, rows = 300) =>
    new Detector(options).fit(ring(rows, 1), fitOptions);

  it("finds the hole in a ring, and says how it got there", async () => {
    const model = await learn({ gamma: 2 });
    expect(model.card.detector).toBe(name);
    const normal = await scoresOf(model, ring(200, 2));
    const abnormal = await scoresOf(model, ring(200, 3, 0.5));
    const labels = [...Array<number>(200).fill(0), ...Array<number>(200).fill(1)];
    expect(auroc(labels, [...normal, ...abnormal])).toBeGreaterThan(0.97);
    expect(new Set(normal).size).toBe(200);
    expect(model.card.data).toMatchObject({ rows: 300, train: 240, validation: 0, calibration: 60 });
    expect(solverOf(model)).toMatchObject({ method: "exact", rows: 240, converged: true });
    expect(model.card.training).toMatchObject({ kernel: { name: "rbf", gamma: 2 } });
    expect(await model.untrainedScores(ring(5, 1))).toBeUndefined();
  });

  it("gives the same bytes for the same seed, and the same scores after reading them", async () => {
    const options = { nu: 0.2, kernel: "polynomial", coef0: 1, degree: 2 } as const;
    const [a, b] = [await learn(options), await learn(options)];
    expect(b.toBytes()).toEqual(a.toBytes());
    const read = await Model.fromBytes(a.toBytes());
    expect(await scoresOf(read, ring(50, 4))).toEqual(await scoresOf(a, ring(50, 4)));
    expect((await learn({ ...options, seed: 1 })).toBytes()).not.toEqual(a.toBytes());
  });

  it.each(["rbf", "polynomial", "sigmoid", "linear"] as const)(
    "scores with every kernel: %s",
    async (kernel) => {
      const scores = await scoresOf(await learn({ kernel, coef0: 1, nu: 0.3 }), ring(100, 5));
      expect(scores.every(Number.isFinite)).toBe(true);
      expect(new Set(scores).size).toBeGreaterThan(95);
    },
  );

  it("approximates longer tables, and says so", async () => {
    const warnings: string[] = [];
    const onWarning = (message: string): number => warnings.push(message);
    const options = { exactRows: 100, landmarks: 150, nu: 0.3, gamma: 1 };
    const model = await learn(options, { onWarning });
    expect(warnings.join()).toContain("240 training rows are more than exactRows (100)");
    expect(solverOf(model)).toMatchObject({ method: "nystroem", rows: 240, supportVectors: 150 });
    const exact = await learn({ nu: 0.3, gamma: 1 });
    const labels = [...Array<number>(100).fill(0), ...Array<number>(100).fill(1)];
    const area = async (of: Model): Promise<number> =>
      auroc(labels, [...(await scoresOf(of, ring(100, 6))), ...(await scoresOf(of, ring(100, 7, 1)))]);
    expect(Math.abs((await area(model)) - (await area(exact)))).toBeLessThan(0.03);
    expect((await learn(options)).toBytes()).toEqual(model.toBytes());
  });

  it("warns of a kernel so narrow that every row is an island", async () => {
    const warnings: string[] = [];
    await learn({ gamma: 1e4, nu: 0.1 }, { onWarning: (message) => warnings.push(message) });
    expect(warnings.join()).toContain("every row is an island");
  });

  it("stops when told to, and reports progress up to the end", async () => {
    const fractions: number[] = [];
    await learn({}, { onProgress: ({ fraction }) => fractions.push(fraction) });
    expect(fractions.at(-1)).toBe(1);
    expect(fractions.every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
    await expect(learn({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  });

  it("refuses what makes no sense", () => {
    for (const options of [
      { nu: 0 },
      { nu: 1.5 },
      { gamma: 0 },
      { gamma: "wide" },
      { kernel: "cosine" },
      { degree: 0 },
    ]) {
      expect(() => new Detector(options as OneClassSvmInput)).toThrow(
        expect.objectContaining({ code: "invalid-option" }),
      );
    }
    expect(() => new Detector({ gama: 1 } as OneClassSvmInput)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("gamma") }),
    );
  });

  it("is unmoved by duplicates and by a column of rare spikes", async () => {
    const base = ring(60, 8);
    const rows = Array.from({ length: 120 }, (_, i) => [
      ...base.columns.map((column) => (column as NumericColumn).values[i % 60]!),
      i === 7 ? 1e9 : 0,
    ]);
    const scores = await scoresOf(
      await new Detector({ nu: 0.1 }).fit(tableFromMatrix(rows)),
      tableFromMatrix(rows),
    );
    expect(scores.every(Number.isFinite)).toBe(true);
  });
});

it("both machines rank alike with the rbf kernel: score_SVDD = 2 / (nu n) score_SVM", async () => {
  const options = { nu: 0.25, gamma: 0.7, tolerance: 1e-6 };
  const table = ring(200, 9);
  const [svm, svdd] = [await new OneClassSvm(options).fit(table), await new KernelSvdd(options).fit(table)];
  const [a, b] = [await scoresOf(svm, ring(50, 10)), await scoresOf(svdd, ring(50, 10))];
  b.forEach((score, i) => expect(score).toBeCloseTo((2 / (0.25 * 160)) * a[i]!, 5));
});
