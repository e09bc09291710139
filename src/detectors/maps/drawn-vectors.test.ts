import { expect, it } from "vitest";
import { reshape } from "../../graph/index.js";
import { createRandom } from "../../math/random.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { drawnVectors } from "./drawn-vectors.js";

const [channels, height, width, rows] = [2, 3, 4, 5];

it.each([false, true])("are as many of every image, at different places; heard of: %s", async (heard) => {
  const runtime = await loadNativeRuntime();
  const size = channels * height * width;
  const images = {
    rows,
    columns: size,
    // Says of which image and which place a number is, and in its sign of which channel.
    read: async (row: number) =>
      Float32Array.from(
        { length: size },
        (_, k) => (100 * (row + 1) + (k % (height * width))) * (k < height * width ? 1 : -1),
      ),
  };
  const maps = {
    ...{ channels, height, width },
    vectors: (features: Parameters<typeof reshape>[0]) =>
      reshape(features, ["rows", channels, height, width]),
  };
  const counts: number[] = [];
  const drawn = await drawnVectors(
    runtime,
    images,
    maps,
    18,
    createRandom(1).stream("places"),
    undefined,
    heard ? (count) => counts.push(count) : undefined,
  );
  await runtime.close();
  // 18 of 5 images: 4 of each.
  expect(drawn).toHaveLength(20 * channels);
  const firsts = Array.from({ length: 20 }, (_, k) => drawn[channels * k]!);
  expect(firsts.map((value) => Math.floor(value / 100))).toEqual(
    [1, 2, 3, 4, 5].flatMap((image) => Array<number>(4).fill(image)),
  );
  expect(new Set(firsts).size).toBe(20);
  expect(firsts.map((value) => -value)).toEqual(firsts.map((_, k) => drawn[channels * k + 1]));
  expect(counts).toEqual(heard ? [1, 2, 3, 4, 5] : []);
});
