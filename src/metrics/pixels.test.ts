import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../math/random.js";
import { AUPRO_CHANCE, auroc, averagePrecision, PixelTally } from "./index.js";

interface Golden {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly maps: readonly number[][];
  readonly masks: readonly string[];
  readonly auroc: number;
  readonly averagePrecision: number;
  readonly iou: number;
  readonly aupro: number;
  readonly regions: number;
  readonly regionsFound: number;
}
const golden: { readonly cases: readonly Golden[] } = JSON.parse(
  readFileSync(new URL("../../test/golden/metrics/pixels_golden.json", import.meta.url), "utf8"),
);

function tallied({ height, width, maps, masks }: Golden, options = {}): PixelTally {
  const tally = new PixelTally(options);
  maps.forEach((map, image) => {
    const scores = Float32Array.from(map);
    const mask = Uint8Array.from(masks[image]!, Number);
    tally.add({ height, width, scores, mask });
  });
  return tally;
}

const above1 = (score: number): boolean => score > 1;
const random = createRandom(3);

describe("PixelTally", () => {
  it.each(golden.cases)("has the figures of scikit-learn, and AUPRO by definition: $name", (known) => {
    const found = tallied(known).figures(above1);
    expect(found.auroc).toBeCloseTo(known.auroc, 12);
    expect(found.averagePrecision).toBeCloseTo(known.averagePrecision, 12);
    expect(found.iou).toBeCloseTo(known.iou, 12);
    expect(found.aupro).toBeCloseTo(known.aupro, 12);
    expect(found).toMatchObject({
      regions: known.regions,
      regionsFound: known.regionsFound,
      pixels: known.maps.length * known.height * known.width,
      exact: true,
    });
    expect(found.prevalence).toBe(found.abnormalPixels / found.pixels);
    const tally = tallied(known);
    expect([tally.figures(), tally.figures(above1)]).toMatchObject([{ aupro: found.aupro }, found]);
  });

  it.each(golden.cases)(
    "counts in bins what is too much to hold, to nearly the same figures: $name",
    (known) => {
      const found = tallied(known, { mostBytes: 3000 }).figures(above1);
      const exact = tallied(known).figures(above1);
      expect(found.exact).toBe(false);
      for (const name of ["auroc", "averagePrecision", "aupro", "iou"] as const) {
        expect(Math.abs(found[name]! - exact[name]!)).toBeLessThan(1e-3);
      }
      // Halves are in bins of their own, so that nothing is lost.
      if (known.name !== "continuous" && known.name !== "worse than chance")
        expect(found.auroc).toBeCloseTo(exact.auroc, 12);
    },
  );

  it("agrees with the metrics of rows, whatever image a pixel is of", () => {
    const score = fc.float({ noNaN: true });
    const image = fc.array(fc.tuple(score, fc.boolean()), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(image, { minLength: 1, maxLength: 6 }), (images) => {
        const pixels = images.flat();
        const labels = pixels.map(([, label]) => label);
        fc.pre(new Set(labels).size === 2);
        const tally = new PixelTally();
        for (const each of images) {
          const scores = Float32Array.from(each, ([value]) => value);
          tally.add({ height: 2, width: 3, scores, mask: each.map(([, label]) => Number(label)) });
        }
        const scores = pixels.map(([value]) => value);
        const found = tally.figures();
        expect(found.auroc).toBeCloseTo(auroc(labels, scores), 12);
        expect(found.averagePrecision).toBeCloseTo(averagePrecision(labels, scores), 12);
        expect(found.iou).toBeUndefined();
      }),
    );
  });

  it("counts regions alike, however large they are", () => {
    // The large region is found first, the small one behind all normal pixels.
    const scores = Float32Array.of(9, 9, 9, 9, 9, 9, 5, 4, 3, 2, 1);
    const mask = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1];
    const tally = new PixelTally();
    tally.add({ height: 1, width: 11, scores, mask });
    const { regions, aupro } = tally.figures();
    expect(regions).toBe(2);
    expect(aupro).toBeCloseTo(0.5, 12);
  });

  it("takes regions as they are given, such as a line that became dotted as its mask was made smaller", () => {
    const tally = new PixelTally();
    const mask = [1, 0, 1, 0, 1];
    tally.add({ height: 1, width: 5, scores: new Float32Array(5), mask, regions: [7, 0, 7, 0, 7] });
    expect(tally.figures()).toMatchObject({ regions: 1, auroc: 0.5, aupro: AUPRO_CHANCE });
  });

  it("refuses what has no figures", () => {
    const pixels = { height: 1, width: 2, scores: Float32Array.of(1, 2) };
    const code = expect.objectContaining({ code: "unfit-data" });
    const tally = new PixelTally();
    expect(() => tally.figures()).toThrow(code);
    expect(() => tally.add({ ...pixels, mask: [1] })).toThrow(/mask has 1 values for 1 x 2 pixels/);
    expect(() => tally.add({ ...pixels, mask: [0, 1], regions: [1] })).toThrow(code);
    expect(() => tally.add({ ...pixels, mask: [0, 1], scores: Float32Array.of(1, Number.NaN) })).toThrow(
      code,
    );
    tally.add({ ...pixels, mask: [0, 0] });
    expect(() => tally.figures()).toThrow(/there are 0 abnormal pixels and 2 normal ones/);
  });

  it("gives the level of chance to scores that know nothing", () => {
    const stream = random.stream("noise");
    const tally = new PixelTally();
    for (let image = 0; image < 20; image++) {
      const scores = Float32Array.from({ length: 4096 }, () => stream.uniform());
      const mask = Uint8Array.from({ length: 4096 }, (_, k) => Number(k % 64 < 16 && k < 1024));
      tally.add({ height: 64, width: 64, scores, mask });
    }
    const { auroc: ranked, averagePrecision: ap, prevalence, aupro } = tally.figures();
    expect(Math.abs(ranked - 0.5)).toBeLessThan(0.02);
    expect(Math.abs(ap - prevalence)).toBeLessThan(0.01);
    expect(Math.abs(aupro - AUPRO_CHANCE)).toBeLessThan(0.01);
  });
});
