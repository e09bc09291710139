import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imagesFrom } from "../../data/image-arrays.js";
import { type Dataset, tableFromColumns, tableFromMatrix } from "../../data/index.js";
import { seriesFromTable } from "../../data/series-from-table.js";
import { configureRuntime, DeepSvdd, MultiScale, type MultiScaleInput, provideBackend } from "../../index.js";
import { spearman } from "../../math/quantile.js";
import { createRandom } from "../../math/random.js";
import { auroc } from "../../metrics/index.js";
import { mlp } from "../../nn/mlp.js";
import { currentBackend } from "../../runtime/index.js";
import type { MemberReport } from "../deep/report.js";
import { multiScaleObjective } from "./objective.js";
import { multiScaleOptions } from "./options.js";
import { tapDistances, tapRows, tapsOf } from "./taps.js";

beforeAll(() => {
  const backend = currentBackend();
  const open = (count: number) => Promise.all(Array.from({ length: count }, backend.inline));
  provideBackend({ ...backend, cores: 1, open });
});
afterAll(() => configureRuntime());

const random = createRandom("multi-scale");
const small: MultiScaleInput = {
  hiddenDims: [24, 12],
  latentDim: 6,
  members: 1,
  pretrainSteps: 40,
  steps: 40,
};
const design = mlp({
  ...{ inputDim: 5, hiddenDims: [7, 4], latentDim: 3, activation: "leaky-relu", slope: 0.1, bias: false },
  ...{ reconstruction: "linear", initialization: "he", inputsPerUnit: 0 },
});

/** Rows near a plane, some of them lifted off it. */
function plane(rows: number, name: string, lift = 0): number[][] {
  const stream = random.stream("plane", name);
  return Array.from({ length: rows }, () => {
    const [a, b] = [stream.normal(), stream.normal()];
    return [a, b, a + b + 0.1 * stream.normal() + lift, a - b + 0.1 * stream.normal(), 0.5 * a];
  });
}

interface Member extends MemberReport {
  taps: { name: string; width: number; distance: number; radius?: number }[];
}

describe("taps", () => {
  it("are the outputs of all blocks, the last of them the latent space", () => {
    expect(tapsOf(design).map(({ name, width, offset }) => [name, width, offset])).toEqual([
      ["block 1", 7, 0],
      ["block 2", 4, 7],
      ["latent", 3, 11],
    ]);
  });

  it("are found again side by side", () => {
    const taps = tapsOf(design);
    const embedding = Float32Array.from({ length: 2 * 14 }, (_, k) => k);
    expect([...tapRows(taps, taps[1]!, embedding)]).toEqual([7, 8, 9, 10, 21, 22, 23, 24]);
    const center = Float32Array.from({ length: 14 }, (_, k) => k + 1);
    expect(tapDistances(taps, embedding, center).map((own) => [...own])).toEqual([
      [7, 7 * 13 ** 2],
      [4, 4 * 13 ** 2],
      [3, 3 * 13 ** 2],
    ]);
  });
});

describe("the combination", () => {
  const embedding = Float32Array.from(
    { length: 40 * 14 },
    (_, k) =>
      // The first block is a thousand times wider than the others.
      (k % 14 < 7 ? 1000 : 1) * random.stream("embedding", k).normal(),
  );
  const of = (combine: "standardised" | "sum") =>
    multiScaleObjective(design, multiScaleOptions.parse({ combine, latentDim: 3 }));

  it("weighs all taps alike when standardised; in the plain sum the widest decides", () => {
    const taps = tapsOf(design);
    const objective = of("standardised");
    const { unit, vectors } = objective.finish(embedding, objective.anchor(embedding));
    expect(unit).toBeCloseTo(1, 6);
    const perTap = tapDistances(taps, embedding, vectors["center"]!);
    for (const own of perTap) {
      expect(spearman(objective.distances(embedding, vectors), own)).toBeGreaterThan(0.3);
    }
    const sum = of("sum");
    const distances = sum.distances(embedding, sum.anchor(embedding));
    expect(spearman(distances, perTap[0]!)).toBeGreaterThan(0.999);
    distances.forEach((distance, row) => {
      const wanted = perTap.reduce((total, own) => total + own[row]!, 0) / 3;
      expect(Math.abs(distance / wanted - 1)).toBeLessThan(1e-6);
    });
  });
});

