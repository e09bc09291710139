import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { add, Graph, gradients, mul, serialize, split, sum, type Tensor } from "../../graph/index.js";
import { median } from "../../math/quantile.js";
import { createRandom } from "../../math/random.js";
import { mlp } from "../../nn/mlp.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { logitNetwork } from "./network.js";
import { freshNoise, noiseRows } from "./noise.js";
import { type Shell, softplus, worstDisplacements } from "./objective.js";
import { columnWeights, lengthOf, NORMS, type Norm, projectToShell } from "./projection.js";
import { neighbourDistance } from "./radius.js";

const random = createRandom("drocc");
let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(() => runtime.close());

/** Runs a graph of one float32 input, given row by row. */
async function evaluate(
  rows: readonly (readonly number[])[],
  build: (x: Tensor) => Tensor,
): Promise<number[]> {
  const graph = new Graph();
  const shape = [rows.length, rows[0]!.length] as const;
  graph.output("y", build(graph.input("x", "float32", shape)));
  const session = await runtime.createSession(serialize(graph));
  const { y } = await session.run({ x: float32(shape, Float32Array.from(rows.flat())) });
  await session.release();
  return Array.from(y!.data as Float32Array);
}

const lengths = (flat: readonly number[], columns: number): number[] =>
  Array.from({ length: flat.length / columns }, (_, row) =>
    Math.hypot(...flat.slice(row * columns, (row + 1) * columns)),
  );

const shell: Shell = { radius: 0.5, outerRatio: 2, ascentSteps: 25, ascentStep: 0.2 };

describe("the cost of a logit", () => {
  it("is log(1 + e^z), finite for any logit, with the derivative of a sigmoid", async () => {
    const z = [-1e30, -100, -2, 0, 2, 100, 1e30];
    const costs = await evaluate([z], (x) => softplus(x));
    [0, 0, Math.log1p(Math.exp(-2)), Math.log(2), Math.log1p(Math.exp(2)), 100, Math.fround(1e30)].forEach(
      (wanted, k) => {
        expect(Math.abs(costs[k]! - wanted)).toBeLessThanOrEqual(1e-6 * (1 + wanted));
      },
    );
    const slopes = await evaluate([z], (x) => gradients(sum(softplus(x)), [x])[0]!);
    [0, 0, 1 / (1 + Math.exp(2)), 0.5, 1 / (1 + Math.exp(-2)), 1, 1].forEach((wanted, k) => {
      expect(slopes[k]!).toBeCloseTo(wanted, 6);
    });
  });
});

