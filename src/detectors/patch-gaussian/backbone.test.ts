import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { imagesFrom } from "../../data/images/image-arrays.js";
import { PatchGaussian } from "../../index.js";
import { createRandom } from "../../math/random.js";

const SIDE = 48;
const bytes = readFileSync(new URL("../../../test/golden/backbones/residual-20.onnx", import.meta.url));

/** Noise about grey; broken ones have a bright square. */
function parts(count: number, seed: number, broken = false) {
  const random = createRandom(seed).stream("parts");
  return imagesFrom(
    Array.from({ length: count }, () => ({
      height: SIDE,
      width: SIDE,
      data: Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, k) => {
        const [y, x] = [Math.floor(k / 3 / SIDE), Math.floor(k / 3) % SIDE];
        return (broken && y > 20 && y < 28 && x > 8 && x < 16 ? 190 : 100) + random.int(40);
      }),
    })),
  );
}

it("a Gaussian of a backbone's maps flags what is broken, and the card says which network it was", async () => {
  const model = await new PatchGaussian({ maxPatches: 1000 }).fit(parts(40, 1), { backbone: { bytes } });
  const [good, broken] = [await model.score(parts(8, 2)), await model.score(parts(8, 3, true))];
  expect(Math.max(...good.scores)).toBeLessThan(Math.min(...broken.scores));
  expect(model.card.backbone).toMatchObject({ name: "backbone.onnx", bytes: bytes.length });
  const [report] = PatchGaussian.trainings(model.card);
  expect(report!.sizes).toHaveLength(1);
  expect(report!.sizes[0]).not.toHaveProperty("side");
});
