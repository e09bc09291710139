import { beforeAll, expect, it } from "vitest";
import { Graph, reshape, serialize } from "../../graph/index.js";
import { createRandom } from "../../math/random.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { beyondRounding, globalDistances, positionDistances } from "./patch-distances.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});

const [rows, channels, height, width, entries] = [2, 6, 3, 4, 50];
const area = height * width;
const maps = {
  ...{ channels, height, width },
  vectors: (features: Parameters<typeof reshape>[0]) => reshape(features, ["rows", channels, height, width]),
};

/** Far from the origin, where differences of products lose digits. */
function numbers(count: number, name: string): Float32Array {
  const data = new Float32Array(count);
  createRandom(1).stream(name).fillNormal(data);
  return data.map((value) => 100 + value);
}

it.each(["global", "position"] as const)("%s: as plain arithmetic has them", async (kind) => {
  const features = numbers(rows * channels * area, "features");
  const vectors = numbers(entries * channels * (kind === "global" ? 1 : area), "memory");
  // One patch is a patch that is remembered.
  for (let channel = 0; channel < channels; channel++) {
    features[channel * area + 5] =
      vectors[kind === "global" ? 7 * channels + channel : (7 * channels + channel) * area + 5]!;
  }
  const graph = new Graph();
  const x = graph.input("features", "float32", ["rows", channels * area]);
  const memory = { vectors, entries, candidates: 0, radius: 0 };
  const map = graph.reproducible(() =>
    (kind === "global" ? globalDistances : positionDistances)(x, maps, memory),
  );
  graph.output("map", map);
  const session = await runtime.createSession(serialize(graph));
  const results = await session.run({ features: float32([rows, channels * area], features) });
  await session.release();
  expect(results["map"]!.shape).toEqual([rows, height, width]);
  const found = results["map"]!.data as Float32Array;
  found.forEach((distance, k) => {
    const [row, place] = [Math.floor(k / area), k % area];
    const squares = Array.from({ length: entries }, (_, entry) => {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) {
        const own = features[(row * channels + channel) * area + place]!;
        const at = entry * channels + channel;
        sum += (own - vectors[kind === "global" ? at : at * area + place]!) ** 2;
      }
      return sum;
    });
    expect(Math.abs(distance - Math.sqrt(Math.min(...squares)))).toBeLessThan(2e-5);
  });
  expect(found[5]).toBe(0);
});

it("distances that a rounding of the vectors would make are none, and all others less by as much", async () => {
  const graph = new Graph();
  // Vectors of length 5: 2^-13 of that.
  const map = graph.input("map", "float32", ["rows"]);
  graph.output("apart", beyondRounding(map, Float32Array.of(3, 4, -4, 3), 2));
  const session = await runtime.createSession(serialize(graph));
  const results = await session.run({ map: float32([4], Float32Array.of(0, 1e-4, 6e-4, 2)) });
  await session.release();
  const [none, rounding, almost, far] = results["apart"]!.data as Float32Array;
  expect([none, rounding, almost]).toEqual([0, 0, 0]);
  expect(far).toBeCloseTo(2 - 5 / 8192, 6);
});
