import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ImageSet, imagesFrom } from "../../data/index.js";
import { Graph, mean, serialize, square, sub, type Tensor } from "../../graph/index.js";
import { configureRuntime, provideBackend } from "../../index.js";
import { createRandom } from "../../math/random.js";
import type { Progress } from "../../model/contract.js";
import { largeEmbeddings, smallEmbeddings } from "../../nn/images/patch-encoder.js";
import { ParameterLayout } from "../../nn/parameters.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { patchParameters } from "./objective.js";
import type { PatchSvddInput } from "./options.js";
import { PATCH_SIZES } from "./patch-sizes.js";
import { PatchSvdd } from "./patch-svdd.js";
import { standardised } from "./start.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
  const shared: Runtime = {
    kind: runtime.kind,
    version: runtime.version,
    cores: 1,
    createSession: runtime.createSession.bind(runtime),
    close: async () => {},
  };
  provideBackend({
    cores: 1,
    inline: async () => shared,
    open: async (count) => Array<Runtime>(count).fill(shared),
  });
});
afterAll(async () => {
  configureRuntime();
  await runtime.close();
});

const random = createRandom("patch-svdd");
const SIDE = 64;

/** Slanted waves of a random phase, with noise; `defect` puts a disc of another colour somewhere. */
function parts(count: number, name: string, defect?: { readonly at: readonly [number, number] }): ImageSet {
  const stream = random.stream(name);
  const data = new Uint8Array(count * SIDE * SIDE);
  for (let image = 0; image < count; image++) {
    const phase = 0.3 * stream.normal();
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++) {
        const wave = Math.sin(phase + x / 5 + y / 9) + Math.sin(y / 16);
        const inside = defect !== undefined && Math.hypot(y - defect.at[0], x - defect.at[1]) < 7;
        data[(image * SIDE + y) * SIDE + x] = inside ? 230 : 110 + 30 * wave + 4 * stream.normal();
      }
  }
  return imagesFrom({ data, count, height: SIDE, width: SIDE, channels: 1 }, { source: name });
}

const options: PatchSvddInput = {
  seed: 3,
  scales: "small",
  encoderWidth: 4,
  latentDim: 8,
  steps: 12,
  cropsPerStep: 1,
  pairsPerCrop: 16,
  memorySize: 60,
  keep: "trained",
};

