import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ImageSet, imagesFrom } from "../../data/index.js";
import { Graph, serialize } from "../../graph/index.js";
import { configureRuntime, provideBackend } from "../../index.js";
import { createRandom } from "../../math/random.js";
import type { Progress } from "../../model/contract.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { nearestDistances } from "./nearest.js";
import { coverage } from "./patch-map.js";
import { PatchSvdd } from "./patch-svdd.js";

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

const options = { seed: 3, latentDim: 8, steps: 12, batchSize: 4, memorySize: 60, memoryPerPosition: 4 };

describe("a fitted model", () => {
  const training = parts(40, "normal");

  const at = [18, 45] as const;

  it.each([
    ["a coreset", {}],
    ["whitened memories of each position", { whiten: true, memory: "position", combine: "sum" }],
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
    // Patches of 32 pixels that hold the defect begin up to 25 pixels from its middle.
    expect(Math.max(...peaks)).toBeLessThan(22);
    expect((await model.untrainedScores(defects))!.length).toBe(3);
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
    const pulled = { ...options, steps: 128, batchSize: 1, lambda: 1e5, learningRate: 5e-3 };
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
    const large = new PatchSvdd({ ...options, steps: 2, batchSize: 1, largeBatchSize: 1, imageSize: 128 });
    const model = await large.fit(parts(32, "few"));
    const [report] = PatchSvdd.trainings(model.card);
    expect(report!.sizes).toEqual(["small", "large"]);
    expect(Object.keys(report!.memory)).toEqual(["small", "large"]);
  });
});

describe("distances to the nearest normal embedding", () => {
  const [dim, positions] = [6, 5];
  const draw = (name: string, count: number): Float32Array => {
    const values = new Float32Array(count);
    random.stream(name).fillNormal(values, 0, 1);
    return values;
  };
  const centre = draw("centre", dim).map((value) => 100 * value);
  const embeddings = draw("embeddings", 2 * positions * dim).map((value, k) => value + centre[k % dim]!);

  it.each([false, true])("are those of brute force, per position: %s", async (perPosition) => {
    const kept = 9;
    const vectors = draw("memory", (perPosition ? positions : 1) * kept * dim);
    const matrix = draw("whitening", dim * dim);
    const graph = new Graph();
    const x = graph.input("x", "float32", [2, positions, dim]);
    const memory = { centre, whitening: matrix, vectors, kept, perPosition };
    graph.output("distances", nearestDistances(x, memory, "test"));
    const session = await runtime.createSession(serialize(graph));
    const { distances } = await session.run({ x: float32([2, positions, dim], embeddings) });
    await session.release();
    for (let row = 0; row < 2 * positions; row++) {
      const centred = Array.from({ length: dim }, (_, k) => embeddings[row * dim + k]! - centre[k]!);
      const query = centred.map((_, i) =>
        centred.reduce((sum, value, k) => sum + matrix[i * dim + k]! * value, 0),
      );
      const from = perPosition ? (row % positions) * kept : 0;
      const least = Math.min(
        ...Array.from({ length: kept }, (_, k) =>
          Math.hypot(...query.map((value, i) => value - vectors[(from + k) * dim + i]!)),
        ),
      );
      expect((distances!.data as Float32Array)[row]! / least).toBeCloseTo(1, 4);
    }
  });

  it("are spread over the patches' areas, the mean where they overlap", () => {
    // 44 pixels: patches begin at 0, 4, 8 and 12; cells of four pixels.
    const shares = coverage(44, 11, "small");
    const row = (cell: number): number[] => [...shares.subarray(4 * cell, 4 * cell + 4)];
    expect(row(0)).toEqual([1, 0, 0, 0]);
    expect(row(1)).toEqual([0.5, 0.5, 0, 0]);
    expect(row(5)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(row(10)).toEqual([0, 0, 0, 1]);
    // Three pixels at the end that no patch reaches.
    expect([...coverage(47, 47, "small")].slice(-4)).toEqual([0, 0, 0, 1]);
  });
});
