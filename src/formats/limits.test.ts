import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mutate, randomFrom } from "../../bench/lib/mutations.js";
import { DataFolder } from "../../test/data-files.js";
import { npy, npyFloats, npz } from "../../test/e2e/npy.js";
import { HypersphereError } from "../errors.js";
import {
  readCifarBinary,
  readIdx,
  readImageFile,
  readNpzImages,
  readTable,
  readWindows,
} from "../io/readers.js";
import { zlibInflate } from "../io/zlib-inflate.js";
import { allocate, checkColumnCount, checkUnpacked, inWords, unpackedLimit } from "./limits.js";
import type { RandomAccess } from "./opened.js";
import { listZip, readZipEntry } from "./zip.js";

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.make();
});
afterAll(() => folder.remove());

const save = (name: string, bytes: string | Uint8Array): Promise<string> => folder.put(name, bytes);
const stream = (bytes: Uint8Array) => Readable.from([bytes], { objectMode: false });

describe("limits", () => {
  it("are 256 MiB, or 100 times what is stored, unless an option says otherwise", () => {
    expect(unpackedLimit(1, {})).toBe(2 ** 28);
    expect(unpackedLimit(1e9, {})).toBe(1e11);
    expect(unpackedLimit(1e9, { maxUnpacked: 5 })).toBe(5);
    expect(() => checkUnpacked(2 ** 28, 1, "x", {})).not.toThrow();
    expect(() => checkUnpacked(2 ** 28 + 1, 1, "x", {})).toThrow(/x: 1 bytes stored become 268 MB or more/);
    expect(() => checkUnpacked(1e15, 1, "x", { maxUnpacked: Number.POSITIVE_INFINITY })).not.toThrow();
    expect(() => checkColumnCount(10_001, "x")).toThrow(/10001 columns or more, where at most 10000/);
  });
  it.each([0, -1, Number.NaN, "5"])("refuse %j as their value", (value) => {
    expect(() => unpackedLimit(1, { maxUnpacked: value as number })).toThrow(/maxUnpacked must be a number/);
    expect(() => checkColumnCount(1, "x", value as number)).toThrow(/maxColumns must be a number/);
  });
  it("say sizes in words", () => {
    expect([0, 999, 1500, 2 ** 32, 1e14, Number.POSITIVE_INFINITY].map(inWords)).toEqual([
      ...["0 bytes", "999 bytes", "1.5 kB", "4.3 GB", "100 TB", "unlimited bytes"],
    ]);
  });
  it("are those of the platform, too", () => {
    expect(() => allocate(2 ** 52, "big.npy")).toThrow(
      /big\.npy needs 4\.5 PB of memory in one piece, which this platform cannot give/,
    );
  });
});

