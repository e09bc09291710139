/** Parts of networks that PyTorch wrote give in our models what they give in their own. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { Graph } from "../graph.js";
import { embed } from "../ops/embed.js";
import { mul } from "../ops/index.js";
import { decodeModel } from "./decode.js";
import { decodeGraph } from "./nodes.js";
import { cutModel } from "./piece.js";
import { withBareOutputs } from "./probe.js";
import { serialize } from "./serialize.js";
import { surveyModel } from "./survey.js";
import { WireWriter } from "./wire.js";

const folder = new URL("../../../test/golden/backbones/", import.meta.url);
const file = (name: string): Uint8Array => readFileSync(new URL(name, folder));
const golden = JSON.parse(new TextDecoder().decode(file("residual.json"))) as {
  maps: { shape: number[]; data: number[] }[];
};
const SHAPE = [2, 3, 48, 64];
const image = Float32Array.from({ length: 2 * 3 * 48 * 64 }, (_, k) => ((k * 37) % 101) / 101);

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});

/** Outputs of the last two Relus: those of the second and the third block. */
const relus = (model: Uint8Array): string[] =>
  decodeGraph(decodeModel(model).graph)
    .nodes.filter(({ type }) => type === "Relu")
    .slice(-2)
    .map(({ outputs }) => outputs[0]!);

async function run(model: Uint8Array, input: string) {
  const session = await runtime.createSession(model);
  try {
    return await session.run({ [input]: float32(SHAPE, image) });
  } finally {
    await session.release();
  }
}

const open = (name: string) => ({ dtype: "float32" as const, shape: ["rows", 8, `${name}-h`, `${name}-w`] });
const largest = (values: Iterable<number>): number => Math.max(...Array.from(values, Math.abs));
const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  largest(Array.from(a, (value, k) => value - b[k]!));

describe.each(["residual-9.onnx", "residual-20.onnx"])("%s", (name) => {
  const model = file(name);
  const tensors = relus(model);

  it("gives inside of our graph what it gives alone, and what PyTorch found", async () => {
    const alone = await run(withBareOutputs(model, "pixels", ["n", 3, "h", "w"], tensors), "pixels");
    const graph = new Graph();
    const x = graph.input("x", "float32", ["rows", 3, 48, 64]);
    const doubled = mul(x, 2);
    const maps = embed(cutModel(model, "pixels", tensors), mul(doubled, 0.5), tensors.map(open));
    maps.forEach((map, k) => {
      graph.output(`map${k}`, map);
    });
    const ours = await run(serialize(graph), "x");
    golden.maps.forEach(({ shape, data }, k) => {
      const { shape: found, data: values } = ours[`map${k}`]!;
      expect(found).toEqual(shape);
      expect(largest(data)).toBeGreaterThan(0.5);
      expect(difference(values as Float32Array, alone[tensors[k]!]!.data as Float32Array)).toBeLessThan(1e-6);
      expect(difference(values as Float32Array, data)).toBeLessThan(1e-5);
    });
  });

  it("leaves behind what the tensor does not need", () => {
    const whole = decodeGraph(decodeModel(model).graph);
    const piece = cutModel(model, "pixels", tensors.slice(0, 1));
    const convolutions = (nodes: readonly { type: string }[]): number =>
      nodes.filter(({ type }) => type === "Conv").length;
    expect(convolutions(whole.nodes)).toBe(10);
    expect(convolutions(piece.nodes)).toBe(7);
    const used = new Set(piece.nodes.flatMap((node) => node.inputs));
    expect([...piece.initializers.keys()].every((each) => used.has(each))).toBe(true);
    expect(piece.nodes.map(({ type }) => type)).not.toContain("Gemm");
  });

  it("twice in one graph, names do not collide, and results differ as their inputs do", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", ["rows", 3, 48, 64]);
    const piece = cutModel(model, "pixels", tensors.slice(1));
    const types = tensors.slice(1).map(open);
    graph.output("a", embed(piece, x, types)[0]!);
    graph.output("b", embed(piece, mul(x, 2), types)[0]!);
    const results = await run(serialize(graph), "x");
    expect(
      difference(results["a"]!.data as Float32Array, results["b"]!.data as Float32Array),
    ).toBeGreaterThan(0.01);
  });
});

