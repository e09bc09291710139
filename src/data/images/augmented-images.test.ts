import { expect, it } from "vitest";
import { createRandom } from "../../math/random.js";
import { augmentedImages, distinctCopies } from "./augmented-images.js";
import { imagesFrom } from "./image-arrays.js";

const [HEIGHT, WIDTH, CHANNELS] = [40, 60, 3];
/** A pixel says where it is: its row, its column, and 200. */
const images = imagesFrom(
  Array.from({ length: 3 }, () => ({
    height: HEIGHT,
    width: WIDTH,
    data: Uint8Array.from({ length: HEIGHT * WIDTH * CHANNELS }, (_, k) => {
      const pixel = Math.floor(k / CHANNELS);
      return [Math.floor(pixel / WIDTH), pixel % WIDTH, 200][k % CHANNELS]!;
    }),
  })),
);
const random = createRandom(5);
const pixelOf = (data: Uint8Array, y: number, x: number): number[] => [
  ...data.subarray((y * WIDTH + x) * CHANNELS, (y * WIDTH + x + 1) * CHANNELS),
];

it("has the images as they are, then their copies, the same each time", async () => {
  const more = augmentedImages(images, { changes: ["shift", "brightness"], strength: 1, copies: 2 }, random);
  expect(more.rowCount).toBe(9);
  for (let row = 0; row < 3; row++) expect(await more.read(row)).toEqual(await images.read(row));
  const copies = [];
  for (let row = 3; row < 9; row++) {
    copies.push(String((await more.read(row)).data));
    expect(await more.read(row)).toEqual(await more.read(row));
  }
  expect(new Set(copies).size).toBe(6);
});

it("shifts by up to a twentieth of a side in all directions, and repeats the edge", async () => {
  const shifts = { changes: ["shift"], strength: 1, copies: 20 } as const;
  const more = augmentedImages(images, shifts, random);
  const seen: number[][] = [];
  for (let row = 3; row < more.rowCount; row++) {
    const { data } = await more.read(row);
    const [y, x] = pixelOf(data, 20, 30) as [number, number];
    const [down, right] = [20 - y, 30 - x];
    seen.push([down, right]);
    for (const [top, left] of [
      [0, 0],
      [HEIGHT - 1, WIDTH - 1],
      [7, WIDTH - 1],
    ] as const) {
      expect(pixelOf(data, top, left)).toEqual([
        Math.max(0, Math.min(HEIGHT - 1, top - down)),
        Math.max(0, Math.min(WIDTH - 1, left - right)),
        200,
      ]);
    }
  }
  expect(Math.max(...seen.map(([down]) => down!))).toBe(2);
  expect(Math.min(...seen.map(([down]) => down!))).toBe(-2);
  expect(Math.max(...seen.map(([, right]) => right!))).toBe(3);
  expect(Math.min(...seen.map(([, right]) => right!))).toBe(-3);
});

it("makes brighter and darker by up to a tenth, times the strength, and no brighter than white", async () => {
  const factors = async (strength: number): Promise<number[]> => {
    const more = augmentedImages(images, { changes: ["brightness"], strength, copies: 30 }, random);
    const found: number[] = [];
    for (let row = 3; row < more.rowCount; row++) {
      const { data } = await more.read(row);
      const factor = pixelOf(data, 0, 0)[2]! / 200;
      if (factor < 255 / 200) expect(Math.abs(pixelOf(data, 39, 59)[1]! - 59 * factor)).toBeLessThan(1);
      found.push(factor);
    }
    return found;
  };
  const [plain, strong] = [await factors(1), await factors(4)];
  expect(Math.min(...plain)).toBeGreaterThanOrEqual(0.9);
  expect(Math.min(...plain)).toBeLessThan(0.92);
  expect(Math.max(...plain)).toBeLessThanOrEqual(1.1);
  expect(Math.max(...plain)).toBeGreaterThan(1.08);
  expect(Math.min(...strong)).toBeLessThan(0.7);
  expect(Math.max(...strong)).toBe(255 / 200);
});

it("flips in turn", async () => {
  const corner = async (changes: ("flip" | "flip-vertical")[], copy: number) =>
    pixelOf(
      (await augmentedImages(images, { changes, strength: 1, copies: 4 }, random).read(3 * copy)).data,
      0,
      0,
    );
  const [plain, mirrored, overturned] = [
    [0, 0, 200],
    [0, 59, 200],
    [39, 0, 200],
  ];
  expect([await corner(["flip"], 1), await corner(["flip"], 2)]).toEqual([mirrored, plain]);
  expect([await corner(["flip-vertical"], 1), await corner(["flip-vertical"], 2)]).toEqual([
    overturned,
    plain,
  ]);
  const both = ["flip", "flip-vertical"] as ("flip" | "flip-vertical")[];
  expect(await Promise.all([1, 2, 3, 4].map((copy) => corner(both, copy)))).toEqual([
    mirrored,
    overturned,
    [39, 59, 200],
    plain,
  ]);
});

it("makes no more copies than flips can tell apart", () => {
  expect(distinctCopies({ changes: ["flip"], copies: 4 })).toBe(1);
  expect(distinctCopies({ changes: ["flip", "flip-vertical"], copies: 4 })).toBe(3);
  expect(distinctCopies({ changes: ["flip", "flip-vertical"], copies: 2 })).toBe(2);
  expect(distinctCopies({ changes: ["flip", "shift"], copies: 4 })).toBe(4);
});
