import { describe, expect, it } from "vitest";
import type { FeatureMatrix } from "../../features/index.js";
import { createRandom } from "../../math/random.js";
import { neighbourhoods } from "./neighbours.js";

function matrix(rows: number, columns: number, draw: (row: number) => number): FeatureMatrix {
  return {
    rows,
    columns,
    data: Float32Array.from({ length: rows * columns }, (_, k) => draw(Math.floor(k / columns))),
  };
}
const normal = (seed: number): (() => number) => {
  const stream = createRandom(seed).stream("neighbours");
  return () => stream.normal();
};

/** All distances of a row to the others, in rising order. */
function direct({ rows, columns, data }: FeatureMatrix, row: number): { row: number; distance: number }[] {
  return Array.from({ length: rows }, (_, other) => other)
    .filter((other) => other !== row)
    .map((other) => {
      let distance = 0;
      for (let column = 0; column < columns; column++)
        distance += Math.abs(data[row * columns + column]! - data[other * columns + column]!);
      return { row: other, distance };
    })
    .sort((a, b) => a.distance - b.distance);
}

describe("neighbourhoods", () => {
  it.each([
    ["several columns", matrix(300, 7, normal(1)), 5],
    ["one column", matrix(100, 1, normal(2)), 3],
    ["one neighbour", matrix(100, 4, normal(3)), 1],
    ["all other rows", matrix(12, 3, normal(4)), 11],
    ["copies", matrix(90, 3, (row) => row % 30), 5],
    ["whole numbers, with many ties", matrix(120, 2, (row) => Math.round((row * 7) % 5)), 4],
  ])("are those found by looking at all pairs: %s", async (_, given, k) => {
    const found = await neighbourhoods(given, k);
    expect(found.k).toBe(k);
    for (let row = 0; row < given.rows; row++) {
      const all = direct(given, row);
      const distances = [...found.distances.subarray(row * k, (row + 1) * k)];
      const indices = [...found.indices.subarray(row * k, (row + 1) * k)];
      expect(distances).toEqual(all.slice(0, k).map(({ distance }) => distance));
      expect(new Set(indices).size).toBe(k);
      // Among equals any will do.
      for (const [place, index] of indices.entries())
        expect(all.find((other) => other.row === index)!.distance).toBe(distances[place]);
    }
  });

  it("stops when asked to, also in the middle", async () => {
    const stopped = neighbourhoods(matrix(50, 2, normal(5)), 3, AbortSignal.abort());
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
    const controller = new AbortController();
    const running = neighbourhoods(matrix(2000, 4, normal(6)), 3, controller.signal);
    setTimeout(() => controller.abort(), 0);
    await expect(running).rejects.toMatchObject({ code: "aborted" });
  });
});
