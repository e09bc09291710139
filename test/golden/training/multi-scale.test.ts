import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { multiScaleObjective } from "../../../src/detectors/centre/multi-scale/objective.js";
import {
  type MultiScaleInput,
  multiScaleOptions,
} from "../../../src/detectors/centre/multi-scale/options.js";
import type { Covariance, Vectors } from "../../../src/detectors/centre/objective.js";
import { Graph, serialize } from "../../../src/graph/index.js";
import { createRandom, type RandomStream } from "../../../src/math/random.js";
import { mlp } from "../../../src/nn/mlp.js";
import { ParameterLayout } from "../../../src/nn/parameters.js";
import { float32, type Runtime, type Values } from "../../../src/runtime/index.js";
import { loadNativeRuntime } from "../../../src/runtime/node/native.js";
import { loadWasmRuntime } from "../../../src/runtime/web/wasm.js";
import { covarianceOf } from "../../../src/train/covariance.js";
import { Forward } from "../../../src/train/forward.js";
import { optimizer } from "../../../src/train/optimizers.js";
import { Trainer } from "../../../src/train/trainer.js";
import { deviation, epochLosses } from "./compare.js";
import { gradientOf, shapesOf } from "./loss.js";

interface Case
  extends Required<Pick<MultiScaleInput, "objective" | "combine" | "nu" | "warmupEpochs" | "whiten">> {
  name: string;
  learningRate: number;
  weightDecay: number;
  /** W_k of the taps before the latent space, [width, width], where there are any. */
  maps: number[][];
  /** Loss and gradient at the start, of all rows, in units of 1, with radii of 0 and the first row at every centre. */
  value: number;
  gradient: Record<string, number[]>;
  center: number[];
  scale: number[];
  losses: number[];
  /** Of all rows at the end, relative to their mean. */
  scores: number[];
  parameters: Record<string, number[]>;
}
const golden = JSON.parse(readFileSync(new URL("./multi-scale.json", import.meta.url), "utf8")) as {
  rows: number;
  features: number;
  batchSize: number;
  epochs: number;
  slope: number;
  hiddenDims: number[];
  latentDim: number;
  centerFloor: number;
  shrinkage: number;
  x: number[];
  orders: number[][];
  start: Record<string, number[]>;
  cases: Case[];
};

/** Relative to the largest entry. PyTorch's own float32 ends within 1e-6 of its float64. */
const LIMIT = 1e-5;

const { rows, features, batchSize, epochs, slope, hiddenDims, latentDim, centerFloor, shrinkage } = golden;
const random = createRandom("multi-scale");
const data = Float32Array.from(golden.x);
const matrix = { rows, columns: features, data };
const design = mlp({
  inputDim: features,
  hiddenDims,
  latentDim,
  activation: "leaky-relu",
  slope,
  bias: false,
  reconstruction: "linear",
  initialization: "pytorch",
  inputsPerUnit: 0,
});
const encoderLayout = new ParameterLayout(design.encoder.parameters);

function taskOf({ objective: kind, combine, nu, warmupEpochs, whiten, maps }: Case) {
  const options = multiScaleOptions.parse({
    ...{ objective: kind, combine, nu, warmupEpochs, whiten, shrinkage, centerFloor, latentDim, hiddenDims },
  });
  const objective = multiScaleObjective(design, options);
  const layout = new ParameterLayout(objective.parameters);
  const stored = { ...golden.start, ...Object.fromEntries(maps.map((map, k) => [`taps.${k}.map`, map])) };
  const start = new Float32Array(layout.size);
  for (const { spec, view } of layout.views(start)) view.set(stored[spec.name]!);
  return { objective, layout, start };
}

const scalars = (values: Readonly<Record<string, number>>): Values =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, float32([], Float32Array.of(value))]),
  );
const asValues = (vectors: Vectors): Values =>
  Object.fromEntries(
    Object.entries(vectors).map(([name, vector]) => [name, float32([vector.length], vector)]),
  );

