import { describe, expect, it } from "vitest";
import { add, conv, Graph, reshape, serialize, tanh } from "../../graph/index.js";
import { createRandom } from "../../math/random.js";
import { float32 } from "../../runtime/index.js";
import { nodeBackend } from "../../runtime/node/backend.js";
import type { RawMap } from "./map-calibration.js";
import { rawPatches } from "./patch-features.js";
import { tiledMap } from "./tiled-map.js";
import { tiledAxis } from "./tiling.js";

type Shape = readonly [number, number, number];

const runtime = await nodeBackend().inline();

async function mapOf(raw: RawMap, shape: Shape, images: Float32Array<ArrayBuffer>, rows = 1) {
  const graph = new Graph();
  const size = shape[0] * shape[1] * shape[2];
  const map = raw(graph.input("features", "float32", ["rows", size]));
  graph.output("map", map);
  const session = await runtime.createSession(serialize(graph));
  const { map: result } = await session.run({ features: float32([rows, size], images) });
  await session.release();
  return { shape: map.shape, data: result!.data as Float32Array };
}

function noise(shape: Shape, rows = 1): Float32Array<ArrayBuffer> {
  const values = new Float32Array(rows * shape[0] * shape[1] * shape[2]);
  createRandom("tiles").stream("noise").fillUniform(values);
  return values;
}

/** Squares of mirrored patches of 6 pixels, every 3: local, and the same for an image of any size. */
const patchMap =
  (shape: Shape, stride = 3, side = 6): RawMap =>
  (features) => {
    const patches = rawPatches(shape, side, stride);
    const weights = noise([1, 1, patches.channels]);
    const planes = patches.projected(features, weights, Float32Array.of(0.1));
    return tanh(reshape(planes, [features.shape[0]!, patches.height, patches.width]));
  };

/** A convolution of 7 x 7 with zeros around the image, at the resolution of the image. */
const convMap =
  ([channels, height, width]: Shape): RawMap =>
  (features) => {
    const rows = features.shape[0]!;
    const kernel = features.graph.constant("float32", [1, channels, 7, 7], noise([channels, 7, 7]));
    const image = reshape(features, [rows, channels, height, width]);
    return reshape(add(conv(image, kernel, { pads: [3, 3, 3, 3] }), 1), [rows, height, width]);
  };

const farthest = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, k) => Math.max(most, Math.abs(value - b[k]!)), 0);

describe("tiles along an axis", () => {
  it.each([
    [4000, 512, 64, 4],
    [3000, 512, 64, 4],
    [100, 32, 8, 1],
    [101, 32, 16, 3],
    [65, 64, 8, 8],
    [1000, 33, 0, 5],
  ])("%i pixels in tiles of %i that share %i, %i per pixel of the map", (length, tile, overlap, stride) => {
    const mapTile = Math.ceil(tile / stride);
    const { starts, sources } = tiledAxis(length, tile, overlap, stride, mapTile);
    expect(sources).toHaveLength(Math.ceil(length / stride));
    sources.forEach(({ tile: at, place }, k) => {
      expect(place).toBeGreaterThanOrEqual(0);
      expect(place).toBeLessThan(mapTile);
      expect(starts[at]! / stride + place).toBe(k);
    });
    starts.slice(1).forEach((start, k) => {
      expect(start - starts[k]!).toBeLessThanOrEqual(Math.max(stride, tile - overlap));
    });
    expect(starts.at(-1)! + tile).toBeGreaterThanOrEqual(length);
    expect(starts.at(-1)! + tile).toBeLessThan(length + stride);
  });

  it("takes each pixel from where the margin is at least half of what tiles share", () => {
    const { starts, sources } = tiledAxis(400, 64, 16, 1, 64);
    sources.forEach(({ tile, place }) => {
      if (tile > 0) expect(place).toBeGreaterThanOrEqual(8);
      if (tile < starts.length - 1) expect(place).toBeLessThan(56);
    });
  });
});

describe("the map of tiles put together", () => {
  it.each([
    ["patches in colour", [3, 90, 126] as const, patchMap, { tile: 48, overlap: 12 }],
    ["patches, one row of tiles", [1, 48, 126] as const, patchMap, { tile: 48, overlap: 6 }],
    ["a convolution with zeros around", [1, 70, 91] as const, convMap, { tile: 32, overlap: 6 }],
  ])("is that of the whole image where the network is local: %s", async (_, shape, raw, options) => {
    const images = noise(shape, 2);
    const tile: Shape = [shape[0], Math.min(shape[1], options.tile), Math.min(shape[2], options.tile)];
    const whole = await mapOf(raw(shape), shape, images, 2);
    const tiled = await mapOf(tiledMap(raw(tile), shape, options), shape, images, 2);
    expect(tiled.shape).toEqual(whole.shape);
    expect(farthest(tiled.data, whole.data)).toBeLessThan(1e-5);
  });

  it("has seams where tiles share less than a pixel of the map depends on", async () => {
    const shape = [1, 70, 91] as const;
    const whole = await mapOf(convMap(shape), shape, noise(shape));
    const tiled = await mapOf(
      tiledMap(convMap([1, 32, 32]), shape, { tile: 32, overlap: 2 }),
      shape,
      noise(shape),
    );
    expect(farthest(tiled.data, whole.data)).toBeGreaterThan(1e-2);
  });

  it("mirrors what the last tiles have beyond the image, and takes any size of map", async () => {
    const shape = [1, 61, 77] as const;
    const tiled = await mapOf(
      tiledMap(patchMap([1, 32, 32]), shape, { tile: 32, overlap: 9 }),
      shape,
      noise(shape),
    );
    const whole = await mapOf(patchMap(shape), shape, noise(shape));
    expect(tiled.shape).toEqual(["rows", 21, 26]);
    expect(whole.shape).toEqual(["rows", 21, 26]);
    const inner = Array.from(tiled.data.keys()).filter((k) => k % 26 < 24 && k < 19 * 26);
    for (const k of inner) expect(tiled.data[k]).toBeCloseTo(whole.data[k]!, 5);
    expect(tiled.data.every(Number.isFinite)).toBe(true);
  });

  it("is the network's own where an image is a tile", () => {
    const raw = convMap([1, 30, 40]);
    expect(tiledMap(raw, [1, 30, 40], { tile: 64 })).toBe(raw);
  });
});