describe("the shell", () => {
  it("is reached by the shortest way: directions stay, lengths are cut off at both ends", async () => {
    const rows = [
      [0.3, 0.4],
      [0.03, -0.04],
      [30, 40],
      [-0.6, 0],
    ];
    const moved = await evaluate(rows, (h) => projectToShell(h, shell));
    [0.3, 0.4, 0.3, -0.4, 0.6, 0.8, -0.6, 0].forEach((wanted, k) => {
      expect(moved[k]!).toBeCloseTo(wanted, 6);
    });
  });

  it("is reached from no displacement at all, and from one too short to square", async () => {
    const rows = [
      [0, 0, 0],
      [1e-30, 0, 0],
    ];
    const moved = await evaluate(rows, (h) => projectToShell(h, shell));
    for (const length of lengths(moved, 3)) expect(length).toBeCloseTo(0.5, 6);
  });

  it("is the same by a norm in which all features weigh 1", async () => {
    const stream = random.stream("displacements");
    const rows = Array.from({ length: 50 }, () => {
      const size = 10 ** (4 * stream.uniform() - 3);
      return Array.from({ length: 5 }, () => size * stream.normal());
    });
    const plain = await evaluate(rows, (h) => projectToShell(h, shell));
    const weighed = await evaluate(rows, (h) => projectToShell(h, shell, add(mul(h, 0), 1)));
    plain.forEach((wanted, k) => {
      expect(Math.abs(weighed[k]! - wanted)).toBeLessThan(2e-6);
    });
  });

  it("is reached by any norm from anywhere, no farther than by a change of length alone", async () => {
    const stream = random.stream("weights");
    const [count, columns] = [2000, 7];
    const weights = Array.from({ length: count }, () => {
      const own = Array.from({ length: columns }, () => 0.01 + Math.abs(stream.normal()) ** 8);
      const average = own.reduce((sum, value) => sum + value, 0) / columns;
      return own.map((value) => value / average);
    });
    const rows = Array.from({ length: count }, (_, k) => {
      const size = 10 ** (10 * stream.uniform() - 8);
      return Array.from({ length: columns }, () =>
        k === 0 || stream.uniform() < 0.3 ? 0 : size * stream.normal(),
      );
    });
    const moved = await evaluate(
      rows.map((row, k) => [...row, ...weights[k]!]),
      (both) => {
        const [h, by] = split(both, 1, [columns, columns]) as [Tensor, Tensor];
        return projectToShell(h, shell, by);
      },
    );
    rows.forEach((row, k) => {
      const found = moved.slice(k * columns, (k + 1) * columns);
      const weighed = (values: readonly number[]): number =>
        Math.sqrt(values.reduce((sum, value, j) => sum + weights[k]![j]! * value ** 2, 0));
      expect(weighed(found)).toBeGreaterThan(0.5 * (1 - 2e-6));
      expect(weighed(found)).toBeLessThan(1 + 2e-6);
      const before = weighed(row);
      const scaling = Math.min(Math.max(before, 0.5), 1) / before;
      const distance = Math.hypot(...found.map((value, j) => value - row[j]!));
      if (before > 0) {
        expect(distance).toBeLessThanOrEqual(Math.abs(scaling - 1) * Math.hypot(...row) * (1 + 1e-5) + 1e-5);
      }
    });
  });
});

describe("the ascent", () => {
  const design = mlp({
    inputDim: 3,
    hiddenDims: [8],
    latentDim: 8,
    activation: "relu",
    slope: 0,
    bias: true,
    reconstruction: "linear",
    initialization: "he",
    inputsPerUnit: 0,
  });
  const network = logitNetwork(design, { activation: "relu", slope: 0 });
  const start = network.layout.initialize((name) => random.stream("ascent", name));

  /** Displacements of three rows, and logits there and where the ascent started. */
  async function climb(
    parameters: Float32Array,
    options: Shell,
    noise = new Float32Array(9),
    norm: Norm = "euclidean",
  ) {
    const graph = new Graph();
    const tensors = network.layout.tensors(graph.input("p", "float32", [network.layout.size]));
    const x = graph.input("x", "float32", [3, 3]);
    const logits = (at: Tensor): Tensor => network.logits(at, tensors);
    const from = graph.input("noise", "float32", [3, 3]);
    const weights = columnWeights(norm, x, logits);
    const h = worstDisplacements(graph, x, from, options, logits, weights);
    graph.output("h", h);
    graph.output("lengths", lengthOf(h, weights));
    graph.output("z", logits(add(x, h)));
    const session = await runtime.createSession(serialize(graph));
    const result = await session.run({
      p: float32([parameters.length], parameters),
      x: float32([3, 3], Float32Array.of(0.1, 0.2, -0.3, 1, -1, 0, 0, 0, 0)),
      noise: float32([3, 3], noise),
    });
    await session.release();
    return {
      h: Array.from(result["h"]!.data as Float32Array),
      z: Array.from(result["z"]!.data as Float32Array),
      measured: Array.from(result["lengths"]!.data as Float32Array),
    };
  }

  it("ends within the shell, higher than it began", async () => {
    const noise = new Float32Array(9);
    random.stream("noise").fillNormal(noise);
    const before = await climb(start, { ...shell, ascentSteps: 0 }, noise);
    const after = await climb(start, shell, noise);
    for (const length of [...lengths(before.h, 3), ...lengths(after.h, 3)]) {
      expect(length).toBeGreaterThan(0.5 - 1e-6);
      expect(length).toBeLessThan(1 + 1e-6);
    }
    after.z.forEach((z, row) => expect(z).toBeGreaterThan(before.z[row]!));
  });

  it("stays finite and in the shell where every unit is dead, and where there is no noise to start from", async () => {
    const dead = start.slice();
    for (const { spec, view } of network.layout.views(dead)) {
      if (spec.name.endsWith(".bias")) view.fill(-100);
    }
    for (const norm of NORMS) {
      for (const parameters of [dead, new Float32Array(start.length), start]) {
        const { h, z, measured } = await climb(parameters, shell, undefined, norm);
        expect([...h, ...z].every(Number.isFinite)).toBe(true);
        // Where the network heeds nothing, norms are the same.
        for (const length of parameters === start ? measured : lengths(h, 3)) {
          expect(length).toBeGreaterThan(0.5 - 1e-6);
          expect(length).toBeLessThan(1 + 1e-6);
        }
      }
    }
  });

  it("goes as far as it has to along features that the network ignores, and not without end", async () => {
    const blind = start.slice();
    const { view } = network.layout.views(blind)[0]!;
    view.fill(0, 8);
    const noise = new Float32Array(9);
    random.stream("noise").fillNormal(noise);
    const { h, measured } = await climb(blind, { ...shell, ascentSteps: 200 }, noise, "gradient");
    for (const length of measured) expect(length).toBeLessThan(1 + 1e-6);
    lengths(h, 3).forEach((length) => {
      expect(length).toBeLessThan(Math.sqrt(101));
    });
  });

  it("goes on where the network is already sure: its direction does not vanish with the cost's gradient", async () => {
    const sure = start.slice();
    const { view } = network.layout.views(sure).at(-1)!;
    view.fill(-1000);
    const noise = new Float32Array(9);
    random.stream("noise").fillNormal(noise);
    expect((await climb(sure, shell, noise)).h).toEqual((await climb(start, shell, noise)).h);
  });
});

