import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logitNetwork } from "../../../src/detectors/drocc/network.js";
import { robustLoss, type Surroundings, worstDisplacements } from "../../../src/detectors/drocc/objective.js";
import { columnWeights } from "../../../src/detectors/drocc/projection.js";
import { add, Graph, serialize, type Tensor } from "../../../src/graph/index.js";
import type { RandomStream } from "../../../src/math/random.js";
import type { Activation } from "../../../src/nn/dense.js";
import { mlp } from "../../../src/nn/mlp.js";
import { float32, type Runtime } from "../../../src/runtime/index.js";
import { loadNativeRuntime } from "../../../src/runtime/node/native.js";
import { loadWasmRuntime } from "../../../src/runtime/web/wasm.js";
import { type OptimizerName, optimizer } from "../../../src/train/optimizers.js";
import { Trainer } from "../../../src/train/trainer.js";
import { deviation, epochLosses } from "./compare.js";

interface Case extends Surroundings {
  name: string;
  labelled: boolean;
  optimizer: OptimizerName;
  activation: Activation;
  learningRate: number;
  weightDecay: number;
  /** Of all rows, from the first epoch's noise and the starting weights. */
  negatives: number[];
  losses: number[];
  parameters: Record<string, number[]>;
}
const golden = JSON.parse(readFileSync(new URL("./drocc.json", import.meta.url), "utf8")) as {
  rows: number;
  features: number;
  batchSize: number;
  epochs: number;
  slope: number;
  hiddenDims: number[];
  latentDim: number;
  x: number[];
  orders: number[][];
  anomalies: number[];
  noise: number[][];
  start: Record<string, number[]>;
  cases: Case[];
};

/** Relative to the largest entry. PyTorch's own float32 ends within 8e-7 of its float64. */
const LIMIT = 1e-5;

const { rows, features, batchSize, epochs, slope, hiddenDims, latentDim } = golden;
const x = float32([rows, features], Float32Array.from(golden.x));
const anomalies = float32(
  [golden.anomalies.length / features, features],
  Float32Array.from(golden.anomalies),
);
const noiseOf = (epoch: number) => float32([rows, features], Float32Array.from(golden.noise[epoch]!));

function networkOf(activation: Activation) {
  const design = mlp({
    inputDim: features,
    hiddenDims,
    latentDim,
    activation,
    slope,
    bias: true,
    reconstruction: "linear",
    initialization: "pytorch",
    inputsPerUnit: 0,
  });
  return logitNetwork(design, { activation, slope });
}

function startOf({ layout }: ReturnType<typeof networkOf>): Float32Array {
  const values = new Float32Array(layout.size);
  for (const { spec, view } of layout.views(values)) view.set(golden.start[spec.name]!);
  return values;
}

async function train(runtime: Runtime, which: Case) {
  const network = networkOf(which.activation);
  const trainer = await Trainer.open(
    runtime,
    {
      layout: network.layout,
      optimizer: optimizer({ name: which.optimizer, weightDecay: which.weightDecay }),
      batchSize,
      data: {
        features: { dtype: "float32", shape: [rows, features] },
        noise: { dtype: "float32", shape: [rows, features] },
        ...(which.labelled && { anomalies: { dtype: "float32", shape: anomalies.shape } }),
      },
      loss: (step) => robustLoss(network, which, step),
    },
    { features: x, ...(which.labelled && { anomalies }) },
    {
      rowCount: rows,
      batchSize,
      learningRate: { base: which.learningRate, milestones: [], factor: 0.1 },
      shuffle: (epoch) =>
        ({ permutation: () => Uint32Array.from(golden.orders[epoch]!) }) as unknown as RandomStream,
    },
  );
  let state = trainer.start(startOf(network));
  const losses: number[] = [];
  while (state.epoch < epochs) {
    await trainer.update({ noise: noiseOf(state.epoch) });
    const next = await trainer.epochs(state, 1);
    state = next.state;
    losses.push(...next.losses);
  }
  await trainer.close();
  return { views: network.layout.views(state.parameters), losses };
}

describe.each([
  ["native", loadNativeRuntime],
  ["WebAssembly", loadWasmRuntime],
] as const)("DROCC against PyTorch, %s", (_, load) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await load();
  });
  afterAll(async () => {
    await runtime.close();
  });

  it.each(golden.cases)("finds the same negatives: $name", async (which) => {
    const network = networkOf(which.activation);
    const graph = new Graph();
    const parameters = network.layout.tensors(graph.input("parameters", "float32", [network.layout.size]));
    const rowsIn = graph.input("x", "float32", [rows, features]);
    const noise = graph.input("noise", "float32", [rows, features]);
    const logits = (at: Tensor): Tensor => network.logits(at, parameters);
    const weights = columnWeights(which.norm, rowsIn, logits);
    const displacements = worstDisplacements(graph, rowsIn, noise, which, logits, weights);
    graph.output("negatives", add(rowsIn, displacements));
    const session = await runtime.createSession(serialize(graph));
    const start = startOf(network);
    const { negatives } = await session.run({
      x,
      noise: noiseOf(0),
      parameters: float32([start.length], start),
    });
    await session.release();
    expect(deviation(negatives!.data as Float32Array, which.negatives)).toBeLessThan(LIMIT);
  });

  it.each(golden.cases)("trains along the same trajectory: $name", async (which) => {
    const { views, losses } = await train(runtime, which);
    expect(deviation(losses, epochLosses(which.losses, golden))).toBeLessThan(LIMIT);
    for (const { spec, view } of views) {
      expect(deviation(view, which.parameters[spec.name]!), spec.name).toBeLessThan(LIMIT);
    }
  });
});

it("would notice other rules: each of these moves the result by far more than the limit", async () => {
  const runtime = await loadNativeRuntime();
  const [up, sphere, noise, heeded] = golden.cases as [Case, Case, Case, Case];
  const wrong: [Case, Partial<Case>][] = [
    [up, { ascentSteps: 19 }],
    [up, { outerRatio: 1.9 }],
    [sphere, { ascentSteps: 20 }],
    [sphere, { mu: 1 }],
    [sphere, { far: 1 }],
    [noise, { ascentSteps: 1 }],
    [noise, { labelled: false }],
    [heeded, { norm: "euclidean" }],
  ];
  for (const [which, change] of wrong) {
    const { views } = await train(runtime, { ...which, ...change });
    const { spec, view } = views[0]!;
    expect(deviation(view, which.parameters[spec.name]!)).toBeGreaterThan(100 * LIMIT);
  }
  await runtime.close();
});
