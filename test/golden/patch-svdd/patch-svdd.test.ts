import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { patchData, patchFeeds, stepSamples } from "../../../src/detectors/patch-svdd/feeds.js";
import {
  PATCH_SIDES,
  PATCH_SIZES,
  type PatchSize,
  patchLoss,
  patchParameters,
  sampleLosses,
} from "../../../src/detectors/patch-svdd/objective.js";
import { type PatchSamples, sampleSize } from "../../../src/detectors/patch-svdd/patch-pairs.js";
import { Graph, gradients, serialize, type Tensor } from "../../../src/graph/index.js";
import { embeddingMaps } from "../../../src/nn/images/patch-encoder.js";
import { ParameterLayout } from "../../../src/nn/parameters.js";
import { float32, type Runtime } from "../../../src/runtime/index.js";
import { loadNativeRuntime } from "../../../src/runtime/node/native.js";
import { optimizer } from "../../../src/train/optimizers.js";
import { Trainer } from "../../../src/train/trainer.js";

const golden = JSON.parse(readFileSync(new URL("patch_svdd_golden.json", import.meta.url), "utf8")) as {
  channels: number;
  latentDim: number;
  samples: number;
  lambda: number;
  directions: number[];
  learningRate: number;
  stride: number;
  sizes: Record<PatchSize, { position: number[]; distance: number[]; embeddings: number[] }>;
  gradient: Record<string, number[]>;
  losses: number[];
  maps: Record<PatchSize, number[]>;
};
const { samples, lambda } = golden;
const encoder = { channels: golden.channels, latentDim: golden.latentDim };

/** As `numbers` of the script. */
function numbers(count: number, salt: number, bound: number): Float32Array<ArrayBuffer> {
  const mixed = (bits: number): number => (bits ^ (bits >>> 16)) >>> 0;
  return Float32Array.from({ length: count }, (_, k) => {
    const first = mixed((Math.imul(k, 2654435761) + Math.imul(salt, 40503)) >>> 0);
    return (mixed(Math.imul(first, 73244475) >>> 0) / 2 ** 31 - 1) * bound;
  });
}

const specs = patchParameters(encoder, PATCH_SIZES, "he");
const layout = new ParameterLayout([...specs.encoder, ...specs.classifiers]);
const start = new Float32Array(layout.size);
layout.views(start).forEach(({ spec, view }, k) => {
  const fanIn = spec.name.startsWith("direction") ? spec.shape[0]! : view.length / spec.shape[0]!;
  view.set(numbers(view.length, k + 1, spec.name.endsWith("bias") ? 0.1 : Math.sqrt(6 / fanIn)));
});

const drawn = Object.fromEntries(
  PATCH_SIZES.map((size) => {
    const directions = new Float32Array(samples * 8);
    golden.directions.forEach((direction, sample) => {
      directions[sample * 8 + direction] = 1;
    });
    const count = samples * sampleSize(PATCH_SIDES[size], encoder.channels);
    return [size, { samples, patches: numbers(count, size === "small" ? 77 : 78, 1.5), directions }];
  }),
) as Record<PatchSize, PatchSamples>;

const perStep = { small: samples, large: samples };

/** Largest difference, relative to the largest expected number. */
function deviation(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, k) => Math.abs(found[k]! - value))) / scale;
}

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(() => runtime.close());

describe("PatchSVDD against PyTorch", () => {
  it("has the same embeddings, losses and gradients", async () => {
    const graph = new Graph();
    const vector = graph.input("parameters", "float32", [layout.size]);
    const parameters = layout.tensors(vector);
    const losses = PATCH_SIZES.map((size) => {
      const { patches, directions } = drawn[size];
      const given = {
        samples,
        patches: graph.constant("float32", [patches.length], patches),
        directions: graph.constant("float32", [samples, 8], directions),
      };
      return sampleLosses(encoder, size, given, parameters);
    });
    PATCH_SIZES.forEach((size, k) => {
      for (const name of ["position", "distance", "embeddings"] as const) {
        graph.output(`${name}_${size}`, losses[k]![name]);
      }
    });
    const names = layout.specs.map(({ name }) => name);
    const wanted = names.map((name) => parameters.get(name) as Tensor);
    gradients(patchLoss(losses, lambda), wanted).forEach((gradient, k) => {
      graph.output(`gradient_${k}`, gradient);
    });
    const session = await runtime.createSession(serialize(graph));
    const results = await session.run({ parameters: float32([layout.size], start) });
    await session.release();
    for (const size of PATCH_SIZES) {
      for (const name of ["position", "distance", "embeddings"] as const) {
        const found = results[`${name}_${size}`]!.data as Float32Array;
        expect(deviation(found, golden.sizes[size][name]), `${name} ${size}`).toBeLessThan(1e-5);
      }
    }
    names.forEach((name, k) => {
      const all = results[`gradient_${k}`]!.data as Float32Array;
      const some = all.filter((_, place) => place % golden.stride === 0);
      expect(deviation(some, golden.gradient[name]!), name).toBeLessThan(1e-4);
    });
  });

  it("has the same losses while it trains", async () => {
    const trainer = await Trainer.open(
      runtime,
      {
        layout,
        optimizer: optimizer({ name: "sgd", weightDecay: 0 }),
        batchSize: 1,
        data: patchData(PATCH_SIZES, perStep, encoder.channels),
        loss: (step) =>
          patchLoss(
            PATCH_SIZES.map((size) =>
              sampleLosses(encoder, size, stepSamples(step, size, samples), step.parameters),
            ),
            lambda,
          ),
      },
      patchFeeds(drawn, 1),
      {
        rowCount: 1,
        batchSize: 1,
        learningRate: { base: golden.learningRate, milestones: [], factor: 1 },
        shuffle: () => ({ permutation: (count) => new Uint32Array(count) }),
      },
    );
    const { losses } = await trainer.epochs(trainer.start(start), golden.losses.length);
    await trainer.close();
    expect(deviation(losses, golden.losses)).toBeLessThan(1e-4);
    expect(golden.losses.at(-1)).toBeLessThan(golden.losses[0]!);
  });

  it("embeds a whole image as PyTorch embeds each of its patches", async () => {
    const graph = new Graph();
    const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
    const image = graph.input("image", "float32", [1, encoder.channels, 80, 72]);
    const maps = embeddingMaps(encoder, image, parameters, { small: 4, large: 16 });
    graph.output("small", maps.small);
    graph.output("large", maps.large!);
    const session = await runtime.createSession(serialize(graph));
    const results = await session.run({
      parameters: float32([layout.size], start),
      image: float32([1, encoder.channels, 80, 72], numbers(encoder.channels * 80 * 72, 79, 1.5)),
    });
    await session.release();
    expect(results["small"]!.shape).toEqual([1, 8, 13, 11]);
    expect(results["large"]!.shape).toEqual([1, 8, 2, 1]);
    // Of small patches, every third row and every second column is stored; the embedding comes last there.
    const at = (size: PatchSize, down: number, across: number): number[] => {
      const { shape, data } = results[size]!;
      const [, dim, height, width] = shape as [number, number, number, number];
      return Array.from(
        { length: dim },
        (_, k) => (data as Float32Array)[(k * height + down) * width + across]!,
      );
    };
    const small = [0, 3, 6, 9, 12].flatMap((down) =>
      [0, 2, 4, 6, 8, 10].flatMap((across) => at("small", down, across)),
    );
    expect(deviation(small, golden.maps.small)).toBeLessThan(1e-5);
    expect(deviation([...at("large", 0, 0), ...at("large", 1, 0)], golden.maps.large)).toBeLessThan(1e-5);
  });
});
