/** What a reproducible graph promises: the same bits for any number of rows, and on both runtimes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../math/random.js";
import { float32, type Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { loadWasmRuntime } from "../runtime/web/wasm.js";
import {
  exp,
  Graph,
  gemm,
  log,
  lstm,
  mean,
  reshape,
  serialize,
  sigmoid,
  softmax,
  sum,
  type Tensor,
  tanh,
} from "./index.js";

const [ROWS, WIDTH] = [67, 96];
const stream = createRandom("rounding").stream("x");
const normals = (count: number): Float32Array => Float32Array.from({ length: count }, () => stream.normal());
const x = normals(ROWS * WIDTH);
const [weights, recurrent] = [normals(WIDTH * 40), normals(10 * 40)];

let native: Runtime;
let wasm: Runtime;
beforeAll(async () => {
  native = await loadNativeRuntime();
  wasm = await loadWasmRuntime();
});
afterAll(() => Promise.all([native.close(), wasm.close()]));

const product = (rows: Tensor): Tensor => gemm(rows, rows.graph.constant("float32", [WIDTH, 40], weights));
const constants = (rows: Tensor): Tensor => rows.graph.constant("float32", [10, 40], recurrent);

/** From [rows, WIDTH] to some numbers per row. */
const cases: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  "a product": product,
  "a sum": (rows) => sum(rows, [1]),
  "a mean": (rows) => mean(rows, [1]),
  exp,
  log: (rows) => log(exp(rows)),
  sigmoid,
  tanh,
  softmax,
  "an LSTM": (rows) => lstm(reshape(product(rows), [1, "rows", 40]), constants(rows)).last,
};

async function run(
  runtime: Runtime,
  build: (x: Tensor) => Tensor,
  reproducible: boolean,
  rows: number,
): Promise<Float32Array> {
  const graph = new Graph();
  const input = graph.input("x", "float32", ["rows", WIDTH]);
  graph.output(
    "y",
    graph.reproducible(() => build(input), reproducible),
  );
  const session = await runtime.createSession(serialize(graph));
  const { y } = await session.run({ x: float32([rows, WIDTH], x.slice(0, rows * WIDTH)) });
  await session.release();
  return y!.data as Float32Array;
}

describe("a reproducible graph", () => {
  it.each(Object.entries(cases))("gives the same bits everywhere: %s", async (_, build) => {
    const all = await run(native, build, true, ROWS);
    expect(await run(wasm, build, true, ROWS)).toEqual(all);
    for (const rows of [1, 2, 5, 16]) {
      expect(await run(native, build, true, rows)).toEqual(all.slice(0, (all.length / ROWS) * rows));
    }
    const fast = await run(native, build, false, ROWS);
    all.forEach((value, k) => expect(fast[k]).toBeCloseTo(value, 3));
  });

  it("needs to be one: products differ by platform otherwise", async () => {
    const here = await run(native, product, false, ROWS);
    expect(await run(wasm, product, false, ROWS)).not.toEqual(here);
  });

  it("is as fast as can be where a part asks for it, and reproducible again after it", () => {
    const graph = new Graph();
    const input = graph.input("x", "float32", ["rows", WIDTH]);
    const typeOf = (y: Tensor): string | undefined => y.node?.operator.type;
    graph.reproducible(() => {
      expect(typeOf(graph.reproducible(() => exp(input), false))).toBe("Exp");
      expect(typeOf(exp(input))).toBe("Cast");
    });
    expect(typeOf(exp(input))).toBe("Exp");
  });
});