describe("multi-scale Deep SVDD", () => {
  it("watches and reports every tap", async () => {
    const model = await new MultiScale(small).fit(tableFromMatrix(plane(300, "a")));
    const [member] = (model.card.training as unknown as { members: Member[] }).members;
    expect(member!.taps.map(({ name, width }) => [name, width])).toEqual([
      ["block 1", 24],
      ["block 2", 12],
      ["latent", 6],
    ]);
    expect(member!.taps.every(({ distance, radius }) => distance > 0 && radius === undefined)).toBe(true);
    expect(Object.keys(member!.spaces!)).toEqual(["block 1", "block 2", "latent"]);
    const odd = plane(200, "c", 3);
    const { scores } = await model.score(tableFromMatrix([...plane(200, "b"), ...odd]));
    expect(auroc([...Array(200).fill(0), ...Array(200).fill(1)], scores)).toBeGreaterThan(0.9);
    // In units of held-out normals: the average normal scores about 1.
    const mean = scores.slice(0, 200).reduce((sum, score) => sum + score, 0) / 200;
    expect(mean).toBeGreaterThan(0.7);
    expect(mean).toBeLessThan(1.5);
  });

  it("has a radius for every tap in the soft-boundary case", async () => {
    const options: MultiScaleInput = { ...small, objective: "soft-boundary", warmupEpochs: 1, nu: 0.2 };
    const model = await new MultiScale(options).fit(tableFromMatrix(plane(300, "d")));
    const [member] = (model.card.training as unknown as { members: Member[] }).members;
    for (const { distance, radius } of member!.taps) {
      // The 80 % quantile of d^2, next to its mean.
      expect(radius! ** 2).toBeGreaterThan(0.5 * distance);
      expect(radius! ** 2).toBeLessThan(4 * distance);
    }
  });

  it("is Deep SVDD where the latent space is the only block", async () => {
    const options = { ...small, hiddenDims: [] };
    const table = tableFromMatrix(plane(200, "e"));
    const fresh = tableFromMatrix(plane(100, "f"));
    const several = await (await new MultiScale(options).fit(table)).score(fresh);
    const single = await (await new DeepSvdd(options).fit(table)).score(fresh);
    expect(spearman(several.scores, single.scores)).toBeGreaterThan(0.999);
  });

  it("ends, and goes back, where a single tap collapses", async () => {
    const warnings: string[] = [];
    const options: MultiScaleInput = {
      ...small,
      optimizer: "adamw",
      weightDecay: 300,
      learningRate: 1e-3,
      steps: 200,
    };
    const model = await new MultiScale(options).fit(tableFromMatrix(plane(300, "g")), {
      onWarning: (text) => warnings.push(text),
    });
    expect(warnings.join()).toMatch(/rolled back to epoch \d+: (block 1|block 2|latent): the latent space/);
    expect((model.card.training as unknown as { health: { healthy: boolean } }).health.healthy).toBe(false);
  });

  const windows = (): Dataset => {
    const stream = random.stream("windows");
    const level = Float64Array.from(
      { length: 400 },
      (_, step) => Math.sin(0.5 * step) + 0.1 * stream.normal(),
    );
    return seriesFromTable(tableFromColumns({ level }), { window: 16, stride: 2 });
  };
  const pictures = (): Dataset => {
    const stream = random.stream("pictures");
    const data = (): Uint8Array => Uint8Array.from({ length: 1024 }, (_, k) => (k % 8) * 20 + stream.int(60));
    return imagesFrom(Array.from({ length: 40 }, () => ({ height: 32, width: 32, data: data() })));
  };
  it.each([
    ["windows of a series", windows],
    ["pictures", pictures],
  ])("taps the default encoder for %s", async (_, make) => {
    const data = make();
    const options = { members: 1, latentDim: 8, batchSize: 32, pretrainEpochs: 1, epochs: 2 };
    const model = await new MultiScale(options).fit(data);
    const [member] = (model.card.training as unknown as { members: Member[] }).members;
    expect(member!.taps.length).toBeGreaterThan(2);
    const { scores } = await model.score(data);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(new Set(scores).size).toBeGreaterThan(data.rowCount / 2);
  });
});
