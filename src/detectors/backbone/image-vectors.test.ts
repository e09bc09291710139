/** Detectors of rows on what a user's own network says of whole images. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { imagesFrom } from "../../data/images/image-arrays.js";
import { selectImages } from "../../data/index.js";
import { DeepSad, DeepSvdd, Hsc, Knn, Model, tableFromMatrix } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { imageVectors, standardisationOf, standardisedRows } from "./image-vectors.js";

const folder = new URL("../../../test/golden/backbones/", import.meta.url);
const bytes = readFileSync(new URL("residual-20.onnx", folder));
const backbone = { bytes, name: "residual-20.onnx" };
const SIDE = 32;
const fast = { members: 1, hiddenDims: [16], latentDim: 4, pretrainSteps: 40, steps: 60 };

/** Noise about grey, or about red where they are wrong: the network has random weights, and tells these apart. */
function parts(count: number, seed: number, wrong = false, side = SIDE) {
  const random = createRandom(seed).stream("parts");
  return imagesFrom(
    Array.from({ length: count }, () => {
      const level = 90 + random.int(20);
      const tint = wrong ? [90, -40, -40] : [0, 0, 0];
      const data = Uint8Array.from(
        { length: side * side * 3 },
        (_, k) => level + tint[k % 3]! + random.int(40),
      );
      return { height: side, width: side, data };
    }),
  );
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

describe.each([
  ["knn", (options: object) => new Knn(options)],
  ["deep-svdd", (options: object) => new DeepSvdd({ ...fast, ...options })],
  ["deep-sad", (options: object) => new DeepSad({ ...fast, ...options })],
  ["hsc", (options: object) => new Hsc({ ...fast, ...options })],
] as const)("%s with a backbone", (name, create) => {
  const detector = create({ seed: 3, backboneLicense: "MIT" });
  const extra = name === "deep-sad" || name === "hsc" ? { outliers: parts(12, 8, true) } : {};
  let model: Model;
  beforeAll(async () => {
    model = await detector.fit(parts(60, 1), { backbone, ...extra });
  }, 20_000);

  it("tells images apart that the network tells apart", async () => {
    const [good, wrong] = [await model.score(parts(20, 2)), await model.score(parts(20, 3, true))];
    expect(Math.min(...wrong.scores)).toBeGreaterThan(mean(good.scores));
    expect(mean(wrong.isAnomaly)).toBeGreaterThan(0.9);
    expect(mean(good.isAnomaly)).toBeLessThan(0.3);
  });

  it("says which network it is, that it sees images as they are, and how many numbers they became", () => {
    expect(model.card.backbone).toEqual({
      name: "residual-20.onnx",
      sha256: createHash("sha256").update(bytes).digest("hex"),
      bytes: bytes.length,
      license: "MIT",
      opset: 20,
      tensors: [expect.any(String)],
      shapes: [[8, 2, 2]],
      height: SIDE,
      width: SIDE,
      mean: [0.485, 0.456, 0.406],
      deviation: [0.229, 0.224, 0.225],
      channels: "rgb",
      vector: 8,
    });
    expect(model.card.schema).toMatchObject({ kind: "images", contrast: "none" });
    expect(model.card.options["contrast"]).toBe("none");
  });

  it("is one file: the same after loading, for an image alone, and trained again", async () => {
    const together = await model.score(parts(5, 5));
    const loaded = await Model.fromBytes(model.toBytes());
    expect((await loaded.score(parts(5, 5))).scores).toEqual(together.scores);
    const alone = await model.score(selectImages(parts(5, 5), Uint32Array.of(3)));
    expect(Math.abs(alone.scores[0]! / together.scores[3]! - 1)).toBeLessThan(1e-5);
    const twice = await create({ seed: 3, backboneLicense: "MIT" }).fit(parts(60, 1), { backbone, ...extra });
    expect(Buffer.compare(twice.toBytes(), model.toBytes())).toBe(0);
  });

  if (name !== "knn") {
    it("keeps its untrained control, which sees the same vectors", async () => {
      const { scores } = await model.score(parts(6, 2));
      const control = (await model.untrainedScores(parts(6, 2)))!;
      expect(control.every(Number.isFinite)).toBe(true);
      expect(control).not.toEqual(scores);
      expect(model.card.training).toMatchObject({ health: { healthy: expect.any(Boolean) } });
    });
  }
});
