import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { looksLikeImages, readCifarBinary, readIdx, readImages, readNpzImages } from "../../io/readers.js";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "hypersphere-arrays-"));
});
afterAll(() => rm(root, { recursive: true }));

async function put(name: string, bytes: Uint8Array): Promise<string> {
  await mkdir(dirname(join(root, name)), { recursive: true });
  await writeFile(join(root, name), bytes);
  return join(root, name);
}

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, k) => k % 256);

/** http://yann.lecun.com/exdb/mnist: 0, 0, type, number of dimensions, sizes in big-endian order, values. */
function idx(type: number, shape: readonly number[], values: Uint8Array): Buffer {
  const sizes = Buffer.alloc(4 * shape.length);
  for (const [k, extent] of shape.entries()) sizes.writeUInt32BE(extent, 4 * k);
  return Buffer.concat([Buffer.of(0, 0, type, shape.length), sizes, values]);
}

describe("IDX", () => {
  const images = idx(8, [3, 2, 2], counting(12));
  const labels = idx(8, [3], Uint8Array.of(7, 0, 3));

  it("gives images and classes, gzipped or not", async () => {
    const labelPath = await put("labels-idx1-ubyte.gz", gzipSync(labels));
    for (const path of [await put("a-idx3-ubyte", images), await put("b-idx3-ubyte.gz", gzipSync(images))]) {
      expect(await looksLikeImages(path)).toBe(true);
      const { images, classes, labels: known } = await readImages(path, { labels: labelPath });
      expect([images.rowCount, images.channels, images.names, known]).toEqual([3, 1, undefined, undefined]);
      expect(await images.read(1)).toMatchObject({ height: 2, width: 2, data: Uint8Array.of(4, 5, 6, 7) });
      expect([...classes!]).toEqual([7, 0, 3]);
    }
    const colour = await readIdx(join(root, "a-idx3-ubyte"), { channels: 3 });
    expect((await colour.images.read(0)).data.subarray(3, 6)).toEqual(Uint8Array.of(1, 1, 1));
  });

  it.each<[string, Buffer, string]>([
    ["other files", Buffer.from("\x89PNG and more"), "it begins with"],
    ["labels", labels, "it has 1 dimension"],
    ["floats", idx(13, [1, 1, 1], new Uint8Array(4)), "it holds floats"],
    ["what is cut off", images.subarray(0, 27), "should have 28 bytes but has 27"],
    ["what is cut off in its header", images.subarray(0, 9), "should have 16 bytes but has 9"],
    ["what is too long", Buffer.concat([images, Buffer.of(0)]), "1 bytes more"],
    ["nothing", idx(8, [0, 2, 2], new Uint8Array(0)), "0 x 2 x 2"],
    ["absurd sizes", idx(8, [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], counting(4)), "but has 20"],
  ])("refuses %s", async (_, bytes, message) => {
    await expect(readIdx(await put("bad", bytes))).rejects.toMatchObject({
      code: "unreadable-data",
      message: expect.stringContaining(message),
    });
  });

  it("refuses labels of other images, and what is cut off within gzip", async () => {
    const path = await put("c-idx3-ubyte", images);
    const two = await put("two", idx(8, [2], counting(2)));
    await expect(readIdx(path, { labels: two })).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining("has 3 images, but"),
    });
    await expect(readIdx(path, { labels: path })).rejects.toThrow("it has 3 dimensions");
    await expect(readIdx(await put("cut.gz", gzipSync(images).subarray(0, 30)))).rejects.toMatchObject({
      code: "unreadable-data",
    });
  });
});

