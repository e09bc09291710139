/** Networks in 8 bits and in half precision are refused where they compute so, and taken where they only store so. */
import { beforeAll, describe, expect, it } from "vitest";
import {
  foreignNetwork,
  halfWeight,
  type NetworkNode,
  type NetworkWeight,
  TYPE,
  weight,
} from "../../../test/foreign-network.js";
import { Graph, serialize, withBareOutputs } from "../../graph/index.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { readBackbone } from "./backbone.js";
import type { BackboneOptions } from "./options.js";

const SHAPE = ["rows", 3, "height", "width"];
const [HEIGHT, WIDTH, CHANNELS] = [8, 12, 8];
const images = { channels: 3, height: HEIGHT, width: WIDTH, range: { min: 0, max: 1 } };
const plain = { backboneMean: [0], backboneDeviation: [1], backboneChannels: "rgb" } as const;
const options = (backboneTensors: string[] = []): BackboneOptions => ({ ...plain, backboneTensors });
const pixels = Float32Array.from({ length: 3 * HEIGHT * WIDTH }, (_, k) => ((k * 37) % 101) / 101);

const FIRST = [CHANNELS, 3, 3, 3];
const SECOND = [CHANNELS, CHANNELS, 1, 1];
const count = (shape: readonly number[]): number => shape.reduce((all, length) => all * length, 1);
/** Powers of two, which all types here hold exactly. */
const powers = (shape: readonly number[]): number[] =>
  Array.from({ length: count(shape) }, (_, k) => (k % 3 === 0 ? -1 : 1) * 2 ** -(1 + (k % 5)));
const float = (name: string, shape: readonly number[]): NetworkWeight => weight(name, shape, powers(shape));
const half = (name: string, shape: readonly number[]): NetworkWeight =>
  halfWeight(name, shape, powers(shape));
const bytes = (name: string, type: number, shape: readonly number[], values: readonly number[]) => ({
  ...{ name, type, shape },
  bytes: Uint8Array.from(values),
});

const node = (
  type: string,
  inputs: string,
  output: string,
  attributes?: NetworkNode["attributes"],
): NetworkNode => ({ type, inputs: inputs.split(" "), output, ...(attributes && { attributes }) });
const tail = (map: string): NetworkNode[] => [
  node("GlobalAveragePool", map, "pooled"),
  node("Flatten", "pooled", "answer"),
];
/** Two convolutions, the second of 1 x 1, and what they say of the whole image. */
const body = (image: string, second = "second"): NetworkNode[] => [
  node("Conv", `${image} first`, "edges"),
  node("Relu", "edges", "seen"),
  node("Conv", `seen ${second}`, "map"),
];

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});

const read = (network: Uint8Array, names?: string[], choice: "levels" | "last" = "last") =>
  readBackbone(runtime, { bytes: network }, images, options(names), choice);

async function run(model: Uint8Array, input: string, shape: number[], output: string): Promise<Float32Array> {
  const session = await runtime.createSession(model);
  try {
    return (await session.run({ [input]: float32(shape, pixels) }))[output]!.data as Float32Array;
  } finally {
    await session.release();
  }
}

/** What the file has at a tensor, when ONNX Runtime runs the file itself. */
const alone = (network: Uint8Array, tensor: string): Promise<Float32Array> =>
  run(withBareOutputs(network, "image", SHAPE, [tensor]), "image", [1, 3, HEIGHT, WIDTH], tensor);

/** What a model has that took the tensor from the file. */
async function taken(network: Uint8Array, tensor: string): Promise<Float32Array> {
  const backbone = await read(network, [tensor]);
  const graph = new Graph();
  const [map] = backbone.maps(graph.input("features", "float32", ["rows", pixels.length]));
  graph.output("map", map!);
  return run(serialize(graph), "features", [1, pixels.length], "map");
}

const difference = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((value, k) => Math.abs(value - b[k]!)));

describe.each([13, 18, 21])(
  "weights of operator set %i that are unpacked before anything is computed",
  (opset) => {
    const expected = foreignNetwork(
      SHAPE,
      [...body("image"), ...tail("map")],
      [float("first", FIRST), float("second", SECOND)],
      opset,
    );

    it("from half precision give what the same weights give in single precision", async () => {
      const unpack = ["first", "second"].map((name) =>
        node("Cast", `${name}/half`, name, { to: TYPE.float32 }),
      );
      const weights = [half("first/half", FIRST), half("second/half", SECOND)];
      const network = foreignNetwork(SHAPE, [...unpack, ...body("image"), ...tail("map")], weights, opset);
      const maps = await taken(network, "map");
      expect(new Set(maps).size).toBeGreaterThan(100);
      expect(maps).toEqual(await alone(network, "map"));
      expect(difference(maps, await alone(expected, "map"))).toBeLessThan(1e-6);
    });

    it("from 8 bits give what the same weights give in single precision", async () => {
      // Steps of 1/32, a scale and a zero for each of the channels.
      const packed = (name: string, shape: readonly number[]): NetworkWeight[] => [
        bytes(
          `${name}/packed`,
          TYPE.int8,
          shape,
          powers(shape).map((value) => value * 32 + 3),
        ),
        weight(`${name}/scale`, [CHANNELS], new Float32Array(CHANNELS).fill(1 / 32)),
        bytes(`${name}/zero`, TYPE.int8, [CHANNELS], new Array(CHANNELS).fill(3)),
      ];
      const unpack = ["first", "second"].map((name) =>
        node("DequantizeLinear", `${name}/packed ${name}/scale ${name}/zero`, name, { axis: 0 }),
      );
      const weights = [...packed("first", FIRST), ...packed("second", SECOND)];
      const network = foreignNetwork(SHAPE, [...unpack, ...body("image"), ...tail("map")], weights, opset);
      expect(difference(await taken(network, "map"), await alone(expected, "map"))).toBeLessThan(1e-6);
    });
  },
);

