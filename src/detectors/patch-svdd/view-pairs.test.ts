import { describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.js";
import {
  type CropPlan,
  cropSide,
  DIRECTIONS,
  drawViews,
  gridSide,
  type TrainingImage,
} from "./view-pairs.js";

const random = createRandom("pairs");
const [channels, height, width] = [2, 130, 140];
/** Every number says where it is from. */
const image: TrainingImage = {
  shape: [channels, height, width],
  data: Float32Array.from({ length: channels * height * width }, (_, k) => k),
};
const sizes = ["small", "large"] as const;
const plan: CropPlan = { sizes, side: 128, crops: 3, pairs: 60 };

describe("pairs of patches", () => {
  it.each([
    ["small", 24, 32],
    ["large", 48, 64],
  ] as const)("%s: lie in the direction that they are said to, inside the crop", (size, least, most) => {
    const grid = gridSide(plan.side, size);
    const { first, second, near, directions } = drawViews(random.stream(size), [image], plan, 2, 0).pairs[
      size
    ]!;
    expect(first).toHaveLength(2 * 3 * 60);
    const seen = new Set<number>();
    first.forEach((place, pair) => {
      const direction = directions.subarray(8 * pair, 8 * pair + 8);
      expect(direction.reduce((sum, value) => sum + value, 0)).toBe(1);
      seen.add(direction.indexOf(1));
      const at = (position: bigint): [number, number] => [
        Math.floor(Number(position) / grid),
        Number(position) % grid,
      ];
      for (const each of [place, second[pair]!, near[pair]!]) {
        expect(each >= 0n && each < BigInt(grid * grid)).toBe(true);
      }
      const [[top, left], [down, across]] = [at(place), at(second[pair]!)];
      [2 * (down - top), 2 * (across - left)].forEach((offset, axis) => {
        expect(Math.sign(offset)).toBe(DIRECTIONS[direction.indexOf(1)]![axis]);
        if (offset !== 0) expect(Math.abs(offset)).toBeGreaterThanOrEqual(least);
        expect(Math.abs(offset)).toBeLessThan(most);
      });
    });
    expect(seen.size).toBe(8);
  });
});

describe("views of crops", () => {
  it("show the same but for one pixel, in every one of eight ways", () => {
    const steps = 20;
    const { views } = drawViews(random.stream("views"), [image], plan, steps, 0);
    const each = channels * plan.side ** 2;
    const seen = new Set<number>();
    for (let step = 0; step < steps; step++)
      for (let crop = 0; crop < plan.crops; crop++) {
        const view = (k: number): Float32Array => {
          const place = (2 * step + k) * plan.crops + crop;
          return views.subarray(place * each, (place + 1) * each);
        };
        const [one, other] = [view(0), view(1)];
        seen.add(other[0]! - one[0]!);
        // Lines follow each other, and so do channels.
        for (const part of [one, other]) {
          expect(part[plan.side]! - part[0]!).toBe(width);
          expect(part[plan.side ** 2]! - part[0]!).toBe(height * width);
        }
      }
    const ways = DIRECTIONS.map(([down, across]) => down * width + across);
    expect([...seen].sort((a, b) => a - b)).toEqual(ways.sort((a, b) => a - b));
  });

  it("have noise of their own, on each channel and on each pixel", () => {
    const [plain, noisy] = [0, 3].map((noise) => drawViews(random.stream("noise"), [image], plan, 1, noise));
    const area = plan.side ** 2;
    const noise = (k: number): number => noisy!.views[k]! - plain!.views[k]!;
    // Of both channels of all views: the noise of single pixels is hardly left of them.
    const means = Array.from({ length: 2 * plan.crops * channels }, (_, plane) => {
      let sum = 0;
      for (let k = plane * area; k < (plane + 1) * area; k++) sum += noise(k) / area;
      return sum;
    });
    let squares = 0;
    for (let k = 0; k < area; k++) squares += (noise(k) - means[0]!) ** 2 / area;
    expect(Math.sqrt(squares)).toBeGreaterThan(2.9);
    expect(Math.sqrt(squares)).toBeLessThan(3.1);
    expect(Math.max(...means) - Math.min(...means)).toBeGreaterThan(3);
  });

  it.each([
    [["small"], [1, 64, 90], 62],
    [["small"], [3, 256, 256], 96],
    [sizes, [3, 128, 300], 126],
    [sizes, [3, 256, 256], 128],
  ] as const)("of %j patches in images of %j have %i pixels along a side", (of, shape, side) => {
    expect(cropSide(of, shape)).toBe(side);
    for (const size of of) {
      // The farthest second patch is inside, whatever its direction.
      expect(gridSide(side, size)).toBeGreaterThan({ small: 15, large: 31 }[size]);
    }
  });
});
