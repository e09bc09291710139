/** Maps of distances to remembered patches: where a defect is, by pixels and by a network. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { imagesFrom } from "../../data/images/image-arrays.js";
import { selectImages } from "../../data/index.js";
import { IsolationForest, Model, PatchMemory, type PatchMemoryInput } from "../../index.js";
import type { AnomalyMap } from "../../maps/index.js";
import { createRandom } from "../../math/random.js";

const SIDE = 64;
const bytes = readFileSync(new URL("../../../test/golden/backbones/residual-20.onnx", import.meta.url));
const backbone = { bytes, name: "residual-20.onnx" };

/** Rings of slightly different brightness on a noisy ground; some with a bright square at row 40, column 12. */
function parts(count: number, seed: number, defect = false, channels = 3) {
  const random = createRandom(seed).stream("parts");
  return imagesFrom(
    Array.from({ length: count }, () => {
      const level = 90 + 10 * random.uniform();
      const data = Uint8Array.from({ length: SIDE * SIDE * channels }, (_, k) => {
        const pixel = Math.floor(k / channels);
        const [y, x] = [Math.floor(pixel / SIDE), pixel % SIDE];
        const ring = Math.abs(Math.hypot(y - 32, x - 32) - 20) < 5 ? 80 : 0;
        const square = defect && y >= 40 && y < 46 && x >= 12 && x < 18 ? 70 : 0;
        return Math.max(0, Math.min(255, level + ring + square + 4 * random.normal()));
      });
      return { height: SIDE, width: SIDE, data };
    }),
  );
}

async function peakOf(model: Model, seed: number, channels = 3): Promise<[row: number, column: number]> {
  const maps: AnomalyMap[] = [];
  await model.score(parts(1, seed, true, channels), { onMap: (map) => void maps.push(map) });
  const { data } = maps[0]!;
  const place = data.indexOf(Math.max(...data));
  return [Math.floor(place / SIDE), place % SIDE];
}

const seen = ([row, column]: [number, number], within: number): void => {
  expect(Math.abs(row - 42.5)).toBeLessThan(within);
  expect(Math.abs(column - 14.5)).toBeLessThan(within);
};

describe.each(["global", "position"] as const)("memory: %s", (patchMemory) => {
  it.each([
    ["pixels", {}, 9],
    // One of its places is 16 pixels wide.
    ["a backbone", { backbone }, 16],
  ])("by %s, a defect is flagged, and the map is highest there", async (_, fit, within) => {
    const model = await new PatchMemory({ patchMemory, memorySize: patchMemory === "global" ? 300 : 4 }).fit(
      parts(48, 1),
      fit,
    );
    const [good, bad] = [await model.score(parts(12, 2)), await model.score(parts(12, 3, true))];
    expect(Math.max(...good.scores)).toBeLessThan(Math.min(...bad.scores));
    expect([...bad.isAnomaly]).toEqual(new Array(12).fill(1));
    seen(await peakOf(model, 4), within);
  });
});

