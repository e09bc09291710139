import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { stepLoss } from "../../../src/detectors/contrast/objective.js";
import { normalisedWindows } from "../../../src/detectors/windows/normalised.js";
import { Graph, gradients } from "../../../src/graph/index.js";
import { ParameterLayout } from "../../../src/nn/parameters.js";
import { contrastNetwork } from "../../../src/nn/series/contrast-network.js";
import { float32 } from "../../../src/runtime/index.js";
import { loadNativeRuntime } from "../../../src/runtime/node/native.js";
import { optimizer } from "../../../src/train/optimizers.js";
import { trainSteps } from "../../../src/train/step-trainer.js";
import { evaluateNumbers } from "../../graph/evaluate.js";
import { deviation } from "./compare.js";

const golden = JSON.parse(readFileSync(new URL("./contrast.json", import.meta.url), "utf8")) as {
  shape: [number, number];
  width: number;
  batch: number;
  margin: number;
  orderWeight: number;
  weights: number[][];
  anchors: number[];
  positives: number[];
  earlier: number[];
  known: number[];
  embedded: number[];
  losses: Record<"ordered" | "triplets", number>;
  gradients: Record<"ordered" | "triplets", number[][]>;
  trajectory: number[];
};

/** Relative to the largest entry. */
const LIMIT = 2e-5;
const { shape, batch, margin } = golden;
const columns = shape[0] * shape[1];
const network = contrastNetwork(shape, golden.width);
const order = new Array<number>(batch).fill(golden.orderWeight);
const data = {
  anchors: [[batch, columns], golden.anchors],
  positives: [[batch, columns], golden.positives],
  earlier: [[batch, columns], golden.earlier],
  known: [[batch], golden.known],
  weight: [[batch], order],
} as const;

it.each(["triplets", "ordered"] as const)("computes PyTorch's %s loss and gradients", async (name) => {
  const ordered = name === "ordered";
  const specs = [...network.encoder, ...network.projection, ...(ordered ? network.head : [])];
  const graph = new Graph();
  const constant = (dims: readonly number[], values: readonly number[]) =>
    graph.constant("float32", dims, Float32Array.from(values));
  const weights = specs
    .filter(({ statistic }) => !statistic)
    .map((spec, k) => [spec.name, constant(spec.shape, golden.weights[k]!)] as const);
  const statistics = specs
    .filter(({ statistic }) => statistic)
    .map(({ name: own, shape: dims }) => [own, constant(dims, new Array(dims[0]).fill(1))] as const);
  const parameters = new Map([...weights, ...statistics]);
  const training = { weights: constant([batch], new Array(batch).fill(1 / batch)), record: () => {} };
  const given = new Map(Object.entries(data).map(([key, [dims, values]]) => [key, constant(dims, values)]));
  const rows = graph.indices(Array.from({ length: batch }, (_, k) => k));
  const loss = stepLoss(network, shape, { margin, ordered })({ ...training, parameters, data: given, rows });
  graph.output("loss", loss);
  if (!ordered) {
    const both = constant([2 * batch, columns], [...golden.anchors, ...golden.positives]);
    graph.output("embedded", network.embed(normalisedWindows(both, shape), parameters, training));
  }
  gradients(
    loss,
    weights.map(([, tensor]) => tensor),
  ).forEach((gradient, k) => {
    graph.output(`gradient ${k}`, gradient);
  });
  const results = await evaluateNumbers(graph);
  expect(results["loss"]![0]!).toBeCloseTo(golden.losses[name], 5);
  if (!ordered) {
    const embedded = results["embedded"]!.slice(0, golden.embedded.length);
    expect(deviation(embedded, golden.embedded)).toBeLessThan(LIMIT);
  }
  golden.gradients[name].forEach((gradient, k) => {
    expect(deviation(results[`gradient ${k}`]!, gradient), weights[k]![0]).toBeLessThan(LIMIT);
  });
});

it("takes PyTorch's ten steps of AdamW", async () => {
  const layout = new ParameterLayout([...network.encoder, ...network.projection, ...network.head]);
  const parameters = new Float32Array(layout.size);
  layout
    .views(parameters)
    .filter(({ spec }) => !spec.statistic)
    .forEach(({ view }, k) => {
      view.set(golden.weights[k]!);
    });
  const empty = new Float32Array(layout.size);
  const runtime = await loadNativeRuntime();
  const losses: number[] = [];
  await trainSteps(
    runtime,
    {
      layout,
      batchSize: batch,
      optimizer: optimizer({ name: "adamw", weightDecay: 0.1 }),
      data: Object.fromEntries(
        Object.entries(data).map(([key, [dims]]) => [
          key,
          { dtype: "float32", shape: ["windows", ...dims.slice(1)] },
        ]),
      ),
      loss: stepLoss(network, shape, { margin, ordered: true }),
    },
    { epoch: 0, parameters, optimizerStates: [empty, empty] },
    {
      steps: 10,
      stepsPerRun: 5,
      learningRate: () => 0.01,
      data: (from, to) =>
        Object.fromEntries(
          Object.entries(data).map(([key, [dims, values]]) => [
            key,
            float32(
              [(to - from) * batch, ...dims.slice(1)],
              Float32Array.from(
                { length: (to - from) * values.length },
                (_, k) => values[k % values.length]!,
              ),
            ),
          ]),
        ),
      onSteps: async (_, found) => {
        losses.push(...found);
        return true;
      },
    },
  );
  losses.forEach((loss, step) => {
    expect(loss, `step ${step}`).toBeCloseTo(golden.trajectory[step]!, 3);
  });
});