it("models with such a part are in our operator set, and have no more than they were given", () => {
  const model = file("residual-9.onnx");
  const graph = new Graph();
  const [map] = embed(
    cutModel(model, "pixels", relus(model).slice(0, 1)),
    graph.input("x", "float32", ["rows", 3, 48, 64]),
    [open("map")],
  );
  graph.output("map", map!);
  const bytes = serialize(graph);
  expect(decodeModel(bytes).opsets[""]).toBe(18);
  expect(bytes.length).toBeLessThan(model.length);
  expect(surveyModel(bytes).operators.toSorted()).toEqual([
    "Add",
    "BatchNormalization",
    "Clip",
    "Conv",
    "MaxPool",
    "Relu",
  ]);
});

describe("what cannot be taken over", () => {
  const model = file("residual-9.onnx");

  it("names a value that there is not", () => {
    expect(() => cutModel(model, "pixels", ["nowhere"])).toThrow(/computes "nowhere"/);
    expect(() => cutModel(model, "pixels", ["pixels"])).toThrow(/computes "pixels"/);
  });

  it("names the input that a value does not depend on", () => {
    expect(() => cutModel(model, "image", relus(model))).toThrow(/does not depend on the input "image"/);
  });

  it("names an operator that means another thing in another set, with both sets", () => {
    expect(() => cutModel(withNode("Softmax", 11), "x", ["y"])).toThrow(/set 11 and uses Softmax.*set 18/);
    expect(() => cutModel(withNode("Softmax", 13), "x", ["y"])).not.toThrow();
    expect(() => cutModel(withNode("GridSample", 20), "x", ["y"])).toThrow(/set 20 and uses GridSample/);
    expect(() => cutModel(withNode("GridSample", 18), "x", ["y"])).not.toThrow();
    expect(() => cutModel(withNode("Relu", 6), "x", ["y"])).toThrow(/set 6 and uses Relu/);
    expect(() => cutModel(withNode("Relu", 99), "x", ["y"])).toThrow(/set 99 and uses Relu/);
  });

  it("refuses normalisation by those images that happen to be seen together, in any operator set", () => {
    for (const opset of [15, 18]) {
      const normalised = (training: number) =>
        withNode("BatchNormalization", opset, "", false, ["training_mode", training]);
      expect(() => cutModel(normalised(1), "x", ["y"])).toThrow(/its form for training/);
      expect(() => cutModel(normalised(0), "x", ["y"])).not.toThrow();
    }
  });

  it("names operators of other domains, and those that draw random numbers", () => {
    expect(() => cutModel(withNode("FusedConv", 18, "com.microsoft"), "x", ["y"])).toThrow(
      /com.microsoft:FusedConv/,
    );
    expect(() => cutModel(withNode("RandomNormalLike", 18), "x", ["y"])).toThrow(/RandomNormalLike/);
  });

  it("refuses weights in another file", () => {
    expect(() => cutModel(withNode("Relu", 18, "", true), "x", ["y"])).toThrow(/in another file/);
  });
});

/** A network of one node, y of x. */
function withNode(
  type: string,
  opset: number,
  domain = "",
  external = false,
  attribute?: readonly [name: string, value: number],
): Uint8Array {
  const writer = new WireWriter();
  writer.varintField(1, 8);
  writer.message(7, (graph) => {
    graph.message(1, (node) => {
      node.stringField(1, "x");
      node.stringField(2, "y");
      node.stringField(4, type);
      node.stringField(7, domain);
      if (attribute !== undefined) {
        node.message(5, (given) => {
          given.stringField(1, attribute[0]);
          given.varintField(3, attribute[1]);
        });
      }
    });
    if (external) {
      graph.message(5, (tensor) => {
        tensor.stringField(8, "w");
        tensor.varintField(14, 1);
      });
    }
    graph.message(11, (value) => value.stringField(1, "x"));
    graph.message(12, (value) => value.stringField(1, "y"));
  });
  writer.message(8, (set) => {
    set.stringField(1, "");
    set.varintField(2, opset);
  });
  return writer.finish();
}
