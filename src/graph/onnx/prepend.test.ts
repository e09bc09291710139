import { beforeAll, describe, expect, it } from "vitest";
import { float64, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { add, decodeModel, Graph, loop, mul, serialize, withInputThrough } from "../index.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});

/** y = x + 1, and z = 4 x by a loop whose body reads x. */
function base(): Uint8Array {
  const graph = new Graph();
  const x = graph.input("x", "float64", ["rows"]);
  graph.output("y", add(x, 1));
  const { carried } = loop(graph, graph.index(3), [mul(x, 1)], (_, [current]) => ({
    carried: [add(current!, x)],
    collected: [],
  }));
  graph.output("z", carried[0]!);
  return serialize(graph, { description: "base", metadata: { kept: "as it is" } });
}

function addition(factor: number): Uint8Array {
  const graph = new Graph();
  const x = graph.input("x", "float64", ["rows"]);
  const weight = graph.initializer("factor", "float64", [], Float64Array.of(factor));
  graph.output("seen", mul(add(mul(x, weight), 0), 1));
  return serialize(graph);
}

async function run(model: Uint8Array): Promise<Record<string, number[]>> {
  const session = await runtime.createSession(model);
  const results = await session.run({ x: float64([3], Float64Array.of(-2, 0, Number.NaN)) });
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float64Array)]),
  );
}

describe("a model with an input seen through an addition", () => {
  it("answers what it would for other numbers, and is the same for callers", async () => {
    expect(await run(base())).toEqual({ y: [-1, 1, Number.NaN], z: [-8, 0, Number.NaN] });
    const model = withInputThrough(base(), addition(10), "x", "seen");
    expect(await run(model)).toEqual({ y: [-19, 1, Number.NaN], z: [-80, 0, Number.NaN] });
    const { inputs, outputs, metadata, description, initializer } = decodeModel(model);
    expect(inputs).toEqual(decodeModel(base()).inputs);
    expect(outputs).toEqual(decodeModel(base()).outputs);
    expect({ metadata, description }).toEqual({ metadata: { kept: "as it is" }, description: "base" });
    expect(initializer("seen.factor").data).toEqual(Float64Array.of(10));
  });

  it("has it replaced by another of that name, and nothing of the first is left", async () => {
    const once = withInputThrough(base(), addition(5), "x", "seen");
    const twice = withInputThrough(
      withInputThrough(base(), addition(10), "x", "seen"),
      addition(5),
      "x",
      "seen",
    );
    expect(twice).toEqual(once);
    expect(await run(twice)).toEqual({ y: [-9, 1, Number.NaN], z: [-40, 0, Number.NaN] });
  });
});
