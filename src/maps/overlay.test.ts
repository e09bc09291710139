import { describe, expect, test } from "vitest";
import { COLOUR_MAP, colourAt } from "./colour-map.js";
import { colourScale, onScale } from "./colour-scale.js";
import { drawOutlines } from "./draw-outlines.js";
import { inColour, overlay } from "./overlay.js";

/** Linear light of a byte of sRGB. */
const linear = (byte: number): number => {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
};
const colour = (k: number): number[] => [...COLOUR_MAP.subarray(3 * k, 3 * k + 3)];
const luminance = ([r, g, b]: number[]): number =>
  0.2126 * linear(r!) + 0.7152 * linear(g!) + 0.0722 * linear(b!);

/** How the dichromats of Machado, Oliveira and Fernandes (2009) see linear light, at full severity. */
const SEEN = {
  protan: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deutan: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
};

describe("the colour map", () => {
  test("is viridis", () => {
    // Of matplotlib's table, as bytes; the polynomials stray from it a little.
    const published: [number, number[]][] = [
      [0, [68, 1, 84]],
      [64, [59, 82, 139]],
      [128, [33, 145, 140]],
      [191, [94, 201, 98]],
      [255, [253, 231, 37]],
    ];
    for (const [k, expected] of published) {
      colour(k).forEach((value, channel) => {
        expect(Math.abs(value - expected[channel]!), `${k}: ${colour(k)}`).toBeLessThanOrEqual(5);
      });
    }
  });

  test("gets lighter all the way, for those who see red and green alike as well", () => {
    for (const matrix of [[1, 0, 0, 0, 1, 0, 0, 0, 1], SEEN.protan, SEEN.deutan]) {
      const light = Array.from({ length: 32 }, (_, k) => {
        const [r, g, b] = colour(8 * k + 7).map(linear);
        const row = (at: number): number => matrix[at]! * r! + matrix[at + 1]! * g! + matrix[at + 2]! * b!;
        return 0.2126 * row(0) + 0.7152 * row(3) + 0.0722 * row(6);
      });
      for (let k = 1; k < light.length; k++) expect(light[k]).toBeGreaterThan(light[k - 1]!);
    }
    expect(luminance(colour(255)) - luminance(colour(0))).toBeGreaterThan(0.6);
  });

  test("takes what is outside for the nearer end", () => {
    expect([colourAt(-1), colourAt(0.5), colourAt(7)]).toEqual([0, 3 * 128, 3 * 255]);
  });
});

describe("the scale", () => {
  test("has the threshold in its middle, whatever its sign", () => {
    for (const threshold of [8, 0.001, 0, -3]) {
      const scale = colourScale(threshold);
      expect(onScale(threshold, scale)).toBeCloseTo(0.5, 12);
      expect(scale.high).toBeGreaterThan(scale.low);
    }
    expect([-1, 0, 1e9, Number.NaN].map((value) => onScale(value, { low: 0, high: 1 }))).toEqual([
      0, 0, 1, 0,
    ]);
  });
});

describe("overlay", () => {
  const grey = (height: number, width: number, value: number) => ({
    height,
    width,
    data: new Uint8Array(height * width).fill(value),
  });
  const scale = { low: 0, high: 4 };

  test("leaves what is low, and colours the more the higher it is", () => {
    const map = { height: 1, width: 5, data: Float32Array.of(-1, 0, 1, 2, 9) };
    const data = overlay(grey(1, 5, 100), map, { scale, opacity: 0.5 });
    expect([...data.subarray(0, 6)]).toEqual([100, 100, 100, 100, 100, 100]);
    const [quarter, half, full] = [64, 128, 255].map(colour) as [number[], number[], number[]];
    const over = (top: number[], alpha: number) =>
      top.map((value) => Math.round(100 * (1 - alpha) + alpha * value));
    expect([...data.subarray(6, 9)]).toEqual(over(quarter, 0.125));
    expect([...data.subarray(9, 12)]).toEqual(over(half, 0.25));
    expect([...data.subarray(12)]).toEqual(over(full, 0.5));
  });

  test("brings a map to the size of the image as the model brings images to its own", () => {
    // Two values over four pixels, centres aligned: PyTorch's interpolate(mode="bilinear", align_corners=False).
    const data = overlay(
      grey(1, 4, 0),
      { height: 1, width: 2, data: Float32Array.of(0, 4) },
      { scale, opacity: 1 },
    );
    const expected = [0, 0.25, 0.75, 1].flatMap((t) =>
      t === 0 ? [0, 0, 0] : colour(colourAt(t) / 3).map((c) => Math.round(c * t)),
    );
    expect([...data]).toEqual(expected);
  });

  test("keeps colours, and the image that it was given", () => {
    const image = { height: 1, width: 2, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    const map = { height: 1, width: 1, data: Float32Array.of(4) };
    expect([...overlay(image, { ...map, data: Float32Array.of(0) }, { scale })]).toEqual([1, 2, 3, 4, 5, 6]);
    overlay(image, map, {
      scale,
      outlines: [
        [
          [0, 0],
          [2, 0],
          [2, 1],
          [0, 1],
        ],
      ],
    });
    expect([...image.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...inColour(grey(1, 2, 7))]).toEqual([7, 7, 7, 7, 7, 7]);
  });
});

describe("outlines", () => {
  test.each([0, 255, 128])("are seen on ground of %i: white beside black", (ground) => {
    const [height, width] = [40, 60];
    const data = new Uint8Array(3 * height * width).fill(ground);
    drawOutlines({ height, width, data }, [
      [
        [10, 10],
        [50, 10],
        [50, 30],
        [10, 30],
      ],
    ]);
    const at = (x: number, y: number): number => data[3 * (y * width + x)]!;
    for (let x = 12; x < 48; x++) {
      const column = Array.from({ length: 20 }, (_, y) => at(x, y));
      expect(column).toContain(255);
      expect(column).toContain(0);
    }
    // The middle and the far outside stay.
    expect([at(30, 20), at(2, 2), at(57, 37)]).toEqual([ground, ground, ground]);
  });

  test("may lie on the rim, and outside of it", () => {
    const data = new Uint8Array(3 * 4 * 4);
    drawOutlines({ height: 4, width: 4, data }, [
      [
        [0, 0],
        [4, 0],
        [4, 4],
        [0, 4],
      ],
      [
        [-9, -9],
        [99, -9],
      ],
      [[2, 2]],
      [],
    ]);
    expect(data).toHaveLength(48);
    expect(data[0]).toBe(255);
  });

  test("are wider on larger images", () => {
    const white = (side: number): number => {
      const data = new Uint8Array(3 * side * side);
      drawOutlines({ height: side, width: side, data }, [
        [
          [0, side / 2],
          [side, side / 2],
        ],
      ]);
      return Array.from({ length: side }, (_, y) => data[3 * (y * side + side / 2)]!).filter(
        (value) => value === 255,
      ).length;
    };
    expect(white(2000)).toBeGreaterThanOrEqual(4);
    expect(white(100)).toBeLessThanOrEqual(2);
  });
});
