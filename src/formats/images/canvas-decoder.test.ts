import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { sharpDecode } from "../../io/decode-image.js";
import { canvasDecoder, type ImageTools } from "./canvas-decoder.js";
import { isGreyFile } from "./grey-file.js";

interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray;
}

/** A browser's two steps by the package sharp: everything becomes RGBA. */
const tools: ImageTools<Bitmap> = {
  async createImageBitmap(file, options) {
    expect(options).toEqual({
      imageOrientation: "from-image",
      colorSpaceConversion: "none",
      premultiplyAlpha: "none",
    });
    const image = sharp(new Uint8Array(await file.arrayBuffer()), { autoOrient: true });
    const { data, info } = await image
      .toColourspace("srgb")
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgba: new Uint8ClampedArray(data) };
  },
  pixels: ({ rgba }) => rgba,
};
const decode = canvasDecoder(tools);

const raw = (channels: 1 | 3) =>
  sharp(
    Uint8Array.from({ length: 4 * 5 * channels }, (_, k) => (37 * k) % 256),
    { raw: { height: 4, width: 5, channels } },
  ).toColourspace(channels === 1 ? "b-w" : "srgb");

describe("a browser's canvas", () => {
  it.each([
    ["grey PNG", raw(1).png()],
    ["PNG", raw(3).png()],
    ["PNG with a palette", raw(3).png({ palette: true })],
    ["grey JPEG", raw(1).jpeg()],
    ["JPEG", raw(3).jpeg()],
    ["progressive JPEG with a profile", raw(3).keepIccProfile().withExif({}).jpeg({ progressive: true })],
    ["JPEG that lies on its side", raw(1).withMetadata({ orientation: 6 }).jpeg()],
    ["WebP", raw(3).webp({ lossless: true })],
  ])("gives of a %s what Node's decoder gives", async (_, image) => {
    const bytes = new Uint8Array(await image.toBuffer());
    const expected = await sharpDecode(bytes);
    const found = await decode(bytes);
    expect({ ...found, data: [...found.data] }).toEqual({ ...expected, data: [...expected.data] });
  });

  it("says what it cannot decode", async () => {
    await expect(decode(new Uint8Array(20))).rejects.toMatchObject({
      name: "CorruptImage",
      reason: expect.stringContaining("damaged or cut off"),
    });
  });
});

it("only headers that say so make a file grey", async () => {
  const grey = new Uint8Array(await raw(1).jpeg().toBuffer());
  for (let length = 0; length < grey.length; length++) isGreyFile(grey.subarray(0, length));
  expect(isGreyFile(grey)).toBe(true);
  expect(isGreyFile(await readFile(import.meta.filename))).toBe(false);
});
