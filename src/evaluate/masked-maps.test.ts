import { describe, expect, it } from "vitest";
import { type ImageSet, type Samples, samplesOf } from "../data/index.js";
import { evaluate, imagesFrom, type Model } from "../index.js";
import { createRandom } from "../math/random.js";
import { auroc, averagePrecision } from "../metrics/index.js";
import { type JobMetrics, runJob } from "./compare/job.js";
import { MaskedMaps } from "./masked-maps.js";

const [HEIGHT, WIDTH] = [12, 16];
const random = createRandom(8).stream("maps");

/** Images of which every fourth has a defect. */
function parts(height: number, width: number, count = 12): Samples<ImageSet> {
  const masks = Array.from({ length: count }, (_, row) =>
    Uint8Array.from({ length: height * width }, (_, place) => {
      const [x, y] = [place % width, Math.floor(place / width)];
      return Number(row % 4 === 3 && x >= width / 4 && x < width / 2 && y >= height / 3 && y < height / 2);
    }),
  );
  const images = masks.map((mask) => ({ height, width, data: mask.map((value) => 40 + 100 * value) }));
  return samplesOf(imagesFrom(images), {
    labels: masks.map((_, row) => row % 4 === 3),
    mask: async (row) => masks[row]!,
  });
}

const noise = (level: number, mask?: Uint8Array): Float32Array =>
  Float32Array.from({ length: HEIGHT * WIDTH }, (_, k) => level * (mask?.[k] ?? 0) + random.normal());

/** What a model does that has these maps, and others before training. */
function modelOf(maps: readonly Float32Array[], before: readonly Float32Array[], threshold = 2): Model {
  const give = async (all: readonly Float32Array[], onMap?: (map: object, row: number) => Promise<void>) => {
    for (const [row, data] of all.entries()) await onMap?.({ height: HEIGHT, width: WIDTH, data }, row);
    return Float32Array.from(all, (data) => Math.max(...data));
  };
  return {
    card: {
      data: {},
      map: { height: HEIGHT, width: WIDTH },
      threshold: { threshold },
      schema: { kind: "images" },
    },
    async score(_: unknown, { onMap }: { onMap?: () => Promise<void> }) {
      const scores = await give(maps, onMap);
      const isAnomaly = Uint8Array.from(scores, (score) => Number(score > threshold));
      return { scores, isAnomaly, threshold, notes: {} };
    },
    untrainedScores: (_: unknown, { onMap }: { onMap?: () => Promise<void> }) => give(before, onMap),
  } as unknown as Model;
}

const masksOf = (samples: Samples): Promise<Uint8Array[]> =>
  Promise.all(Array.from({ length: samples.rowCount }, (_, row) => samples.mask!(row)));

