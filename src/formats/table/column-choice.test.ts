import { Readable } from "node:stream";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataFolder } from "../../../test/data-files.js";
import type { Dataset } from "../../data/index.js";
import { open } from "../../io/open.js";
import { readTable } from "../../io/readers.js";

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.make();
});
afterAll(() => folder.remove());

const save = (name: string, content: string | Uint8Array): Promise<string> => folder.put(name, content);

/** An NPY file of 64-bit integers in C order. */
function npy(shape: readonly number[], values: readonly bigint[], descr = "<i8"): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const header = Buffer.from(`\x93NUMPY\x01\x00..${text.padEnd(117)}\n`, "latin1");
  header.writeUInt16LE(118, 8);
  return Uint8Array.from(Buffer.concat([header, Buffer.from(BigInt64Array.from(values).buffer)]));
}

const nested = new URL("../../../test/golden/columns/nested.parquet", import.meta.url).pathname;
const jsonl = '{"a": 1, "d": 5, "b": 2}\n{"a": 3, "d": {"x": 1}, "b": 4}\n{"a": 5, "d": [1], "b": 6}\n';
const wide = [1n, 2n ** 53n + 1n, 3n, 4n, 2n ** 60n + 1n, 6n];
const late = `a,d\n${Array.from({ length: 5000 }, (_, row) => `${row},0${row}`).join("\n")}\n1,x\n`;

const namesOf = (table: Dataset): string[] =>
  "columns" in table ? table.columns.map(({ name }) => name) : [];
const rejected = { code: expect.stringMatching(/^un/) };

describe("columns that are named twice", () => {
  it("are refused with what was said, not with what the file holds", async () => {
    const path = await save("ab.csv", "a,b\n1,2\n3,4\n");
    await expect(open(path, { columns: ["a", "b", "a"] })).rejects.toMatchObject({
      code: "invalid-option",
      message: 'Option "columns" names "a" twice.',
    });
    expect(namesOf((await open(path, { exclude: ["a", "a"] })).data)).toEqual(["b"]);
  });
});

describe("columns that cannot be read", () => {
  const sources: [string, () => Promise<string>, string[], string[]][] = [
    ["JSON lines", () => save("d.jsonl", jsonl), ["a", "b"], ["d"]],
    ["Parquet", async () => nested, ["a", "b"], ["s", "l", "m"]],
    ["NPZ", () => save("x.npz", zipSync({ "X.npy": npy([2, 3], wide) })), ["x0", "x2"], ["x1"]],
    ["NPY", () => save("x.npy", npy([2, 3], wide)), ["x0", "x2"], ["x1"]],
    ["CSV with a name twice", () => save("t.csv", "a,d,b,d\n1,2,3,4\n5,6,7,8\n"), ["a", "b"], ["d"]],
    ["CSV with a forced type", () => save("f.csv", "a,d,b\n1,2,3\n5,six,7\n"), ["a", "b"], ["d"]],
  ];
  const types = (path: string) => (path.endsWith("f.csv") ? { columnTypes: { d: "numeric" as const } } : {});

  it.each(sources)("can be excluded, or left unnamed: %s", async (_, source, good, bad) => {
    const path = await source();
    await expect(open(path, types(path))).rejects.toMatchObject(rejected);
    const alsoId = path === nested ? ["id"] : [];
    const excluded = await open(path, { exclude: [...bad, ...alsoId], ...types(path) });
    expect(namesOf(excluded.data)).toEqual(good);
    expect(excluded.warnings).toEqual([]);
    const named = await open(path, { columns: good.toReversed(), ...types(path) });
    expect(namesOf(named.data)).toEqual(good.toReversed());
    expect(
      (await readTable(path, { columns: good, ...types(path) })).columns.map(({ name }) => name),
    ).toEqual(good);
  });

  it.each(sources)(
    "are left out with a warning where they are not needed: %s",
    async (_, source, good, bad) => {
      const path = await source();
      const table = await readTable(path, { needed: good, ...types(path) });
      const names = table.columns.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(good));
      expect(names.filter((name) => bad.includes(name))).toEqual([]);
      for (const name of bad) {
        expect(table.warnings).toContainEqual(
          expect.stringMatching(new RegExp(`"${name}".* not needed, and left out`)),
        );
      }
    },
  );

  it("keep the values of the others in their rows", async () => {
    const table = await readTable(nested, { exclude: ["s", "l", "m", "id"] });
    expect(table.columns.map((column) => ("values" in column ? [...column.values] : []))).toEqual([
      [0, 0.5, 1, 1.5, 2, 2.5],
      [0, 10, 20, 30, 40, 50],
    ]);
    const lines = await readTable(await save("d.jsonl", jsonl), { needed: ["a"] });
    expect(lines.columns.map((column) => ("values" in column ? [...column.values] : []))).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ]);
  });

  it("are not the reason to end a stream", async () => {
    await expect(readTable(Readable.from([Buffer.from(late)]))).rejects.toThrow("cannot be read again");
    const table = await readTable(Readable.from([Buffer.from(late)]), { exclude: ["d"] });
    expect([table.rowCount, table.columns.length]).toEqual([5001, 1]);
  });

  it("may be arrays beside the features", async () => {
    const text = npy([2], [1n, 2n], "|O");
    const path = await save(
      "o.npz",
      zipSync({ "X.npy": npy([2, 1], [1n, 2n]), "split.npy": text, "y.npy": text }),
    );
    await expect(open(path)).rejects.toMatchObject(rejected);
    await expect(open(path, { exclude: ["split"] })).rejects.toMatchObject(rejected);
    const { rowCount, labels, split } = await open(path, { exclude: ["split", "y"] });
    expect([rowCount, labels, split]).toEqual([2, undefined, undefined]);
  });
});

describe("a choice of columns", () => {
  it("refuses names that are not there, and leaves something", async () => {
    const path = await save("t.csv", "amount,b,y\n1,2,0\n3,4,1\n");
    await expect(open(path, { exclude: ["amout"] })).rejects.toMatchObject({
      code: "unfit-data",
      message: `${path} has no column "amout"; its columns are "amount", "b", "y".`,
      hint: expect.stringContaining('Did you mean "amount"?'),
    });
    await expect(readTable(path, { columns: ["c"] })).rejects.toThrow('has no column "c"');
    await expect(readTable(path, { exclude: ["amount", "b", "y"] })).rejects.toThrow("no column is left of");
    const { labels, data } = await open(path, { columns: ["b"], exclude: ["y"], labelColumn: "y" });
    expect([[...labels!], namesOf(data)]).toEqual([[0, 1], ["b"]]);
  });

  it("says of labels in an archive that they are not read", async () => {
    const X = npy([2, 1], [1n, 2n]);
    const path = await save("l.npz", zipSync({ "X.npy": X, "labels.npy": npy([2], [0n, 1n]) }));
    expect((await open(path)).warnings).toEqual([
      expect.stringContaining('the array "labels" has the name of labels'),
    ]);
  });
});
