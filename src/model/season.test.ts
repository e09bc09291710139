import { expect, test } from "vitest";
import { Graph, serialize } from "../graph/index.js";
import { createRandom } from "../math/random.js";
import { float32, float64 } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { seasonalScore, seasonTables } from "../scoring/index.js";
import { seasonalScores } from "./season.js";

const DAY = 86_400;

test("the graph compares scores as the plain function does, to the last bits that are kept", async () => {
  const stream = createRandom(4).stream("scores");
  const size = (time: number): number => 1 + 20 * Math.max(0, Math.sin((2 * Math.PI * time) / DAY));
  const times = Float64Array.from({ length: 5000 }, (_, k) => 1.7e9 + k * 701.5);
  const drawn = (time: number): number => Math.fround(size(time) * (stream.normal() - 0.5));
  const tables = seasonTables(times.map(drawn), times, "day", 99);
  expect(tables.parts).toBe(24);

  const fresh = Float64Array.from({ length: 3000 }, () => 4e9 * stream.uniform() - 1e6);
  const scores = Float32Array.from(fresh, (time) => 3 * drawn(time));
  scores.set(tables.own[5]!.subarray(0, 50));
  const graph = new Graph();
  const given = graph.input("score", "float32", ["rows"]);
  graph.output("seasonal", seasonalScores(given, graph.input("time", "float64", ["rows"]), tables));
  const session = await (await loadNativeRuntime()).createSession(serialize(graph));
  const { seasonal } = await session.run({
    score: float32([3000], scores),
    time: float64([3000], fresh),
  });
  await session.release();
  (seasonal!.data as Float32Array).forEach((value, k) => {
    const expected = seasonalScore(tables, scores[k]!, fresh[k]!);
    expect(Math.abs(value - expected)).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(expected)));
  });
});
