import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { latentSnapshot } from "../../test/statistics.js";
import { gemm, type Tensor } from "../graph/index.js";
import { createRandom } from "../math/random.js";
import { ParameterLayout, parameter } from "../nn/parameters.js";
import type { Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { Forward } from "./forward.js";
import { collapseSigns, type LatentSnapshot } from "./health.js";
import { LatentProbe } from "./latent-probe.js";

const random = createRandom(21);
const zeros = (): void => {};
let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(async () => {
  await runtime.close();
});

describe("latent snapshots", () => {
  const latentOf = (rows: number, of: (row: number, k: number) => number, dim = 3): Float32Array =>
    Float32Array.from({ length: rows * dim }, (_, i) => of(Math.floor(i / dim), i % dim));
  const norms = (latent: Float32Array, dim = 3): Float64Array =>
    Float64Array.from({ length: latent.length / dim }, (_, row) =>
      latent.subarray(row * dim, (row + 1) * dim).reduce((total, v) => total + v * v, 0),
    );

  it("count distinct scores, with a tolerance of 1e-9 of their size", () => {
    const latent = latentOf(4, (row, k) => row + k);
    const distinct = (distances: number[]): number =>
      latentSnapshot(latent, 3, Float64Array.from(distances)).distinct;
    expect(distinct([1, 2, 3, 4])).toBe(1);
    expect(distinct([1, 1, 2, 2])).toBe(0.5);
    expect(distinct([7, 7, 7, 7])).toBe(0.25);
    expect(distinct([1e6, 1e6 + 1e-5, 2, 3])).toBe(0.75);
    expect(distinct([0, 0, 0, 0])).toBe(0.25);
  });

  it("measure spread, directions in use and the variation of distances", () => {
    const stream = random.stream("latent");
    const values = new Float32Array(3 * 4000);
    stream.fillNormal(values, 5, 2);
    const round = latentSnapshot(values, 3, norms(values));
    expect(round.spread).toBeGreaterThan(1.9);
    expect(round.spread).toBeLessThan(2.1);
    expect(round.participation).toBeGreaterThan(2.95);
    expect(round.participation).toBeLessThanOrEqual(3);
    const line = latentOf(50, (row, k) => row * (k + 1));
    expect(latentSnapshot(line, 3, norms(line)).participation).toBeCloseTo(1, 6);
    const point = latentOf(50, (_, k) => k + 1);
    expect(latentSnapshot(point, 3, norms(point))).toEqual({
      distinct: 1 / 50,
      spread: 0,
      participation: 0,
      variation: 0,
      centred: 0,
    });
    expect(
      latentSnapshot(
        line,
        3,
        Float64Array.from({ length: 50 }, (_, k) => (k % 2 === 0 ? 1 : 3)),
      ).variation,
    ).toBe(0.5);
  });
});

describe("the probe", () => {
  it.each([
    [256, 8],
    [40, 64],
    [256, 1],
    [2, 3],
  ])("sees in ONNX Runtime what the plain calculation sees: %i rows, %i dimensions", async (rows, dim) => {
    const layout = new ParameterLayout([{ name: "weight", shape: [5, dim], initialize: zeros }]);
    const encoder = {
      parameters: layout.specs,
      forward: (x: Tensor, parameters: ReadonlyMap<string, Tensor>) =>
        gemm(x, parameter(parameters, "weight")),
    };
    const data = new Float32Array(rows * 5);
    random.stream("probe rows").fillNormal(data, 1, 2);
    const matrix = { rows, columns: 5, data };
    const weights = new Float32Array(layout.size + 3);
    random.stream("probe weights").fillNormal(weights);
    const center = new Float32Array(dim).fill(0.5);

    const probe = await LatentProbe.open(runtime, layout, encoder, matrix);
    const forward = await Forward.open(runtime, layout, 5, encoder.forward);
    const latent = await forward.run(weights, matrix);
    const average = meanOf(latent, dim);
    for (const [given, middle] of [
      [center, center],
      [undefined, average],
    ] as const) {
      const expected = Float64Array.from({ length: rows }, (_, row) => {
        let total = 0;
        for (let k = 0; k < dim; k++) total += (latent[row * dim + k]! - middle[k]!) ** 2;
        return total;
      });
      const { distances, snapshot } = await probe.read(weights, given);
      const scale = expected.reduce((total, distance) => total + distance, 0) / rows;
      distances.forEach((distance, row) => {
        expect(Math.abs(distance - expected[row]!)).toBeLessThan(1e-5 * scale);
      });
      const plain = latentSnapshot(latent, dim, expected);
      for (const key of ["spread", "participation", "variation", "centred"] as const) {
        // Two rows are equally far from their mean: nothing varies but rounding.
        expect(Math.abs(snapshot[key] - plain[key])).toBeLessThan(1e-4 * Math.max(0.01, plain[key]));
      }
    }
    await probe.close();
    await forward.close();
  });

  it("sees zero weights, and weights that are not numbers, as a collapse", async () => {
    const layout = new ParameterLayout([{ name: "weight", shape: [2, 2], initialize: zeros }]);
    const encoder = {
      parameters: layout.specs,
      forward: (x: Tensor, parameters: ReadonlyMap<string, Tensor>) =>
        gemm(x, parameter(parameters, "weight")),
    };
    const data = new Float32Array(2 * 30);
    random.stream("probe rows").fillNormal(data);
    const probe = await LatentProbe.open(runtime, layout, encoder, { rows: 30, columns: 2, data });
    const center = Float32Array.of(1, -1);
    const start = (await probe.read(Float32Array.of(1, 0.5, -1, 1), center)).snapshot;
    expect(collapseSigns(start, start)).toEqual([]);
    const none = (await probe.read(new Float32Array(4), center)).snapshot;
    expect(none).toEqual({ distinct: 1 / 30, spread: 0, participation: 0, variation: 0, centred: 0 });
    expect(collapseSigns(none, start)).toHaveLength(5);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e30]) {
      const wild = (await probe.read(Float32Array.of(value, 1, 1, 1), center)).snapshot;
      expect(collapseSigns(wild, start)).not.toEqual([]);
    }
    await probe.close();
  });
});

