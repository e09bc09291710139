import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embedded } from "../../../src/detectors/patch-svdd/embedding.js";
import { stepViews, viewData, viewFeeds } from "../../../src/detectors/patch-svdd/feeds.js";
import { pairLosses, patchLoss, patchParameters } from "../../../src/detectors/patch-svdd/objective.js";
import { bySize, PATCH_SIZES, type PatchSize } from "../../../src/detectors/patch-svdd/patch-sizes.js";
import { type CropViews, gridSide } from "../../../src/detectors/patch-svdd/view-pairs.js";
import { Graph, gradients, serialize, type Tensor } from "../../../src/graph/index.js";
import { ParameterLayout } from "../../../src/nn/parameters.js";
import { float32, type Runtime } from "../../../src/runtime/index.js";
import { loadNativeRuntime } from "../../../src/runtime/node/native.js";
import { optimizer } from "../../../src/train/optimizers.js";
import { Trainer } from "../../../src/train/trainer.js";

type Place = [row: number, column: number];
const golden = JSON.parse(readFileSync(new URL("patch_svdd_golden.json", import.meta.url), "utf8")) as {
  channels: number;
  latentDim: number;
  width: number;
  crops: number;
  pairs: number;
  side: number;
  lambda: number;
  learningRate: number;
  stride: number;
  places: Record<PatchSize, [direction: number, first: Place, second: Place, near: Place][]>;
  sizes: Record<PatchSize, { position: number[]; distance: number[]; embeddings: number[] }>;
  gradient: Record<string, number[]>;
  losses: number[];
  maps: Record<PatchSize, number[]>;
};
const { channels, latentDim, width, crops, pairs, side, lambda } = golden;
const encoder = { channels, latentDim, width };
const plan = { sizes: PATCH_SIZES, side, crops, pairs };

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

const drawn: CropViews = {
  views: numbers(2 * crops * channels * side * side, 77, 1.5),
  pairs: bySize(PATCH_SIZES, (size) => {
    const places = golden.places[size];
    const numbered = (which: 1 | 2 | 3): BigInt64Array<ArrayBuffer> =>
      BigInt64Array.from(places, (pair) => BigInt(pair[which][0] * gridSide(side, size) + pair[which][1]));
    const directions = new Float32Array(places.length * 8);
    places.forEach(([direction], pair) => {
      directions[pair * 8 + direction] = 1;
    });
    return { first: numbered(1), second: numbered(2), near: numbered(3), directions };
  }),
};

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

describe("PatchSVDD against PyTorch, which encodes patch by patch", () => {
  it("has the same embeddings, losses and gradients", async () => {
    const graph = new Graph();
    const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
    const data = new Map(
      Object.entries(viewData(plan, channels)).map(
        ([name, { dtype, shape }]) => [name, graph.input(name, dtype, [1, shape[1]!])] as const,
      ),
    );
    const losses = pairLosses(
      encoder,
      stepViews({ data, rows: graph.root.indices([0]) }, plan, channels),
      parameters,
    );
    for (const size of PATCH_SIZES) {
      for (const name of ["position", "distance", "embeddings"] as const) {
        graph.output(`${name}_${size}`, losses[size]![name]);
      }
    }
    const names = layout.specs.map(({ name }) => name);
    const wanted = names.map((name) => parameters.get(name) as Tensor);
    gradients(patchLoss(losses, lambda), wanted).forEach((gradient, k) => {
      graph.output(`gradient_${k}`, gradient);
    });
    const session = await runtime.createSession(serialize(graph));
    const results = await session.run({
      parameters: float32([layout.size], start),
      ...viewFeeds(drawn, 1),
    });
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
        data: viewData(plan, channels),
        loss: (step) =>
          patchLoss(pairLosses(encoder, stepViews(step, plan, channels), step.parameters), lambda),
      },
      viewFeeds(drawn, 1),
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

  it("embeds the patch about the middle of each place of a whole image", async () => {
    const graph = new Graph();
    const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
    const shape = [channels, 78, 72] as const;
    const size = channels * 78 * 72;
    const view = { given: shape, shape, mean: new Float32Array(size), deviation: 1 };
    const image = graph.input("image", "float32", [1, size]);
    const maps = embedded(image, { encoder, sizes: PATCH_SIZES, view, stored: () => parameters });
    for (const name of PATCH_SIZES) graph.output(name, maps[name]!);
    const session = await runtime.createSession(serialize(graph));
    const results = await session.run({
      parameters: float32([layout.size], start),
      image: float32([1, size], numbers(size, 79, 1.5)),
    });
    await session.release();
    for (const name of PATCH_SIZES) {
      const { shape: made, data } = results[name]!;
      expect(made).toEqual([1, latentDim, 20, 18]);
      const found = [0, 5, 10, 15].flatMap((row) =>
        [0, 5, 10, 15].flatMap((column) =>
          Array.from({ length: latentDim }, (_, k) => (data as Float32Array)[(k * 20 + row) * 18 + column]!),
        ),
      );
      expect(deviation(found, golden.maps[name]), name).toBeLessThan(1e-5);
    }
  });
});
