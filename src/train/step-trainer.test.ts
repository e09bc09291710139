import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gather, gemm, mul, sub, sum } from "../graph/index.js";
import { createRandom } from "../math/random.js";
import { ParameterLayout, parameter } from "../nn/parameters.js";
import { float32, type Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { optimizer } from "./optimizers.js";
import type { ProgramSpec } from "./program.js";
import { runStage, type StageProgress } from "./stage.js";
import { StepTrainer, type StepTrainerOptions, trainSteps } from "./step-trainer.js";
import { startOf, Trainer } from "./trainer.js";

const [columns, batchSize, steps] = [3, 4, 11];
const count = steps * batchSize;
const x = new Float32Array(count * columns);
createRandom("steps").stream("rows").fillNormal(x);
const layout = new ParameterLayout([{ name: "w", shape: [columns, 2], initialize: () => {} }]);
const adam = optimizer({ name: "adam", weightDecay: 1e-3 });
const programOf = (length: number | string): ProgramSpec => ({
  layout,
  optimizer: adam,
  batchSize,
  data: { x: { dtype: "float32", shape: [length, columns] } },
  loss: ({ parameters, data, rows, weights }) => {
    const error = sub(gemm(gather(data.get("x")!, rows), parameter(parameters, "w")), 1);
    return sum(mul(sum(mul(error, error), [1]), weights));
  },
});
const spec = programOf("drawn");
const start = startOf(adam, Float32Array.of(1, -1, 0.5, 0.25, -0.5, 2));

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(async () => {
  await runtime.close();
});

/** Hands out the rows in order, later if so wanted, and notes what was asked for. */
function drawing(later: boolean): StepTrainerOptions & { readonly asked: [number, number][] } {
  const asked: [number, number][] = [];
  const values = (from: number, to: number) => {
    asked.push([from, to]);
    const own = x.slice(from * batchSize * columns, to * batchSize * columns);
    return { x: float32([(to - from) * batchSize, columns], own) };
  };
  return {
    steps,
    stepsPerRun: 4,
    learningRate: () => 0.05,
    data: later
      ? async (from, to) => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          return values(from, to);
        }
      : values,
    asked,
  };
}

describe("training on data that are made meanwhile", () => {
  it.each([false, true])("is that on the same rows at once, whether they come later: %s", async (later) => {
    const trainer = await Trainer.open(
      runtime,
      programOf(count),
      { x: float32([count, columns], x) },
      {
        rowCount: count,
        batchSize,
        learningRate: { base: 0.05, milestones: [], factor: 1 },
        shuffle: () => ({ permutation: (rows) => Uint32Array.from({ length: rows }, (_, k) => k) }),
      },
    );
    const whole = await trainer.epochs(start, 1);
    await trainer.close();
    const options = drawing(later);
    const losses: number[] = [];
    const end = await trainSteps(runtime, spec, start, {
      ...options,
      onSteps: async (_, own) => losses.push(...own) > 0,
    });
    expect(end).toEqual({ ...whole.state, epoch: steps });
    expect(losses.reduce((sum, loss) => sum + loss, 0) / steps).toBeCloseTo(whole.losses[0]!, 6);
    expect(options.asked).toEqual([
      [0, 4],
      [4, 8],
      [8, 11],
    ]);
  });

  it("goes on from what a stage saved as if nothing had happened", async () => {
    const stage = async (from: Parameters<typeof runStage>[1], saved: StageProgress[]) => {
      const trainer = await StepTrainer.open(runtime, spec, drawing(true));
      const result = await runStage(trainer, from, {
        ...{ epochs: steps, every: 4, patience: Number.POSITIVE_INFINITY, onEpochs: () => {} },
        // Every state is better than the one before.
        assess: async ({ epoch }) => ({ validation: -epoch, signs: [] }),
        onAssessed: async (progress) => void saved.push(progress),
      });
      await trainer.close();
      return result;
    };
    const saved: StageProgress[] = [];
    const whole = await stage(start, saved);
    expect(whole.curve.map(({ epoch }) => epoch)).toEqual([4, 8, steps]);
    expect(await stage(saved[0]!, [])).toEqual(whole);
  });

  it("fails where its data do, and leaves nothing running", async () => {
    const data: StepTrainerOptions["data"] = async (from, to) => {
      if (from > 0) throw new Error("no more rows");
      return drawing(false).data(from, to);
    };
    const failing = trainSteps(runtime, spec, start, {
      ...drawing(false),
      data,
      onSteps: async () => true,
    });
    await expect(failing).rejects.toThrow("no more rows");
  });

  it("stops where it is told to, and on a signal", async () => {
    const ended = await trainSteps(runtime, spec, start, { ...drawing(true), onSteps: async () => false });
    expect(ended.epoch).toBe(4);
    const signal = AbortSignal.abort();
    const stopped = trainSteps(runtime, spec, start, { ...drawing(true), signal, onSteps: async () => true });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  });
});
