import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deepSadLoss, rowWeights } from "../../../src/detectors/centre/deep-sad/objective.js";
import { deepSadOptions } from "../../../src/detectors/centre/deep-sad/options.js";
import { hscLoss, hscSpace } from "../../../src/detectors/centre/hsc/objective.js";
import { hscOptions } from "../../../src/detectors/centre/hsc/options.js";
import type { Tensor } from "../../../src/graph/index.js";
import type { RandomStream } from "../../../src/math/random.js";
import { mlp } from "../../../src/nn/mlp.js";
import { ParameterLayout, type ParameterSpec } from "../../../src/nn/parameters.js";
import { float32, type Runtime, type Values } from "../../../src/runtime/index.js";
import { loadNativeRuntime } from "../../../src/runtime/node/native.js";
import { loadWasmRuntime } from "../../../src/runtime/web/wasm.js";
import { optimizer } from "../../../src/train/optimizers.js";
import type { StepContext } from "../../../src/train/program.js";
import { Trainer } from "../../../src/train/trainer.js";
import { deviation, epochLosses } from "./compare.js";
import { gradientOf, shapesOf } from "./loss.js";

interface Case {
  readonly name: string;
  readonly loss: "deep-sad" | "hsc" | "bce" | "focal";
  readonly value: number;
  readonly gradient: Record<string, number[]>;
  readonly losses: number[];
  readonly parameters: Record<string, number[]>;
  readonly normalizer?: "joint" | "separate";
  readonly eta?: number;
  readonly unit?: number;
  readonly center?: number[];
}

const read = (name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
const shared = read("trajectories.json");
const golden = read("label-losses.json") as {
  epochs: number;
  learningRate: number;
  verdict: number[];
  head: number[];
  bias: number;
  cases: Case[];
};
const { rows, features, batchSize, slope, hiddenDims, latentDim, orders } = shared;
/** As far as float32 may end from double precision, relative to the largest entry. */
const LIMIT = 2e-5;

const x = Float32Array.from(shared.x);
x.fill(0, 0, features);
for (let k = 6 * features; k < 7 * features; k++) x[k] = Math.fround(x[k]! * 1e-4);

const design = mlp({
  inputDim: features,
  hiddenDims,
  latentDim,
  slope,
  activation: "leaky-relu",
  bias: false,
  reconstruction: "linear",
  initialization: "pytorch",
  inputsPerUnit: 0,
});

interface Task {
  readonly parameters: readonly ParameterSpec[];
  readonly data: Values;
  loss(context: StepContext): Tensor;
}

function taskOf(which: Case): Task {
  if (which.loss !== "deep-sad") {
    const { name: _, value: _v, gradient: _g, losses: _l, parameters: _p, ...given } = which;
    const options = hscOptions.parse(
      Object.fromEntries(Object.entries(given).filter(([key]) => key !== "float32")),
    );
    const space = hscSpace(design, options);
    const anomalous = Float32Array.from(golden.verdict, (verdict) => (verdict < 0 ? 1 : 0));
    return {
      parameters: space.parameters,
      data: { anomalous: float32([rows], anomalous) },
      loss: (context) => hscLoss(space, options, context),
    };
  }
  const { push, epsilon, margin, normalizer, eta } = which as Case & Record<string, unknown>;
  const options = deepSadOptions.parse({ push, epsilon, margin, normalizer, eta });
  const share = golden.verdict.filter((verdict) => verdict < 0).length / rows;
  const weights = rowWeights(options, share);
  const weightOf = (verdict: number): number =>
    verdict < 0 ? weights.anomaly : verdict > 0 ? weights.normal : weights.unlabelled;
  return {
    parameters: design.encoder.parameters,
    data: {
      center: float32([latentDim], Float32Array.from(which.center!)),
      unit: float32([1], Float32Array.of(which.unit!)),
      verdict: float32([rows], Float32Array.from(golden.verdict)),
      weight: float32([rows], Float32Array.from(golden.verdict, weightOf)),
    },
    loss: (context) => deepSadLoss(design, options, context),
  };
}

function startOf(layout: ParameterLayout): Float32Array {
  const start: Record<string, number[]> = {
    ...shared.start,
    "head.weight": golden.head,
    "head.bias": [golden.bias],
  };
  const values = new Float32Array(layout.size);
  for (const { spec, view } of layout.views(values)) view.set(start[spec.name]!);
  return values;
}

async function trajectoryOf(runtime: Runtime, task: Task) {
  const layout = new ParameterLayout(task.parameters);
  const trainer = await Trainer.open(
    runtime,
    {
      layout,
      optimizer: optimizer({ name: "adam", weightDecay: 0 }),
      batchSize,
      data: { features: { dtype: "float32", shape: [rows, features] }, ...shapesOf(task.data) },
      loss: task.loss,
    },
    { features: float32([rows, features], x), ...task.data },
    {
      rowCount: rows,
      batchSize,
      learningRate: { base: golden.learningRate, milestones: [], factor: 0.1 },
      shuffle: (epoch) =>
        ({ permutation: () => Uint32Array.from(orders[epoch]) }) satisfies Pick<RandomStream, "permutation">,
    },
  );
  const { state, losses } = await trainer.epochs(trainer.start(startOf(layout)), golden.epochs);
  await trainer.close();
  return { layout, parameters: state.parameters, losses };
}

describe.each([
  ["native", loadNativeRuntime],
  ["WebAssembly", loadWasmRuntime],
] as const)("losses that learn from labels against PyTorch, %s", (_, load) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await load();
  });
  afterAll(async () => {
    await runtime.close();
  });

  it.each(golden.cases)(
    "$name: value and gradient, the rows at and near the centre among them",
    async (which) => {
      const { parameters, data, loss } = taskOf(which);
      const layout = new ParameterLayout(parameters);
      const { value, gradient } = await gradientOf(runtime, {
        ...{ layout, start: startOf(layout), rows, loss },
        data: { ...data, features: float32([rows, features], x) },
      });
      expect(Math.abs(value / which.value - 1)).toBeLessThan(LIMIT);
      for (const { spec, view } of layout.views(gradient)) {
        expect(deviation(view, which.gradient[spec.name]!), spec.name).toBeLessThan(LIMIT);
      }
    },
  );

  it.each(golden.cases)("$name: forty steps of Adam", async (which) => {
    const { layout, parameters, losses } = await trajectoryOf(runtime, taskOf(which));
    expect(
      deviation(losses, epochLosses(which.losses, { rows, batchSize, epochs: golden.epochs })),
    ).toBeLessThan(LIMIT);
    for (const { spec, view } of layout.views(parameters)) {
      expect(deviation(view, which.parameters[spec.name]!), spec.name).toBeLessThan(LIMIT);
    }
  });
});
