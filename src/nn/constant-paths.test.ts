import { describe, expect, it } from "vitest";
import {
  add,
  clamp,
  concat,
  div,
  exp,
  expand,
  Graph,
  gather,
  gemm,
  leakyRelu,
  lstm,
  matmul,
  max,
  maximum,
  mean,
  mul,
  pad,
  relu,
  reshape,
  sigmoid,
  softmax,
  split,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  transpose,
} from "../graph/index.js";
import { findConstantPaths, refuseConstantPaths } from "./constant-paths.js";
import type { EncoderDesign } from "./encoder.js";
import { type MlpOptions, mlp } from "./mlp.js";
import { type Parameters, parameter } from "./parameters.js";

const options: MlpOptions = {
  inputDim: 6,
  hiddenDims: [5, 4],
  latentDim: 3,
  activation: "leaky-relu",
  slope: 0.1,
  bias: false,
  reconstruction: "linear",
  initialization: "he",
  inputsPerUnit: 0,
};

const shapes: Record<string, number[]> = {
  weight: [6, 3],
  narrow: [7, 3],
  gamma: [3],
  beta: [3],
  row: [1, 3],
};

/** A design around one function of the input [rows, 6] and the parameters above. */
function design(forward: (x: Tensor, p: (name: string) => Tensor) => Tensor): EncoderDesign {
  const network = {
    parameters: Object.entries(shapes).map(([name, shape]) => ({ name, shape, initialize: () => {} })),
    forward: (x: Tensor, parameters: Parameters) => forward(x, (name) => parameter(parameters, name)),
    blocks: (x: Tensor, parameters: Parameters) => [forward(x, (name) => parameter(parameters, name))],
  };
  return { inputShape: [6], latentDim: 3, encoder: network, decoder: network };
}

const message = (which: EncoderDesign): string => {
  try {
    refuseConstantPaths(which);
  } catch (error) {
    expect(error).toMatchObject({ name: "HypersphereError", code: "degenerate-encoder" });
    expect((error as { hint: string }).hint).not.toBe("");
    return (error as Error).message;
  }
  return "";
};

const normalized = (x: Tensor): Tensor => div(x, sqrt(add(mean(square(x), [-1], { keepDims: true }), 1e-5)));

/** Attention of `tokens` to each other, added to what a layer makes of `x`. */
const attended = (x: Tensor, tokens: Tensor, weight: Tensor): Tensor => {
  const shares = softmax(matmul(tokens, transpose(tokens, [0, 2, 1])));
  return matmul(reshape(matmul(shares, tokens), x.shape), weight);
};

/** Two steps of one unit's gates, from [rows, 6]. */
const gatesOf = (x: Tensor): Tensor => concat([x, split(x, 1, [2, 4])[0]!], 1);
const eye = (x: Tensor): Tensor => x.graph.constant("float32", [1, 4], Float32Array.of(1, 2, 3, 4));

