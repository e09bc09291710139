import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { covariance } from "../../test/statistics.js";
import { gather, gemm, mul, sub, sum, type Tensor } from "../graph/index.js";
import { matmul } from "../math/linalg.js";
import { createRandom } from "../math/random.js";
import { ParameterLayout, parameter } from "../nn/parameters.js";
import { float32, type Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { batchesOf } from "./batches.js";
import { covarianceOf } from "./covariance.js";
import { Forward } from "./forward.js";
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
    const order = random.stream("epoch", 0).permutation(rowCount);
    const all = Math.ceil(rowCount / batchSize);
    const { steps, rows, weights } = batchesOf(order, batchSize, 0, all);
    expect(steps).toBe(all);
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

  it("come in parts as they come whole", () => {
    const order = random.stream("epoch", 1).permutation(23);
    const whole = batchesOf(order, 5, 0, 5);
    const parts = [batchesOf(order, 5, 0, 2), batchesOf(order, 5, 2, 5)];
    expect(parts.flatMap(({ rows }) => [...rows])).toEqual([...whole.rows]);
    expect(parts.flatMap(({ weights }) => [...weights])).toEqual([...whole.weights]);
    expect([...whole.rows].map(Number).slice(0, 23)).toEqual([...order]);
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
