import { describe, expect, it } from "vitest";
import { createRandom } from "../math/random.js";
import { blurredRectangle } from "./defect-shapes.js";
import { DEFECTS, withDefect } from "./defects.js";
import type { ImageShape } from "./images.js";

const shape: ImageShape = [3, 40, 52];
const [channels, height, width] = shape;
const random = createRandom("defects");

function texture(part: string): Float32Array {
  const image = new Float32Array(channels * height * width);
  random.stream(part).fillUniform(image, 0.2, 0.8);
  return image;
}
const [image, other] = [texture("image"), texture("other")];

describe.each(DEFECTS)("%s", (kind) => {
  const made = Array.from({ length: 60 }, (_, k) =>
    withDefect(kind, image, shape, other, random.stream(kind, k)),
  );

  it("changes visibly what the mask says, and nothing else", () => {
    for (const { image: changed, mask } of made) {
      let wrong = 0;
      for (let at = 0; at < mask.length; at++) {
        const change = Array.from({ length: channels }, (_, channel) =>
          Math.abs(changed[channel * mask.length + at]! - image[channel * mask.length + at]!),
        );
        if (mask[at] === 1 ? Math.max(...change) <= 0.02 : Math.max(...change) !== 0) wrong++;
      }
      expect(wrong).toBe(0);
    }
  });

  it("always leaves a defect, of sizes from a few pixels to a good part of the image", () => {
    const areas = made.map(({ mask }) => mask.reduce((sum, value) => sum + value, 0));
    expect(Math.min(...areas)).toBeGreaterThan(0);
    expect(Math.max(...areas)).toBeGreaterThan(4 * Math.min(...areas));
    expect(Math.max(...areas)).toBeLessThan(height * width);
  });

  it("stays in the range of images, and leaves the original alone", () => {
    for (const { image: changed } of made) {
      expect(changed.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
    expect(image).toEqual(texture("image"));
  });

  it("is the same for the same stream", () => {
    expect(withDefect(kind, image, shape, other, random.stream(kind, 0))).toEqual(made[0]);
    expect(made[1]).not.toEqual(made[0]);
  });
});

it("gives up on an image whose defects nobody would see", () => {
  const black = new Float32Array(image.length);
  const stuck = { ...random.stream("stuck"), uniform: () => 0, int: () => 0, normal: () => 0 };
  const { image: same, mask } = withDefect("confetti", black, shape, black, stuck);
  expect(same).toEqual(black);
  expect(mask.every((value) => value === 0)).toBe(true);
});

it("smooths confetti as a blur does: with the same mass, and wider by the variance of the Gaussian", () => {
  // In the middle of the image, turned by a quarter.
  const middle = { ...random.stream("middle"), uniform: () => 0.5 };
  const [length, breadth, sigma] = [20, 8, 3];
  const { top, width: columns, data } = blurredRectangle([1, 101, 101], length, breadth, sigma, middle);
  const mass = data.reduce((sum, value) => sum + value, 0);
  expect(mass).toBeCloseTo(length * breadth, 1);
  const down = data.map((value, k) => value * (top + Math.floor(k / columns) + 0.5 - 50.5) ** 2);
  // A normal distribution that is cut off at 2.4 deviations has 0.891 of its variance.
  const expected = length ** 2 / 12 + 0.891 * sigma ** 2;
  expect(down.reduce((sum, value) => sum + value, 0) / mass).toBeCloseTo(expected, 1);
});
