import { describe, expect, test } from "vitest";
import { bytes, columns, count, duration, figure, percent, shortFloat32 } from "./format.js";

describe("numbers for people", () => {
  test.each<[number | null, string]>([
    [0, "0"],
    [12, "12"],
    [0.012345, "0.01235"],
    [1234.5678, "1235"],
    [1e30, "1.000e+30"],
    [-2.5e-7, "-2.500e-7"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [Number.NaN, "-"],
    [null, "-"],
  ])("figure(%s) is %s", (value, text) => expect(figure(value)).toBe(text));

  test("counts, shares, sizes and times", () => {
    expect([0, 999, 1000, 1234567].map(count)).toEqual(["0", "999", "1,000", "1,234,567"]);
    expect([0, 0.001, 0.055, 1, null].map(percent)).toEqual(["0.0 %", "0.10 %", "5.5 %", "100.0 %", "-"]);
    expect([999, 1400, 25_000, 1.3e6].map(bytes)).toEqual(["999 bytes", "1.4 kB", "25 kB", "1.3 MB"]);
    expect([0.34, 59.4, 61, 3725].map(duration)).toEqual(["0.3 s", "59 s", "1 min 1 s", "1 h 2 min"]);
  });

  test("columns are as wide as their widest cell", () => {
    expect(
      columns(
        [
          ["a", "1"],
          ["long", "22"],
        ],
        [1],
      ),
    ).toEqual(["a      1", "long  22"]);
  });
});

test("a float32 is written as the shortest decimal that reads back as it", () => {
  expect(shortFloat32(Math.fround(0.1))).toBe(0.1);
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  for (let k = 1; k < 20_000; k++) {
    bits[0] = Math.imul(k, 2654435761) >>> 0;
    if (Number.isFinite(float[0]!)) expect(Math.fround(shortFloat32(float[0]!))).toBe(float[0]);
  }
});
