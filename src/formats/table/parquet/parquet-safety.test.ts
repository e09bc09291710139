import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTable } from "../../../io/readers.js";
import { blobSource } from "../../blob-source.js";
import { webInflate } from "../../inflate.js";
import { readTableFrom } from "../read-table.js";
import { checkDelta } from "./delta-check.js";
import { unpackLz4 } from "./lz4.js";
import { readPageValues } from "./page-values.js";
import { readRuns } from "./runs.js";
import { checkThrift } from "./thrift-check.js";
import { unpackPage } from "./unpack-page.js";
import { checkedZstdFrame } from "./zstd-frames.js";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const golden = join(root, "test/golden/parquet");
const damaged = join(root, "test/fixtures/damaged");
const values: Record<string, Record<string, unknown[]>> = JSON.parse(
  readFileSync(join(golden, "values.json"), "utf8"),
);

type Table = Awaited<ReturnType<typeof readTable>>;

/** Decimals are whole numbers times a power of ten, which rounds. */
function expectValues(table: Table, expected: Record<string, unknown[]>): void {
  expect(table.columns.map(({ name }) => name)).toEqual(Object.keys(expected));
  for (const column of table.columns) {
    const wanted = expected[column.name]!;
    if (column.kind === "numeric") {
      expect(column.values.length).toBe(wanted.length);
      wanted.forEach((value, row) => {
        if (value === null) expect(column.values[row]).toBeNaN();
        else expect(column.values[row]).toBeCloseTo(value as number, 9);
      });
    } else expect(Array.from(column.codes, (code) => column.levels[code] ?? null)).toEqual(wanted);
  }
}

describe("Parquet as pyarrow writes it", () => {
  it("has files of every encoding, compression and type", () => {
    expect(readdirSync(golden).filter((name) => name.endsWith(".parquet"))).toHaveLength(12);
  });

  it.each(Object.keys(values))("%s", async (name) => {
    const path = join(golden, `${name}.parquet`);
    expectValues(await readTable(path), values[name]!);
    // As a browser reads it: without the decompressors of Node.
    const blob = new Blob([readFileSync(path)]);
    const options = { format: "parquet" } as const;
    expectValues(await readTableFrom(blobSource(blob), options, { inflate: webInflate }), values[name]!);
  });
});