describe("a fitted model", () => {
  const training = parts(40, "normal");
  const at = [18, 45] as const;

  it.each([
    ["normal patches of anywhere", { memory: "global", whiten: false }],
    ["those of each place", { memory: "position", memorySize: 4, combine: "sum" }],
  ] as const)("shows where a planted defect is, with %s", async (_, own) => {
    const model = await new PatchSvdd({ ...options, ...own }).fit(training);
    const defects = parts(3, "defects", { at });
    const peaks: number[] = [];
    const { scores, threshold } = await model.score(defects, {
      onMap({ data, width }) {
        const peak = data.indexOf(Math.max(...data));
        peaks.push(Math.hypot(Math.floor(peak / width) - at[0], (peak % width) - at[1]));
      },
    });
    expect(scores.every((score) => score > threshold)).toBe(true);
    // Patches of 32 pixels see the defect up to 23 pixels from its middle.
    expect(Math.max(...peaks)).toBeLessThan(20);
    expect((await model.untrainedScores(defects))!.length).toBe(3);
    const [report] = PatchSvdd.trainings(model.card);
    expect(Object.keys(report!.memory.small!.heldOut)).toEqual([own.memory]);
  });

  it("has the same bytes for the same seed, and says how far the training is", async () => {
    const events: Progress[] = [];
    const train = (onProgress?: (event: Progress) => void) =>
      new PatchSvdd({ ...options, steps: 4 }).fit(training, { onProgress });
    const model = await train((event) => events.push(event));
    expect(Buffer.compare((await train()).toBytes(), model.toBytes())).toBe(0);
    expect(events.some(({ stage, loss }) => stage === "training" && loss !== undefined)).toBe(true);
    const fractions = events.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    const [report] = PatchSvdd.trainings(model.card);
    expect(report!.sizes).toEqual(["small"]);
    expect(report!.encoder.curve.length).toBeGreaterThan(0);
    // All parts lie alike: a patch is nearest to those of its own place.
    const { kind, heldOut } = report!.memory.small!;
    expect(kind).toBe(heldOut.position! < heldOut.global! ? "position" : "global");
  });

  it("records which encoders find drawn defects better, and scores with those", async () => {
    const few = { ...options, steps: 2, memory: "position", memorySize: 2 } as const;
    const model = await new PatchSvdd({ ...few, keep: "better" }).fit(training);
    const [report] = PatchSvdd.trainings(model.card);
    const { network, averagePrecision } = report!.kept!;
    const { trained, untrained } = averagePrecision;
    expect(network).toBe(untrained! > trained! ? "untrained" : "trained");
    expect(Math.min(trained!, untrained!)).toBeGreaterThan(0.05);
    expect((await model.untrainedScores(training)) === undefined).toBe(network === "untrained");
    const [plain] = PatchSvdd.trainings((await new PatchSvdd(few).fit(training)).card);
    expect(plain!.kept).toBeUndefined();
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const stopped = new PatchSvdd({ ...options, steps: 400 }).fit(training, {
      signal: stop.signal,
      onProgress: ({ stage }) => {
        if (stage === "training") stop.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  });

  it("says where encoders collapsed, and goes back to before", async () => {
    const warnings: string[] = [];
    const pulled = { ...options, steps: 128, lambda: 1e5, learningRate: 5e-3 };
    const code = await new PatchSvdd(pulled)
      .fit(training, { onWarning: (warning) => warnings.push(warning) })
      .then(
        () => "rolled back",
        (error: unknown) => (error as { code: string }).code,
      );
    // Without a healthy state there is nothing to go back to.
    if (code === "rolled back") expect(warnings.join()).toMatch(/collapsed in training and was rolled back/);
    else expect(code).toBe("collapsed");
  });

  it("takes both sizes of patches from 128 pixels on", async () => {
    const small = { encoderWidth: 2, latentDim: 4, pairsPerCrop: 4, steps: 2 };
    const large = new PatchSvdd({ ...options, ...small, scales: "both", imageSize: 128, memory: "position" });
    const model = await large.fit(parts(30, "few"));
    const [report] = PatchSvdd.trainings(model.card);
    expect(report!.sizes).toEqual(["small", "large"]);
    expect(Object.keys(report!.memory)).toEqual(["small", "large"]);
  });
});

it("a memory of places is refused for tiles", async () => {
  const tiled = new PatchSvdd({ ...options, tile: 48, memory: "position" });
  await expect(tiled.fit(parts(20, "tiled"))).rejects.toThrow("not the same place of a part");
});

it("starts with encoders whose channels have mean 0 and deviation 1 over the data", async () => {
  const encoder = { channels: 1, latentDim: 8, width: 4 };
  const side = 126;
  const layout = new ParameterLayout(patchParameters(encoder, PATCH_SIZES, "pytorch").encoder);
  const drawn = layout.initialize((name) => random.stream("start", name));
  const views = new Float32Array(3 * side * side);
  random.stream("views").fillNormal(views, 3, 0.2);
  const found = await standardised(runtime, layout, drawn, encoder, PATCH_SIZES, views, side);
  const graph = new Graph();
  const parameters = layout.tensors(graph.constant("float32", [layout.size], found));
  const layers: string[] = [];
  const onLayer = (name: string, sums: Tensor): void => {
    layers.push(name);
    const centred = sub(sums, mean(sums, [0, 2, 3], { keepDims: true }));
    graph.output(`${name}.mean`, mean(sums, [0, 2, 3]));
    graph.output(`${name}.variance`, mean(square(centred), [0, 2, 3]));
  };
  const small = smallEmbeddings(
    encoder,
    graph.input("views", "float32", [3, 1, side, side]),
    parameters,
    2,
    onLayer,
  );
  largeEmbeddings(small, parameters, 2, onLayer);
  const session = await runtime.createSession(serialize(graph));
  const results = await session.run({ views: float32([3, 1, side, side], views) });
  await session.release();
  expect(layers).toHaveLength(10);
  for (const name of layers) {
    const variance = name === "small.7" || name === "large.1" ? 0.25 : 1;
    for (const each of results[`${name}.mean`]!.data as Float32Array) expect(each).toBeCloseTo(0, 3);
    for (const each of results[`${name}.variance`]!.data as Float32Array) {
      expect(each).toBeCloseTo(variance, 3);
    }
  }
});
