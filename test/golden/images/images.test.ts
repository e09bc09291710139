/** Images read here and by numpy and zlib (make_images.py) are the same bytes. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { oneClass } from "../../../src/doors/data.js";
import { readImages } from "../../../src/doors/io.js";
import type { ImageSet } from "../../../src/index.js";

const folder = join(import.meta.dirname, "../../../../shared/data/images");
const golden = JSON.parse(readFileSync(join(import.meta.dirname, "images.json"), "utf8"));

async function crcOfAll(images: ImageSet): Promise<number> {
  let crc = 0;
  for (let row = 0; row < images.rowCount; row++) crc = crc32((await images.read(row)).data, crc);
  return crc;
}

const crcOfRow = async (images: ImageSet, row: number): Promise<number> =>
  crc32((await images.read(row)).data);
const crcOfClasses = (classes: Int32Array | undefined): number => crc32(Uint8Array.from(classes ?? []));

describe.skipIf(!existsSync(folder))("real images", () => {
  it("reads Fashion-MNIST", async () => {
    const path = (what: string) => join(folder, "fashion-mnist", `t10k-${what}-ubyte.gz`);
    const { images, classes } = await readImages(path("images-idx3"), { labels: path("labels-idx1") });
    expect([images.rowCount, images.channels]).toEqual([10000, 1]);
    expect(await images.read(9999)).toMatchObject({ height: 28, width: 28 });
    expect(await crcOfAll(images)).toBe(golden.fashionTest.all);
    expect(await crcOfRow(images, 1234)).toBe(golden.fashionTest.row1234);
    expect(crcOfClasses(classes)).toBe(golden.fashionTest.labels);
    expect(oneClass(classes!, 3).normalRows).toHaveLength(1000);
    await expect(
      readImages(path("images-idx3"), { labels: path("labels-idx1").replace("t10k", "train") }),
    ).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining("10000 images"),
    });
  });

  it("reads CIFAR-10", async () => {
    const { images, classes } = await readImages(join(folder, "cifar10/jpeg_test_4000.bin.gz"));
    expect([images.rowCount, images.channels]).toEqual([4000, 3]);
    expect(await crcOfAll(images)).toBe(golden.cifarTest.all);
    expect(await crcOfRow(images, 17)).toBe(golden.cifarTest.row17);
    expect(crcOfClasses(classes)).toBe(golden.cifarTest.labels);
  });

  it("reads PneumoniaMNIST", async () => {
    const path = join(folder, "pneumoniamnist/pneumoniamnist.npz");
    const { images, classes } = await readImages(path, { part: "test" });
    expect([images.rowCount, images.channels]).toEqual([624, 1]);
    expect(await crcOfAll(images)).toBe(golden.pneumoniaTest.all);
    expect(crcOfClasses(classes)).toBe(golden.pneumoniaTest.labels);
    await expect(readImages(path)).rejects.toThrow('"train_images", "val_images", "test_images"');
    expect((await readImages(path, { array: "val_images" })).classes).toHaveLength(524);
  });

  it("reads folders in the layout of MVTec AD, with kinds, labels and masks", async () => {
    const path = join(folder, "bsdata-pitting");
    const train = await readImages(path, { part: "train" });
    expect(train.images.rowCount).toBe(260);
    expect(await crcOfRow(train.images, 259)).toBe(golden.parts["train/good/259.png"]);
    const { images, labels, kinds, mask, warnings } = await readImages(path, { part: "test" });
    expect([images.rowCount, images.channels, warnings]).toEqual([267, 3, []]);
    expect(labels!.reduce((sum, label) => sum + label, 0)).toBe(167);
    const row = (name: string) => images.names!.indexOf(name);
    expect(kinds![row("pitting/007.png")]).toBe("pitting");
    expect(await images.read(0)).toMatchObject({ height: 130, width: 320 });
    for (const name of ["good/000.png", "pitting/007.png"]) {
      expect(await crcOfRow(images, row(name))).toBe(golden.parts[`test/${name}`]);
    }
    for (const name of ["000", "007", "166"]) {
      expect(crc32(await mask!(row(`pitting/${name}.png`)))).toBe(golden.masks[name]);
    }
    expect((await mask!(row("good/003.png"))).every((value) => value === 0)).toBe(true);
  });
});
