import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTable } from "../../io/readers.js";
import { parseNpy } from "./npy.js";

interface Sample {
  descr: string;
  shape: readonly number[];
  fortran?: boolean;
  version?: 1 | 2 | 3;
  data: Uint8Array;
}

/** What numpy.lib.format.write_array writes: the header is padded so that the values begin at a multiple of 64. */
function npy({ descr, shape, fortran = false, version = 1, data }: Sample): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const type = descr.startsWith("[") ? descr : `'${descr}'`;
  let header = `{'descr': ${type}, 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${tuple}, }`;
  const before = version === 1 ? 10 : 12;
  header += `${" ".repeat(63 - ((before + header.length) % 64))}\n`;
  const start = Buffer.alloc(before);
  start.write("\x93NUMPY", "latin1");
  start[6] = version;
  if (version === 1) start.writeUInt16LE(header.length, 8);
  else start.writeUInt32LE(header.length, 8);
  return Uint8Array.from(Buffer.concat([start, Buffer.from(header, "latin1"), data]));
}

function packed(
  width: number,
  values: readonly number[],
  write: (view: DataView, at: number, value: number) => void,
) {
  const view = new DataView(new ArrayBuffer(width * values.length));
  values.forEach((value, index) => {
    write(view, index * width, value);
  });
  return new Uint8Array(view.buffer);
}

const types = {
  b1: packed(1, [0, 1, 1], (v, at, x) => v.setUint8(at, x)),
  u1: packed(1, [0, 1, 255], (v, at, x) => v.setUint8(at, x)),
  i1: packed(1, [0, -1, 127], (v, at, x) => v.setInt8(at, x)),
};
const wide: Record<string, [number[], (v: DataView, at: number, x: number, little: boolean) => void]> = {
  u2: [[0, 1, 65535], (v, at, x, le) => v.setUint16(at, x, le)],
  i2: [[0, -2, 32767], (v, at, x, le) => v.setInt16(at, x, le)],
  u4: [[0, 1, 4294967295], (v, at, x, le) => v.setUint32(at, x, le)],
  i4: [[0, -2, 2147483647], (v, at, x, le) => v.setInt32(at, x, le)],
  u8: [[0, 1, 2 ** 53 - 1], (v, at, x, le) => v.setBigUint64(at, BigInt(x), le)],
  i8: [[-(2 ** 53) + 1, -1, 2 ** 40], (v, at, x, le) => v.setBigInt64(at, BigInt(x), le)],
  f4: [[0.5, -3, 1e10], (v, at, x, le) => v.setFloat32(at, x, le)],
  f8: [[0.1, -3, 1e300], (v, at, x, le) => v.setFloat64(at, x, le)],
};

describe("parseNpy", () => {
  it.each(Object.entries(types))("reads %s", (descr, data) => {
    const expected = descr === "b1" ? [0, 1, 1] : descr === "u1" ? [0, 1, 255] : [0, -1, 127];
    expect([...parseNpy(npy({ descr: `|${descr}`, shape: [3], data }), "t").data]).toEqual(expected);
  });

  it.each(Object.keys(wide).flatMap((type) => [`<${type}`, `>${type}`]))(
    "reads %s in every version",
    (descr) => {
      const [values, write] = wide[descr.slice(1)]!;
      const data = packed(Number(descr[2]), values, (v, at, x) => write(v, at, x, descr[0] === "<"));
      for (const version of [1, 2, 3] as const) {
        expect([...parseNpy(npy({ descr, shape: [3], data, version }), "t").data]).toEqual(values);
      }
    },
  );

  it("reads half precision as IEEE 754 has it", () => {
    const bits = [0x3c00, 0xc000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x7e00];
    const values = [1, -2, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504, Infinity, -Infinity, Number.NaN];
    const data = packed(2, bits, (v, at, x) => v.setUint16(at, x, true));
    expect([...parseNpy(npy({ descr: "<f2", shape: [9], data }), "t").data]).toEqual(values);
  });

  it("reads texts", () => {
    const data = Buffer.from("ab\0c\0\0");
    expect(parseNpy(npy({ descr: "|S3", shape: [2], data }), "t").data).toEqual(["ab", "c"]);
    const points = packed(4, [0x1f600, 0x61, 0x62, 0], (v, at, x) => v.setUint32(at, x, true));
    expect(parseNpy(npy({ descr: "<U2", shape: [2], data: points }), "t").data).toEqual(["😀a", "b"]);
  });

  it("does not copy floats", () => {
    const bytes = npy({ descr: "<f4", shape: [2], data: new Uint8Array(8) });
    expect((parseNpy(bytes, "t").data as Float32Array).buffer).toBe(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + 1).subarray(1);
    shifted.set(bytes);
    expect([...parseNpy(shifted, "t").data]).toEqual([0, 0]);
  });

  it("gives back any matrix of doubles, bit for bit", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noDefaultInfinity: false }), { minLength: 1 }),
        fc.boolean(),
        (values, little) => {
          const data = packed(8, values, (v, at, x) => v.setFloat64(at, x, little));
          const bytes = npy({ descr: little ? "<f8" : ">f8", shape: [values.length], data });
          expect([...parseNpy(bytes, "t").data]).toEqual(values);
        },
      ),
    );
  });

  it("fails cleanly wherever the file is cut", () => {
    const whole = npy({ descr: "<f8", shape: [2, 2], data: new Uint8Array(32) });
    for (let length = 0; length < whole.length; length++) {
      expect(() => parseNpy(whole.subarray(0, length), "t")).toThrowError(
        expect.objectContaining({ code: "unreadable-data" }),
      );
    }
  });

  it.each([
    ["|O", "pickled objects; they could run code"],
    ["<c16", "its type is c16"],
    ["<M8[ns]", "its type is M8[ns]"],
    ["[('a', '<f8')]", "records"],
  ])("refuses %s", (descr, message) => {
    expect(() => parseNpy(npy({ descr, shape: [1], data: new Uint8Array(8) }), "t")).toThrow(message);
  });

  it("refuses integers beyond 2^53, saying where", () => {
    const data = new Uint8Array(BigInt64Array.of(1n, 2n, 3n, 2n ** 53n + 1n).buffer);
    expect(() => parseNpy(npy({ descr: "<i8", shape: [2, 2], data }), "t")).toThrow(
      'column "x1" holds 9007199254740993 on row 2',
    );
  });
});

