import { expect, test } from "vitest";
import type { ModelCard } from "../../model/index.js";
import { describeTiles } from "./describe-input.js";

const card = (options: ModelCard["options"], map: ModelCard["map"] = { height: 75, width: 100 }): ModelCard =>
  ({
    options,
    schema: { kind: "images", channels: 3, height: 300, width: 400 },
    ...(map && { map }),
  }) as unknown as ModelCard;

test("tiles are told where images are seen in tiles, and where they turned out to be no larger than one", () => {
  expect(describeTiles(card({ tile: 128 }))).toEqual([
    ["tiles", "128 x 128 pixels, of which neighbours share 16 or more"],
  ]);
  expect(describeTiles(card({ tile: 320, overlap: 40 }))).toEqual([
    ["tiles", "300 x 320 pixels, of which neighbours share 40 or more"],
  ]);
  expect(describeTiles(card({ tile: 512 }))).toEqual([
    ["tiles", "none: images are no larger than a tile of 512 pixels, and seen whole"],
  ]);
  expect(describeTiles(card({}))).toEqual([]);
});