describe("pixels in evaluate", () => {
  it("are those of all images with a label, by the model and by its networks before training", async () => {
    const labelled = parts(HEIGHT, WIDTH);
    const labels = Int8Array.from(labelled.labels!);
    labels[0] = -1;
    const samples = samplesOf(labelled, { labels });
    const masks = await masksOf(samples);
    const maps = masks.map((mask) => noise(3, mask));
    const before = masks.map((mask) => noise(1, mask));
    const { pixels, notes } = await evaluate(modelOf(maps, before), samples);
    const rows = [...masks.keys()].filter((row) => labels[row]! >= 0);
    const truth = rows.flatMap((row) => [...masks[row]!]);
    const scores = rows.flatMap((row) => [...maps[row]!]);
    const flagged = scores.map((score) => score > 2);
    const both = truth.filter((label, k) => label === 1 && flagged[k]).length;
    const either = truth.filter((label, k) => label === 1 || flagged[k]).length;
    expect(pixels).toMatchObject({
      height: HEIGHT,
      width: WIDTH,
      pixels: 11 * HEIGHT * WIDTH,
      regions: 3,
      regionsFound: 3,
      iou: both / either,
      exact: true,
    });
    expect(pixels!.auroc).toBeCloseTo(auroc(truth, scores), 12);
    expect(pixels!.averagePrecision).toBeCloseTo(averagePrecision(truth, scores), 12);
    const control = rows.flatMap((row) => [...before[row]!]);
    expect(pixels!.untrained!.auroc).toBeCloseTo(auroc(truth, control), 12);
    expect(pixels!.untrained!.averagePrecision).toBeCloseTo(averagePrecision(truth, control), 12);
    expect(pixels!.aupro).toBeGreaterThan(pixels!.untrained!.aupro);
    expect(notes.join()).not.toContain("pixel");
    expect(JSON.parse(JSON.stringify(pixels))).toEqual(pixels);
  });

  it("are compared at the size of the map, each with the middle of its part of the image", async () => {
    const [small, large] = [parts(HEIGHT, WIDTH), parts(3 * HEIGHT, 3 * WIDTH)];
    const maps = (await masksOf(small)).map((mask) => noise(2, mask));
    const { pixels } = await evaluate(modelOf(maps, maps), large);
    expect(pixels).toEqual((await evaluate(modelOf(maps, maps), small)).pixels);
  });

  it("say which defects are too small for the maps, and keep the pieces of a line together", async () => {
    const [height, width] = [4 * HEIGHT, 4 * WIDTH];
    const mask = new Uint8Array(height * width);
    // A steep line one pixel wide: maps see a part of it, in pieces. And a dot that they do not see.
    for (let y = 0; y < height; y++) mask[y * width + 20 + Math.floor(y / 3)] = 1;
    mask[0] = 1;
    const samples = samplesOf(imagesFrom([{ height, width, data: mask }]), {
      labels: [true],
      mask: async () => mask,
    });
    const maps = [noise(0)];
    const { pixels, notes } = await evaluate(modelOf(maps, maps), samples);
    expect(pixels).toMatchObject({ regions: 1 });
    expect(pixels!.abnormalPixels).toBeLessThan(HEIGHT / 2);
    expect(notes.join()).toContain(
      "Too small for maps of 12 x 16 pixels (height x width), and left out of the figures of pixels: 1 of 2 defects",
    );
  });

  it("have no figures without masks, with one missing or of another size, and where all is normal", async () => {
    const samples = parts(HEIGHT, WIDTH);
    const maps = (await masksOf(samples)).map((mask) => noise(2, mask));
    const model = modelOf(maps, maps);
    const none = await evaluate(model, { ...samples, mask: undefined });
    expect([none.pixels, none.notes.join()]).toEqual([undefined, expect.not.stringContaining("pixel")]);
    const torn = await evaluate(model, samplesOf(samples, { mask: async () => new Uint8Array(3) }));
    expect(torn.pixels).toBeUndefined();
    expect(torn.notes.join()).toMatch(/no figures of pixels: the mask of image 3 has 3 values for 12 x 16/);
    expect(torn.ranking).toEqual(none.ranking);
    const whole = samplesOf(samples, {
      labels: new Uint8Array(12).fill(1),
      mask: async () => new Uint8Array(HEIGHT * WIDTH).fill(1),
    });
    expect(await evaluate(model, whole)).not.toHaveProperty("pixels");
    const { pixels, notes } = await evaluate(model, samplesOf(samples, { labels: new Uint8Array(12) }));
    expect([pixels, notes.length]).toEqual([undefined, 1]);
  });

  it("doubt masks that are the wrong way round, or empty", async () => {
    const samples = parts(HEIGHT, WIDTH);
    const maps = (await masksOf(samples)).map((mask) => noise(2, mask));
    const notesFor = async (change: (mask: Uint8Array, row: number) => Uint8Array) => {
      const mask = async (row: number) => change(await samples.mask!(row), row);
      return (await evaluate(modelOf(maps, maps), samplesOf(samples, { mask }))).notes.join(" ");
    };
    expect(await notesFor((mask) => mask)).not.toContain("masks of defects");
    expect(await notesFor((mask) => mask.map((value) => 1 - value))).toContain(
      "More than half of the image is marked by 3 of 3 masks of defects. Are they the wrong way round?",
    );
    expect(await notesFor((mask, row) => (row === 3 ? new Uint8Array(mask.length) : mask))).toContain(
      "No pixel is marked by 1 of 3 masks of defects",
    );
  });

  it("need a model that makes maps", () => {
    const model = { card: {} } as Model;
    expect(MaskedMaps.of(model, parts(HEIGHT, WIDTH))).toBeUndefined();
  });

  it("are stated by a comparison too, for detectors that make maps", async () => {
    const samples = parts(32, 32, 80);
    const noisy = imagesFrom(
      await Promise.all(
        (await masksOf(samples)).map(async (mask) => ({
          height: 32,
          width: 32,
          data: mask.map((value) => 80 + 90 * value + 40 * random.uniform()),
        })),
      ),
    );
    const protocol = { protocol: "one-class", maxTrain: 500, maxTest: 500 } as const;
    const run = (detector: string) =>
      runJob({
        ...{ dataset: "parts", samples: { ...samples, data: noisy }, seed: 0, protocol },
        contestant: { name: detector, detector, options: {} },
      });
    const row = await run("patch-gaussian");
    expect(row).not.toHaveProperty("error");
    expect(row).toMatchObject({ pixelAuroc: expect.any(Number), pixelAveragePrecision: expect.any(Number) });
    expect((row as JobMetrics).pixelAupro).toBeGreaterThan(0.5);
    expect((row as JobMetrics).scoreSeconds).toBeGreaterThan(0);
    expect(await run("pca")).not.toHaveProperty("pixelAuroc");
  });
});