describe.each([
  ["native", loadNativeRuntime],
  ["WebAssembly", loadWasmRuntime],
] as const)("multi-scale Deep SVDD against PyTorch, %s", (_, load) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await load();
  });
  afterAll(async () => {
    await runtime.close();
  });

  it.each(golden.cases)("$name: value and gradient, a row at every centre", async (which) => {
    const { objective, layout, start } = taskOf(which);
    const forward = await Forward.open(runtime, layout, features, (x, p) => objective.embed(x, p));
    const embedding = await forward.run(start, matrix);
    await forward.close();
    const vectors = {
      center: embedding.slice(0, embedding.length / rows),
      scale: new Float32Array(hiddenDims.length + 1).fill(1),
    };
    const values: Values = {
      ...asValues(vectors),
      ...scalars(objective.moving?.initial ?? {}),
      features: float32([rows, features], data),
    };
    const { value, gradient } = await gradientOf(runtime, {
      ...{ layout, start, rows, data: values },
      loss: (context) => objective.loss(context),
    });
    expect(deviation([value], [which.value])).toBeLessThan(LIMIT);
    for (const { spec, view } of encoderLayout.views(gradient)) {
      expect(deviation(view, which.gradient[spec.name]!), spec.name).toBeLessThan(LIMIT);
    }
  });

  it("makes numpy's maps of the same rows", async () => {
    const which = golden.cases.find(({ whiten }) => whiten)!;
    const { objective, layout, start } = taskOf(which);
    const raw = layout.initialize((name) => random.stream(name));
    raw.set(start.subarray(0, encoderLayout.size));
    const forward = await Forward.open(runtime, layout, features, (x, p) => objective.embed(x, p));
    const covariance: Covariance = (own, dim) => covarianceOf(runtime, own, dim);
    const whitened = await objective.whiten!(raw, await forward.run(raw, matrix), covariance);
    await forward.close();
    expect(whitened.subarray(0, encoderLayout.size)).toEqual(start.subarray(0, encoderLayout.size));
    layout
      .views(whitened)
      .slice(encoderLayout.specs.length)
      .forEach(({ spec, view }, k) => {
        expect(deviation(view, which.maps[k]!), spec.name).toBeLessThan(LIMIT);
      });
  });

  it.each(golden.cases)("$name: fifty steps of Adam", async (which) => {
    const { objective, layout, start } = taskOf(which);
    const forward = await Forward.open(runtime, layout, features, (x, p) => objective.embed(x, p));
    const vectors = objective.anchor(await forward.run(start, matrix));
    expect(deviation(vectors["center"]!, which.center)).toBeLessThan(1e-6);
    expect(deviation(vectors["scale"]!, which.scale)).toBeLessThan(1e-6);

    const fixed: Values = {
      ...asValues(vectors),
      ...scalars(objective.moving?.initial ?? {}),
      features: float32([rows, features], data),
    };
    const trainer = await Trainer.open(
      runtime,
      {
        layout,
        optimizer: optimizer({ name: "adam", weightDecay: which.weightDecay }),
        batchSize,
        data: shapesOf(fixed),
        loss: (step) => objective.loss(step),
      },
      fixed,
      {
        rowCount: rows,
        batchSize,
        learningRate: { base: which.learningRate, milestones: [], factor: 0.1 },
        shuffle: (epoch) =>
          ({ permutation: () => Uint32Array.from(golden.orders[epoch]!) }) as unknown as RandomStream,
      },
    );
    let state = trainer.start(start);
    const losses: number[] = [];
    while (state.epoch < epochs) {
      const { parameters } = state;
      const radii = await objective.moving?.at(state.epoch, vectors, () => forward.run(parameters, matrix));
      if (radii !== undefined) await trainer.update(scalars(radii));
      const next = await trainer.epochs(state, 1);
      state = next.state;
      losses.push(...next.losses);
    }
    await trainer.close();
    expect(deviation(losses, epochLosses(which.losses, golden))).toBeLessThan(LIMIT);
    for (const { spec, view } of encoderLayout.views(state.parameters)) {
      expect(deviation(view, which.parameters[spec.name]!), spec.name).toBeLessThan(LIMIT);
    }
    // Maps stay what they were, whatever the weight decay.
    expect(state.parameters.subarray(encoderLayout.size)).toEqual(start.subarray(encoderLayout.size));

    const embedding = await forward.run(state.parameters, matrix);
    await forward.close();
    const final = objective.finish(embedding, vectors);
    const graph = new Graph();
    const tensors = Object.entries(final.vectors).map(
      ([name, vector]) => [name, graph.initializer(name, "float32", [vector.length], vector)] as const,
    );
    const width = embedding.length / rows;
    const scores = objective.score(graph.input("embedding", "float32", [rows, width]), new Map(tensors));
    graph.output("scores", scores);
    const session = await runtime.createSession(serialize(graph));
    const result = await session.run({ embedding: float32([rows, width], embedding) });
    await session.release();
    const own = Array.from(result["scores"]!.data as Float32Array, (score) => score / final.unit);
    expect(deviation(own, which.scores)).toBeLessThan(LIMIT);
    expect(
      deviation(
        objective.distances(embedding, final.vectors).map((d) => d / final.unit),
        which.scores,
      ),
    ).toBeLessThan(LIMIT);
  });
});