describe("a model with a backbone", () => {
  let model: Model;
  beforeAll(async () => {
    const options = { memorySize: 100, backboneLicense: "MIT", seed: 3 };
    model = await new PatchMemory(options).fit(parts(40, 1), { backbone });
  }, 20_000);

  it("says which network it is, where it is cut, and how it is fed", () => {
    expect(model.card.backbone).toEqual({
      name: "residual-20.onnx",
      sha256: createHash("sha256").update(bytes).digest("hex"),
      bytes: bytes.length,
      license: "MIT",
      opset: 20,
      tensors: expect.any(Array),
      shapes: [
        [8, 8, 8],
        [8, 4, 4],
      ],
      height: SIDE,
      width: SIDE,
      mean: [0.485, 0.456, 0.406],
      deviation: [0.229, 0.224, 0.225],
      channels: "rgb",
    });
    expect(PatchMemory.trainings(model.card)[0]).toMatchObject({
      features: "backbone",
      channels: 16,
      remembered: 100,
    });
  });

  it("is one file: it scores the same after loading, and training again gives the same bytes", async () => {
    const [before, again] = [
      await model.score(parts(3, 5)),
      await Model.fromBytes(model.toBytes()).then((loaded) => loaded.score(parts(3, 5))),
    ];
    expect(again.scores).toEqual(before.scores);
    const twice = await new PatchMemory({ memorySize: 100, backboneLicense: "MIT", seed: 3 }).fit(
      parts(40, 1),
      {
        backbone,
      },
    );
    expect(Buffer.compare(twice.toBytes(), model.toBytes())).toBe(0);
  });

  it("scores an image the same alone and among others", async () => {
    const together = await model.score(parts(5, 6));
    const alone = await model.score(selectImages(parts(5, 6), Uint32Array.of(3)));
    expect(alone.scores[0]).toBeCloseTo(together.scores[3]!, 4);
  });

  it("is refused where models are not trusted, for the operators of the network", async () => {
    await expect(Model.fromBytes(model.toBytes(), { trusted: false })).rejects.toMatchObject({
      code: "invalid-model",
      message: expect.stringMatching(/operator "Constant".*does not write/),
    });
  });
});

it("grey images are repeated for a network of colours", async () => {
  const model = await new PatchMemory({ memorySize: 100 }).fit(parts(40, 1, false, 1), { backbone });
  seen(await peakOf(model, 4, 1), 16);
});

it("sees a defect in tiles, too", async () => {
  const model = await new PatchMemory({ memorySize: 200, tile: 32 }).fit(parts(40, 1));
  seen(await peakOf(model, 4), 9);
});

it("puts a backbone into the loop over tiles", async () => {
  const model = await new PatchMemory({ memorySize: 100, tile: 32 }).fit(parts(40, 1), { backbone });
  expect(model.card.backbone).toMatchObject({ height: 32, width: 32 });
  const [good, broken] = [await model.score(parts(6, 2)), await model.score(parts(6, 3, true))];
  const mean = (values: Float32Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(broken.scores)).toBeGreaterThan(mean(good.scores));
});

it("remembers no more than there is, and says what it chose from", async () => {
  const warnings: string[] = [];
  const options = { memorySize: 5000, maxPatches: 100, patchStride: 8 };
  const model = await new PatchMemory(options).fit(parts(36, 1), {
    onWarning: (text) => warnings.push(text),
  });
  const [report] = PatchMemory.trainings(model.card);
  expect(report!.remembered).toBeLessThanOrEqual(report!.candidates);
  expect(warnings.some((text) => text.includes("patches to remember"))).toBe(
    report!.candidates < model.card.data.train * 64,
  );
});

describe("what is refused", () => {
  const refused = (options: PatchMemoryInput, fit = {}) => new PatchMemory(options).fit(parts(36, 1), fit);

  it.each([
    ["options of a backbone without one", { backboneTensors: ["x"] }, {}, /backboneTensors.*no backbone/],
    ["a licence without a backbone", { backboneLicense: "MIT" }, {}, /backboneLicense/],
    ["positions in tiles", { tile: 32, patchMemory: "position" }, {}, /tiles/],
    ["a tensor that there is not", { backboneTensors: ["x"] }, { backbone }, /"x", which is no feature map/],
    ["normalised contrast", { contrast: "gcn" }, { backbone }, /contrast/],
    ["a file that is none", {}, { backbone: { bytes: Uint8Array.of(1, 2, 3) } }, /ONNX/],
  ] as [string, PatchMemoryInput, object, RegExp][])("%s", async (_, options, fit, message) => {
    await expect(refused(options, fit)).rejects.toThrow(message);
  });

  it("a backbone for a detector that has no use for one, naming those that have", async () => {
    await expect(new IsolationForest().fit(parts(36, 1), { backbone })).rejects.toThrow(
      /isolation-forest cannot learn from a backbone; deep-sad, deep-svdd, hsc, knn, patch-gaussian and patch-memory can/,
    );
  });
});