describe("data that are larger than stored", () => {
  const csv = gzipSync(`a,b\n${"0,0\n".repeat(50_000)}`);

  it("gzip: text is refused while it streams in, from files and streams", async () => {
    const path = await save("a.csv.gz", csv);
    for (const source of [path, stream(csv)]) {
      await expect(readTable(source, { maxUnpacked: 200_000 })).rejects.toMatchObject({
        code: "unfit-data",
        hint: expect.stringContaining('option "maxUnpacked"'),
        details: { option: "maxUnpacked" },
      });
    }
    expect((await readTable(path, { maxUnpacked: 200_004 })).rowCount).toBe(50_000);
    expect((await readTable(stream(csv))).rowCount).toBe(50_000);
  });

  it("gzip: no more is unpacked than the limit", async () => {
    let unpacked = 0;
    const bomb = gzipSync(new Uint8Array(20_000_000));
    const counting: typeof zlibInflate = async function* (bytes, format) {
      for await (const part of zlibInflate(bytes, format)) {
        unpacked += part.length;
        yield part;
      }
    };
    const { openSource } = await import("./opened.js");
    const { collect } = await import("./bytes.js");
    const source = { name: "b.gz", totalBytes: bomb.length, slice: undefined, open: () => stream(bomb) };
    const opened = await openSource(source, counting, { maxUnpacked: 3_000_000 });
    await expect(collect(opened.bytes)).rejects.toThrow(/at most 3 MB are unpacked/);
    expect(unpacked).toBeLessThan(5_000_000);
  });

  it("gzip: all other formats", async () => {
    const idx = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 100, 0, 0, 0, 100, ...new Uint8Array(90_000));
    const limit = { maxUnpacked: 50_000 };
    const refused = { code: "unfit-data", details: { option: "maxUnpacked" } };
    await expect(readIdx(await save("i.gz", gzipSync(idx)), limit)).rejects.toMatchObject(refused);
    const cifar = gzipSync(new Uint8Array(3073 * 20));
    await expect(readCifarBinary(await save("c.bin.gz", cifar), limit)).rejects.toMatchObject(refused);
    const array = gzipSync(npy("|u1", [3, 200, 200], new Uint8Array(120_000)));
    await expect(readNpzImages(await save("n.npy.gz", array), limit)).rejects.toMatchObject(refused);
    await expect(readWindows(await save("w.npy.gz", array), limit)).rejects.toMatchObject(refused);
    const lines = gzipSync('{"a": 1}\n'.repeat(9000));
    await expect(readTable(await save("l.jsonl.gz", lines), limit)).rejects.toMatchObject(refused);
  });

  it("NPZ: before anything is unpacked", async () => {
    const path = await save("x.npz", npz({ X: npyFloats([1000, 10], Array(10_000).fill(0)) }));
    const refused = {
      code: "unfit-data",
      message: expect.stringMatching(/X\.npy: .* become 80\.1 kB or more/),
    };
    await expect(readTable(path, { maxUnpacked: 80_000 })).rejects.toMatchObject(refused);
    await expect(readWindows(path, { maxUnpacked: 80_000 })).rejects.toMatchObject(refused);
    expect((await readTable(path, { maxUnpacked: 81_000 })).rowCount).toBe(1000);
  });

  it("compressed arrays: as the numbers and texts that they become", async () => {
    const [bytes, words] = [
      npy("|i1", [10_000, 1], new Uint8Array(10_000)),
      npy("<U1", [2000], new Uint8Array(8000)),
    ];
    const paths = [await save("i1.npy.gz", gzipSync(bytes)), await save("i1.npz", npz({ X: bytes }))];
    for (const path of paths) {
      for (const read of [readTable, readWindows]) {
        await expect(read(path, { maxUnpacked: 20_000 })).rejects.toThrow(/become 40 kB or more/);
      }
      expect((await readTable(path, { maxUnpacked: 41_000 })).rowCount).toBe(10_000);
    }
    const labelled = await save("y.npz", npz({ X: npyFloats([2000, 1], Array(2000).fill(0)), y: words }));
    await expect(readTable(labelled, { maxUnpacked: 30_000, needed: ["y"] })).rejects.toThrow(
      /y: .* become 50 kB/,
    );
    // What was not compressed has no more than four times its bytes.
    expect((await readTable(await save("i1.npy", bytes), { maxUnpacked: 20_000 })).rowCount).toBe(10_000);
  });
});

describe("columns", () => {
  const refused = { code: "unfit-data", hint: expect.stringContaining('option "maxColumns"') };

  it("are counted in every format", async () => {
    const names = Array.from({ length: 6 }, (_, k) => `c${k}`);
    const files = [
      await save("w.csv", `${names.join(",")}\n${names.map(() => 1).join(",")}\n`),
      await save("w.jsonl", `${JSON.stringify(Object.fromEntries(names.map((name) => [name, 1])))}\n`),
      await save("w.npy", npyFloats([2, 6], Array(12).fill(0))),
      await save("w.npz", npz({ X: npyFloats([2, 6], Array(12).fill(0)) })),
    ];
    for (const path of files) {
      await expect(readTable(path, { maxColumns: 5 })).rejects.toMatchObject(refused);
      expect((await readTable(path, { maxColumns: 6 })).columns).toHaveLength(6);
    }
    const golden = fileURLToPath(new URL("../../test/golden/parquet/plain.parquet", import.meta.url));
    await expect(readTable(golden, { maxColumns: 3 })).rejects.toMatchObject(refused);
  });

  it("without a limit of their own are at most 10 000", async () => {
    const wide = (count: number) => `${Array.from({ length: count }, (_, k) => `c${k}`).join(",")}\n`;
    const row = (count: number) => `${Array(count).fill("1").join(",")}\n`;
    const good = await readTable(await save("good.csv", wide(10_000) + row(10_000)));
    expect(good.columns).toHaveLength(10_000);
    const bad = await save("bad.csv", wide(10_001) + row(10_001));
    await expect(readTable(bad)).rejects.toMatchObject(refused);
  });

  it("of JSON lines whose every row has other keys make no table far larger than the file", async () => {
    const lines = Array.from({ length: 10_000 }, (_, k) => `{"k${k}": 1}\n`).join("");
    const path = await save("keys.jsonl", lines);
    await expect(readTable(path)).rejects.toMatchObject({ details: { option: "maxUnpacked" } });
    const some = await readTable(await save("some.jsonl", lines.slice(0, lines.indexOf('{"k1000"'))));
    expect([some.rowCount, some.columns.length]).toEqual([1000, 1000]);
    for (const [k, column] of some.columns.entries()) {
      const values = column.kind === "numeric" ? [...column.values] : [];
      expect(values.indexOf(1)).toBe(k);
      expect(values.filter(Number.isNaN)).toHaveLength(999);
    }
  });
});