describe("readTable on NPY and NPZ", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hypersphere-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const f8 = (values: number[]) => packed(8, values, (v, at, x) => v.setFloat64(at, x, true));
  const f4 = (values: number[]) => packed(4, values, (v, at, x) => v.setFloat32(at, x, true));
  const save = async (name: string, bytes: Uint8Array) => {
    await writeFile(join(folder, name), bytes);
    return join(folder, name);
  };
  const columns = async (path: string, options = {}) =>
    (await readTable(path, options)).columns.map((column) => [
      column.name,
      column.kind === "numeric"
        ? Array.from(column.values)
        : Array.from(column.codes, (code) => column.levels[code]),
    ]);

  it("reads X and y, stored or deflated, in both orders", async () => {
    const labels = npy({ descr: "<i8", shape: [2], data: new Uint8Array(BigInt64Array.of(0n, 1n).buffer) });
    for (const level of [0, 6] as const) {
      for (const fortran of [true, false]) {
        const data = f4(fortran ? [1, 4, 2, 5, 3, 6] : [1, 2, 3, 4, 5, 6]);
        const x = npy({ descr: "<f4", shape: [2, 3], fortran, data });
        const path = await save("a.npz", zipSync({ "X.npy": x, "y.npy": labels }, { level }));
        expect(await columns(path)).toEqual([
          ["x0", [1, 4]],
          ["x1", [2, 5]],
          ["x2", [3, 6]],
          ["y", [0, 1]],
        ]);
      }
    }
  });

  it("reads text labels, named arrays and single arrays", async () => {
    const x = npy({ descr: "<f8", shape: [2], data: f8([1, 2]) });
    const y = npy({ descr: "|S2", shape: [2, 1], data: Buffer.from("okno") });
    const path = await save("b.npz", zipSync({ "train.npy": x, "test.npy": x, "y.npy": y }));
    expect(await columns(path, { array: "test" })).toEqual([
      ["x0", [1, 2]],
      ["y", ["ok", "no"]],
    ]);
    await expect(readTable(path)).rejects.toThrow('holds the arrays "train", "test", "y"');
    await expect(readTable(path, { array: "tset" })).rejects.toThrow('no array "tset"');
    expect(await columns(await save("c.npy", x))).toEqual([["x0", [1, 2]]]);
    expect(await columns(await save("d.npz", zipSync({ "arr_0.npy": x })), { maxRows: 1 })).toEqual([
      ["x0", [1]],
    ]);
  });

  it("refuses shapes that make no table", async () => {
    const cube = npy({ descr: "<f8", shape: [1, 2, 2], data: f8([1, 2, 3, 4]) });
    await expect(readTable(await save("e.npy", cube))).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining("shape (1, 2, 2)"),
      hint: expect.stringContaining("reshape"),
    });
    const none = npy({ descr: "<f8", shape: [0, 3], data: f8([]) });
    await expect(readTable(await save("f.npy", none))).rejects.toThrow("shape (0, 3)");
    const x = npy({ descr: "<f8", shape: [2], data: f8([1, 2]) });
    const y = npy({ descr: "<f8", shape: [3], data: f8([1, 2, 3]) });
    await expect(readTable(await save("g.npz", zipSync({ "X.npy": x, "y.npy": y })))).rejects.toThrow(
      "X has 2 rows, but y has 3 values",
    );
  });

  it("finds every flipped byte and every cut in an archive", async () => {
    const x = npy({ descr: "<f8", shape: [50], data: f8(Array.from({ length: 50 }, (_, i) => Math.sin(i))) });
    const whole = zipSync({ "X.npy": x });
    const expected = await columns(await save("h.npz", whole));
    for (let length = 4; length < whole.length; length += 17) {
      await expect(readTable(await save("h.npz", whole.slice(0, length)))).rejects.toMatchObject({
        code: "unreadable-data",
      });
    }
    for (let at = 40; at < whole.length - 100; at += 13) {
      const changed = whole.slice();
      changed[at]! ^= 0x10;
      const result = await columns(await save("h.npz", changed)).catch(
        (error: { code: string }) => error.code,
      );
      expect(result === "unreadable-data" || JSON.stringify(result) === JSON.stringify(expected)).toBe(true);
    }
  });

  it("says what a spreadsheet is, and an empty archive", async () => {
    const zip = zipSync({ "xl/workbook.xml": new Uint8Array(3) });
    await expect(readTable(await save("i.xlsx", zip))).rejects.toThrow("is a spreadsheet");
    const empty = zipSync({});
    await expect(readTable(await save("i.npz", empty))).rejects.toThrow(
      "is a zip archive of nothing; it holds no arrays",
    );
  });
});