describe("damaged Parquet", () => {
  it.each([
    ["parquet-hang", "unreadable-data", /damaged or unsupported: its metadata end early/],
    ["parquet-rows-2p40", "unfit-data", /1.2 kB stored become 35.2 TB/],
    ["parquet-rows-invented", "unreadable-data", /it has 200 rows, but its row groups have 60/],
    ["parquet-typeerror", "unreadable-data", /damaged or unsupported/],
    ["parquet-unhandled", "unreadable-data", /damaged or unsupported/],
    ["parquet-mega", "unreadable-data", /it has 500000000 rows, but its row groups have 60/],
  ])("%s is refused", async (name, code, message) => {
    const path = join(damaged, `${name}.parquet`);
    await expect(readTable(path)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("names the column and the row group", async () => {
    const bytes = readFileSync(join(golden, "checksums.parquet"));
    // In the first page, which has a checksum.
    bytes[40]! ^= 1;
    await expect(readTable(asStream(bytes), { format: "parquet" })).rejects.toThrow(
      /column "s", row group 1, cannot be read as Parquet: damaged or unsupported: /,
    );
  });

  it("any byte changed under a checksum is refused or read as before", async () => {
    const bytes = readFileSync(join(golden, "checksums.parquet"));
    const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
    for (let at = 4; at < footer; at += 3) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= 0x21;
      const table = await readTable(asStream(changed), { format: "parquet" }).catch(
        ({ code }: { code: string }) => code,
      );
      if (table !== "unreadable-data") expectValues(table as Table, values.checksums!);
    }
  });

  it.each([
    // The head of TIMESTAMP becomes that of a meaning that there is none of, and nanoseconds become a fourth unit.
    ["a meaning", [0x8c, 0x12, 0x1c, 0x3c], [0x9c, 0x12, 0x1c, 0x3c]],
    ["a unit of time", [0x8c, 0x12, 0x1c, 0x3c], [0x8c, 0x12, 0x1c, 0x4c]],
  ])("a column with %s that nobody knows is refused, not taken for plain numbers", async (what, from, to) => {
    const bytes = readFileSync(join(golden, "kinds.parquet"));
    const at = bytes.indexOf(Buffer.from(from));
    expect(at).toBeGreaterThan(0);
    Buffer.from(to).copy(bytes, at);
    const reading = readTable(Readable.from([bytes], { objectMode: false }), { format: "parquet" });
    await expect(reading).rejects.toThrow(new RegExp(`entry with ${what} that is not known`));
  });

  it("a column of nanoseconds that are called microseconds is refused", async () => {
    const bytes = readFileSync(join(golden, "kinds.parquet"));
    const at = bytes.indexOf(Buffer.from([0x8c, 0x12, 0x1c, 0x3c]));
    expect(at).toBeGreaterThan(0);
    bytes[at + 3] = 0x2c;
    const read = (exclude: string[]) =>
      readTable(Readable.from([bytes], { objectMode: false }), { format: "parquet", exclude });
    await expect(read([])).rejects.toThrow(/column "ns", .* its times all lie after the year 9999/);
    expect((await read(["ns"])).columns).toHaveLength(4);
  });

  it("is refused, not read wrongly, after 1 100 mutations", () => {
    const bench = join(root, "bench/parquet-mutations.js");
    const done = spawnSync(process.execPath, [bench, "--count", "1100", "--seed", "7"], { encoding: "utf8" });
    expect(done.stdout + done.stderr).toMatch(/^wrong +0$\n^hang +0$\n^crash +0$\n^unhandled +0$/m);
    expect(done.status).toBe(0);
  });

  it("is bounded by what its rows take in memory, which an option lifts", async () => {
    const path = join(golden, "plain.parquet");
    await expect(readTable(path, { maxUnpacked: 1919 })).rejects.toMatchObject({
      code: "unfit-data",
      hint: expect.stringContaining('option "maxUnpacked"'),
    });
    expect((await readTable(path, { maxUnpacked: 1920 })).rowCount).toBe(60);
  });
});

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
const asStream = (bytes: Uint8Array) => chunks(bytes) as unknown as NodeJS.ReadableStream;

describe("checkThrift", () => {
  it("ends where a struct ends", () => {
    // Field 1, i32 5; field 2, list of two i64; stop.
    expect(checkThrift(Uint8Array.of(0x15, 10, 0x19, 0x26, 2, 4, 0, 99), 0)).toBe(7);
  });
  it.each([
    ["a number without end", Uint8Array.from([0x16, ...Array(99).fill(0x80)])],
    ["a list of a billion", Uint8Array.of(0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 0x03, 0)],
    ["a text beyond the end", Uint8Array.of(0x18, 9, 65, 0)],
    ["no end", Uint8Array.of(0x15, 10)],
    ["a nest of structs", Uint8Array.from(Array(9999).fill(0x1c))],
    ["a field twice", Uint8Array.of(0x15, 2, 0x05, 2, 2, 0)],
  ])("refuses %s", (_, bytes) => {
    expect(() => checkThrift(bytes, 0)).toThrow(/metadata/);
  });
});

describe("readRuns", () => {
  it("gives back what was packed, in any width", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 31 }), fc.array(fc.nat(), { minLength: 1 }), (width, many) => {
        const numbers = many.map((value) => value % 2 ** width);
        const groups = Math.ceil(numbers.length / 8);
        const packed = new Uint8Array(groups * width);
        numbers.forEach((value, k) => {
          for (let bit = 0; bit < width; bit++) {
            const place = k * width + bit;
            if (Math.floor(value / 2 ** bit) % 2 === 1) packed[place >> 3]! |= 1 << (place & 7);
          }
        });
        const bytes = Uint8Array.of(...varint(groups * 2 + 1), ...packed);
        const { values: read, end } = readRuns(bytes, 0, bytes.length, width, numbers.length);
        expect([...read]).toEqual(numbers);
        expect(end).toBe(bytes.length);
      }),
    );
  });
  it("reads runs", () => {
    expect([...readRuns(Uint8Array.of(6, 2, 4, 1), 0, 4, 2, 5).values]).toEqual([2, 2, 2, 1, 1]);
  });
  it.each([
    ["a run of a billion", Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0x0f, 1), 1],
    ["an empty run", Uint8Array.of(0, 1, 8, 1), 1],
    ["a value of more bits", Uint8Array.of(8, 2), 1],
    ["fewer numbers", Uint8Array.of(4, 1), 1],
    ["no numbers", new Uint8Array(0), 1],
    ["numbers of 200 bits", Uint8Array.of(3, 0, 0), 200],
  ])("refuses %s", (_, bytes, width) => {
    expect(() => readRuns(bytes, 0, bytes.length, width, 4)).toThrow();
  });
});

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];

