/** Changed copies of training images reach the training, and nothing else. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { imagesFrom } from "../../data/images/image-arrays.js";
import { sum } from "../../graph/index.js";
import { Autoencoder, DeepSvdd, PatchGaussian, tableFromMatrix } from "../../index.js";
import { median } from "../../math/quantile.js";
import { createRandom } from "../../math/random.js";
import type { TrainingData } from "../../model/contract.js";
import { defineDetector } from "../define.js";
import { augmentOptions } from "./augmentation.js";
import { calibrationOptions, inputOptions } from "./common-options.js";

const SIDE = 32;

/** Blocks of grey, in their own way in each image; `factor` makes them brighter. */
function images(count: number, seed: number, factor = 1) {
  const random = createRandom(seed).stream("images");
  return imagesFrom(
    Array.from({ length: count }, () => {
      const blocks = Array.from({ length: 16 }, (_, k) => 60 + 6 * k + random.int(8));
      const data = Uint8Array.from({ length: SIDE * SIDE }, (_, k) => {
        const [y, x] = [Math.floor(k / SIDE), k % SIDE];
        return factor * (blocks[4 * (y >> 3) + (x >> 3)]! + random.int(4));
      });
      return { height: SIDE, width: SIDE, data };
    }),
  );
}

const seen: TrainingData[] = [];
const Watcher = defineDetector({
  name: "watcher-of-copies",
  title: "Keeps what it is given",
  options: z.strictObject({
    ...inputOptions,
    ...augmentOptions,
    validationFraction: z.number().default(0.2).describe("Share held out"),
    ...calibrationOptions,
  }),
  learnsFrom: { labels: true, outliers: true },
  async train(_, data) {
    seen.push(data);
    return { scorer: { score: (x) => sum(x, [1]), training: {} }, untrained: undefined };
  },
});

const rowsOf = ({ rows, columns, data }: TrainingData["train"]): string[] =>
  Array.from({ length: rows }, (_, row) => String(data.subarray(row * columns, (row + 1) * columns)));

async function given(options: object, fit = {}): Promise<TrainingData> {
  await new Watcher({ contrast: "none", ...options }).fit(images(60, 1), fit);
  return seen.pop()!;
}

describe("a training with changed copies", () => {
  it("has the same rows first, then as many copies of each, and holds out images as they came", async () => {
    const [plain, more] = [await given({}), await given({ augment: ["shift"], augmentCopies: 3 })];
    expect(more.rowCount).toBe(plain.train.rows);
    expect(more.train.rows).toBe(4 * plain.train.rows);
    expect(rowsOf(more.train).slice(0, plain.train.rows)).toEqual(rowsOf(plain.train));
    expect(rowsOf(more.validation)).toEqual(rowsOf(plain.validation));
    const originals = new Set([...rowsOf(plain.train), ...rowsOf(plain.validation)]);
    const copies = rowsOf(more.train).slice(plain.train.rows);
    expect(copies.filter((row) => originals.has(row)).length).toBeLessThan(0.1 * copies.length);
    expect(rowsOf((await given({ augment: ["shift"], augmentCopies: 3 })).train)).toEqual(rowsOf(more.train));
    expect(rowsOf((await given({ augment: ["shift"], seed: 8 })).train)).not.toEqual(rowsOf(more.train));
  });

  it("calibrates as if there were none", async () => {
    const trained = (augment: "shift"[]) => new Watcher({ contrast: "none", augment }).fit(images(60, 1));
    const [plain, more] = [await trained([]), await trained(["shift"])];
    expect(more.calibrationScores).toEqual(plain.calibrationScores);
    const { augmentation, ...rest } = more.card.data;
    expect(augmentation).toEqual({ changes: ["shift"], strength: 1, copies: 4 });
    expect(rest).toEqual(plain.card.data);
  });

  it("changes labelled anomalies and outliers alike, and keeps the labels of normals", async () => {
    const labels = Array.from({ length: 60 }, (_, k) => (k < 6 ? 1 : k < 30 ? 0 : -1));
    const options = { augment: ["flip", "shift"], augmentCopies: 2 };
    const outliers = images(5, 9);
    const [plain, more] = [await given({}, { labels, outliers }), await given(options, { labels, outliers })];
    expect([more.anomalies!.rows, more.outliers!.rows]).toEqual([18, 15]);
    const { length } = plain.labelledNormal!;
    for (const copy of [0, 1, 2])
      expect(more.labelledNormal!.slice(copy * length, (copy + 1) * length)).toEqual(plain.labelledNormal);
  });

  it("makes of folds what it makes of one", async () => {
    await given({ augment: ["flip"], calibration: "cross", calibrationFolds: 2 });
    const { rowCount, train } = seen.pop()!;
    expect(train.rows).toBe(2 * rowCount);
  });
});

describe("detectors", () => {
  it("learn that another brightness is normal", async () => {
    const relative = async (options: object) => {
      const plain = { members: 1, encoder: "mlp", contrast: "none", steps: 300 } as const;
      const model = await new Autoencoder({ ...plain, ...options }).fit(images(60, 1));
      const level = async (factor: number) => median((await model.score(images(20, 2, factor))).scores);
      return (await level(1.12)) / (await level(1));
    };
    const changed = await relative({ augment: ["brightness"], augmentStrength: 2 });
    expect(changed).toBeLessThan(0.5 * (await relative({})));
  });

  it("give the same bytes for the same seed, and say what they saw", async () => {
    const trained = () =>
      new DeepSvdd({
        members: 1,
        hiddenDims: [8],
        encoder: "mlp",
        latentDim: 4,
        steps: 20,
        augment: ["shift", "flip"],
      }).fit(images(60, 1));
    const [model, again] = [await trained(), await trained()];
    expect(Buffer.compare(model.toBytes(), again.toBytes())).toBe(0);
    expect(model.card.data.augmentation).toMatchObject({ copies: 4 });
  });

  it("steady maps on images as they came", async () => {
    const model = await new PatchGaussian({ maxPatches: 1000, augment: ["flip"], imageSize: SIDE }).fit(
      images(60, 1),
    );
    expect(model.card.data.augmentation).toMatchObject({ copies: 1 });
  });
});

describe("what is refused", () => {
  it.each([
    [
      "a strength of nothing",
      { augmentStrength: 2 },
      /augmentStrength is given, but augment names no change/,
    ],
    ["copies of nothing", { augmentCopies: 2 }, /augmentCopies is given/],
    ["brightness that contrast takes away", { augment: ["brightness"] }, /contrast is "gcn"/],
    ["a change that there is not", { augment: ["turn"] }, /augment/],
  ])("%s", async (_, options, message) => {
    const trained = async () => new DeepSvdd(options as object).fit(images(40, 1));
    await expect(trained()).rejects.toThrow(message);
  });

  it("rows of a table", async () => {
    const table = tableFromMatrix(Array.from({ length: 40 }, (_, k) => [k, -k]));
    await expect(new DeepSvdd({ augment: ["shift"] }).fit(table)).rejects.toThrow(/rows of a table/);
  });
});