describe("what a file declares", () => {
  it("NPY: texts of no length", async () => {
    const path = fileURLToPath(new URL("../../test/fixtures/damaged/npy-no-length.npy", import.meta.url));
    const refused = { code: "unreadable-data", message: expect.stringContaining("texts of no length") };
    await expect(readTable(path)).rejects.toMatchObject(refused);
    await expect(readWindows(path)).rejects.toMatchObject(refused);
    const bytes = new Uint8Array(readFileSync(path));
    await expect(readTable(await save("s0.npz", npz({ X: bytes })))).rejects.toMatchObject(refused);
  });

  it("NPY: any type and shape over any bytes is read exactly or refused", async () => {
    const types = [
      "|u1",
      "<f4",
      "<f8",
      "<i8",
      "|S0",
      "<U0",
      "|S3",
      "<U2",
      "|b1",
      ">i2",
      "|V8",
      "|S99999999999",
    ];
    const extent = fc.oneof(fc.nat(4), fc.constantFrom(2 ** 30, 2 ** 31, 2 ** 32, 2 ** 53, 1e300));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...types),
        fc.array(extent, { maxLength: 4 }),
        fc.nat(200),
        async (type, shape, count) => {
          const bytes = npy(type, shape, new Uint8Array(count));
          for (const read of [readTable, readWindows]) {
            const found = await read(stream(bytes)).catch((error: unknown) => error);
            if (found instanceof Error) expect(found).toBeInstanceOf(HypersphereError);
            else expect(shape.reduce((product, size) => product * size, 1)).toBeLessThanOrEqual(200);
          }
        },
      ),
    );
  });

  it("images: more pixels than are read", async () => {
    const chunk = (type: string, ...numbers: number[]) =>
      Buffer.from([0, 0, 0, 13, ...Buffer.from(type), ...numbers]);
    const size = [0, 1, 0, 0];
    const bombs: Record<string, Uint8Array> = {
      "a.png": Buffer.concat([
        Buffer.from([0x89, ...Buffer.from("PNG\r\n\x1a\n")]),
        chunk("IHDR", ...size, ...size, 8, 2, 0, 0, 0),
      ]),
      "a.gif": Buffer.from([...Buffer.from("GIF89a"), 255, 255, 255, 255, 0, 0, 0]),
      "a.jpg": Buffer.from([0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 255, 255, 255, 255, 3, 1, 0x22, 0, 2, 0x11, 1]),
      "a.webp": Buffer.from([
        ...Buffer.from("RIFF\0\0\0\0WEBPVP8X"),
        10,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        ...Array(6).fill(255),
      ]),
      "a.bmp": Buffer.concat([
        Buffer.from([...Buffer.from("BM"), ...Array(8).fill(0), 54, 0, 0, 0, 40, 0, 0, 0]),
        Buffer.from([0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 24, 0, ...Array(24).fill(0)]),
      ]),
    };
    for (const [name, bytes] of Object.entries(bombs)) {
      await expect(readImageFile(await save(name, bytes))).rejects.toMatchObject({
        code: "unreadable-data",
        message: expect.stringMatching(/pixels, where at most 67108864 are read \(option "maxPixels"/),
      });
    }
  });

  it("images: the limit is an option", async () => {
    const { default: sharp } = await import("sharp");
    for (const format of ["png", "jpeg", "gif", "webp", "tiff"] as const) {
      const image = sharp({ create: { width: 40, height: 30, channels: 3, background: "red" } });
      const path = await save(`b.${format}`, await image.toFormat(format).toBuffer());
      await expect(readImageFile(path, { maxPixels: 1199 })).rejects.toThrow(/at most 1199 are read/);
      expect((await readImageFile(path, { maxPixels: 1200 })).images.rowCount).toBe(1);
      expect((await readImageFile(path, { maxPixels: Number.POSITIVE_INFINITY })).images.rowCount).toBe(1);
      await expect(readImageFile(path, { maxPixels: 0 })).rejects.toThrow(/maxPixels must be/);
    }
  });

  it("after mutations anything is read or refused", async () => {
    const idx = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, ...Array(120).keys());
    const floats = npyFloats(
      [6, 4],
      Array.from({ length: 24 }, (_, k) => k / 3),
    );
    const { default: sharp } = await import("sharp");
    const pixels = sharp({ create: { width: 9, height: 7, channels: 3, background: "blue" } });
    const readers: [string, Uint8Array, (path: string) => Promise<unknown>][] = [
      ["m.npy", floats, readTable],
      ["w.npy", floats, readWindows],
      ["m.npz", npz({ X: floats, y: npyFloats([6], [0, 1, 0, 1, 0, 1]) }), readTable],
      ["s.npz", zipSync({ "X.npy": floats }, { level: 0 }), readTable],
      ["i.npz", npz({ X: npy("|u1", [3, 5, 4], new Uint8Array(60)) }), readNpzImages],
      ["m.idx", idx, readIdx],
      ["m.bin", new Uint8Array(3073 * 2).fill(7), readCifarBinary],
      ["m.png", await pixels.png().toBuffer(), readImageFile],
      ["m.jpg", await pixels.jpeg().toBuffer(), readImageFile],
      ["m.csv.gz", gzipSync("a,b\n1,2\n3,4\n"), readTable],
    ];
    for (const [name, bytes, read] of readers) {
      for (let k = 0; k < 60; k++) {
        const damaged = mutate(bytes, randomFrom(k));
        const found = await read(await save(name, damaged.bytes)).catch((error: unknown) => error);
        if (found instanceof Error && !(found instanceof HypersphereError && found.code !== "internal")) {
          throw new Error(`${name}, mutation ${k} (${damaged.kind})`, { cause: found });
        }
      }
    }
  });
});

