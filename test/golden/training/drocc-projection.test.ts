import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectToShell } from "../../../src/detectors/drocc/projection.js";
import { Graph, serialize } from "../../../src/graph/index.js";
import { float32, type Runtime } from "../../../src/runtime/index.js";
import { loadNativeRuntime } from "../../../src/runtime/node/native.js";
import { loadWasmRuntime } from "../../../src/runtime/web/wasm.js";

interface Case {
  name: string;
  h: number[];
  weights: number[];
  radius: number;
  outerRatio: number;
  /** From h to the nearest point of the shell. */
  distance: number;
  /** From h to the best of 40 random points as the authors draw them; null where none of them reaches the shell. */
  searched: number | null;
  /** null where several points are equally near. */
  point: number[] | null;
}
const { cases } = JSON.parse(readFileSync(new URL("./drocc-projection.json", import.meta.url), "utf8")) as {
  cases: Case[];
};

/** Relative to the longer of h and the shell's radius. */
const LIMIT = 2e-5;

describe.each([
  ["native", loadNativeRuntime],
  ["WebAssembly", loadWasmRuntime],
] as const)("the shell of DROCC-LF against SciPy, %s", (_, load) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await load();
  });
  afterAll(async () => {
    await runtime.close();
  });

  it.each(cases)("$name", async ({ h, weights, radius, outerRatio, distance, searched, point }) => {
    const graph = new Graph();
    const shape = [1, h.length] as const;
    const [from, by] = [graph.input("h", "float32", shape), graph.input("weights", "float32", shape)];
    graph.output("found", projectToShell(from, { radius, outerRatio }, by));
    const session = await runtime.createSession(serialize(graph));
    const result = await session.run({
      h: float32(shape, Float32Array.from(h)),
      weights: float32(shape, Float32Array.from(weights)),
    });
    await session.release();
    const found = Array.from(result["found"]!.data as Float32Array);
    const scale = Math.max(Math.hypot(...h), radius);
    const length = Math.sqrt(found.reduce((total, value, k) => total + weights[k]! * value ** 2, 0));
    expect(length).toBeGreaterThan(radius * (1 - 1e-6));
    expect(length).toBeLessThan(outerRatio * radius * (1 + 1e-6));
    const own = Math.hypot(...found.map((value, k) => value - h[k]!));
    expect(Math.abs(own - distance)).toBeLessThanOrEqual(LIMIT * scale);
    expect(own).toBeLessThanOrEqual((searched ?? Number.POSITIVE_INFINITY) + LIMIT * scale);
    point?.forEach((value, k) => {
      expect(Math.abs(found[k]! - value)).toBeLessThanOrEqual(LIMIT * scale);
    });
  });
});