describe("the noise", () => {
  it("is new in every epoch, the same for the same epoch, and bounded in size", async () => {
    const seen: number[][] = [];
    const trainer = {
      update: async (values: Record<string, { data: Float32Array }>) => {
        seen.push(Array.from(values["noise"]!.data));
      },
      epochs: async (state: { epoch: number }) => ({
        state: { ...state, epoch: state.epoch + 1 },
        losses: [state.epoch],
      }),
    };
    const matrix = { rows: 4, columns: 2, data: new Float32Array(8) };
    const noisy = freshNoise(trainer as never, matrix, (epoch) => random.stream("epoch", epoch));
    const { state, losses } = await noisy.epochs({ epoch: 0 } as never, 3);
    expect([state.epoch, losses]).toEqual([3, [0, 1, 2]]);
    await noisy.epochs({ epoch: 1 } as never, 1);
    expect(seen).toHaveLength(4);
    expect(seen[3]).toEqual(seen[1]);
    expect(seen[2]).not.toEqual(seen[1]);
    expect(noiseRows({ rows: 1e6, columns: 3072 })).toBe(Math.floor(2 ** 22 / 3072));
    expect(noiseRows({ rows: 5, columns: 2 ** 23 })).toBe(1);
  });
});

describe("the default radius", () => {
  it("is the median distance to the k-th nearest other row", async () => {
    const data = new Float32Array(60 * 4);
    random.stream("rows").fillNormal(data);
    const row = (k: number): Float32Array => data.subarray(4 * k, 4 * k + 4);
    const distances = Array.from({ length: 60 }, (_, a) =>
      Array.from({ length: 60 }, (_, b) => Math.hypot(...row(a).map((value, k) => value - row(b)[k]!)))
        .filter((_, b) => b !== a)
        .sort((p, q) => p - q),
    );
    for (const k of [1, 7]) {
      const found = await neighbourDistance(runtime, { rows: 60, columns: 4, data }, k, random);
      expect(found).toBeCloseTo(median(distances.map((list) => list[k - 1]!)), 5);
    }
  });

  it("looks past rows with many twins", async () => {
    const data = Float32Array.from({ length: 40 }, (_, row) => (row < 30 ? 1 : row));
    expect(await neighbourDistance(runtime, { rows: 40, columns: 1, data }, 2, random)).toBeCloseTo(1, 5);
    const same = { rows: 40, columns: 9, data: new Float32Array(360).fill(2) };
    expect(await neighbourDistance(runtime, same, 2, random)).toBe(1.5);
  });
});