/** Mean of the rows [n, dim]. */
function meanOf(latent: Float32Array, dim: number): Float64Array {
  const mean = new Float64Array(dim);
  latent.forEach((value, k) => {
    mean[k % dim]! += (value * dim) / latent.length;
  });
  return mean;
}

describe("signs of collapse", () => {
  const start: LatentSnapshot = { distinct: 1, spread: 1, participation: 6, variation: 0.5, centred: 0.8 };
  const limits: [string, Partial<LatentSnapshot>, Partial<LatentSnapshot>, RegExp][] = [
    [
      "scores that are equal",
      { distinct: 0.5 },
      { distinct: 0.499 },
      /only 50 % of the scores are distinct \(100 % at the start\)/,
    ],
    ["a latent space without spread", { spread: 0.0101 }, { spread: 0.01 }, /shrunk to 1 % of its spread/],
    ["a single direction", { participation: 1.5 }, { participation: 1.49 }, /uses 1.49 of 6.0 directions/],
    [
      "a latent space off its centre",
      { centred: 0.401 },
      { centred: 0.4 },
      /drifted off its centre: 60 % of the distances is common to all rows/,
    ],
    ["equal distances", { variation: 1.01e-3 }, { variation: 1e-3 }, /vary by 1.0e-3 of their mean/],
  ];
  it.each(limits)("%s: exactly from the limit on", (_, healthy, ill, words) => {
    expect(collapseSigns({ ...start, ...healthy }, start)).toEqual([]);
    expect(collapseSigns({ ...start, ...ill }, start)).toEqual([expect.stringMatching(words)]);
  });

  it("compare with what there was at the start, not with an ideal", () => {
    const flat: LatentSnapshot = {
      distinct: 0.1,
      spread: 1e-3,
      participation: 1,
      variation: 5e-3,
      centred: 0.1,
    };
    expect(collapseSigns(flat, flat)).toEqual([]);
    expect(
      collapseSigns(
        { ...flat, distinct: 0.06, spread: 1e-4, participation: 0.9, variation: 6e-4, centred: 0.06 },
        flat,
      ),
    ).toEqual([]);
    expect(collapseSigns({ ...flat, distinct: 0.04 }, flat)).toHaveLength(1);
    expect(collapseSigns({ ...flat, spread: 1e-5 }, flat)).toHaveLength(1);
    expect(collapseSigns({ ...flat, variation: 4e-4 }, flat)).toHaveLength(1);
    expect(collapseSigns({ ...flat, centred: 0.04 }, flat)).toHaveLength(1);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("%f is one", (value) => {
    for (const key of ["spread", "participation", "variation", "centred"] as const) {
      expect(collapseSigns({ ...start, [key]: value }, start)).toEqual([
        "the latent space holds values that are not finite",
      ]);
    }
  });

  it("leave the directions in use out where few are as it should be", () => {
    const line = { ...start, participation: 1 };
    expect(collapseSigns(line, start)).toHaveLength(1);
    expect(collapseSigns(line, start, { directions: false })).toEqual([]);
    expect(collapseSigns({ ...line, participation: Number.NaN }, start, { directions: false })).toHaveLength(
      1,
    );
  });

  it("are several where everything is gone", () => {
    const gone: LatentSnapshot = { distinct: 1 / 256, spread: 0, participation: 0, variation: 0, centred: 0 };
    expect(collapseSigns(gone, start)).toHaveLength(5);
  });
});
