/** Detectors of rows on what a user's own network says of whole images. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { imagesFrom } from "../../data/images/image-arrays.js";
import { selectImages } from "../../data/index.js";
import { conv, Graph, maxPool, mean as meanOf, relu, serialize } from "../../graph/index.js";
import { DeepSad, DeepSvdd, Hsc, Knn, Model, tableFromMatrix } from "../../index.js";
import { createRandom } from "../../math/random.js";
import type { Runtime } from "../../runtime/index.js";
import { float32 } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { imageVectors, standardisationOf, standardisedRows } from "./image-vectors.js";

const folder = new URL("../../../test/golden/backbones/", import.meta.url);
const bytes = readFileSync(new URL("residual-20.onnx", folder));
const backbone = { bytes, name: "residual-20.onnx" };
const SIDE = 32;
const fast = { members: 1, hiddenDims: [16], latentDim: 4, pretrainSteps: 40, steps: 60 };

/** Noise about grey, or about red where they are wrong: the network has random weights, and tells these apart. */
function parts(count: number, seed: number, wrong = false, side = SIDE) {
  const random = createRandom(seed).stream("parts");
  return imagesFrom(
    Array.from({ length: count }, () => {
      const level = 50 + random.int(100);
      const tint = wrong ? [90, -40, -40] : [0, 0, 0];
      const data = Uint8Array.from(
        { length: side * side * 3 },
        (_, k) => level + tint[k % 3]! + random.int(40),
      );
      return { height: side, width: side, data };
    }),
  );
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

describe.each([
  ["knn", (options: object) => new Knn(options)],
  ["deep-svdd", (options: object) => new DeepSvdd({ ...fast, ...options })],
  ["deep-sad", (options: object) => new DeepSad({ ...fast, ...options })],
  ["hsc", (options: object) => new Hsc({ ...fast, ...options })],
] as const)("%s with a backbone", (name, create) => {
  const detector = create({ seed: 3, backboneLicense: "MIT" });
  const extra = name === "deep-sad" || name === "hsc" ? { outliers: parts(12, 8, true) } : {};
  let model: Model;
  beforeAll(async () => {
    model = await detector.fit(parts(60, 1), { backbone, ...extra });
  }, 20_000);

  it("tells images apart that the network tells apart", async () => {
    const [good, wrong] = [await model.score(parts(20, 2)), await model.score(parts(20, 3, true))];
    expect(Math.min(...wrong.scores)).toBeGreaterThan(mean(good.scores));
    expect(mean(wrong.isAnomaly)).toBeGreaterThan(0.9);
    expect(mean(good.isAnomaly)).toBeLessThan(0.3);
  });

  it("says which network it is, that it sees images as they are, and how many numbers they became", () => {
    expect(model.card.backbone).toEqual({
      name: "residual-20.onnx",
      sha256: createHash("sha256").update(bytes).digest("hex"),
      bytes: bytes.length,
      license: "MIT",
      opset: 20,
      tensors: [expect.any(String)],
      shapes: [[8, 2, 2]],
      height: SIDE,
      width: SIDE,
      mean: [0.485, 0.456, 0.406],
      deviation: [0.229, 0.224, 0.225],
      channels: "rgb",
      vector: 8,
    });
    expect(model.card.schema).toMatchObject({ kind: "images", contrast: "none" });
    expect(model.card.options["contrast"]).toBe("none");
  });

  it("is one file: the same after loading, for an image alone, and trained again", async () => {
    const together = await model.score(parts(5, 5));
    const loaded = await Model.fromBytes(model.toBytes());
    expect((await loaded.score(parts(5, 5))).scores).toEqual(together.scores);
    const alone = await model.score(selectImages(parts(5, 5), Uint32Array.of(3)));
    expect(Math.abs(alone.scores[0]! / together.scores[3]! - 1)).toBeLessThan(1e-5);
    const twice = await create({ seed: 3, backboneLicense: "MIT" }).fit(parts(60, 1), { backbone, ...extra });
    expect(Buffer.compare(twice.toBytes(), model.toBytes())).toBe(0);
  });

  if (name !== "knn") {
    it("keeps its untrained control, which sees the same vectors", async () => {
      const { scores } = await model.score(parts(6, 2));
      const control = (await model.untrainedScores(parts(6, 2)))!;
      expect(control.every(Number.isFinite)).toBe(true);
      expect(control).not.toEqual(scores);
      expect(model.card.training).toMatchObject({ health: { healthy: expect.any(Boolean) } });
    });
  }
});

describe("vectors of images", () => {
  const images = { shape: [3, 48, 64], pixelRange: { min: 0, max: 1 } };
  const plain = { backboneMean: [0], backboneDeviation: [1] };
  const golden = JSON.parse(readFileSync(new URL("residual.json", folder), "utf8")) as {
    maps: { shape: number[]; data: number[] }[];
  };
  const pixels = Float32Array.from({ length: 2 * 3 * 48 * 64 }, (_, k) => ((k * 37) % 101) / 101);
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await loadNativeRuntime();
  });

  async function vectorsOf(options: object): Promise<Float32Array> {
    const view = await imageVectors(runtime, backbone, images, { ...plain, ...options });
    const graph = new Graph();
    graph.output("vectors", view.of(graph.input("features", "float32", ["rows", 3 * 48 * 64])));
    const session = await runtime.createSession(serialize(graph));
    const { vectors } = await session.run({ features: float32([2, 3 * 48 * 64], pixels) });
    await session.release();
    expect(vectors!.shape).toEqual([2, view.columns]);
    return vectors!.data as Float32Array;
  }

  it("are the means of the last map that PyTorch has", async () => {
    const { shape, data } = golden.maps[1]!;
    const area = shape[2]! * shape[3]!;
    const means = Array.from({ length: data.length / area }, (_, k) =>
      mean(data.slice(k * area, (k + 1) * area)),
    );
    const found = await vectorsOf({});
    expect(found).toHaveLength(means.length);
    found.forEach((value, k) => {
      expect(Math.abs(value - means[k]!)).toBeLessThan(1e-5);
    });
  });

  it("are tensors by name, maps and vectors one after the other, also twice", async () => {
    const whole = "/network/ReduceMean_output_0";
    const [pooled, both] = [
      await vectorsOf({}),
      await vectorsOf({ backboneTensors: ["/network/blocks.1/Relu_output_0", whole, whole] }),
    ];
    for (const row of [0, 1]) {
      const own = both.subarray(24 * row, 24 * (row + 1));
      for (let k = 0; k < 8; k++) {
        expect(own[8 + k]).toBeCloseTo(pooled[8 * row + k]!, 6);
        expect(own[16 + k]).toBe(own[8 + k]);
      }
    }
  });

  it("are refused by names that there are not, naming vectors too", async () => {
    await expect(vectorsOf({ backboneTensors: ["nothing"] })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining('"nothing", which is no feature map'),
      hint: expect.stringMatching(/its last vectors are .*ReduceMean_output_0" \(8\)/),
    });
  });
});

