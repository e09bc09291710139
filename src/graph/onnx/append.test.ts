import { beforeAll, describe, expect, it } from "vitest";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { add, decodeModel, Graph, mul, relu, serialize, withInitializer } from "../index.js";
import { withOutput } from "./append.js";
import { WireWriter } from "./wire.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});

function base(): Uint8Array {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["rows"]);
  graph.output("y", relu(add(mul(x, graph.initializer("weight", "float32", [], Float32Array.of(2))), 1)));
  return serialize(graph, { description: "base", metadata: { kept: "as it is" } });
}

/** Names of tensors are those of `base`, where nobody looks twice: `relu(...)`, a constant, `weight`. */
function addition(factor: number): Uint8Array {
  const graph = new Graph();
  const y = graph.input("y", "float32", ["rows"]);
  const weight = graph.initializer("weight", "float32", [], Float32Array.of(factor));
  graph.output("z", add(relu(mul(y, weight)), 1));
  return serialize(graph);
}

async function run(model: Uint8Array): Promise<Record<string, number[]>> {
  const session = await runtime.createSession(model);
  const results = await session.run({ x: float32([3], Float32Array.of(-2, 0, 3)) });
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float32Array)]),
  );
}

describe("a model with one more output", () => {
  it("answers it beside what it answered before, though both use the same names inside", async () => {
    expect(await run(base())).toEqual({ y: [0, 1, 7] });
    const model = withOutput(base(), addition(10), "z");
    expect(await run(model)).toEqual({ y: [0, 1, 7], z: [1, 11, 71] });
    const { outputs, inputs, metadata, description, initializerNames, initializer } = decodeModel(model);
    expect(outputs.map(({ name }) => name)).toEqual(["y", "z"]);
    expect(outputs[1]).toEqual({ name: "z", dtype: "float32", shape: ["rows"] });
    expect(inputs.map(({ name }) => name)).toEqual(["x"]);
    expect({ metadata, description }).toEqual({ metadata: { kept: "as it is" }, description: "base" });
    expect(initializerNames).toContain("z.weight");
    expect(initializer("weight").data[0]).toBe(2);
  });

  it("has it replaced by another of that name, and nothing of the first is left", async () => {
    const once = withOutput(base(), addition(5), "z");
    const twice = withOutput(withOutput(base(), addition(10), "z"), addition(5), "z");
    expect(twice).toEqual(once);
    expect(await run(twice)).toEqual({ y: [0, 1, 7], z: [1, 6, 36] });
  });

  it("may still be changed in its own parts", async () => {
    const model = withInitializer(withOutput(base(), addition(10), "z"), "weight", Float32Array.of(1));
    expect(await run(model)).toEqual({ y: [0, 1, 4], z: [1, 11, 41] });
  });

  it("is refused where operators mean something else, or there is no model", () => {
    const other = new WireWriter();
    other.varintField(1, 8);
    other.bytesField(7, decodeModel(base()).graph);
    other.message(8, (opset) => opset.varintField(2, 13));
    const adding = (model: Uint8Array) => () => withOutput(model, addition(1), "z");
    expect(adding(other.finish())).toThrow(/operator sets \{"":13\}/);
    expect(adding(Uint8Array.of(1, 2, 3))).toThrow(/not an ONNX model/);
  });
});
