import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeImage } from "../formats/images/decode-image.js";
import { pageCount } from "../formats/images/page-count.js";
import { byteSource } from "./byte-source.js";
import { sharpDecode } from "./decode-image.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hypersphere-decode-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function decoded(bytes: Uint8Array, channels?: 1 | 3) {
  const path = join(folder, "image");
  await writeFile(path, bytes);
  return decodeImage(await byteSource(path), sharpDecode, channels);
}

/** A PNG by its specification and without the decoder's own library: rows of samples, each after filter type 0. */
function png(
  width: number,
  depth: number,
  colour: number,
  rows: readonly (readonly number[])[],
  palette: readonly number[] = [],
): Buffer {
  const chunk = (kind: string, body: Uint8Array): Buffer => {
    const typed = Buffer.concat([Buffer.from(kind), body]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(body.length, 0);
    frame.writeUInt32BE(crc32(typed), 4);
    return Buffer.concat([frame.subarray(0, 4), typed, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(rows.length, 4);
  header[8] = depth;
  header[9] = colour;
  const data = Uint8Array.from(rows.flatMap((row) => [0, ...row]));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    ...(palette.length > 0 ? [chunk("PLTE", Uint8Array.from(palette))] : []),
    chunk("IDAT", deflateSync(data)),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/** A bitmap with the header of 40 bytes (Microsoft's BITMAPINFOHEADER); rows as they lie in the file. */
function bmp(
  width: number,
  height: number,
  bits: number,
  rows: readonly (readonly number[])[],
  palette: readonly number[] = [],
): Buffer {
  const header = Buffer.alloc(54);
  header.write("BM", "latin1");
  header.writeUInt32LE(54 + palette.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(palette.length / 4, 46);
  const padded = rows.map((row) => [...row, ...Array<number>((4 - (row.length % 4)) % 4).fill(0)]);
  return Buffer.concat([header, Buffer.from(palette), Buffer.from(padded.flat())]);
}

const CMYK_TIFF =
  "49492a00080000000a0000010400010000000200000001010400010000000100000002010300040000008600000003010300010000000100" +
  "000006010300010000000500000011010400010000008e0000001501030001000000040000001601040001000000010000001701040001" +
  "000000080000001c0103000100000001000000000000000800080008000800ac0a7f8c2faac497";
const CMYK_JPEG =
  "ffd8ffee000e41646f626500640000000000ffdb004300100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c393338" +
  "3740485c4e404457453738506d51575f626768673e4d71797064785c656763ffc000140800080008044311004d11005911004b1100ffc400" +
  "1500010100000000000000000000000000000603ffc40014100100000000000000000000000000000000ffda000e0443004d0059004b0000" +
  "3f0058a0d18bffd9";

const grey = { red: [200, 10, 20], green: [30, 210, 40] };

/** A PNG of one colour that says that it is animated: its chunk acTL, in the place of its end. */
function animatedPng(frames: number): Buffer {
  const still = png(3, 8, 0, [[7, 7, 7], [7, 7, 7]]); // biome-ignore format: rows
  const chunk = Buffer.alloc(20);
  chunk.writeUInt32BE(8, 0);
  chunk.write("acTL", 4, "latin1");
  chunk.writeUInt32BE(frames, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 16)), 16);
  return Buffer.concat([still.subarray(0, 33), chunk, still.subarray(33)]);
}

/** Directories of a TIFF file with the most significant byte first, each with the kind of a page and nothing else. */
function pagesOf(...kinds: number[]): Uint8Array {
  const file = Buffer.alloc(8 + 18 * kinds.length);
  file.write("MM\0*", "latin1");
  file.writeUInt32BE(8, 4);
  kinds.forEach((kind, k) => {
    const at = 8 + 18 * k;
    file.writeUInt16BE(1, at);
    file.writeUInt16BE(254, at + 2);
    file.writeUInt32BE(kind, at + 10);
    file.writeUInt32BE(k + 1 < kinds.length ? at + 18 : 0, at + 14);
  });
  return file;
}

describe("kinds of pixels", () => {
  it.each<[string, Buffer, 1 | 3, number[]]>([
    ["8-bit grey", png(2, 8, 0, [[1, 2], [3, 4]]), 1, [1, 2, 3, 4]], // biome-ignore format: rows
    ["1-bit grey", png(3, 1, 0, [[0b10100000]]), 1, [255, 0, 255]],
    ["16-bit grey keeps the upper half", png(2, 16, 0, [[0x12, 0xff, 0xfe, 0x00]]), 1, [0x12, 0xfe]],
    ["grey with alpha", png(2, 8, 4, [[7, 0, 9, 255]]), 1, [7, 9]],
    ["8-bit RGB", png(1, 8, 2, [grey.red]), 3, grey.red],
    ["16-bit RGB", png(1, 16, 2, [[0xfe, 0x00, 0x40, 0xff, 0x20, 0xff]]), 3, [0xfe, 0x40, 0x20]],
    ["16-bit RGBA", png(1, 16, 6, [[0xfe, 0, 0x40, 0, 0x20, 0, 9, 9]]), 3, [0xfe, 0x40, 0x20]],
    ["RGBA keeps the colours under what is transparent", png(1, 8, 6, [[...grey.red, 0]]), 3, grey.red],
    ["a palette", png(2, 8, 3, [[1, 0]], [...grey.red, ...grey.green]), 3, [...grey.green, ...grey.red]],
  ])("PNG: %s", async (_, bytes, channels, pixels) => {
    const image = await decoded(bytes);
    expect([image.channels, [...image.data]]).toEqual([channels, pixels]);
  });

  it.each<[string, Buffer, 1 | 3, number[]]>([
    ["24 bits, the last row first", bmp(1, 2, 24, [[3, 2, 1], [6, 5, 4]]), 3, [4, 5, 6, 1, 2, 3]], // biome-ignore format: rows
    ["24 bits, the first row first", bmp(1, -2, 24, [[3, 2, 1], [6, 5, 4]]), 3, [1, 2, 3, 4, 5, 6]], // biome-ignore format: rows
    ["32 bits", bmp(1, 1, 32, [[3, 2, 1, 0]]), 3, [1, 2, 3]],
    ["8 bits with grey palette", bmp(3, 1, 8, [[1, 0, 1]], [9, 9, 9, 0, 50, 50, 50, 0]), 1, [50, 9, 50]],
    ["8 bits with colours", bmp(1, 1, 8, [[1]], [9, 9, 9, 0, 3, 2, 1, 0]), 3, [1, 2, 3]],
    ["1 bit", bmp(3, 1, 1, [[0b01000000]], [0, 0, 0, 0, 255, 255, 255, 0]), 1, [0, 255, 0]],
    ["4 bits", bmp(3, 1, 4, [[0x10, 0x20]], [1, 1, 1, 0, 2, 2, 2, 0, 3, 3, 3, 0]), 1, [2, 1, 3]],
  ])("BMP: %s", async (_, bytes, channels, pixels) => {
    const image = await decoded(bytes);
    expect([image.channels, [...image.data]]).toEqual([channels, pixels]);
  });

  it("are those of the first page or frame, and how many there are is told", async () => {
    const raw = { width: 3, height: 8, channels: 3, pageHeight: 2 } as const;
    const frames = sharp(
      Uint8Array.from({ length: 72 }, (_, k) => (k < 18 ? 200 : k)),
      { raw },
    );
    const animated = [frames.clone().gif(), frames.clone().webp({ lossless: true }), frames.clone().tiff()];
    const files = await Promise.all(animated.map((file) => file.toBuffer()));
    for (const bytes of [...files, animatedPng(4)]) {
      const { data, pages, height } = await decoded(bytes);
      expect([pages, height, new Set(data).size]).toEqual([4, 2, 1]);
      // As many as the frames before the cut, and no longer run through what is damaged.
      expect(pageCount(bytes.subarray(0, 40))).toBe(1);
    }
    for (const kind of ["gif", "webp", "tiff", "png", "jpeg"] as const)
      expect((await decoded(await source().toFormat(kind).toBuffer())).pages).toBeUndefined();
    // A chain of directories that leads back to its beginning, in both orders of bytes, and a smaller copy that is no page.
    const loop = [0x49, 0x49, 42, 0, 8, 0, 0, 0, 0, 0, 8, 0, 0, 0];
    expect(pageCount(Uint8Array.from(loop))).toBe(1);
    expect(pageCount(pagesOf(0, 0, 0))).toBe(3);
    expect(pageCount(pagesOf(0, 1, 2, 4))).toBe(2);
  });

  it("gives plain arrays, whose slices are copies", async () => {
    for (const bytes of [png(1, 8, 0, [[5]]), png(1, 16, 0, [[5, 0]]), bmp(1, 1, 24, [[3, 2, 1]])]) {
      const { data } = await decoded(bytes);
      expect(Object.getPrototypeOf(data)).toBe(Uint8Array.prototype);
    }
  });

  it("inks become the colours that PIL makes of them", async () => {
    // Written by Pillow 12.3, as numbers of its convert("RGB"): a TIFF, and a JPEG with Adobe's marker, whose inks are inverted.
    const tiff = await decoded(Buffer.from(CMYK_TIFF, "hex"));
    expect([tiff.channels, [...tiff.data]]).toEqual([3, [37, 110, 58, 85, 35, 24]]);
    const { channels, data } = await decoded(Buffer.from(CMYK_JPEG, "hex"));
    expect([channels, [...data]]).toEqual([3, Array(64).fill([191, 121, 48]).flat()]);
    expect([...(await decoded(Buffer.from(CMYK_TIFF, "hex"), 1)).data]).toEqual([82, 49]);
  });

  it("converts when told", async () => {
    expect([...(await decoded(png(1, 8, 2, [[255, 0, 0]]), 1)).data]).toEqual([76]);
    expect([...(await decoded(png(1, 8, 0, [[5]]), 3)).data]).toEqual([5, 5, 5]);
  });
});

const size = { width: 24, height: 16, channels: 3 } as const;
const pixels = Uint8Array.from({ length: 24 * 16 * 3 }, (_, k) => (k * 7 + (k % 11) * 13) % 256);
const source = () => sharp(pixels, { raw: size });

it.each([1, 2, 3, 4, 5, 6, 7, 8])("turns as EXIF orientation %i says", async (orientation) => {
  const image = await decoded(await source().withMetadata({ orientation }).png().toBuffer());
  const turned = orientation > 4;
  expect([image.height, image.width]).toEqual(turned ? [24, 16] : [16, 24]);
  // Where the first stored pixel is shown (EXIF 2.3, tag 274): the corner that the 0th row and the 0th column meet in.
  const bottom = [3, 4, 7, 8].includes(orientation);
  const right = [2, 3, 6, 7].includes(orientation);
  const at = ((bottom ? image.height - 1 : 0) * image.width + (right ? image.width - 1 : 0)) * 3;
  expect([...image.data.subarray(at, at + 3)]).toEqual([...pixels.subarray(0, 3)]);
});

/** TIFF 6.0: two grey pixels, 0.25 and 0.75, SampleFormat 3. */
const floatTiff =
  "49492a00100000000000803e0000403f0a00000103000100000002000000010103000100000001000000020103000100000020000000" +
  "030103000100000001000000060103000100000001000000110104000100000008000000150103000100000001000000160103000100" +
  "000001000000170104000100000008000000530103000100000003000000" +
  "00000000";

describe("damage", () => {
  const formats: [string, () => Promise<Buffer>][] = [
    ["PNG", () => source().png().toBuffer()],
    ["interlaced PNG", () => source().png({ progressive: true }).toBuffer()],
    ["JPEG", () => source().jpeg().toBuffer()],
    ["progressive JPEG", () => source().jpeg({ progressive: true }).toBuffer()],
    ["WebP", () => source().webp().toBuffer()],
    ["GIF", () => source().gif().toBuffer()],
    ["TIFF", () => source().tiff({ compression: "lzw" }).toBuffer()],
    ["AVIF", () => source().avif({ effort: 0 }).toBuffer()],
    ["BMP", async () => bmp(2, 2, 24, [[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]])], // biome-ignore format: rows
  ];

  it.each(formats)("%s: cut off anywhere, it is refused", async (_, make) => {
    const whole = await make();
    await expect(decoded(whole)).resolves.toBeDefined();
    for (let part = 0; part < 12; part++) {
      const cut = decoded(whole.subarray(0, Math.floor((whole.length * part) / 12)));
      await expect(cut).rejects.toMatchObject({ name: "CorruptImage" });
    }
  });

  it("a changed byte of a PNG is noticed", async () => {
    const bytes = await source().png().toBuffer();
    bytes[Math.floor(bytes.length / 2)]! ^= 0x55;
    await expect(decoded(bytes)).rejects.toMatchObject({ name: "CorruptImage" });
  });

  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "the file is empty"],
    ["text", Buffer.from("<html>404 Not Found</html>"), "it is no image"],
    ["a drawing", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'), "SVG"],
    ["a TIFF of floating-point numbers", Buffer.from(floatTiff, "hex"), "type float"],
    ["a huge bitmap", bmp(2 ** 30, 2 ** 30, 24, []), "1073741824 x 1073741824"],
    ["a huge PNG", png(2 ** 20, 8, 0, Array(2 ** 9).fill([])), "1048576 x "],
    ["16 bits", bmp(1, 1, 16, [[0, 0]]), "16 bits per pixel"],
    ["a colour that is not there", bmp(1, 1, 8, [[7]], [0, 0, 0, 0]), "has colour 7"],
  ])("%s is no image", async (_, bytes, reason) => {
    await expect(decoded(bytes)).rejects.toMatchObject({ reason: expect.stringContaining(reason) });
  });
});
