import { afterAll, beforeAll, expect, it } from "vitest";
import { createRandom } from "../math/random.js";
import type { Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { kMeans } from "./k-means.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(() => runtime.close());

/** Groups of rows around (0, 0), (10, 0), (20, 0), ... with a deviation of one. */
function groups(count: number, each: number, seed = 0) {
  const data = new Float32Array(2 * count * each);
  createRandom(seed).stream("groups").fillNormal(data);
  for (let row = 0; row < count * each; row++) data[2 * row]! += 10 * (row % count);
  return { rows: count * each, columns: 2, data };
}

it("finds groups, their means, and the row nearest to each", async () => {
  const matrix = groups(4, 100);
  const { count, data, nearestRows } = await kMeans(runtime, matrix, 4, createRandom(1).stream("k"));
  expect(count).toBe(4);
  const order = [0, 1, 2, 3].sort((a, b) => data[2 * a]! - data[2 * b]!);
  order.forEach((centre, group) => {
    const rows = Array.from({ length: 100 }, (_, k) => group + 4 * k);
    for (const column of [0, 1]) {
      const mean = rows.reduce((sum, row) => sum + matrix.data[2 * row + column]!, 0) / rows.length;
      expect(data[2 * centre + column]).toBeCloseTo(mean, 3);
    }
    const distance = (row: number): number =>
      Math.hypot(
        matrix.data[2 * row]! - data[2 * centre]!,
        matrix.data[2 * row + 1]! - data[2 * centre + 1]!,
      );
    expect(nearestRows[centre]).toBe(
      rows.reduce((best, row) => (distance(row) < distance(best) ? row : best)),
    );
  });
});

it("leaves out centres that no row is nearest to, and takes no more than there are rows", async () => {
  const same = { rows: 5, columns: 2, data: new Float32Array(10).fill(3) };
  expect((await kMeans(runtime, same, 3, createRandom(0).stream("k"))).count).toBe(1);
  const few = groups(3, 1);
  const all = await kMeans(runtime, few, 50, createRandom(0).stream("k"));
  expect(all.count).toBe(3);
  expect([...all.nearestRows].sort()).toEqual([0, 1, 2]);
});

it("gives the same centres for the same stream, and stops when asked to", async () => {
  const matrix = groups(6, 30, 2);
  const once = (): Promise<unknown> => kMeans(runtime, matrix, 4, createRandom(3).stream("k"));
  expect(await once()).toEqual(await once());
  const stopped = kMeans(runtime, matrix, 4, createRandom(3).stream("k"), AbortSignal.abort());
  await expect(stopped).rejects.toMatchObject({ code: "aborted" });
});
