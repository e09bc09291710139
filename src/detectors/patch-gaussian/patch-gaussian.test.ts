import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imagesFrom } from "../../data/index.js";
import type { AnomalyMap } from "../../maps/index.js";
import { createRandom } from "../../math/random.js";
import { provideBackend, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { Auto } from "../auto/auto.js";
import { PatchGaussian } from "./patch-gaussian.js";

let native: Runtime;
beforeAll(async () => {
  native = await loadNativeRuntime();
  provideBackend({ cores: 1, inline: async () => native, open: async (count) => Array(count).fill(native) });
});
afterAll(() => native.close());

const [HEIGHT, WIDTH] = [34, 50];

/** Stripes with noise; of `spot` a square of 6 pixels has the stripes turned. */
function striped(
  count: number,
  name: string,
  spot?: readonly [top: number, left: number],
  side = [HEIGHT, WIDTH],
) {
  const stream = createRandom("patches").stream(name);
  const [height, width] = side as [number, number];
  const data = Uint8Array.from({ length: count * height * width }, (_, k) => {
    const [y, x] = [Math.floor(k / width) % height, k % width];
    const turned = spot !== undefined && y >= spot[0] && y < spot[0] + 6 && x >= spot[1] && x < spot[1] + 6;
    return 128 + 60 * Math.sin((turned ? y : x) * 0.8) + 6 * stream.normal();
  });
  return imagesFrom({ data, count, height, width, channels: 1 });
}

const OPTIONS = { components: 24, maxPatches: 4000, seed: 1 };

describe("patch-gaussian", () => {
  it("shows where the stripes are turned, at the size of the image, and scores by the highest value", async () => {
    const model = await new PatchGaussian(OPTIONS).fit(striped(60, "training"));
    expect(model.card.map).toEqual({ height: HEIGHT, width: WIDTH });
    const maps: AnomalyMap[] = [];
    const { scores, isAnomaly, pValues } = await model.score(striped(4, "spots", [20, 30]), {
      onMap: (map) => void maps.push(map),
    });
    expect(maps).toHaveLength(4);
    maps.forEach(({ data }, row) => {
      const peak = Math.max(...data);
      expect(scores[row]).toBe(peak);
      const place = data.indexOf(peak);
      const [y, x] = [Math.floor(place / WIDTH), place % WIDTH];
      expect([y >= 18 && y < 28, x >= 28 && x < 38], `peak at ${y}, ${x}`).toEqual([true, true]);
    });
    expect(Array.from(isAnomaly)).toEqual([1, 1, 1, 1]);
    // One more than the twelve held out: no p-value is smaller.
    expect(Math.max(...pValues)).toBeCloseTo(1 / 13, 6);
    const good = await model.score(striped(40, "fresh"));
    expect(good.isAnomaly.reduce((sum, flag) => sum + flag, 0)).toBeLessThan(14);
  });

  it("gives the same bytes for the same seed, and records what it was told", async () => {
    const options = {
      ...OPTIONS,
      patchDensity: "global",
      patchSizes: [4],
      components: 16,
      floor: 1e-9,
    } as const;
    const [one, again] = await Promise.all([
      new PatchGaussian(options).fit(striped(40, "training")),
      new PatchGaussian(options).fit(striped(40, "training")),
    ]);
    expect(one.toBytes()).toEqual(again.toBytes());
    expect(one.card.training).toEqual({ sizes: [{ side: 4, density: "global" }] });
  });

  it("takes a Gaussian for each part where images are always alike, and says how likely either is", async () => {
    const { card } = await new PatchGaussian(OPTIONS).fit(striped(60, "training"));
    const { sizes } = card.training as unknown as {
      sizes: { density: string; heldOut: { global: number; local: number } }[];
    };
    expect(sizes[0]!.density).toBe("local");
    expect(sizes[0]!.heldOut.local).toBeLessThan(sizes[0]!.heldOut.global);
  });

  it("sees a spot on a background without any noise, and a grey level there as less of one", async () => {
    const onWhite = (name: string, count: number, value: (y: number, x: number) => number) => {
      const stream = createRandom("background").stream(name);
      const data = Uint8Array.from({ length: count * HEIGHT * WIDTH }, (_, k) => {
        const [y, x] = [Math.floor(k / WIDTH) % HEIGHT, k % WIDTH];
        return x < 20 ? 128 + 60 * Math.sin(x * 0.8) + 6 * stream.normal() : value(y, x);
      });
      return imagesFrom({ data, count, height: HEIGHT, width: WIDTH, channels: 1 });
    };
    const model = await new PatchGaussian({ ...OPTIONS, patchDensity: "local" }).fit(
      onWhite("training", 40, () => 255),
    );
    const spot = (level: number) => (y: number, x: number) =>
      y > 12 && y < 18 && x > 34 && x < 40 ? level : 255;
    const score = async (level: number) => {
      const maps: AnomalyMap[] = [];
      const { scores, isAnomaly } = await model.score(onWhite("fresh", 1, spot(level)), {
        onMap: (each) => void maps.push(each),
      });
      return { flagged: isAnomaly[0], highest: scores[0]!, x: maps[0]!.data.indexOf(scores[0]!) % WIDTH };
    };
    const [dark, faint] = await Promise.all([120, 254].map(score));
    expect(dark!.flagged).toBe(1);
    expect(dark!.x).toBeGreaterThan(30);
    expect(faint!.highest).toBeLessThan(dark!.highest / 3);
  });

  it("refuses folds, tables' data, and patches larger than the images", async () => {
    const images = striped(40, "training");
    await expect(new PatchGaussian({ calibration: "cross" }).fit(images)).rejects.toMatchObject({
      code: "invalid-option",
    });
    await expect(new PatchGaussian({ patchSizes: [24], imageSize: 32 }).fit(images)).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining("patches are 24"),
    });
  });
});

describe("auto", () => {
  it("maps large images, says so, and judges them as a whole where imageSize says that", async () => {
    const large = striped(40, "large", undefined, [48, 128]);
    const said: string[] = [];
    const model = await new Auto().fit(large, { onWarning: (sentence) => said.push(sentence) });
    expect(model.card.detector).toBe("patch-gaussian");
    expect(said.join(" ")).toContain("128 pixels");
    expect((await new Auto({ imageSize: 32, members: 1 }).fit(large)).card.detector).toBe("auto");
    await expect(new Auto({ neighbours: 7 }).fit(large)).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining('"neighbours" would have no effect'),
    });
  });
});
