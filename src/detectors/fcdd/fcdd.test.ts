import { describe, expect, it } from "vitest";
import { imagesFrom, type Samples, samplesOf } from "../../data/index.js";
import { Fcdd, type Model } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { auroc } from "../../metrics/index.js";

// Neither side is a multiple of four.
const [HEIGHT, WIDTH] = [38, 50];
const AREA = HEIGHT * WIDTH;
const FAST = { steps: 60, batchSize: 8, mapWidths: [6, 8, 8], warmUp: 5 };
const random = createRandom("fcdd");

/** Woven cloth with noise; those with a defect have a bright patch in the colour's upper range. */
function cloth(count: number, part: string, defect: "none" | "patch" | "smooth"): Samples {
  const stream = random.stream(part);
  const data = new Uint8Array(count * AREA);
  const masks = Array.from({ length: count }, () => new Uint8Array(AREA));
  for (let row = 0; row < count; row++) {
    const [top, left] = [stream.int(HEIGHT - 9), stream.int(WIDTH - 9)];
    for (let at = 0; at < AREA; at++) {
      const [y, x] = [Math.floor(at / WIDTH), at % WIDTH];
      const inside = defect !== "none" && y >= top && y < top + 9 && x >= left && x < left + 9;
      const weave = inside && defect === "smooth" ? 0 : 30 * Math.sin(0.9 * x) * Math.sin(0.9 * y);
      const shift = inside && defect === "patch" ? 70 : 0;
      data[row * AREA + at] = Math.round(120 + weave + shift + 12 * stream.normal());
      if (inside) masks[row]![at] = 1;
    }
  }
  const images = imagesFrom({ data, count, height: HEIGHT, width: WIDTH, channels: 1 }, { source: part });
  return samplesOf(images, defect === "none" ? {} : { mask: async (row) => masks[row]! });
}

const normal = cloth(60, "normal", "none");
const patched = cloth(12, "patched", "patch");

/** AUROC of pixels, by the model or by the same network before training. */
async function pixelAuroc(model: Model, data: Samples, which: "score" | "untrainedScores"): Promise<number> {
  const [scores, labels]: [number[], number[]] = [[], []];
  await model[which](data, {
    onMap: async (map, row) => {
      scores.push(...map.data);
      labels.push(...(await data.mask!(row)));
    },
  });
  return auroc(labels, scores);
}

describe("FCDD", () => {
  it("finds a planted defect, which the untrained network does not, and does so again to the byte", async () => {
    const trainedOn = (): Promise<Model> => new Fcdd(FAST).fit(normal);
    const model = await trainedOn();
    expect(model.card.map).toEqual({ height: HEIGHT, width: WIDTH });
    const trained = await pixelAuroc(model, patched, "score");
    expect(trained).toBeGreaterThan(0.9);
    expect(trained).toBeGreaterThan((await pixelAuroc(model, patched, "untrainedScores")) + 0.02);
    const [{ members, learnedFrom, health }] = Fcdd.trainings(model.card) as [
      ReturnType<typeof Fcdd.trainings>[0],
    ];
    expect(health.healthy).toBe(true);
    expect(members[0]!.training).toMatchObject({ ended: "all epochs", kept: 60 });
    expect(learnedFrom).toMatchObject({ height: 40, width: 52, defects: 0 });
    expect(Buffer.compare((await trainedOn()).toBytes(), model.toBytes())).toBe(0);
  });

  it("learns as published: from confetti, image by image", async () => {
    const model = await new Fcdd({ ...FAST, loss: "image", drawnDefects: "confetti" }).fit(normal);
    expect(await pixelAuroc(model, patched, "score")).toBeGreaterThan(0.8);
  });

  it("learns from labelled defects what drawn ones do not show, and does not calibrate on them", async () => {
    const smooth = cloth(12, "smooth", "smooth");
    const options = { ...FAST, drawnDefects: "confetti" } as const;
    const without = await new Fcdd(options).fit(normal);
    const known = await new Fcdd({ ...options, defectShare: 0.7 }).fit(normal, {
      defects: cloth(8, "known", "smooth"),
    });
    expect(await pixelAuroc(known, smooth, "score")).toBeGreaterThan(
      (await pixelAuroc(without, smooth, "score")) + 0.02,
    );
    expect(known.card.data).toMatchObject({ rows: 60, defects: { rows: 8 } });
    expect(known.card.data.calibration).toBe(without.card.data.calibration);
  });

  it("doubts masks that mark most of every image", async () => {
    const known = cloth(3, "turned", "patch");
    const turned = samplesOf(known, {
      mask: async (row) => (await known.mask!(row)).map((value) => 1 - value),
    });
    const said: string[] = [];
    await new Fcdd({ ...FAST, steps: 1 }).fit(normal, {
      defects: turned,
      onWarning: (text) => said.push(text),
    });
    expect(said.join(" ")).toContain(
      "turned: More than half of the image is marked by 3 of 3 masks of defects. Are they the wrong way round?",
    );
  });

  it("refuses defects without masks, and masks without a defect", async () => {
    const trainedOn = (defects: Samples) => new Fcdd(FAST).fit(normal, { defects });
    await expect(trainedOn(normal)).rejects.toThrow(/no masks/);
    const empty = samplesOf(cloth(3, "empty", "none"), { mask: async () => new Uint8Array(AREA) });
    await expect(trainedOn(empty)).rejects.toThrow("empty: the mask of image 1 of 3 marks no pixel.");
  });
});