describe("networks that compute in 8 bits", () => {
  const scale = weight("scale", [], [1 / 16]);
  const zero = bytes("zero", TYPE.uint8, [], [0]);
  const packed = bytes(
    "packed",
    TYPE.uint8,
    SECOND,
    powers(SECOND).map((value) => 32 + value * 16),
  );
  const middle = bytes("middle", TYPE.uint8, [], [32]);
  const weights = [float("first", FIRST), float("second", SECOND), scale, zero, packed, middle];
  const kinds: [string, string, NetworkNode[]][] = [
    [
      "in pairs of nodes (QDQ)",
      "QuantizeLinear",
      [
        node("QuantizeLinear", "seen scale zero", "steps"),
        node("DequantizeLinear", "steps scale zero", "rounded"),
        node("DequantizeLinear", "packed scale middle", "weights"),
        node("Conv", "rounded weights", "map"),
      ],
    ],
    [
      "in operators of their own (QOperator)",
      "QuantizeLinear",
      [
        node("QuantizeLinear", "seen scale zero", "steps"),
        node("QLinearConv", "steps scale zero packed scale middle scale zero", "map/steps"),
        node("DequantizeLinear", "map/steps scale zero", "map"),
      ],
    ],
    [
      "with steps that follow each image (dynamic)",
      "DynamicQuantizeLinear",
      [
        { ...node("DynamicQuantizeLinear", "seen", "steps"), more: ["range", "origin"] },
        node("ConvInteger", "steps packed origin middle", "sums"),
        node("Cast", "sums", "sums/float", { to: TYPE.float32 }),
        node("Mul", "sums/float range", "map"),
      ],
    ],
  ];
  const before = body("image").slice(0, 2);

  it.each(kinds)("%s are refused, chosen or named", async (_, operator, inside) => {
    const network = foreignNetwork(SHAPE, [...before, ...inside, ...tail("map")], weights);
    // The file is in order: it is refused for what it is.
    expect(await alone(network, "map")).toHaveLength(CHANNELS * (HEIGHT - 2) * (WIDTH - 2));
    const refusal = { code: "invalid-model", message: expect.stringContaining(`is quantised (${operator})`) };
    await expect(read(network)).rejects.toMatchObject(refusal);
    await expect(read(network, ["map"], "levels")).rejects.toMatchObject(refusal);
  });

  it.each(kinds)("%s are taken up to there", async (_, __, inside) => {
    const network = foreignNetwork(SHAPE, [...before, ...inside, ...tail("map")], weights);
    expect(await taken(network, "seen")).toEqual(await alone(network, "seen"));
  });
});

describe("networks that compute in half precision", () => {
  const cast = (from: string, to: string, type: number): NetworkNode => node("Cast", from, to, { to: type });

  it("from an image of single precision on are refused", async () => {
    const network = foreignNetwork(
      SHAPE,
      [
        cast("image", "small", TYPE.float16),
        ...body("small"),
        cast("map", "wide", TYPE.float32),
        ...tail("wide"),
      ],
      [half("first", FIRST), half("second", SECOND)],
    );
    expect(new Set(await alone(network, "wide")).size).toBeGreaterThan(100);
    const refusal = {
      code: "invalid-model",
      message: expect.stringContaining("computes in half precision"),
      hint: expect.stringContaining("single precision"),
    };
    await expect(read(network)).rejects.toMatchObject(refusal);
    await expect(read(network, ["wide"], "levels")).rejects.toMatchObject(refusal);
    await expect(read(network, ["map"])).rejects.toMatchObject(refusal);
  });

  it("are told so where no tensor is of single precision", async () => {
    const network = foreignNetwork(
      SHAPE,
      [cast("image", "small", TYPE.float16), ...body("small"), ...tail("map")],
      [half("first", FIRST), half("second", SECOND)],
    );
    await expect(read(network)).rejects.toThrow(/computes in half precision/);
  });

  it("are taken before they do", async () => {
    const network = foreignNetwork(
      SHAPE,
      [
        ...body("image", "second").slice(0, 2),
        cast("seen", "small", TYPE.float16),
        node("Conv", "small second", "map"),
        ...tail("map"),
      ],
      [float("first", FIRST), half("second", SECOND)],
    );
    expect((await read(network)).record.tensors).toEqual(["seen"]);
    expect(await taken(network, "seen")).toEqual(await alone(network, "seen"));
  });
});
