import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { codedMap16 } from "../maps/map-codes.js";
import { createRandom } from "../math/random.js";
import { encodeMapPng, encodePng, encodeThumbnail, MAP_KEYWORD } from "./encode-image.js";

const stream = createRandom(3).stream("noise");
const noise = (height: number, width: number, channels: 1 | 3) => ({
  height,
  width,
  data: Uint8Array.from({ length: height * width * channels }, () => stream.int(256)),
});

describe("images as files", () => {
  test.each([1, 3] as const)("keep every byte as PNG, of %i channels", async (channels) => {
    const image = noise(13, 17, channels);
    const decoded = sharp(await encodePng(image));
    expect(await decoded.metadata()).toMatchObject({ height: 13, width: 17, channels, depth: "uchar" });
    const raw = decoded.toColourspace(channels === 1 ? "b-w" : "srgb").raw();
    expect(new Uint8Array(await raw.toBuffer())).toEqual(image.data);
  });

  test("hold maps in 16 bits, with a text that says what they mean", async () => {
    const coded = codedMap16({ height: 2, width: 3, data: Float32Array.of(-1, 0, 1, 2.5, 7, 64.535) });
    const decoded = sharp(await encodeMapPng(coded));
    const { comments, depth } = await decoded.metadata();
    expect(depth).toBe("ushort");
    expect(comments).toEqual([
      { keyword: MAP_KEYWORD, text: JSON.stringify({ offset: coded.offset, step: coded.step }) },
    ]);
    const raw = await decoded.toColourspace("grey16").raw({ depth: "ushort" }).toBuffer();
    expect(new Uint16Array(raw.buffer, raw.byteOffset, 6)).toEqual(coded.codes);
  });

  test("become thumbnails of no more bytes than they may take, noise even", async () => {
    const image = noise(320, 320, 3);
    let last = Number.POSITIVE_INFINITY;
    for (const most of [1e6, 40_000, 5_000]) {
      const bytes = await encodeThumbnail(image, most);
      expect(bytes.length).toBeLessThanOrEqual(most);
      expect(bytes.length).toBeLessThan(last);
      last = bytes.length;
      expect((await sharp(bytes).metadata()).format).toBe("webp");
    }
    // There is an end to it.
    expect((await encodeThumbnail(image, 1)).length).toBeLessThan(2000);
  });
});
