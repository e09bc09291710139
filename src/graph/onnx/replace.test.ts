import { beforeAll, describe, expect, it } from "vitest";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { add, decodeModel, Graph, loop, mul, relu, serialize, withOutput } from "../index.js";
import { withoutOutput, withReplacedOutput } from "./replace.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});

const vector = (graph: Graph, name: string, ...values: number[]) =>
  graph.initializer(name, "float32", [values.length], Float32Array.from(values));

/** s = relu(x + shift) + a loop's sum, p = s * table. */
function base(): Uint8Array {
  const graph = new Graph();
  const x = graph.input("x", "float32", [2]);
  const shift = vector(graph, "shift", 1, 1);
  const { carried } = loop(graph, graph.index(2), [relu(add(x, shift))], (_, [current]) => ({
    carried: [add(current!, vector(graph, "inside", 10, 10))],
    collected: [],
  }));
  const s = mul(carried[0]!, 1.5);
  graph.output("s", s);
  graph.output("p", mul(relu(s), vector(graph, "table", 2, 3)));
  return serialize(graph);
}

function addition(...table: number[]): Uint8Array {
  const graph = new Graph();
  const s = graph.input("s", "float32", [2]);
  graph.output("p", add(relu(mul(s, vector(graph, "table", ...table))), vector(graph, "shift", 5, 5)));
  return serialize(graph);
}

async function run(model: Uint8Array): Promise<Record<string, number[]>> {
  const session = await runtime.createSession(model);
  const results = await session.run({ x: float32([2], Float32Array.of(-2, 3)) });
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float32Array)]),
  );
}

describe("a model with another way to one of its outputs", () => {
  it("keeps what other outputs need, and nothing that only the old way needed", async () => {
    expect(await run(base())).toEqual({ s: [30, 36], p: [60, 108] });
    const model = withReplacedOutput(base(), addition(1, 0), "p", ["table"]);
    expect(await run(model)).toEqual({ s: [30, 36], p: [35, 5] });
    const { initializerNames, initializer } = decodeModel(model);
    expect(initializerNames.filter((name) => name.endsWith("shift")).sort()).toEqual(["p.shift", "shift"]);
    expect(initializerNames).toContain("inside");
    expect(initializerNames.filter((name) => name.endsWith("table"))).toEqual(["table"]);
    expect(initializer("table").data).toEqual(Float32Array.of(1, 0));
    // Another table may have another size, and replacing twice is replacing once.
    expect(withReplacedOutput(model, addition(2, 2), "p", ["table"])).toEqual(
      withReplacedOutput(base(), addition(2, 2), "p", ["table"]),
    );
  });

  it("is without an output, and without what it needed", async () => {
    const model = withoutOutput(base(), "p");
    expect(await run(model)).toEqual({ s: [30, 36] });
    expect(decodeModel(model).initializerNames).not.toContain("table");
    expect(decodeModel(model).initializerNames).toContain("inside");
    const graph = new Graph();
    graph.output("q", mul(graph.input("s", "float32", [2]), vector(graph, "own", 4, 4)));
    const more = withOutput(base(), serialize(graph), "q");
    expect(await run(withoutOutput(more, "q"))).toEqual(await run(base()));
    expect(decodeModel(withoutOutput(more, "q")).initializerNames).not.toContain("q.own");
    expect(withoutOutput(base(), "nothing of that name")).toEqual(base());
  });
});
