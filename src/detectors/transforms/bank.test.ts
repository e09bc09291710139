import { expect, it } from "vitest";
import { bankSize, fitBank } from "./bank.js";

it("keeps images evenly from the first to the last where there are many", () => {
  const [all, width] = [5000, 2];
  const angleOf = (image: number): number => image / all;
  const vectors = Float32Array.from({ length: all * 4 * width }, (_, at) => {
    const angle = angleOf(Math.floor(at / (4 * width)));
    return 3 * (at % width === 0 ? Math.cos(angle) : Math.sin(angle));
  });
  const { images, centres, directions } = fitBank(vectors, [width], 0);
  expect([images, bankSize(all), bankSize(7)]).toEqual([2000, 2000, 7]);
  for (const kept of [0, 1, 999, 1999]) {
    const [x, y] = [0, 1].map((k) => directions[k * images + kept]! + centres[k]!);
    expect(Math.atan2(y!, x!)).toBeCloseTo(angleOf(Math.floor(kept * 2.5)), 5);
  }
});
