import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { covariance } from "../../../../test/statistics.js";
import { imagesFrom } from "../../../data/images/image-arrays.js";
import { type Dataset, tableFromColumns, tableFromMatrix } from "../../../data/index.js";
import { seriesFromTable } from "../../../data/series/series-from-table.js";
import { Graph, serialize } from "../../../graph/index.js";
import {
  configureRuntime,
  DeepSvdd,
  MultiScale,
  type MultiScaleInput,
  provideBackend,
} from "../../../index.js";
import { matmul } from "../../../math/linalg.js";
import { mean, spearman } from "../../../math/quantile.js";
import { createRandom } from "../../../math/random.js";
import { auroc } from "../../../metrics/index.js";
import type { EncoderDesign } from "../../../nn/encoder.js";
import { type MlpOptions, mlp } from "../../../nn/mlp.js";
import { ParameterLayout } from "../../../nn/parameters.js";
import { currentBackend, float32, type Runtime } from "../../../runtime/index.js";
import { loadNativeRuntime } from "../../../runtime/node/native.js";
import { covarianceOf } from "../../../train/covariance.js";
import { Forward } from "../../../train/forward.js";
import type { MemberReport } from "../../networks/report.js";
import { ensembleScore } from "../scorer.js";
import { multiScaleObjective } from "./objective.js";
import { multiScaleOptions } from "./options.js";
import { tapDistances, tapRows, tapsOf, WIDEST_WHITENED } from "./taps.js";

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
const shape: MlpOptions = {
  ...{ inputDim: 5, hiddenDims: [7, 4], latentDim: 3, activation: "leaky-relu", slope: 0.1, bias: false },
  ...{ reconstruction: "linear", initialization: "he", inputsPerUnit: 0 },
};
const design = mlp(shape);

/** Rows near a plane, some of them lifted off it. */
function plane(rows: number, name: string, lift = 0): number[][] {
  const stream = random.stream("plane", name);
  return Array.from({ length: rows }, () => {
    const [a, b] = [stream.normal(), stream.normal()];
    return [a, b, a + b + 0.1 * stream.normal() + lift, a - b + 0.1 * stream.normal(), 0.5 * a];
  });
}

interface Member extends MemberReport {
  taps: { name: string; width: number; whitened: boolean; distance: number; radius?: number }[];
}

