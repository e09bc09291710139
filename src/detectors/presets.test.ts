import { expect, it } from "vitest";
import { imagesFrom, samplesOf, tableFromMatrix } from "../data/index.js";
import { findPreset, preset, presets } from "./presets.js";
import { detectors } from "./registry.js";

const images = (side: number, channels: 1 | 3) =>
  imagesFrom({ data: new Uint8Array(side * side * channels), count: 1, height: side, width: side, channels });
const table = tableFromMatrix([
  [1, 2, 3, 4],
  [2, 3, 4, 5],
]);

it("is a detector's own options, for the data that it was published on", async () => {
  for (const [name, { detector }] of Object.entries(presets)) {
    const samples = detector === "drocc" ? [table] : [images(28, 1), images(32, 3)];
    for (const data of samples) {
      const { options } = await preset(name, data);
      // Options that do not exist and values out of range are refused here.
      expect(detectors[detector]!.create({ ...options, seed: 7 })).toMatchObject({
        options: { ...options, seed: 7 },
      });
    }
  }
});

it("takes what readers give, as fit does", async () => {
  const data = images(28, 1);
  expect(await preset("mocca", samplesOf(data))).toEqual(await preset("mocca", data));
});

it("has the numbers of the publications", async () => {
  expect((await preset("deep-svdd-paper", images(28, 1))).options).toMatchObject({
    ...{ encoder: "mnist-lenet", latentDim: 32, pretrainEpochs: 150, epochs: 150, batchSize: 200 },
    ...{
      pretrainWeightDecay: 0.5e-3,
      weightDecay: 0.5e-6,
      learningRate: 1e-4,
      contrast: "gcn",
      whiten: false,
    },
  });
  expect((await preset("deep-svdd-paper", images(32, 3))).options).toMatchObject({
    ...{ encoder: "cifar10-lenet", latentDim: 128, pretrainEpochs: 350, pretrainMilestones: [250] },
  });
  expect((await preset("deep-sad-paper", images(28, 1))).options).toMatchObject({
    ...{ batchSize: 128, eta: 1, contrast: "none", epsilon: 1e-6 },
  });
  expect((await preset("mocca", images(32, 3))).options).toMatchObject({ combine: "sum", batchSize: 200 });
  const { radius, ascentStep } = (await preset("drocc", table)).options as Record<string, number>;
  expect(radius).toBe(1);
  expect(ascentStep).toBeCloseTo(0.01);
});

it("refuses other data, other detectors and names that do not exist", async () => {
  await expect(preset("deep-svdd-paper", images(30, 1))).rejects.toThrow(
    /28 x 28.*holds images of 30 x 30 pixels in grey/,
  );
  // Of the right size, but not of the colours that the published networks take.
  await expect(preset("deep-sad-paper", images(28, 3))).rejects.toThrow(/holds images of 28 x 28.*in colour/);
  await expect(preset("mocca", images(32, 1))).rejects.toThrow(/holds images of 32 x 32 pixels in grey/);
  await expect(preset("mocca", table)).rejects.toThrow(/is for images.*holds rows of a table/);
  await expect(preset("drocc", images(28, 1))).rejects.toThrow(/is for tables.*holds images/);
  await expect(preset("deep-svd", table)).rejects.toThrow(/no preset "deep-svd"; there are .*"mocca"/);
  expect(() => findPreset("mocca", "deep-svdd")).toThrow(/is of multi-scale, not of deep-svdd/);
  expect(findPreset("mocca", "multi-scale").detector).toBe("multi-scale");
});
