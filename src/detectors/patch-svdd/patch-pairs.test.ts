import { describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.js";
import {
  DIRECTIONS,
  drawSamples,
  neighbourPair,
  positionPair,
  sampleSize,
  type TrainingImage,
} from "./patch-pairs.js";

const random = createRandom("pairs");
const shape = [2, 70, 90] as const;
/** Every number says where it is from. */
const image: TrainingImage = {
  shape: [2, 130, 140],
  data: Float32Array.from({ length: 2 * 130 * 140 }, (_, k) => k),
};

describe("pairs of patches", () => {
  it("lie in the direction that they are said to, inside the image, three quarters of a side and more apart", () => {
    const stream = random.stream("positions");
    const seen = new Set<number>();
    for (let k = 0; k < 2000; k++) {
      const { first, second, direction } = positionPair(stream, shape, 32);
      seen.add(direction);
      const offsets = [second.top - first.top, second.left - first.left];
      offsets.forEach((offset, axis) => {
        expect(Math.sign(offset)).toBe(DIRECTIONS[direction]![axis]);
        if (offset !== 0) expect(Math.abs(offset)).toBeGreaterThanOrEqual(24);
        expect(Math.abs(offset)).toBeLessThan(32);
      });
      for (const { top, left } of [first, second]) {
        expect(top >= 0 && top <= 70 - 32 && left >= 0 && left <= 90 - 32).toBe(true);
      }
    }
    expect(seen.size).toBe(8);
  });

  it.each([
    [32, 1, 8],
    [64, 2, 24],
  ])(
    "of neighbours of %d pixels are at most %d pixels apart, in every one of %d ways",
    (patch, reach, ways) => {
      const stream = random.stream("neighbours", patch);
      const seen = new Set<string>();
      for (let k = 0; k < 1000; k++) {
        const { first, second } = neighbourPair(stream, shape, patch);
        const offsets = [second.top - first.top, second.left - first.left];
        expect(Math.max(...offsets.map(Math.abs))).toBeLessThanOrEqual(reach);
        seen.add(offsets.join());
      }
      expect(seen.has("0,0")).toBe(false);
      expect(seen.size).toBe(ways);
    },
  );

  it("are cut out as they are, large patches in quarters, noise on the position pair alone", () => {
    const [plain, noisy] = [0, 0.1].map((noise) =>
      drawSamples(random.stream("cut", "same"), [image], 64, 1, noise),
    );
    const each = sampleSize(64, 2) / 4;
    const tile = (patch: number, quarter: number): number => plain!.patches[patch * each + quarter * 2048]!;
    for (let patch = 0; patch < 4; patch++) {
      // Right of the upper left quarter is the upper right one; the lower left one is 32 lines below.
      expect(tile(patch, 1) - tile(patch, 0)).toBe(32);
      expect(tile(patch, 2) - tile(patch, 0)).toBe(32 * 140);
      // The second channel follows.
      expect(plain!.patches[patch * each + 1024]! - tile(patch, 0)).toBe(130 * 140);
    }
    expect(plain!.directions.reduce((sum, value) => sum + value, 0)).toBe(1);
    const fractions = (from: number, to: number): number =>
      noisy!.patches.subarray(from * each, to * each).filter((value) => value % 1 !== 0).length;
    expect(fractions(0, 2)).toBeGreaterThan(1.9 * each * 0.5);
    expect(fractions(2, 4)).toBe(0);
  });
});