describe("standardisation", () => {
  it("brings numbers to mean 0 and deviation 1, and stretches none ten times more than they vary on average", () => {
    const rows = Array.from({ length: 40 }, (_, k) => [1000 + k, (k % 2) * 1e-4, 7]);
    const matrix = { rows: 40, columns: 3, data: Float32Array.from(rows.flat()) };
    const scale = standardisationOf(matrix);
    const { data } = standardisedRows(matrix, scale);
    const column = (k: number) => Array.from({ length: 40 }, (_, row) => data[3 * row + k]!);
    const spread = (values: number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
    expect(mean(column(0))).toBeCloseTo(0, 6);
    expect(spread(column(0))).toBeCloseTo(1, 5);
    const average = (Math.sqrt((40 ** 2 - 1) / 12) + 5e-5) / 3;
    expect(spread(column(1))).toBeCloseTo(5e-5 / (0.1 * average), 7);
    expect(new Set(column(2))).toEqual(new Set([0]));
  });

  it("refuses what is not finite", () => {
    const data = Float32Array.of(1, 2, Number.NaN, 4);
    expect(() => standardisationOf({ rows: 2, columns: 2, data })).toThrow(/not finite/);
  });
});

/** A network of a fixed size as this package writes it. */
function fixedNetwork(side: number): Uint8Array {
  const graph = new Graph();
  const image = graph.input("image", "float32", ["rows", 3, side, side]);
  const kernel = Float32Array.from({ length: 8 * 3 * 9 }, (_, k) => ((k * 7) % 11) / 11 - 0.4);
  const map = conv(image, graph.initializer("kernel", "float32", [8, 3, 3, 3], kernel), { pads: 1 });
  graph.output("classes", meanOf(maxPool(map, 4), [2, 3]));
  return serialize(graph);
}

describe("sizes of images", () => {
  const sizeOf = async (bytes: Uint8Array, side: number, options = {}) => {
    const { card } = await new Knn(options).fit(parts(36, 1, false, side), { backbone: { bytes } });
    const { height, width } = card.schema as unknown as { height: number; width: number };
    return [height, width, card.backbone!.height];
  };

  it("are the network's where the file says one, their own where they are smaller, or as they are asked for", async () => {
    expect(await sizeOf(fixedNetwork(48), 72)).toEqual([48, 48, 48]);
    expect(await sizeOf(fixedNetwork(48), 40)).toEqual([40, 40, 48]);
    expect(await sizeOf(bytes, 72)).toEqual([72, 72, 72]);
    expect(await sizeOf(bytes, 72, { imageSize: 64 })).toEqual([64, 64, 64]);
  });
});

describe("with a backbone it refuses", () => {
  const images = parts(36, 1);

  it.each([
    ["normalised contrast", new Knn({ contrast: "gcn" }), {}, /contrast is "gcn"/],
    ["an encoder of images", new DeepSvdd({ encoder: "cnn" }), {}, /encoder is "cnn".*one row of numbers/],
    ["folds", new Knn({ calibration: "cross" }), {}, /once for each fold/],
    ["damaged pixels", new Hsc({ synthesis: "cut-paste" }), {}, /synthesis is "cut-paste"/],
    [
      "a model to go on from",
      new DeepSad(),
      { from: { toBytes: () => bytes } },
      /starting model and a backbone/,
    ],
  ])("%s", async (_, detector, fit, message) => {
    await expect(detector.fit(images, { backbone, ...fit })).rejects.toThrow(message);
  });

  it("a mean or a deviation of two numbers", () => {
    for (const name of ["backboneMean", "backboneDeviation"]) {
      expect(() => new Knn({ [name]: [1, 2] })).toThrow(/one number for all channels, or three/);
      expect(() => new Knn({ [name]: [1] })).not.toThrow();
    }
  });

  it("rows of a table", async () => {
    const table = tableFromMatrix(Array.from({ length: 40 }, (_, k) => [k, -k]));
    await expect(new Knn().fit(table, { backbone })).rejects.toThrow(
      /looks at images, but .* rows of a table/,
    );
  });

  it("training goes on from no model that has one", async () => {
    const from = await new DeepSvdd(fast).fit(images, { backbone });
    await expect(new DeepSad(fast).fit(images, { from })).rejects.toThrow(/features from a backbone/);
  });
});

it.each(["backboneTensors", "backboneMean", "backboneDeviation", "backboneChannels", "backboneLicense"])(
  "%s is refused where there is no backbone",
  async (option) => {
    const values = { backboneTensors: ["x"], backboneChannels: "bgr", backboneLicense: "MIT" };
    const value = values[option as keyof typeof values] ?? [0.5];
    await expect(new Knn({ [option]: value }).fit(parts(36, 1))).rejects.toThrow(
      `${option} is given, but there is no backbone that it could be of.`,
    );
  },
);

it("learns from labels on a backbone", async () => {
  const all = imagesFrom(
    await Promise.all(
      [...Array(60).keys()].map((k) => (k < 50 ? parts(50, 1) : parts(10, 4, true)).read(k % 50)),
    ),
  );
  const labels = Array.from({ length: 60 }, (_, k) => (k < 50 ? 0 : 1));
  const model = await new DeepSad({ ...fast, steps: 150 }).fit(all, { labels, backbone });
  expect(model.card.data.labels).toMatchObject({ anomalies: 10 });
  const [good, wrong] = [await model.score(parts(20, 2)), await model.score(parts(20, 3, true))];
  expect(Math.min(...wrong.scores)).toBeGreaterThan(mean(good.scores));
});

it("sees changed copies of images through a backbone, too", async () => {
  const options = { ...fast, augment: ["brightness", "shift"], augmentCopies: 2 } as const;
  const model = await new DeepSvdd(options).fit(parts(40, 1), { backbone });
  expect(model.card.data.augmentation).toEqual({ changes: ["brightness", "shift"], strength: 1, copies: 2 });
  expect(mean((await model.score(parts(10, 3, true))).isAnomaly)).toBeGreaterThan(0.8);
});

it("holds the network once, although the untrained control needs it too", async () => {
  const graph = new Graph();
  const image = graph.input("image", "float32", ["rows", 3, SIDE, SIDE]);
  const stream = createRandom(2).stream("kernels");
  const kernel = (name: string, outputs: number, inputs: number, side: number) => {
    const data = new Float32Array(outputs * inputs * side * side);
    stream.fillNormal(data, 0, 1 / Math.sqrt(inputs * side * side));
    return graph.initializer(name, "float32", [outputs, inputs, side, side], data);
  };
  const first = relu(conv(image, kernel("first", 64, 3, 3), { pads: 1, strides: 2 }));
  graph.output(
    "classes",
    meanOf(relu(conv(first, kernel("second", 64, 64, 5), { pads: 2, strides: 2 })), [2, 3]),
  );
  const network = serialize(graph);
  const model = await new DeepSvdd(fast).fit(parts(40, 1), { backbone: { bytes: network } });
  const file = model.toBytes().length;
  expect(network.length).toBeGreaterThan(400_000);
  expect(file).toBeLessThan(1.3 * network.length);
  const loaded = await Model.fromBytes(model.toBytes());
  const control = (await loaded.untrainedScores(parts(5, 2)))!;
  expect(control.every((score) => score > 0 && score < 100)).toBe(true);
  const changed = loaded.withThreshold({ ...loaded.card.threshold, threshold: 3 });
  expect(await (await changed).untrainedScores(parts(5, 2))).toEqual(control);
});