describe("differences and prefixes", () => {
  it.each([
    ["another count", [128, 1, 4, 9, 0]],
    ["no parts", [128, 1, 0, 5, 0]],
    ["parts of parts of a byte", [12, 3, 5, 0]],
    ["wider differences", [128, 1, 4, 5, 0, 0, 33, 0, 0, 0]],
    ["the end early", [128, 1, 4, 5, 0, 0, 32, 0, 0, 0, 1, 2]],
  ])("refuses %s", (_, bytes) => {
    expect(() => checkDelta(Uint8Array.from(bytes), 0, 5, 32)).toThrow();
  });

  it("refuses values that double and double", () => {
    // A page of some 200 kB: 3 000 values, each of which is the one before of 200 kB.
    const count = 3000;
    const long = 200_000;
    const constant = (first: number, then: number): number[] => {
      // Blocks of 128 differences in one part; the first leads from `first` to `then`, the others are 0.
      const head = [...varint(128), 1, ...varint(count), ...varint(first * 2)];
      const blocks = Math.ceil((count - 1) / 128);
      const jump = then - first;
      const body: number[] = [];
      for (let k = 0; k < blocks; k++) {
        if (k > 0 || jump === 0) body.push(0, 0);
        else if (jump > 0)
          body.push(0, 24, jump & 255, (jump >> 8) & 255, jump >> 16, ...Array(24 * 16 - 3).fill(0));
        else {
          body.push(...varint(-jump * 2 - 1), 24, 0, 0, 0);
          for (let j = 1; j < 128; j++) body.push(-jump & 255, (-jump >> 8) & 255, -jump >> 16);
        }
      }
      return [...head, ...body];
    };
    const page = Uint8Array.from([...constant(0, long), ...constant(long, 0), ...Array(long).fill(65)]);
    const element = { type: "BYTE_ARRAY", name: "s" } as const;
    expect(() => readPageValues(page, 0, count, "DELTA_BYTE_ARRAY", element)).toThrow(/values of more than/);
  });
});

describe("decompressors", () => {
  const text = "one after the other, one after the other";
  // Token: 21 literals and a match of 19 that is 21 back.
  const block = Uint8Array.of(0xff, 6, ...Buffer.from(text.slice(0, 21)), 21, 0, 0, 0);

  it("unpack LZ4 blocks, plain and framed", () => {
    expect(Buffer.from(unpackLz4(block.subarray(0, 26), 40, false)).toString()).toBe(text);
    const frame = Uint8Array.of(0, 0, 0, 40, 0, 0, 0, 26, ...block.subarray(0, 26));
    expect(Buffer.from(unpackLz4(frame, 40, true)).toString()).toBe(text);
    expect(Buffer.from(unpackLz4(block.subarray(0, 26), 40, true)).toString()).toBe(text);
  });

  it("refuse LZ4 data that are cut, shorter or longer", () => {
    for (let length = 0; length < 26; length++) {
      expect(() => unpackLz4(block.subarray(0, length), 40, false)).toThrow();
    }
    for (const length of [0, 39, 41, 4000]) {
      expect(() => unpackLz4(block.subarray(0, 26), length, false)).toThrow();
    }
  });

  it("unpack small and large Zstandard frames, with a size and with a window", () => {
    for (const length of [7, 3000, 2 ** 20, 2 ** 20 + 1, 3 * 2 ** 20]) {
      const plain = Uint8Array.from({ length }, (_, k) => (k * k) % 251);
      const blocks: number[] = [];
      for (let at = 0; at < length; at += 2 ** 17) {
        const part = plain.subarray(at, at + 2 ** 17);
        const header = part.length * 8 + Number(at + part.length === length);
        blocks.push(header & 255, (header >> 8) & 255, header >> 16);
        for (const byte of part) blocks.push(byte);
      }
      const size = [0, 8, 16, 24].map((shift) => (length >> shift) & 255);
      for (const header of [
        [0xa0, ...size],
        [0x80, 0x70, ...size],
        [0, 0x70],
      ]) {
        const frame = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, ...header].concat(blocks));
        expect(Buffer.from(unpackPage("ZSTD", frame, length, {})).equals(plain)).toBe(true);
      }
    }
  });

  it("refuse Zstandard frames that claim another size, or repeat a byte for ever", () => {
    const repeat = (count: number, last: number) => [
      ((count << 3) & 255) | 2 | last,
      (count << 3) >> 8,
      count >> 13,
      7,
    ];
    const frame = (size: number, ...blocks: number[]) =>
      Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x80 | 0x20, size & 255, size >> 8, 0, 0, ...blocks);
    expect(checkedZstdFrame(frame(5000, ...repeat(5000, 1)), 5000)).toHaveLength(10);
    expect(() => checkedZstdFrame(frame(4000, ...repeat(5000, 1)), 5000)).toThrow(/4000 bytes/);
    const many = Array.from({ length: 50 }, (_, k) => repeat(5000, Number(k === 49))).flat();
    expect(() => checkedZstdFrame(frame(5000, ...many), 5000)).toThrow(/more than the 5000 bytes/);
    expect(() => checkedZstdFrame(frame(5000, ...repeat(5000, 0)), 5000)).toThrow(/end early/);
  });
});