describe("encoders that cannot answer a constant pass", () => {
  it.each(["leaky-relu", "relu", "linear"] as const)("an MLP without biases, %s", (activation) => {
    expect(message(mlp({ ...options, activation }))).toBe("");
    expect(message(mlp({ ...options, activation, hiddenDims: [] }))).toBe("");
  });

  const clean: [string, (x: Tensor, p: (name: string) => Tensor) => Tensor][] = [
    ["a residual sum", (x, p) => add(matmul(x, p("weight")), relu(matmul(x, p("weight"))))],
    ["a channel scale", (x, p) => mul(matmul(x, p("weight")), p("gamma"))],
    ["a division by a constant", (x, p) => div(matmul(x, p("weight")), 4)],
    ["a gate", (x, p) => mul(matmul(x, p("weight")), relu(matmul(x, p("weight"))))],
    [
      "reshaping, transposing, joining and pooling",
      (x, p) => {
        const paired = reshape(x, ["rows", 3, 2]);
        const turned = transpose(paired, [0, 2, 1]);
        return add(matmul(concat([x], 1), p("weight")), sub(max(turned, [1]), mean(turned, [1])));
      },
    ],
    ["a maximum of features", (x, p) => maximum(matmul(x, p("weight")), mul(matmul(x, p("weight")), 2))],
    ["zeros before and after", (x, p) => matmul(split(pad(x, 1, 2, 1), 1, [3, 6])[1]!, p("weight"))],
    ["zeros beside", (x, p) => sub(matmul(x, p("weight")), mul(p("gamma"), 0))],
    // Gates are factors.
    ["SiLU, a signal times its own gate", (x) => mul(x, sigmoid(x))],
    ["a scaled gate", (x) => mul(mul(sigmoid(x), 2), x)],
    ["a gated tanh, as in an LSTM", (x, p) => matmul(mul(sigmoid(x), tanh(x)), p("weight"))],
    ["tanh as a factor", (x) => mul(tanh(x), x)],
    ["attention", (x, p) => attended(x, reshape(x, ["rows", 3, 2]), p("weight"))],
    ["a recurrence of gates", (x) => lstm(reshape(gatesOf(x), [2, "rows", 4]), eye(x)).last],
    [
      "a normalised branch beside an unbounded one",
      (x, p) => add(matmul(x, p("weight")), matmul(normalized(x), p("weight"))),
    ],
    ["a normalised factor", (x) => mul(normalized(x), x)],
    // What only depends on parameters is a weight, however it was computed.
    ["a computed weight", (x, p) => matmul(x, add(p("weight"), 1))],
    ["an exponential scale", (x, p) => mul(matmul(x, p("weight")), exp(p("gamma")))],
    [
      "a normalised weight",
      (x, p) =>
        matmul(x, div(p("weight"), sqrt(add(sum(square(p("weight")), [0], { keepDims: true }), 1e-6)))),
    ],
  ];
  it.each(clean)("%s", (_, forward) => {
    expect(message(design(forward))).toBe("");
  });
});