describe("CIFAR-10", () => {
  /** https://www.cs.toronto.edu/~kriz/cifar.html: class, 1024 red, 1024 green, 1024 blue, rows first. */
  const record = (label: number): Uint8Array =>
    Uint8Array.of(
      label,
      ...counting(1024),
      ...counting(1024).map((v) => 255 - v),
      ...new Uint8Array(1024).fill(label),
    );

  it("gives colours pixel by pixel, and the classes", async () => {
    const path = await put("some.bin.gz", gzipSync(Buffer.concat([record(4), record(9)])));
    const { images, classes } = await readImages(path);
    expect([images.rowCount, images.channels, [...classes!]]).toEqual([2, 3, [4, 9]]);
    const image = await images.read(1);
    expect([image.height, image.width, image.data.length]).toEqual([32, 32, 3072]);
    // Row 2, column 5: value 69 of each plane.
    expect([...image.data.subarray(69 * 3, 69 * 3 + 3)]).toEqual([69, 186, 9]);
  });

  it("takes several files, and finds them in the folder they are unpacked to", async () => {
    for (const k of [1, 2, 10]) await put(`cifar/data_batch_${k % 10}.bin`, record(k % 10));
    await put("cifar/test_batch.bin", record(7));
    const folder = join(root, "cifar");
    expect([...(await readImages(folder, { part: "train" })).classes!]).toEqual([0, 1, 2]);
    expect([...(await readImages(folder, { part: "test" })).classes!]).toEqual([7]);
    await expect(readImages(folder)).rejects.toMatchObject({ code: "invalid-option" });
    await rm(join(folder, "test_batch.bin"));
    await expect(readImages(folder, { part: "test" })).rejects.toMatchObject({ code: "unfit-data" });
    await expect(readImages(folder, { part: "train", labels: "x" })).rejects.toMatchObject({
      hint: "CIFAR-10's files hold their labels.",
    });
    await expect(readCifarBinary([])).rejects.toMatchObject({ code: "invalid-option" });
  });

  it.each<[string, Uint8Array, string, string]>([
    ["what is cut off", record(1).subarray(0, 3000), "3000 bytes are 0 records", "cut off"],
    ["CIFAR-100", new Uint8Array(2 * 3074), "6148 bytes are 2 records", "CIFAR-100"],
    ["classes beyond 9", Buffer.concat([record(1), record(10)]), "record 2 is of class 10", "another file"],
  ])("refuses %s", async (_, bytes, message, hint) => {
    await expect(readCifarBinary(await put("bad.bin", bytes))).rejects.toMatchObject({
      code: "unreadable-data",
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });
});

/** What numpy.lib.format.write_array writes, version 1. */
function npy(descr: string, shape: readonly number[], data: Uint8Array, fortran = false): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  let header = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${tuple}, }`;
  header += `${" ".repeat(63 - ((10 + header.length) % 64))}\n`;
  const start = Buffer.alloc(10);
  start.write("\x93NUMPY\x01", "latin1");
  start.writeUInt16LE(header.length, 8);
  return Uint8Array.from(Buffer.concat([start, Buffer.from(header), data]));
}

const npz = (arrays: Record<string, Uint8Array>, level: 0 | 6 = 6): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes])), {
    level,
  });

describe("NPZ and NPY", () => {
  const grey = npy("|u1", [2, 2, 3], counting(12));
  const colour = npy("|u1", [2, 1, 2, 3], counting(12));
  const alpha = npy("|u1", [1, 1, 2, 4], counting(8));
  const classes = npy("<i8", [2, 1], Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0));

  it("gives images and the classes named to match, stored or deflated", async () => {
    for (const level of [0, 6] as const) {
      const path = await put("a.npz", npz({ y_train: classes, x_train: grey }, level));
      expect(await looksLikeImages(path)).toBe(true);
      const { images, classes: found } = await readImages(path);
      expect([images.rowCount, images.channels, [...found!]]).toEqual([2, 1, [5, 1]]);
      expect(await images.read(1)).toMatchObject({ height: 2, width: 3, data: counting(12).subarray(6) });
    }
    const { images } = await readNpzImages(await put("c.npz", npz({ images: colour })));
    expect(await images.read(1)).toMatchObject({ height: 1, width: 2, data: counting(12).subarray(6) });
    const plain = await readImages(await put("d.npy", alpha));
    expect([plain.images.channels, plain.classes]).toEqual([3, undefined]);
    expect((await plain.images.read(0)).data).toEqual(Uint8Array.of(0, 1, 2, 4, 5, 6));
  });

  it("chooses among several arrays by name or by part", async () => {
    const path = await put(
      "m.npz",
      npz({ train_images: grey, test_images: colour, test_labels: classes, more: classes }),
    );
    const names = async (options: object) => {
      const { images, classes: found } = await readNpzImages(path, options);
      return [images.channels, found?.length];
    };
    expect(await names({ part: "train" })).toEqual([1, undefined]);
    expect(await names({ part: "test" })).toEqual([3, 2]);
    expect(await names({ array: "train_images", labelArray: "more" })).toEqual([1, 2]);
    await expect(readNpzImages(path)).rejects.toThrow(
      'several arrays of images: "train_images", "test_images"',
    );
    await expect(readNpzImages(path, { array: "val" })).rejects.toThrow('no array "val"');
    await expect(readNpzImages(path, { part: "test", labelArray: "y" })).rejects.toThrow('no array "y"');
  });

  it.each<[string, Uint8Array, string, string | undefined]>([
    ["floats", npy("<f4", [1, 1, 1], new Uint8Array(4)), "does not hold bytes", "(x * 255).round()"],
    ["16 bits", npy("<u2", [1, 1, 1], new Uint8Array(2)), "does not hold bytes", "(x >> 8).astype('uint8')"],
    [
      "truth values",
      npy("|b1", [1, 1, 1], new Uint8Array(1)),
      "does not hold bytes",
      "astype('uint8') * 255",
    ],
    ["wide integers", npy("<i4", [1, 1, 1], new Uint8Array(4)), "does not hold bytes", "astype('uint8')"],
    [
      "channels first",
      npy("|u1", [1, 3, 4, 5], new Uint8Array(60)),
      "has 5 channels",
      "transpose(0, 2, 3, 1)",
    ],
    ["Fortran order", npy("|u1", [2, 2, 2], new Uint8Array(8), true), "Fortran order", "ascontiguousarray"],
    ["no pixels", npy("|u1", [0, 2, 2], new Uint8Array(0)), "no pixels", undefined],
  ])("refuses %s", async (_, bytes, message, hint) => {
    const refused = { code: "unfit-data", message: expect.stringContaining(message) };
    const expected = hint === undefined ? refused : { ...refused, hint: expect.stringContaining(hint) };
    await expect(readNpzImages(await put("bad.npz", npz({ X: bytes })))).rejects.toMatchObject(expected);
    await expect(readNpzImages(await put("bad.npy", bytes))).rejects.toMatchObject(expected);
  });

  it("refuses classes that are none, and arrays that are cut off", async () => {
    const halves = npy("<f4", [2], new Uint8Array(new Float32Array([0, 0.5]).buffer));
    const three = npy("|u1", [3], counting(3));
    for (const [labels, message] of [
      [halves, "label 2 is 0.5"],
      [three, "has 2 images, but"],
      [grey, "labels are one value per observation"],
    ] as const) {
      await expect(
        readNpzImages(await put("l.npz", npz({ X: grey, y: labels })), { array: "X" }),
      ).rejects.toMatchObject({
        code: "unfit-data",
        message: expect.stringContaining(message),
      });
    }
    await expect(readNpzImages(await put("e.npz", npz({ X: grey.subarray(0, -1) })))).rejects.toMatchObject({
      code: "unreadable-data",
    });
    const cut = await put("f.npz", npz({ X: grey }).subarray(0, -30));
    await expect(readNpzImages(cut)).rejects.toMatchObject({ code: "unreadable-data" });
    expect(await looksLikeImages(cut)).toBe(false);
  });

  it("leaves windows of series to others, unless it is asked to read them", async () => {
    const windows = await put("w.npz", npz({ X: npy("<f4", [1, 2, 2], new Uint8Array(16)) }));
    expect(await looksLikeImages(windows)).toBe(false);
    await expect(readImages(windows)).rejects.toMatchObject({ hint: expect.stringContaining("(x * 255)") });
    const scaled = await put("s.npz", npz({ X: npy("<f4", [1, 2, 2, 1], new Uint8Array(16)) }));
    expect(await looksLikeImages(scaled)).toBe(true);
  });

  it("passes over pickled arrays, and says what they are when they are meant", async () => {
    const path = await put("p.npz", npz({ meta: npy("|O", [1], new Uint8Array(8)), X: grey }));
    expect((await readNpzImages(path)).images.rowCount).toBe(2);
    await expect(readNpzImages(path, { array: "meta" })).rejects.toThrow("pickled objects");
  });

  it("leaves tables to others", async () => {
    const table = npy("<f4", [2, 2], new Uint8Array(16));
    for (const path of [await put("t.npz", npz({ X: table, y: classes })), await put("t.npy", table)]) {
      expect(await looksLikeImages(path)).toBe(false);
      await expect(readImages(path)).rejects.toMatchObject({ code: "unreadable-data" });
    }
    await expect(readNpzImages(join(root, "t.npz"))).rejects.toThrow("holds no images: X (2, 2) of type f4");
  });
});
