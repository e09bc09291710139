/** A user's own network: its image is found and fed as it wants, and its maps are those that PyTorch has. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  concat,
  conv,
  Graph,
  maxPool,
  mean,
  reshape,
  type Shape,
  serialize,
  transpose,
} from "../../graph/index.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { type Backbone, readBackbone } from "./backbone.js";
import type { BackboneOptions } from "./options.js";

const folder = new URL("../../../test/golden/backbones/", import.meta.url);
const golden = JSON.parse(readFileSync(new URL("residual.json", folder), "utf8")) as {
  maps: { shape: number[]; data: number[] }[];
};
const plain: BackboneOptions = {
  backboneTensors: [],
  backboneMean: [0],
  backboneDeviation: [1],
  backboneChannels: "rgb",
};
const COUNT = 2 * 3 * 48 * 64;
const pixels = Float32Array.from({ length: COUNT }, (_, k) => ((k * 37) % 101) / 101);

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});

const images = { channels: 3, height: 48, width: 64, range: { min: 0, max: 1 } };

async function mapsOf(backbone: Backbone, features: Float32Array, rows: number): Promise<Float32Array[]> {
  const graph = new Graph();
  const x = graph.input("features", "float32", ["rows", features.length / rows]);
  backbone.maps(x).forEach((map, k) => {
    graph.output(`map${k}`, map);
  });
  const session = await runtime.createSession(serialize(graph));
  const results = await session.run({ features: float32([rows, features.length / rows], features) });
  await session.release();
  return backbone.shapes.map((_, k) => results[`map${k}`]!.data as Float32Array);
}

const near = (found: ArrayLike<number>, wanted: ArrayLike<number>): void => {
  expect(found.length).toBe(wanted.length);
  expect(Math.max(...Array.from(found, (value, k) => Math.abs(value - wanted[k]!)))).toBeLessThan(1e-5);
};

describe.each([9, 20])("a network that PyTorch wrote for operator set %i", (opset) => {
  const bytes = readFileSync(new URL(`residual-${opset}.onnx`, folder));

  it("is cut after its second and third block, and gives what PyTorch has there", async () => {
    const backbone = await readBackbone(runtime, { bytes }, images, plain, "levels");
    expect(backbone.shapes).toEqual([
      [8, 6, 8],
      [8, 3, 4],
    ]);
    const found = await mapsOf(backbone, pixels, 2);
    golden.maps.forEach(({ data }, k) => {
      near(found[k]!, data);
    });
  });

  it("undoes the scaling of features, and takes mean, deviation and order of the channels as they are given", async () => {
    const range = { min: 0.25, max: 0.75 };
    const [mean, deviation] = [
      [0.1, 0.2, 0.3],
      [2, 4, 0.5],
    ];
    const options = {
      ...plain,
      backboneMean: mean,
      backboneDeviation: deviation,
      backboneChannels: "bgr" as const,
    };
    const backbone = await readBackbone(runtime, { bytes }, { ...images, range }, options, "levels");
    // Features whose pixels, normalised and turned round, are those of the golden image.
    const area = 48 * 64;
    const features = Float32Array.from({ length: COUNT }, (_, k) => {
      const [row, channel, place] = [Math.floor(k / (3 * area)), Math.floor(k / area) % 3, k % area];
      const wanted = pixels[(row * 3 + (2 - channel)) * area + place]!;
      return (wanted * deviation[channel]! + mean[channel]! - range.min) / (range.max - range.min);
    });
    const found = await mapsOf(backbone, features, 2);
    near(found[0]!, golden.maps[0]!.data);
  });

  it("is cut at the last map where one is wanted, and at tensors by name, also twice", async () => {
    const last = await readBackbone(runtime, { bytes }, images, plain, "last");
    expect(last.shapes).toEqual([[8, 3, 4]]);
    const { tensors } = last.record;
    const named = { ...plain, backboneTensors: [tensors[0]!, tensors[0]!] };
    const twice = await readBackbone(runtime, { bytes }, images, named, "levels");
    const [first, second] = await mapsOf(twice, pixels, 2);
    near(first!, golden.maps[1]!.data);
    expect(second).toEqual(first);
  });
});

/** Networks as this package writes them: convolution, pooling, classes. */
function network(
  shape: Shape,
  {
    last = false,
    folded = false,
    dtype = "float32" as "float32" | "float64",
    extra = false,
    classes = 4,
  } = {},
): Uint8Array {
  const graph = new Graph();
  const x = graph.input("image", dtype, shape);
  if (dtype === "float64") {
    graph.output("classes", x);
    return serialize(graph);
  }
  const image = last ? transpose(x, [0, 3, 1, 2]) : x;
  const channels = image.shape[1] as number;
  const kernel = Float32Array.from({ length: 9 * channels * 3 * 3 }, (_, k) => ((k * 7) % 11) / 11 - 0.4);
  const map = conv(image, graph.initializer("kernel", "float32", [9, channels, 3, 3], kernel), { pads: 1 });
  const pooled = maxPool(map, 4);
  const grid = pooled.shape as [number | string, number, number, number];
  // As networks are whose number of images is fixed: a shape with a one in it.
  const fixed = folded
    ? reshape(reshape(pooled, [1, 9 * grid[2] * grid[3]]), [1, 9, grid[2], grid[3]])
    : pooled;
  const after = conv(fixed, graph.constant("float32", [9, 9, 1, 1], new Float32Array(81).fill(0.1)));
  const answer = mean(after, [2, 3]);
  graph.output("classes", classes === 0 ? concat([answer, answer], 1) : answer);
  if (extra) graph.output("more", graph.input("second", "float32", ["rows", 1]));
  return serialize(graph);
}

