import { describe, expect, test } from "vitest";
import { measureImage } from "./measures.js";

const image = (height: number, width: number, data: readonly number[]) => ({
  height,
  width,
  data: Uint8Array.from(data),
});

describe("measureImage", () => {
  test("gives what numpy gives", () => {
    // a = numpy.array([[0, 10, 20, 30], [40, 250, 60, 70], [80, 90, 7, 110], [120, 130, 140, 150]], float)
    // a.mean(), a.std(), abs(4 * a[1:-1, 1:-1] - a[:-2, 1:-1] - a[2:, 1:-1] - a[1:-1, :-2] - a[1:-1, 2:]).mean()
    const a = [0, 10, 20, 30, 40, 250, 60, 70, 80, 90, 7, 110, 120, 130, 140, 150];
    const { brightness, contrast, sharpness } = measureImage(image(4, 4, a), 1);
    expect(brightness).toBeCloseTo(81.6875, 12);
    expect(contrast).toBeCloseTo(64.84762789609192, 10);
    expect(sharpness).toBeCloseTo(346.5, 12);
  });

  test("takes the mean over channels", () => {
    const grey = [10, 20, 40, 80, 160, 30, 60, 120, 240];
    const colour = grey.flatMap((value) => [value - 3, value, value + 3]);
    const [one, three] = [measureImage(image(3, 3, grey), 1), measureImage(image(3, 3, colour), 3)];
    expect(three).toEqual(one);
  });

  test("of one colour or of a single line has no edges", () => {
    expect(measureImage(image(3, 3, new Array(9).fill(7)), 1)).toEqual({
      brightness: 7,
      contrast: 0,
      sharpness: 0,
    });
    expect(measureImage(image(1, 3, [0, 9, 0]), 1).sharpness).toBe(0);
  });
});
