import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gather, gemm, mul, sub, sum, type Tensor } from "../graph/index.js";
import { covariance, matmul } from "../math/linalg.js";
import { createRandom } from "../math/random.js";
import { ParameterLayout, parameter } from "../nn/parameters.js";
import { float32, type Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { epochBatches } from "./batches.js";
import { covarianceOf } from "./covariance.js";
import { Forward } from "./forward.js";
import { collapseSigns, type LatentSnapshot, latentSnapshot } from "./health.js";
import { LatentProbe } from "./latent-probe.js";
import { OPTIMIZERS, optimizer } from "./optimizers.js";
import { type LearningRateSchedule, learningRateAt } from "./schedule.js";
import { Trainer } from "./trainer.js";

const random = createRandom(21);
const zeros = (): void => {};
let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(async () => {
  await runtime.close();
});

describe("an epoch's batches", () => {
  const sizes = [
    [1, 1],
    [10, 1],
    [10, 10],
    [10, 3],
    [12, 3],
    [257, 64],
    [5, 8],
  ] as const;

  it.each(sizes)("hold every one of %i rows exactly once, %i at a time", (rowCount, batchSize) => {
    const { steps, rows, weights } = epochBatches(rowCount, batchSize, random.stream("epoch", 0));
    expect(steps).toBe(Math.ceil(rowCount / batchSize));
    expect(rows.length).toBe(steps * batchSize);
    const seen = Array.from(rows.subarray(0, rowCount), Number).toSorted((a, b) => a - b);
    expect(seen).toEqual(Array.from({ length: rowCount }, (_, k) => k));
    // What fills up a short batch exists but weighs nothing.
    expect(rows.subarray(rowCount).every((row) => row === 0n)).toBe(true);
    expect(weights.subarray(rowCount).every((weight) => weight === 0)).toBe(true);
    for (let step = 0; step < steps; step++) {
      const size = Math.min(batchSize, rowCount - step * batchSize);
      const own = weights.subarray(step * batchSize, step * batchSize + size);
      expect(own.every((weight) => weight === Math.fround(1 / size))).toBe(true);
    }
  });

  it("come in another order every epoch, and in the same order from the same stream", () => {
    const order = (epoch: number) => epochBatches(100, 10, random.stream("epoch", epoch)).rows;
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
  });
});

describe("the learning rate", () => {
  const schedule: LearningRateSchedule = { base: 1, milestones: [2, 4, 4], factor: 0.1 };

  it("falls by the factor from each milestone on, twice where one is named twice", () => {
    [1, 1, 0.1, 0.1, 0.001, 0.001].forEach((rate, epoch) => {
      expect(learningRateAt(schedule, epoch)).toBeCloseTo(rate, 15);
    });
  });

  it("does not ask for milestones in order", () => {
    expect(learningRateAt({ ...schedule, milestones: [4, 2] }, 3)).toBe(0.1);
    expect(learningRateAt({ ...schedule, milestones: [] }, 1e6)).toBe(1);
  });
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

describe("the covariance in ONNX Runtime", () => {
  it.each([
    [2, 1],
    [2, 5],
    [300, 7],
    [4096, 3],
    [9000, 4],
  ])("agrees with loops on %i rows of %i", async (rows, dim) => {
    const data = new Float32Array(rows * dim);
    random.stream("covariance").fillNormal(data, 100, 3);
    const found = await covarianceOf(runtime, data, dim);
    const expected = covariance(data, rows, dim).covariance;
    const scale = Math.max(...expected.map(Math.abs));
    found.forEach((value, k) => {
      expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-11 * scale);
    });
  });
});

/** One linear map [3, 2], and a parameter behind it that the map does not read. */
const linear = new ParameterLayout([{ name: "weight", shape: [3, 2], initialize: zeros }]);
const apply = (x: Tensor, parameters: ReadonlyMap<string, Tensor>): Tensor =>
  gemm(x, parameter(parameters, "weight"));

describe("forward", () => {
  it.each([1, 100, 4096, 4097, 10_000])(
    "computes %i rows in order, in as many runs as it takes",
    async (rows) => {
      const forward = await Forward.open(runtime, linear, 3, apply);
      const data = new Float32Array(rows * 3);
      random.stream("forward").fillUniform(data, -1, 1);
      // Dyadic weights: the products are the same in float32 and float64 up to one rounding of their sum.
      const weight = Float32Array.of(1, 2, 0.5, -1, 4, 0.25, 9, 9);
      const found = await forward.run(weight, { rows, columns: 3, data });
      const expected = matmul(data, weight.subarray(0, 6), rows, 3, 2);
      expect(found.length).toBe(rows * 2);
      const far = found.reduce((worst, value, k) => Math.max(worst, Math.abs(value - expected[k]!)), 0);
      expect(far).toBeLessThan(1e-6);
      await forward.close();
    },
  );

  it("gives one value per row where the function does", async () => {
    const forward = await Forward.open(runtime, linear, 3, (x, parameters) => sum(apply(x, parameters), [1]));
    const data = Float32Array.of(1, 0, 0, 0, 1, 0);
    const found = await forward.run(Float32Array.of(1, 2, 3, 4, 5, 6), { rows: 2, columns: 3, data });
    expect(Array.from(found)).toEqual([3, 7]);
    expect(
      await forward.run(new Float32Array(6), { rows: 0, columns: 3, data: new Float32Array(0) }),
    ).toEqual(new Float32Array(0));
    await forward.close();
  });

  it("stops on a signal", async () => {
    const forward = await Forward.open(runtime, linear, 3, apply);
    const stopped = forward.run(
      new Float32Array(6),
      { rows: 1, columns: 3, data: new Float32Array(3) },
      AbortSignal.abort(),
    );
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
    await forward.close();
  });
});

describe("optimisers", () => {
  it.each(OPTIMIZERS)("%s carries as many states as it says, of which the schedule knows nothing", (name) => {
    const { stateCount, scheduleOf } = optimizer({ name, weightDecay: 0.1, momentum: 0.9 });
    expect(stateCount).toBe(name === "sgd" ? 1 : 2);
    expect(scheduleOf(1, 0.1).length).toBe(name === "sgd" ? 1 : 3);
    expect(optimizer({ name: "sgd", weightDecay: 0 }).stateCount).toBe(0);
  });

  it("adam's numbers approach their limits and stay finite", () => {
    const { scheduleOf } = optimizer({ name: "adam", weightDecay: 0 });
    const [first, floor] = scheduleOf(1, 1e-3);
    expect(first).toBeCloseTo(1e-3, 12);
    expect(floor).toBeCloseTo(1e-8, 12);
    const [late, lateFloor] = scheduleOf(10_000_000, 1e-3);
    expect(late).toBeCloseTo(1e-3 * 0.1 * Math.sqrt(1000), 12);
    expect(lateFloor).toBeCloseTo(1e-8 * Math.sqrt(1000), 15);
  });
});

describe("the trainer", () => {
  const rows = 700;
  const data = new Float32Array(rows * 3);
  random.stream("trainer").fillNormal(data);

  const open = (batchSize: number, signal?: AbortSignal): Promise<Trainer> =>
    Trainer.open(
      runtime,
      {
        layout: linear,
        optimizer: optimizer({ name: "adam", weightDecay: 0.01 }),
        batchSize,
        data: { features: { dtype: "float32", shape: [rows, 3] } },
        loss: ({ parameters, data: known, rows: picked, weights }) => {
          const error = sub(apply(gather(known.get("features")!, picked), parameters), 1);
          return sum(mul(sum(mul(error, error), [1]), weights));
        },
      },
      { features: float32([rows, 3], data) },
      {
        rowCount: rows,
        batchSize,
        learningRate: { base: 0.01, milestones: [2], factor: 0.1 },
        shuffle: (epoch) => random.stream("shuffle", epoch),
        signal,
      },
    );
  const start = Float32Array.of(1, -1, 0.5, 0.25, -0.5, 2);

  it("takes epochs of more steps than one run holds, and goes on from any state as if nothing had happened", async () => {
    // 700 steps an epoch: two runs each.
    const trainer = await open(1);
    const whole = await trainer.epochs(trainer.start(start), 3);
    const first = await trainer.epochs(trainer.start(start), 1);
    await trainer.close();
    const other = await open(1);
    const rest = await other.epochs(first.state, 2);
    await other.close();
    expect(rest.state).toEqual(whole.state);
    expect([...first.losses, ...rest.losses]).toEqual(whole.losses);
    expect(whole.losses).toHaveLength(3);
    expect(whole.losses[2]!).toBeLessThan(whole.losses[0]!);
  });

  it("leaves the state that it started from as it was", async () => {
    const trainer = await open(64);
    const state = trainer.start(start.slice());
    await trainer.epochs(state, 2);
    expect(state).toEqual({
      epoch: 0,
      parameters: start,
      optimizerStates: [new Float32Array(6), new Float32Array(6)],
    });
    await trainer.close();
  });

  it("weights the losses of an epoch by the size of its batches", async () => {
    // A rate of nearly nothing: the mean over batches of unequal size must be the mean over rows.
    const lossOf = async (batchSize: number): Promise<number> => {
      const trainer = await Trainer.open(
        runtime,
        {
          layout: linear,
          optimizer: optimizer({ name: "sgd", weightDecay: 0 }),
          batchSize,
          data: { features: { dtype: "float32", shape: [rows, 3] } },
          loss: ({ parameters, data: known, rows: picked, weights }) => {
            const latent = apply(gather(known.get("features")!, picked), parameters);
            return sum(mul(sum(mul(latent, latent), [1]), weights));
          },
        },
        { features: float32([rows, 3], data) },
        {
          rowCount: rows,
          batchSize,
          learningRate: { base: 1e-30, milestones: [], factor: 0.1 },
          shuffle: (epoch) => random.stream("shuffle", epoch),
        },
      );
      const { losses } = await trainer.epochs(trainer.start(start), 1);
      await trainer.close();
      return losses[0]!;
    };
    const expected = await lossOf(rows);
    for (const batchSize of [1, 64, 699]) {
      expect(Math.abs((await lossOf(batchSize)) / expected - 1)).toBeLessThan(1e-6);
    }
  });

  it("stops between runs when the signal fires", async () => {
    const controller = new AbortController();
    const trainer = await open(1, controller.signal);
    await trainer.epochs(trainer.start(start), 1);
    controller.abort();
    await expect(trainer.epochs(trainer.start(start), 1)).rejects.toMatchObject({ code: "aborted" });
    await trainer.close();
  });
});