describe("networks that this package wrote", () => {
  const size = { ...images, height: 32, width: 32 };

  it("are cut at their last map where none is at an eighth of the image", async () => {
    const backbone = await readBackbone(
      runtime,
      { bytes: network(["rows", 3, 32, 32]) },
      size,
      plain,
      "levels",
    );
    expect(backbone.shapes).toEqual([[9, 8, 8]]);
    expect(backbone.record.opset).toBe(18);
  });

  it("may have channels last", async () => {
    const [first, last] = [network(["rows", 3, 32, 32]), network(["rows", 32, 32, 3], { last: true })];
    const features = pixels.slice(0, 3 * 32 * 32);
    const found = await Promise.all(
      [first, last].map(async (bytes) =>
        mapsOf(await readBackbone(runtime, { bytes }, size, plain, "last"), features, 1),
      ),
    );
    expect(found[1]).toEqual(found[0]);
  });

  it("see colours as grey where they have one channel, and grey repeated where they have three", async () => {
    const one = await readBackbone(runtime, { bytes: network(["rows", 1, 32, 32]) }, size, plain, "last");
    const grey = pixels.slice(0, 32 * 32);
    const colour = Float32Array.from([...grey, ...grey, ...grey]);
    const given = { ...size, channels: 1 };
    const greyOne = await readBackbone(
      runtime,
      { bytes: network(["rows", 1, 32, 32]) },
      given,
      plain,
      "last",
    );
    near((await mapsOf(one, colour, 1))[0]!, (await mapsOf(greyOne, grey, 1))[0]!);
    const three = await readBackbone(runtime, { bytes: network(["rows", 3, 32, 32]) }, size, plain, "last");
    const greyThree = await readBackbone(
      runtime,
      { bytes: network(["rows", 3, 32, 32]) },
      given,
      plain,
      "last",
    );
    near((await mapsOf(greyThree, grey, 1))[0]!, (await mapsOf(three, colour, 1))[0]!);
  });

  it("run at their own size where they run at no other", async () => {
    const bytes = network([1, 3, 16, 16], { folded: true });
    // The number of images is fixed too.
    await expect(readBackbone(runtime, { bytes }, size, plain, "last")).rejects.toThrow(
      /dynamic batch|2 images/,
    );
  });

  it("of any declared number of images take as many as there are, where nothing inside says another", async () => {
    const backbone = await readBackbone(runtime, { bytes: network([1, 3, 32, 32]) }, size, plain, "last");
    expect((await mapsOf(backbone, pixels.slice(0, 4 * 3 * 32 * 32), 4))[0]).toHaveLength(4 * 9 * 8 * 8);
  });

  it.each([
    ["no image", network(["rows", 5, 32, 32].slice(0, 4) as Shape), /1 or 3 channels/],
    ["float64", network(["rows", 3], { dtype: "float64" }), /float64, expected float32/],
    ["nothing inside", new Uint8Array(), /backbone "backbone.onnx" cannot be read. The model is empty/],
    ["half of it missing", network(["rows", 3, 32, 32]).slice(0, 400), /cannot be read.*not a whole one/],
    ["a second input", network(["rows", 3, 32, 32], { extra: true }), /2 inputs \("image", "second"\)/],
  ])("with %s are refused", async (_, bytes, message) => {
    await expect(readBackbone(runtime, { bytes }, size, plain, "last")).rejects.toThrow(message);
  });
});
