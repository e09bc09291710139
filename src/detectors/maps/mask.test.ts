import { beforeAll, describe, expect, it } from "vitest";
import { imagesFrom, type RawImage } from "../../data/index.js";
import type { AnomalyMap } from "../../maps/index.js";
import { createRandom } from "../../math/random.js";
import type { Model } from "../../model/index.js";
import { provideBackend } from "../../runtime/index.js";
import { nodeBackend } from "../../runtime/node/backend.js";
import { PatchGaussian } from "../patch-gaussian/patch-gaussian.js";
import { Pca } from "../pca/pca.js";
import { maskOf } from "./mask.js";

const [HEIGHT, WIDTH] = [40, 48];

/** Noise on a gradient; the right third is as the caller has it. */
function image(seed: number, right = (value: number): number => value): RawImage {
  const stream = createRandom(seed).stream("image");
  const data = new Uint8Array(HEIGHT * WIDTH);
  for (let k = 0; k < data.length; k++) {
    const value = 60 + 2 * (k % WIDTH) + 20 * stream.uniform();
    data[k] = k % WIDTH >= 32 ? right(value) : value;
  }
  return { height: HEIGHT, width: WIDTH, data };
}

/** White in the left two thirds. */
function leftMask(height = HEIGHT, width = WIDTH): RawImage {
  const data = Uint8Array.from({ length: height * width }, (_, k) => (k % width < (width * 2) / 3 ? 255 : 0));
  return { height, width, data };
}

const training = imagesFrom(Array.from({ length: 40 }, (_, k) => image(k)));
const options = { patchSizes: [6], patchStride: 2, maxPatches: 2000, mapSmoothing: 1 };

async function scored(model: Model, images: readonly RawImage[]) {
  const maps: Float32Array[] = [];
  const { scores } = await model.score(imagesFrom(images), {
    onMap: (map: AnomalyMap) => {
      maps.push(map.data);
    },
  });
  return { scores, maps };
}

beforeAll(() => provideBackend(nodeBackend()));

describe.each([
  ["whole images", {}],
  ["tiles", { tile: 32, overlap: 8 }],
])("a mask on %s", (_, tiles) => {
  let model: Model;
  beforeAll(async () => {
    model = await new PatchGaussian({ ...options, ...tiles }).fit(training, { mask: leftMask() });
  });

  it("leaves nothing of what is below it in scores and maps", async () => {
    const noise = createRandom(5).stream("below");
    const { scores, maps } = await scored(model, [
      image(90),
      image(90, () => 0),
      image(90, () => 255 * noise.uniform()),
    ]);
    expect(scores[1]).toBe(scores[0]);
    expect(scores[2]).toBe(scores[0]);
    expect(maps[1]).toEqual(maps[0]);
    expect(maps[2]).toEqual(maps[0]);
  });

  it("gives what is ignored the lowest value of the rest, or 0", async () => {
    const {
      maps: [map],
    } = await scored(model, [image(91)]);
    const looked = map!.filter((_each, k) => k % WIDTH < 32);
    const ignored = map!.filter((_each, k) => k % WIDTH >= 32);
    expect(new Set(ignored)).toEqual(new Set([Math.min(0, ...looked)]));
  });

  it("sees what is beside it, up to its edge", async () => {
    const odd = image(92);
    for (let y = 10; y < 20; y++) odd.data.fill(0, y * WIDTH + 24, y * WIDTH + 32);
    const { scores, maps } = await scored(model, [image(92), odd]);
    expect(scores[1]).toBeGreaterThan(scores[0]! + 5);
    const peak = maps[1]!.indexOf(scores[1]!);
    expect(peak % WIDTH).toBeGreaterThanOrEqual(20);
    expect(peak % WIDTH).toBeLessThan(32);
  });

  it("does not make normal images abnormal at its edge", async () => {
    const { maps } = await scored(
      model,
      Array.from({ length: 20 }, (_each, k) => image(200 + k)),
    );
    const meanOf = (from: number, to: number): number => {
      const values = maps.flatMap((map) =>
        Array.from(map).filter((_v, k) => k % WIDTH >= from && k % WIDTH < to),
      );
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    expect(meanOf(28, 32)).toBeLessThan(meanOf(8, 24) + 0.5);
  });

  it("is in the card", () => {
    expect(model.card.map).toEqual({
      height: HEIGHT,
      width: WIDTH,
      mask: { ignored: expect.closeTo(1 / 3), fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });
});

it("without a mask the same change is seen", async () => {
  const model = await new PatchGaussian(options).fit(training);
  const { scores } = await scored(model, [image(90), image(90, () => 0)]);
  expect(scores[1]).toBeGreaterThan(scores[0]! + 5);
  expect(model.card.map).toEqual({ height: HEIGHT, width: WIDTH });
});

describe("the mask", () => {
  it("is resized as images are: a pixel counts where all that it is made of does", () => {
    const mask = maskOf(leftMask(80, 96), HEIGHT, WIDTH);
    // Pixel 31 is made of 61 to 64 of twice the size, of which 64 is black.
    expect([30, 31, 32].map((x) => mask.looks(7, x))).toEqual([true, false, false]);
    const same = maskOf(leftMask(), HEIGHT, WIDTH);
    expect([30, 31, 32].map((x) => same.looks(7, x))).toEqual([true, true, false]);
  });

  it("of many pixels is kept in blocks that ignore too much rather than too little", () => {
    const [height, width] = [1500, 2000];
    const data = new Uint8Array(height * width).fill(255);
    data[701 * width + 901] = 0;
    const mask = maskOf({ height, width, data }, height, width);
    expect(mask.looks(701, 901)).toBe(false);
    expect(mask.looks(700, 900)).toBe(false);
    expect(mask.looks(699, 900)).toBe(true);
    expect(mask.ignored).toBeCloseTo(4 / (height * width), 8);
  });

  it.each([
    ["nothing but black", { ...leftMask(), data: new Uint8Array(HEIGHT * WIDTH) }, "ignores every pixel"],
    ["other proportions", leftMask(40, 60), "40 x 60 pixels (height x width), and the images 40 x 48"],
    ["too few pixels", { ...leftMask(), data: new Uint8Array(7) }, "7 values"],
  ])("is refused for %s", async (_, mask, message) => {
    const fit = new PatchGaussian(options).fit(training, { mask });
    await expect(fit).rejects.toThrow(message);
  });

  it("of zeros and ones is refused with what they would have to be", () => {
    const faint = { ...leftMask(), data: leftMask().data.map((value) => Math.min(1, value)) as Uint8Array };
    expect(() => maskOf(faint, HEIGHT, WIDTH)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("no value of the mask is above 1") }),
    );
    expect(() => maskOf({ ...faint, data: faint.data.fill(0) }, HEIGHT, WIDTH)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("the wrong way round") }),
    );
  });

  it("is refused by detectors without maps, and with contrast normalisation", async () => {
    await expect(new Pca().fit(training, { mask: leftMask() })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("pca makes no maps"),
    });
    await expect(
      new PatchGaussian({ ...options, contrast: "gcn" }).fit(training, { mask: leftMask() }),
    ).rejects.toThrow("Contrast normalisation takes the mean of whole images");
  });
});

it.each([
  [{ overlap: 8 }, "there are no tiles"],
  [{ tile: 32, overlap: 20 }, "expected at most 16"],
  [{ tile: 32, patchDensity: "local" as const }, "not the same place of a part"],
])("options %j are refused", async (given, message) => {
  await expect(new PatchGaussian({ ...options, ...given }).fit(training)).rejects.toThrow(message);
});
