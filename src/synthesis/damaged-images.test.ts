import { expect, test } from "vitest";
import { imagesFrom } from "../data/index.js";
import { createRandom } from "../math/random.js";
import { damagedImages, IMAGE_DAMAGES } from "./damaged-images.js";

/** One image of 2 x 3 pixels in colour, whose bytes are all different. */
const small = imagesFrom([
  { height: 2, width: 3, data: Uint8Array.from({ length: 18 }, (_, at) => 10 * at) },
]);
const grey = imagesFrom({
  data: new Uint8Array(4 * 400).fill(128),
  count: 4,
  height: 20,
  width: 20,
  channels: 1,
});
const all = async (
  images: Parameters<typeof damagedImages>[0],
  damage: (typeof IMAGE_DAMAGES)[number],
  count = 30,
) => {
  const made = damagedImages(images, damage, count, createRandom(2));
  return Promise.all(Array.from({ length: count }, (_, row) => made.read(row)));
};

test.each(IMAGE_DAMAGES)("%s makes images of the same channels, the same each time", async (damage) => {
  const made = await all(small, damage);
  expect(await all(small, damage)).toEqual(made);
  expect(damagedImages(small, damage, 30, createRandom(2))).toMatchObject({ rowCount: 30, channels: 3 });
  for (const { height, width, data } of made) expect(data.length).toBe(height * width * 3);
});

test("turned images are turned as numpy turns them", async () => {
  const made = await all(small, "turned");
  // np.rot90(image, -k).ravel() // 10 of np.arange(18).reshape(2, 3, 3), k = 1, 2, 3
  const turns = [
    [9, 10, 11, 0, 1, 2, 12, 13, 14, 3, 4, 5, 15, 16, 17, 6, 7, 8],
    [15, 16, 17, 12, 13, 14, 9, 10, 11, 6, 7, 8, 3, 4, 5, 0, 1, 2],
    [6, 7, 8, 15, 16, 17, 3, 4, 5, 12, 13, 14, 0, 1, 2, 9, 10, 11],
  ].map((places) => places.map((place) => 10 * place));
  const found = made.map(({ height, data }) => {
    const turn = turns.findIndex((bytes) => JSON.stringify(bytes) === JSON.stringify([...data]));
    expect(height).toBe(turn === 1 ? 2 : 3);
    return turn;
  });
  expect(new Set(found)).toEqual(new Set([0, 1, 2]));
});

test("confetti changes a part, grain everything a little", async () => {
  const changes = (data: Uint8Array): number => data.filter((value) => value !== 128).length / data.length;
  for (const { data } of await all(grey, "confetti")) {
    expect(changes(data)).toBeGreaterThan(0);
    expect(changes(data)).toBeLessThan(1);
  }
  for (const { data } of await all(grey, "grain")) {
    const size = Math.sqrt(data.reduce((sum, value) => sum + (value - 128) ** 2, 0) / data.length) / 255;
    expect(size).toBeGreaterThan(0.04);
    expect(size).toBeLessThan(0.33);
  }
});
