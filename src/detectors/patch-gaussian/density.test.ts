import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Graph, serialize, type Tensor } from "../../graph/index.js";
import { eigenSymmetric } from "../../math/eigen.js";
import { createRandom } from "../../math/random.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { rawPatches } from "../maps/patch-features.js";
import { whiteningOf } from "../maps/whitened-patches.js";
import { LocalMoments, meanLogDeterminant, squaredDistances } from "./density.js";

let native: Runtime;
beforeAll(async () => {
  native = await loadNativeRuntime();
});
afterAll(() => native.close());

const stream = createRandom("density").stream("values");
const normals = (count: number): Float32Array => Float32Array.from({ length: count }, () => stream.normal());

async function run(
  x: Float32Array,
  shape: readonly number[],
  compute: (x: Tensor) => Tensor,
): Promise<Float32Array> {
  const graph = new Graph();
  graph.output("y", compute(graph.input("x", "float32", [...shape])));
  const session = await native.createSession(serialize(graph));
  const { y } = await session.run({ x: float32(shape, x) });
  await session.release();
  return y!.data as Float32Array;
}

/** (x - m)' C^-1 (x - m), through the eigenvectors of C. */
function mahalanobis(x: readonly number[], mean: readonly number[], covariance: Float64Array): number {
  const { values, vectors } = eigenSymmetric(covariance, x.length);
  let sum = 0;
  values.forEach((value, i) => {
    let along = 0;
    for (let k = 0; k < x.length; k++) along += vectors[i * x.length + k]! * (x[k]! - mean[k]!);
    sum += along ** 2 / value;
  });
  return sum;
}

function momentsOf(rows: readonly (readonly number[])[], divisor: number) {
  const dim = rows[0]!.length;
  const mean = Array.from(
    { length: dim },
    (_, k) => rows.reduce((sum, row) => sum + row[k]!, 0) / rows.length,
  );
  const covariance = Float64Array.from({ length: dim * dim }, (_, at) => {
    const [i, j] = [Math.floor(at / dim), at % dim];
    return rows.reduce((sum, row) => sum + (row[i]! - mean[i]!) * (row[j]! - mean[j]!), 0) / divisor;
  });
  return { mean, covariance };
}

describe("distances of patches", () => {
  it("are Mahalanobis' of the pixels to patches anywhere", async () => {
    // Patches of 2 x 2 that overlap nowhere, so that each is a part of the image; pixels depend on their neighbours.
    const [side, height, width] = [2, 4, 6];
    const image = normals(height * width);
    for (let k = 1; k < image.length; k++) image[k] = 0.6 * image[k - 1]! + image[k]!;
    const rows = Array.from({ length: 50 }, () => Array.from(normals(4)));
    for (const row of rows) row[1] = row[0]! + 0.3 * row[1]!;
    const options = { components: 4, floor: 1e-9 };
    const { weights, offset } = await whiteningOf(native, Float32Array.from(rows.flat()), 4, options);
    const patches = rawPatches([1, height, width], side, side);
    const got = await run(image, [1, image.length], (x) =>
      squaredDistances(patches.projected(x, weights, offset), undefined),
    );
    const { mean, covariance } = momentsOf(rows, rows.length - 1);
    for (let place = 0; place < 6; place++) {
      const [top, left] = [2 * Math.floor(place / 3), 2 * (place % 3)];
      const patch = [0, 1].flatMap((y) => [0, 1].map((x) => image[(top + y) * width + left + x]!));
      const wanted = mahalanobis(patch, mean, covariance);
      expect(Math.abs(got[place]! - wanted)).toBeLessThan(1e-3 * wanted);
    }
  });

  it("are Mahalanobis' to patches of the same part, whose covariance is moved half-way to a sphere", async () => {
    // A grid of 5 x 6 places has parts of 4 x 4, 4 x 2, 1 x 4 and 1 x 2.
    const [dim, height, width] = [3, 5, 6];
    const images = Array.from({ length: 12 }, () => {
      const z = normals(dim * height * width);
      return z.map((value, k) => value * (1 + (k % width)) + (k % height));
    });
    const moments = new LocalMoments({ height, width }, dim);
    for (const image of images) moments.add(image);
    const local = moments.density();
    const got = await run(images[0]!, [1, dim, height, width], (z) => squaredDistances(z, local));
    const at = (image: Float32Array, place: number): number[] =>
      Array.from({ length: dim }, (_, k) => image[k * height * width + place]!);
    const partOf = (place: number): string => `${Math.floor(place / width) >> 2},${(place % width) >> 2}`;
    let logDeterminants = 0;
    for (let place = 0; place < height * width; place++) {
      const same = Array.from({ length: height * width }, (_, k) => k).filter(
        (k) => partOf(k) === partOf(place),
      );
      const rows = images.flatMap((image) => same.map((k) => at(image, k)));
      const { mean, covariance } = momentsOf(rows, rows.length);
      const trace = (covariance[0]! + covariance[4]! + covariance[8]!) / dim;
      const moved = covariance.map((value, k) => 0.5 * value + (k % (dim + 1) === 0 ? 0.5 * trace : 0));
      const wanted = mahalanobis(at(images[0]!, place), mean, moved);
      expect(Math.abs(got[place]! - wanted)).toBeLessThan(1e-3 * wanted + 1e-4);
      logDeterminants += eigenSymmetric(moved, dim).values.reduce((sum, value) => sum + Math.log(value), 0);
    }
    expect(meanLogDeterminant(local, { height, width })).toBeCloseTo(logDeterminants / (height * width), 4);
  });

  it("are those to patches anywhere in a part that does not vary, whatever rounding leaves of its variance", async () => {
    // Parts of 4 x 4 places side by side: one varies, one never does, and one does by rounding alone.
    const [dim, height, width] = [3, 4, 12];
    const images = Array.from({ length: 6 }, () =>
      normals(dim * height * width).map((value, k) => {
        const part = Math.floor((k % width) / 4);
        return part === 0 ? value : 2 + (part === 2 ? 1e-6 * value : 0);
      }),
    );
    const moments = new LocalMoments({ height, width }, dim);
    for (const image of images) moments.add(image);
    const local = moments.density();
    const image = normals(dim * height * width);
    const [here, anywhere] = await Promise.all(
      [local, undefined].map((density) =>
        run(image, [1, dim, height, width], (z) => squaredDistances(z, density)),
      ),
    );
    for (let place = 0; place < height * width; place++) {
      if (place % width < 4) expect(here![place]).not.toBeCloseTo(anywhere![place]!, 5);
      else expect(here![place]).toBeCloseTo(anywhere![place]!, 5);
    }
    expect([...local.logDeterminant].slice(1)).toEqual([0, 0]);
  });
});
