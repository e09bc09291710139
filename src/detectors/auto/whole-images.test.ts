import { describe, expect, it } from "vitest";
import { imagesFrom, tableFromMatrix, tableFromRows } from "../../data/index.js";
import { Auto } from "./auto.js";
import { autoOptions } from "./options.js";
import { imagesInstead } from "./whole-images.js";

const images = (count: number, height: number, width = height, channels: 1 | 3 = 1) =>
  imagesFrom({ data: new Uint8Array(count * height * width * channels), count, height, width, channels });
const insteadOf = (data: Parameters<typeof imagesInstead>[1], options: Record<string, unknown> = {}) =>
  imagesInstead(autoOptions.parse(options), data);

describe("auto on images", () => {
  it("fits transforms to many small ones, grey or in colour, says so, and passes on what both know", async () => {
    for (const data of [images(360, 28), images(400, 16, 12), images(360, 32, 32, 3)]) {
      const { detector, reason } = (await insteadOf(data, { seed: 3, percentile: 99 }))!;
      expect(detector.constructor.name).toBe("Transforms");
      expect(detector.options).toMatchObject({ seed: 3, percentile: 99, minutes: 2, contrast: "none" });
      expect(reason).toMatch(/auto fits transforms.*name another detector/);
    }
  });

  it("trains for the time that is given, and refuses one where nothing is trained for it", async () => {
    const few = (await insteadOf(images(360, 28), { minutes: 0.5 }))!;
    expect(few.detector.options).toMatchObject({ minutes: 0.5 });
    expect(few.reason).toMatch(/for 0\.5 nominal minutes/);
    for (const data of [images(20, 28), images(360, 128)])
      await expect(new Auto({ minutes: 1 }).fit(data)).rejects.toThrow(
        /minutes is 1, the time to train transforms/,
      );
    await expect(new Auto({ minutes: 1 }).fit(tableFromRows([{ a: 1 }, { a: 2 }]))).rejects.toThrow(
      /does not fit to these data/,
    );
  });

  it("fits itself to fewer, to smaller ones, in folds, and where its own options are asked for", async () => {
    expect(await insteadOf(images(359, 28))).toBeUndefined();
    expect(await insteadOf(images(400, 15))).toBeUndefined();
    expect(await insteadOf(images(400, 28), { imageSize: 12 })).toBeUndefined();
    expect(await insteadOf(images(400, 28), { calibration: "cross" })).toBeUndefined();
    expect(await insteadOf(images(400, 28), { neighbours: 3 })).toBeUndefined();
    const table = tableFromMatrix({ data: new Float64Array(800), rows: 400, columns: 2, order: "C" });
    expect(await insteadOf(table)).toBeUndefined();
  });

  it("fits patch-gaussian to large ones, unless a small size says that they are meant as a whole", async () => {
    expect((await insteadOf(images(360, 128)))!.detector.constructor.name).toBe("PatchGaussian");
    const { detector } = (await insteadOf(images(360, 128), { imageSize: 48 }))!;
    expect(detector.constructor.name).toBe("Transforms");
    expect(detector.options).toMatchObject({ imageSize: 48 });
  });
});