describe("taps", () => {
  it("are the outputs of all blocks, the last of them the latent space", () => {
    expect(tapsOf(design, true).map(({ name, width, offset }) => [name, width, offset])).toEqual([
      ["block 1", 7, 0],
      ["block 2", 4, 7],
      ["latent", 3, 11],
    ]);
  });

  it("are found again side by side", () => {
    const taps = tapsOf(design, true);
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

describe("whitened taps", () => {
  const rows = 400;
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await loadNativeRuntime();
  });
  afterAll(() => runtime.close());

  /** Two columns that say nearly the same, and what an untrained member makes of them. */
  async function member(input: MultiScaleInput, dead = false) {
    const stream = random.stream("twins");
    const data = Float32Array.from({ length: rows * 5 }, () => stream.normal());
    for (let row = 0; row < rows; row++) data[5 * row + 1] = data[5 * row]! + 0.05 * stream.normal();
    const objective = multiScaleObjective(
      design,
      multiScaleOptions.parse({ latentDim: 3, centerFloor: 0, ...input }),
    );
    const layout = new ParameterLayout(objective.parameters);
    const raw = layout.initialize((name) => random.stream("start", name));
    if (dead) for (let input = 0; input < 5; input++) raw[7 * input + 2] = 0;
    const forward = await Forward.open(runtime, layout, 5, (x, p) => objective.embed(x, p));
    const embed = (parameters: Float32Array, own: Float32Array<ArrayBuffer>) =>
      forward.run(parameters, { rows: own.length / 5, columns: 5, data: own });
    const covariance = (own: Float32Array, dim: number) => covarianceOf(runtime, own, dim);
    const parameters = (await objective.whiten?.(raw, await embed(raw, data), covariance)) ?? raw;
    const embedding = await embed(parameters, data);
    return {
      objective,
      layout,
      data,
      raw,
      parameters,
      embed,
      embedding,
      vectors: objective.anchor(embedding),
    };
  }

  it("have maps before the latent space, where they are wanted and blocks not too wide", () => {
    const named = (of: EncoderDesign, whiten: boolean) => tapsOf(of, whiten).map(({ map }) => map?.shape);
    expect(named(design, true)).toEqual([[7, 7], [4, 4], undefined]);
    expect(named(design, false)).toEqual([undefined, undefined, undefined]);
    const wide = mlp({ ...shape, hiddenDims: [WIDEST_WHITENED + 1, WIDEST_WHITENED] });
    expect(named(wide, true)).toEqual([undefined, [WIDEST_WHITENED, WIDEST_WHITENED], undefined]);
  });

  it.each([
    ["in all directions", false],
    ["with a unit that never answers", true],
  ])("spread alike, %s, and are their width away from the centre", async (_, dead) => {
    const { embedding, vectors } = await member({}, dead);
    const taps = tapsOf(design, true);
    const [first, second] = tapDistances(taps, embedding, vectors["center"]!).map(mean);
    // But for shrinkage; covariances have rows - 1 as divisor.
    expect(first! / (7 * (1 - 1 / rows))).toBeCloseTo(1, 3);
    expect(second! / (4 * (1 - 1 / rows))).toBeCloseTo(1, 3);
    const { covariance: own } = covariance(tapRows(taps, taps[0]!, embedding), rows, 7);
    const variances = Array.from({ length: 7 }, (_, k) => own[8 * k]!);
    // The seventh direction is nothing but the dead unit; shrinkage keeps it at zero.
    const expected = dead ? [...Array(6).fill(7 / 6), 0] : Array(7).fill(1);
    variances.forEach((variance, k) => expect(Math.abs(variance - expected[k]!)).toBeLessThan(0.02));
  });

  it("see a row that breaks a correlation in the very first block", async () => {
    const odd = Float32Array.of(1, -1, 0, 0, 0);
    const usual = Float32Array.of(2, 2, 0, 0, 0);
    const firstTap = async (input: MultiScaleInput) => {
      const { parameters, embed, vectors } = await member(input);
      const embedding = await embed(parameters, Float32Array.of(...odd, ...usual));
      return tapDistances(tapsOf(design, input.whiten ?? true), embedding, vectors["center"]!)[0]!;
    };
    const [oddDistance, usualDistance] = await firstTap({});
    expect(oddDistance! / usualDistance!).toBeGreaterThan(10);
    // As the block is, the row that lies further out along what is usual is the odder one.
    const [oddRaw, usualRaw] = await firstTap({ whiten: false });
    expect(oddRaw! / usualRaw!).toBeLessThan(1);
  });

  it("are what the graph of the model computes", async () => {
    const { objective, layout, data, raw, parameters, embed, embedding, vectors } = await member({
      centerFloor: 0.1,
    });
    const final = objective.finish(embedding, vectors);
    const graph = new Graph();
    const own = { origin: new Float32Array(5), parameters, ...final };
    graph.output("score", ensembleScore(objective, [own], graph.input("x", "float32", ["rows", 5])));
    const session = await runtime.createSession(serialize(graph));
    const { score } = await session.run({ x: float32([rows, 5], data) });
    await session.release();

    // sum over k of |phi_k W_k - c_k|^2 / m_k, in double precision from what the blocks answer.
    const blocks = await embed(raw, data);
    const taps = tapsOf(design, true);
    const maps = new Map(layout.views(parameters).map(({ spec, view }) => [spec.name, view]));
    const { center, scale } = final.vectors;
    const wanted = Array.from({ length: rows }, (_, row) =>
      mean(
        taps.map((tap, k) => {
          const block = tapRows(taps, tap, blocks).subarray(row * tap.width, (row + 1) * tap.width);
          const map = tap.map && maps.get(tap.map.name)!;
          const mapped = map ? matmul(block, map, 1, tap.width, tap.width) : Float64Array.from(block);
          return (
            mapped.reduce((sum, value, i) => sum + (value - center![tap.offset + i]!) ** 2, 0) / scale![k]!
          );
        }),
      ),
    );
    (score!.data as Float32Array).forEach((value, row) => {
      expect(Math.abs(value / (wanted[row]! / final.unit) - 1)).toBeLessThan(1e-4);
    });
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
    const taps = tapsOf(design, true);
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
    expect(member!.taps.map(({ name, width, whitened }) => [name, width, whitened])).toEqual([
      ["block 1", 24, true],
      ["block 2", 12, true],
      ["latent", 6, true],
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
  const images = (): Dataset => {
    const stream = random.stream("images");
    const data = (): Uint8Array => Uint8Array.from({ length: 1024 }, (_, k) => (k % 8) * 20 + stream.int(60));
    return imagesFrom(Array.from({ length: 40 }, () => ({ height: 32, width: 32, data: data() })));
  };
  it.each([
    ["windows of a series", windows],
    ["images", images],
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