describe("encoders with a constant path are refused", () => {
  it("biases, each by its name", () => {
    const text = message(mlp({ ...options, bias: true }));
    for (const name of ["encoder.0.bias", "encoder.1.bias", "encoder.2.bias"]) expect(text).toContain(name);
    expect(text).toContain("acts as a bias");
  });

  it.each([
    ["tanh", "Tanh is bounded"],
    ["sigmoid", "Sigmoid is bounded"],
    ["elu", "Elu is bounded below"],
  ] as const)("%s", (activation, words) => {
    expect(message(mlp({ ...options, activation }))).toContain(words);
  });

  const faulty: [string, RegExp, (x: Tensor, p: (name: string) => Tensor) => Tensor][] = [
    ["a constant added", /^(?!.* with ).*Add adds a constant/, (x, p) => add(matmul(x, p("weight")), 1)],
    ["a parameter added", /Add with beta adds a constant/, (x, p) => add(matmul(x, p("weight")), p("beta"))],
    [
      "the other way round",
      /Add with beta adds a constant/,
      (x, p) => add(p("beta"), matmul(x, p("weight"))),
    ],
    [
      "a constant subtracted",
      /Sub with gamma adds a constant/,
      (x, p) => sub(matmul(x, p("weight")), p("gamma")),
    ],
    [
      "an offset of a normalisation",
      /Add with beta adds a constant/,
      (x, p) => add(mul(matmul(x, p("weight")), p("gamma")), p("beta")),
    ],
    [
      "an offset under several reshapes",
      /Add/,
      (x, p) => add(matmul(x, p("weight")), reshape(transpose(p("row"), [1, 0]), [3])),
    ],
    [
      "a constant feature appended",
      /Concat appends a constant feature/,
      (x, p) => {
        const one = x.graph.constant("float32", [1, 1], Float32Array.of(1));
        return matmul(concat([x, expand(one, ["rows", 1], x)], 1), p("narrow"));
      },
    ],
    ["a bounded range", /Clip is bounded/, (x, p) => clamp(matmul(x, p("weight")), -1, 1)],
    ["tanh behind the last layer", /Tanh is bounded/, (x, p) => tanh(matmul(x, p("weight")))],
    ["sigmoid inside", /Sigmoid is bounded/, (x, p) => mul(sigmoid(matmul(x, p("weight"))), 2)],
    ["an exponential", /Exp is not known to keep zero at zero/, (x, p) => exp(matmul(x, p("weight")))],
    ["a lower limit", /Max/, (x, p) => maximum(matmul(x, p("weight")), 0.5)],
    ["a reciprocal", /Div/, (x, p) => div(1, matmul(x, p("weight")))],
    [
      "a reciprocal as a factor",
      /Div/,
      (x, p) => mul(matmul(x, p("weight")), div(p("gamma"), matmul(x, p("weight")))),
    ],
    ["a quotient of two features", /Div divides by/, (x) => div(x, square(x))],
    ["a gate as a feature", /Sigmoid is bounded/, (x, p) => matmul(sigmoid(x), p("weight"))],
    [
      "tanh as a feature",
      /Tanh is bounded/,
      (x, p) => add(matmul(tanh(x), p("weight")), matmul(x, p("weight"))),
    ],
    ["a product of gates", /Sigmoid is bounded/, (x) => mul(sigmoid(x), sigmoid(mul(x, 2)))],
    ["tanh of a gate", /Sigmoid is bounded/, (x) => mul(sigmoid(x), tanh(sigmoid(x)))],
    ["shares of attention alone", /Softmax is bounded/, (x) => softmax(x)],
    ["a bias inside of a gate's signal", /Add adds a constant/, (x) => mul(sigmoid(x), tanh(add(x, 1)))],
    [
      "an added code of positions",
      /Add adds a constant/,
      (x, p) => {
        const codes = x.graph.constant("float32", [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
        return attended(x, add(reshape(x, ["rows", 3, 2]), codes), p("weight"));
      },
    ],
    [
      "gates of a recurrence with a bias",
      /Add adds/,
      (x) => lstm(reshape(add(gatesOf(x), 1), [2, "rows", 4]), eye(x)).last,
    ],
    ["nothing but directions", /Div leaves only directions/, (x, p) => matmul(normalized(x), p("weight"))],
    [
      "directions beside features, which weights can leave out",
      /Div leaves only directions/,
      (x, p) => matmul(split(concat([normalized(x), x], 1), 1, [6, 6])[0]!, p("weight")),
    ],
    [
      "a normalisation with an offset",
      /Add with beta adds a constant/,
      (x, p) => add(matmul(x, p("weight")), add(matmul(normalized(x), p("weight")), p("beta"))),
    ],
    [
      "a normalisation without an epsilon",
      /Div divides by/,
      (x) => div(x, sqrt(mean(square(x), [1], { keepDims: true }))),
    ],
    [
      "a norm of something else",
      /Div divides by/,
      (x) => div(x, sqrt(add(mean(square(mul(x, 2)), [1], { keepDims: true }), 1))),
    ],
    ["nothing of the input", /does not depend on its input/, (_, p) => p("row")],
  ];
  it.each(faulty)("%s", (_, words, forward) => {
    expect(message(design(forward))).toMatch(words);
  });

  it("a table looked up by something computed from the input", () => {
    const graph = new Graph();
    const codes = graph.input("codes", "int64", ["rows"]);
    const table = graph.input("table", "float32", [4, 3]);
    const paths = findConstantPaths(codes, gather(table, codes), new Map([["table", table]]));
    expect(paths).toMatchObject([{ operator: "Gather", parameter: "table" }]);
  });
});

describe("findConstantPaths", () => {
  it("reports what is at fault, and nothing that only follows it", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", ["rows", 2]);
    const bias = graph.input("bias", "float32", [2]);
    const weight = graph.input("weight", "float32", [2, 2]);
    const parameters = new Map([
      ["bias", bias],
      ["weight", weight],
    ]);
    const shifted = add(gemm(x, weight), bias);
    const output = tanh(leakyRelu(matmul(relu(shifted), weight), 0.1));
    expect(findConstantPaths(x, output, parameters)).toEqual([
      { operator: "Add", parameter: "bias", reason: expect.stringContaining("bias") },
      { operator: "Tanh", parameter: undefined, reason: expect.stringContaining("bounded") },
    ]);
  });

  it("says each thing once however often it is used", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", ["rows", 2]);
    const shifted = add(x, 1);
    expect(findConstantPaths(x, mul(add(shifted, shifted), shifted), new Map())).toHaveLength(1);
    const halves = split(exp(x), 1, [1, 1]);
    expect(findConstantPaths(x, mul(halves[0]!, halves[1]!), new Map())).toHaveLength(1);
  });
});
