import { expect, it } from "vitest";
import { float32 } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { Graph, gemm, serialize, withMetadata } from "../index.js";
import { decodeModel } from "./decode.js";
import { withoutShared, withShared } from "./shared-initializers.js";

/** x times two matrices; the first is large. */
function model(second: number, first = 1, name = "large"): Uint8Array {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["rows", 200]);
  const large = graph.initializer(name, "float32", [200, 100], new Float32Array(20_000).fill(first));
  const small = graph.initializer("small", "float32", [100, 1], new Float32Array(100).fill(second));
  graph.output("y", gemm(gemm(x, large), small));
  return serialize(graph);
}

it("leaves out what is the same in both, and puts it in again", async () => {
  const [own, other] = [model(2), model(3)];
  const without = withoutShared(own, other);
  expect(without.length).toBeLessThan(own.length - 79_000);
  expect(decodeModel(without).initializerNames).toEqual(["small"]);
  const again = withShared(without, other);
  expect(decodeModel(again).metadata).toEqual(decodeModel(own).metadata);
  const runtime = await loadNativeRuntime();
  const session = await runtime.createSession(again);
  const { y } = await session.run({ x: float32([1, 200], new Float32Array(200).fill(1)) });
  await session.release();
  expect(y!.data[0]).toBe(200 * 100 * 2);
});

it("leaves models as they are that have nothing large in common", () => {
  const own = model(2);
  for (const other of [model(2, 7), model(2, 1, "another")]) expect(withoutShared(own, other)).toBe(own);
  expect(withShared(own, model(3))).toBe(own);
});

it("refuses to go on without what was left out, and lists that are none", () => {
  const without = withoutShared(model(2), model(3));
  expect(() => withShared(without, model(3, 1, "another"))).toThrow(
    /"large" of the untrained model is not in the file/,
  );
  for (const list of ["{", "{}", "[1]"])
    expect(() => withShared(withMetadata(without, { "hypersphere.shared": list }), model(3))).toThrow(
      /no list of names/,
    );
});
