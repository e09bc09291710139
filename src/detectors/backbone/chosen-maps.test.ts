import { expect, test } from "vitest";
import { chosenMaps, type FeatureMap } from "./feature-maps.js";

/** The maps of a ResNet, whose strides of 2 round up or, behind pooling without padding, down. */
function chosen(height: number, width: number, round: (length: number) => number): string[] {
  const maps: FeatureMap[] = [2, 4, 8, 16, 32].flatMap((stride) =>
    ["a", "b"].map((block) => ({
      name: `${stride}${block}`,
      channels: 8,
      height: round(height / stride),
      width: round(width / stride),
    })),
  );
  const insides = { maps, vectors: [], size: { height, width }, coarse: new Map(), axes: new Map() };
  return chosenMaps(insides, "levels").map(({ name }) => name);
}

test.each([
  [224, 224],
  [104, 256],
  [130, 320],
  [72, 96],
  [99, 201],
])("the last maps at an eighth and a sixteenth of %i x %i pixels are taken", (height, width) => {
  for (const round of [Math.ceil, Math.floor]) expect(chosen(height, width, round)).toEqual(["8b", "16b"]);
});

test("the output of a block comes before an inner map of the next block of the same size, where there is one", () => {
  const map = (name: string, side: number): FeatureMap => ({ name, channels: 8, height: side, width: side });
  const end = (name: string, side: number): FeatureMap => ({ ...map(name, side), ends: true });
  const of = (maps: FeatureMap[]) =>
    chosenMaps(
      { maps, vectors: [], size: { height: 64, width: 64 }, coarse: new Map(), axes: new Map() },
      "levels",
    ).map(({ name }) => name);
  expect(of([end("two", 8), map("three.inner", 8), end("three", 4), map("four.inner", 4)])).toEqual([
    "two",
    "three",
  ]);
  expect(of([map("two", 8), map("three.inner", 8), map("three", 4)])).toEqual(["three.inner", "three"]);
});