describe("archives beyond 4 GiB", () => {
  /** An archive that begins `shift` bytes into an otherwise empty file, with the places of its entries in zip64 fields. */
  function shifted(array: Uint8Array, shift: number, size = array.length): RandomAccess {
    const name = Buffer.from("X.npy");
    const plain = zipSync({ "X.npy": array }, { level: 0 });
    const local = plain.subarray(0, 30 + name.length + array.length);
    const central = Buffer.alloc(46 + name.length + 28);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(45, 6);
    Buffer.from(local).copy(central, 16, 14, 18);
    central.fill(255, 20, 28);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt16LE(28, 30);
    central.fill(255, 42, 46);
    name.copy(central, 46);
    central.writeUInt16LE(1, 46 + name.length);
    central.writeUInt16LE(24, 48 + name.length);
    central.writeBigUInt64LE(BigInt(size), 50 + name.length);
    central.writeBigUInt64LE(BigInt(size), 58 + name.length);
    central.writeBigUInt64LE(BigInt(shift), 66 + name.length);
    const directory = shift + local.length;
    const end = Buffer.alloc(56 + 20 + 22);
    end.writeUInt32LE(0x06064b50, 0);
    end.writeBigUInt64LE(1n, 24);
    end.writeBigUInt64LE(1n, 32);
    end.writeBigUInt64LE(BigInt(central.length), 40);
    end.writeBigUInt64LE(BigInt(directory), 48);
    end.writeUInt32LE(0x07064b50, 56);
    end.writeBigUInt64LE(BigInt(directory + central.length), 64);
    end.writeUInt32LE(0x06054b50, 76);
    end.fill(255, 84, 96);
    const bytes = Buffer.concat([local, central, end]);
    return {
      source: "large.npz",
      size: shift + bytes.length,
      givesBuffers: true,
      slice: async (from, to) =>
        new Uint8Array(bytes.subarray(Math.max(0, from - shift), Math.max(0, to - shift))),
    };
  }

  it("an array behind the first 5 GiB is read", async () => {
    const array = npyFloats([3], [1, 2, 3]);
    const archive = shifted(array, 5 * 2 ** 30);
    const [entry] = await listZip(archive);
    expect(entry).toMatchObject({ name: "X.npy", size: array.length, headerOffset: 5 * 2 ** 30 });
    const read = await readZipEntry({ archive, inflate: zlibInflate }, entry!);
    expect([...read]).toEqual([...array]);
  });

  it("an array of more bytes than the archive has is refused before anything is allocated", async () => {
    const archive = shifted(npyFloats([3], [1, 2, 3]), 0, 6 * 2 ** 30);
    const [entry] = await listZip(archive);
    await expect(readZipEntry({ archive, inflate: zlibInflate }, entry!)).rejects.toMatchObject({
      code: "unreadable-data",
      message: expect.stringContaining("it reaches beyond the end of the file"),
    });
  });
});
