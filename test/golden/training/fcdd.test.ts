import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import {
  FIELDS,
  fcddLoss,
  LOSSES,
  type LossName,
  pseudoHuber,
} from "../../../src/detectors/fcdd/objective.js";
import { spreadOverFields } from "../../../src/detectors/maps/field-spread.js";
import { Graph, gradients } from "../../../src/graph/index.js";
import { mapNetwork } from "../../../src/nn/images/map-network.js";
import { evaluateNumbers } from "../../graph/evaluate.js";
import { deviation } from "./compare.js";

const golden = JSON.parse(readFileSync(new URL("./fcdd.json", import.meta.url), "utf8")) as {
  shape: [number, number, number, number];
  widths: [number, number, number];
  slope: number;
  weights: number[][];
  crops: number[];
  masks: number[];
  maps: number[];
  spread: number[];
  losses: Record<LossName, number>;
  gradients: Record<LossName, number[][]>;
};

/** Relative to the largest entry. */
const LIMIT = 1e-5;

it.each(LOSSES)("computes PyTorch's maps, %s loss and gradients of all weights", async (name) => {
  const [rows, channels, height, width] = golden.shape;
  const network = mapNetwork(channels, golden.widths, golden.slope);
  const graph = new Graph();
  const constant = (shape: readonly number[], values: readonly number[]) =>
    graph.constant("float32", shape, Float32Array.from(values));
  const weights = network.parameters
    .filter(({ statistic }) => !statistic)
    .map((spec, k) => [spec.name, constant(spec.shape, golden.weights[k]!)] as const);
  const statistics = network.parameters
    .filter(({ statistic }) => statistic)
    .map(({ name: own, shape }) => [own, constant(shape, new Array(shape[0]).fill(1))] as const);
  const parameters = new Map([...weights, ...statistics]);
  const training = { weights: constant([rows], new Array(rows).fill(1 / rows)), record: () => {} };
  const maps = pseudoHuber(network.forward(constant(golden.shape, golden.crops), parameters, training));
  const loss = fcddLoss(name, maps, constant([rows, height, width], golden.masks));
  graph.output("maps", maps);
  graph.output("spread", spreadOverFields(maps, FIELDS));
  graph.output("loss", loss);
  gradients(
    loss,
    weights.map(([, tensor]) => tensor),
  ).forEach((gradient, k) => {
    graph.output(`gradient ${k}`, gradient);
  });
  const results = await evaluateNumbers(graph);
  expect(deviation(results["maps"]!, golden.maps)).toBeLessThan(LIMIT);
  expect(deviation(results["spread"]!, golden.spread)).toBeLessThan(LIMIT);
  expect(results["loss"]![0]!).toBeCloseTo(golden.losses[name], 5);
  golden.gradients[name].forEach((gradient, k) => {
    expect(deviation(results[`gradient ${k}`]!, gradient), weights[k]![0]).toBeLessThan(LIMIT);
  });
});
