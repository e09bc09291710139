import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { oneClass } from "../one-class.js";
import { convertChannels, imagesFrom, selectImages, withChannels } from "./image-arrays.js";

const fails = (make: () => unknown): unknown => {
  try {
    make();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("imagesFrom", () => {
  it("cuts one array into images without copying it", async () => {
    const data = Uint8Array.from({ length: 24 }, (_, k) => k);
    const images = imagesFrom({ data, count: 4, height: 2, width: 3, channels: 1 });
    expect([images.kind, images.rowCount, images.channels, images.names]).toEqual([
      "images",
      4,
      1,
      undefined,
    ]);
    const image = await images.read(2);
    expect([image.height, image.width, [...image.data]]).toEqual([2, 3, [12, 13, 14, 15, 16, 17]]);
    expect(image.data.buffer).toBe(data.buffer);
  });

  it("takes images of different sizes, a browser's ImageData among them, and leaves alpha out", async () => {
    const grey = { height: 1, width: 2, data: Uint8Array.of(7, 9) };
    const canvas = { height: 1, width: 1, data: Uint8ClampedArray.of(1, 2, 3, 128) };
    const images = imagesFrom([grey, canvas], { names: ["a", "b"] });
    expect([images.channels, images.names]).toEqual([3, ["a", "b"]]);
    expect([...(await images.read(0)).data]).toEqual([7, 7, 7, 9, 9, 9]);
    expect([...(await images.read(1)).data]).toEqual([1, 2, 3]);
    expect(imagesFrom([grey]).channels).toBe(1);
    expect((await imagesFrom([grey], { channels: 3 }).read(0)).data).toHaveLength(6);
  });

  it.each([
    [() => imagesFrom([]), "there are no images"],
    [
      () => imagesFrom({ data: new Uint8Array(7), count: 2, height: 2, width: 2, channels: 1 }),
      "2 images of 2 x 2 x 1 need 8 values, but there are 7",
    ],
    [() => imagesFrom([{ height: 2, width: 2, data: new Uint8Array(8) }]), "image 0 has 8 values"],
    [() => imagesFrom([{ height: 0, width: 2, data: new Uint8Array(8) }]), "is 0 x 2 pixels"],
    [
      () => imagesFrom([{ height: 1, width: 1, data: new Float32Array(1) as unknown as Uint8Array }]),
      "holds Float32Array",
    ],
    [
      () => imagesFrom([{ height: 1, width: 1, data: new Uint8Array(1) }], { names: ["a", "b"] }),
      "2 names were given for 1 images",
    ],
  ])("refuses what are no images (%#)", (make, message) => {
    expect(fails(make)).toMatchObject({ code: "unfit-data", message: expect.stringContaining(message) });
  });

  it("refuses other numbers of channels, and rows that are not there", async () => {
    const grey = { height: 1, width: 1, data: Uint8Array.of(5) };
    expect(fails(() => imagesFrom([grey], { channels: 2 as 1 }))).toMatchObject({ code: "invalid-option" });
    await expect(imagesFrom([grey]).read(1)).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("Image 1 was asked for"),
    });
    await expect(imagesFrom([grey]).read(0.5)).rejects.toMatchObject({ code: "invalid-option" });
  });
});

describe("channels", () => {
  it("gives the luma of ITU-R BT.601, within its rounding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 3 }), (pixel) => {
        const [r = 0, g = 0, b = 0] = pixel;
        const exact = 0.299 * r + 0.587 * g + 0.114 * b;
        // Half a step, and 255 times the rounding of the coefficients to 1 / 65536.
        expect(Math.abs(convertChannels(pixel, 3, 1)[0]! - exact)).toBeLessThan(0.502);
      }),
    );
    // Pure red, green, blue and white in PIL's convert("L").
    const primaries = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255);
    expect([...convertChannels(primaries, 3, 1)]).toEqual([76, 150, 29, 255]);
  });

  it("makes grey of grey in colour", async () => {
    const grey = imagesFrom([{ height: 16, width: 16, data: Uint8Array.from({ length: 256 }, (_, k) => k) }]);
    const colour = withChannels(grey, 3);
    expect(colour.channels).toBe(3);
    expect((await withChannels(colour, 1).read(0)).data).toEqual((await grey.read(0)).data);
    expect(withChannels(grey, 1)).toBe(grey);
  });
});

describe("selection", () => {
  const images = imagesFrom(
    { data: Uint8Array.of(10, 11, 12), count: 3, height: 1, width: 1, channels: 1 },
    { names: ["a", "b", "c"] },
  );

  it("keeps order and repetitions, and the names with the images", async () => {
    const chosen = selectImages(images, [2, 0, 2]);
    const values = await Promise.all([0, 1, 2].map(async (row) => (await chosen.read(row)).data[0]));
    expect([values, chosen.names]).toEqual([
      [12, 10, 12],
      ["c", "a", "c"],
    ]);
    expect(fails(() => selectImages(images, Int32Array.of(0, 3)))).toMatchObject({ code: "invalid-option" });
  });

  it("makes one class the normal one", () => {
    const { normalRows, labels } = oneClass([3, 1, 3, 0], 3);
    expect([[...normalRows], [...labels]]).toEqual([
      [0, 2],
      [0, 1, 0, 1],
    ]);
    expect(fails(() => oneClass([3, 1, 3, 0], 4))).toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining("the classes are 0, 1, 3"),
    });
  });
});
