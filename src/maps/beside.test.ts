import { expect, it } from "vitest";
import { beside } from "./beside.js";

const flat = (height: number, width: number, value: number, channels = 1) => ({
  ...{ height, width },
  data: new Uint8Array(height * width * channels).fill(value),
});
/** Red, green and blue at a place. */
const at = ({ width, data }: ReturnType<typeof beside>, y: number, x: number): number[] =>
  Array.from(data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3));

it("puts pictures to the right of the first, which keeps its size and place", () => {
  const first = flat(6, 4, 0, 3);
  first.data.set([9, 8, 7], 3 * (5 * 4 + 3));
  const two = { height: 2, width: 3, data: Uint8Array.of(50, 60, 70, 80, 90, 100) };
  const sheet = beside(first, [two, flat(12, 6, 200)]);
  // 4 wide, 2 x 3 twice as large, and 12 x 6 made half as large, with gaps of 8.
  expect([sheet.height, sheet.width]).toEqual([6, 4 + 8 + 6 + 8 + 3]);
  expect(at(sheet, 5, 3)).toEqual([9, 8, 7]);
  expect(at(sheet, 0, 12)).toEqual([50, 50, 50]);
  expect([at(sheet, 3, 16), at(sheet, 3, 17)].flat()).toEqual(Array(6).fill(100));
  expect(at(sheet, 5, 28)).toEqual([200, 200, 200]);
  // What nothing covers is the background, between pictures and below small ones.
  for (const place of [at(sheet, 0, 5), at(sheet, 4, 13)]) expect(place).toEqual([24, 24, 24]);
  expect(beside(first, [])).toEqual(first);
});

it("keeps pictures beside a large one small", () => {
  const { height, width } = beside(flat(800, 700, 1), [flat(1024, 512, 2)]);
  expect([height, width]).toEqual([800, 700 + 8 + 256]);
});
