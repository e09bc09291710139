/** Every format from a blob, with the web's decompressor and a stand-in for its decoder, compared with Node's files. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytes, csv, DataFolder, idx, npyFloats, npz, texts } from "../../test/data-files.js";
import type { Samples } from "../data/index.js";
import { Knn } from "../detectors/neighbours/knn.js";
import { webInflate } from "../formats/inflate.js";
import { sharpDecode } from "../io/decode-image.js";
import { type OpenFileOptions, open } from "../io/open.js";
import { createRandom } from "../math/random.js";
import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import { type OpenBlobOptions, openBlobs } from "./open-blobs.js";

provideBackend(nodeBackend({ cores: 1 }));

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.make();
});
afterAll(() => folder.remove());

const platform = { inflate: webInflate, decodeImage: sharpDecode };
const openWeb = (data: Blob | readonly File[], options: OpenBlobOptions = {}): Promise<Samples> =>
  openBlobs(data, options, platform);

/** A file as a browser gives it; in Node, files have no path. */
function file(path: string, content: Uint8Array | string): File {
  const parts = path.split("/");
  const made = new File([typeof content === "string" ? content : content.slice()], parts.at(-1)!);
  if (parts.length > 1) Object.defineProperty(made, "webkitRelativePath", { value: path });
  return made;
}

/** All files below a folder as one chooses them in a browser. */
async function filesOf(root: string, base: string): Promise<File[]> {
  const entries = await readdir(join(root, base), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(root.length + 1)
        .replaceAll("\\", "/"),
    );
  // A browser's order is nobody's promise.
  return Promise.all(
    paths
      .sort()
      .reverse()
      .map(async (path) => file(path, await readFile(join(root, path)))),
  );
}

/** Everything that samples say, but the name of their source. */
async function contentOf({ data, labels, labelColumn, names, split, mask, rows, rowCount }: Samples) {
  const content = async () => {
    switch (data.kind) {
      case "table":
        return data.columns;
      case "series":
        return [data.layout, data.starts, data.steps.columns];
      case "images":
        return Promise.all(Array.from({ length: data.rowCount }, (_, row) => data.read(row)));
    }
  };
  return {
    ...{ kind: data.kind, content: await content(), labels, labelColumn, split, rows, rowCount },
    names: names && Array.from({ length: rowCount }, (_, row) => names.of(row)),
    masks: mask && (await Promise.all(Array.from({ length: rowCount }, (_, row) => mask(row)))),
  };
}

const stream = createRandom(8).stream("values");
const noise = (count: number): number[] => Array.from({ length: count }, () => stream.normal());
const lines = noise(40).map((value, k) => [
  ...[`r${k}`, value, ["p", "q, r"][k % 2]!],
  ...[["ok", "fault", ""][k % 3]!, k < 30 ? "train" : "test"],
]);
const columns = ["id", "a", "machine", "verdict", "part"];
const quoted = csv(
  columns,
  lines.map((cells) => cells.map((cell) => (typeof cell === "string" ? `"${cell}"` : cell))),
);
const objects = lines.map((cells) => Object.fromEntries(columns.map((name, k) => [name, cells[k]])));
const jsonLines = `${objects.map((object) => JSON.stringify(object)).join("\n")}\n`;
const parquet = new Uint8Array(
  parquetWriteBuffer({
    columnData: columns.map((name, k) => ({
      name,
      data: lines.map((cells) => cells[k]!),
      type: k === 1 ? "DOUBLE" : "STRING",
    })),
    rowGroupSize: 15,
  }),
);
const said = { labelColumn: "verdict", normalLabel: "ok", idColumn: "id", splitColumn: "part" };
const matrix = npyFloats([20, 3], noise(60));
const archive = npz({
  X: matrix,
  y: npyFloats(
    [20],
    Array.from({ length: 20 }, (_, k) => k % 2),
  ),
  split: npyFloats(
    [20],
    Array.from({ length: 20 }, (_, k) => Number(k >= 12)),
  ),
  names: texts(["flow", "heat", "load"]),
});
const ts = (cases: number, seed: number) =>
  `@problemName P\n@univariate true\n@classLabel true 1 2\n@data\n${Array.from(
    { length: cases },
    (_, k) => `${[k, seed, k * seed, 3].join(",")}:${1 + ((k + seed) % 2)}`,
  ).join("\n")}\n`;
const pixels = bytes(
  [6, 4, 5],
  Array.from({ length: 120 }, (_, k) => (7 * k) % 256),
);
const cifar = Uint8Array.from({ length: 3 * 3073 }, (_, k) => (k % 3073 === 0 ? (k / 3073) % 10 : k % 251));

const cases: readonly [string, string | Uint8Array, OpenFileOptions & OpenBlobOptions][] = [
  ["t.csv", quoted, said],
  ["t.csv.gz", gzipSync(quoted), said],
  [
    "t.tsv",
    csv(
      ["a", "b"],
      [
        [1, "x"],
        [2, "y"],
      ],
      "\t",
    ),
    {},
  ],
  ["t.jsonl", jsonLines, said],
  ["t.jsonl.gz", gzipSync(jsonLines), said],
  ["t.parquet", parquet, said],
  ["t.parquet.gz", gzipSync(parquet), said],
  ["t.npy", matrix, {}],
  ["t.npz", archive, {}],
  ["t.npz.gz", gzipSync(archive), { part: "test" }],
  [
    "s.csv",
    csv(
      ["t", "v"],
      noise(30).map((value, k) => [k, value]),
    ),
    { window: 8, timeColumn: "t" },
  ],
  ["w.ts", ts(5, 2), { normalLabel: 1 }],
  ["w.ts.gz", gzipSync(ts(5, 2)), { normalLabel: 1 }],
  ["w.npy", npyFloats([4, 5, 2], noise(40)), { series: true }],
  ["w.npz", archive, { series: true }],
  ["i.npy", pixels, {}],
  ["i.npz", npz({ images: pixels, labels: bytes([6], [0, 1, 2, 0, 1, 2]) }), { normalClass: 1 }],
  [
    "i-idx3-ubyte",
    idx(
      [3, 2, 2],
      Uint8Array.from({ length: 12 }, (_, k) => 20 * k),
    ),
    {},
  ],
  ["i-idx3-ubyte.gz", gzipSync(idx([3, 2, 2], new Uint8Array(12).fill(9))), {}],
  ["c.bin", cifar, { normalClass: 0 }],
  ["c.bin.gz", gzipSync(cifar), {}],
];

describe("a blob", () => {
  it.each(cases)("gives of %s what Node's file gives", async (name, content, options) => {
    const node = await contentOf(await open(await folder.put(name, content), options));
    expect(await contentOf(await openWeb(file(name, content), options))).toEqual(node);
    expect(node.rowCount).toBeGreaterThan(1);
  });

  it("needs no name where its bytes say what it is", async () => {
    const samples = await openWeb(new Blob([parquet]), said);
    expect(samples.data.source).toBe("<blob>");
    const path = await folder.put("named.parquet", parquet);
    expect(await contentOf(samples)).toEqual(await contentOf(await open(path, said)));
  });

  it("can be a file of classes, and an image", async () => {
    const classes = idx([3], Uint8Array.of(1, 0, 1));
    const images = idx([3, 1, 1], Uint8Array.of(5, 6, 7));
    const options = { labels: new Blob([classes.slice()]), normalClass: 1 };
    expect([...(await openWeb(file("i", images), options)).labels!]).toEqual([0, 1, 0]);
    const path = await folder.image("one.png");
    const one = await openWeb(file("one.png", await readFile(path)));
    expect(await contentOf(one)).toEqual(await contentOf(await open(path)));
  });

  it("is read for a model, in another place than the model's data", async () => {
    const path = await folder.put("plant.csv", quoted);
    const told = { idColumn: "id", splitColumn: "part", exclude: ["verdict"] };
    const model = await new Knn().fit(await open(path, told));
    const [here, there] = [
      await open(path, { ...told, model }),
      await openWeb(file("today.csv", quoted), { ...told, model }),
    ];
    expect(there.rowCount).toBe(10);
    expect((await model.score(there)).scores).toEqual((await model.score(here)).scores);
    await expect(openWeb(file("other.csv", "b\n1\n2\n"), { model })).rejects.toMatchObject({
      code: "schema-mismatch",
    });
  });

  it("tells how far it is, and stops when it is told to", async () => {
    const long = file("long.csv", `a\n${"1\n".repeat(2e6)}`);
    const seen: number[] = [];
    await openWeb(long, { onProgress: ({ fraction }) => seen.push(fraction!) });
    expect(seen.at(-1)).toBe(1);
    expect(seen.length).toBeGreaterThan(2);
    const stop = new AbortController();
    await expect(
      openWeb(long, { signal: stop.signal, onProgress: () => stop.abort() }),
    ).rejects.toMatchObject({ code: "aborted" });
  });

  it("is refused where it is damaged, as a file is", async () => {
    const cut = gzipSync(quoted).subarray(0, 200);
    await expect(openWeb(file("cut.csv.gz", cut))).rejects.toMatchObject({
      code: "unreadable-data",
      message: "cut.csv.gz: the gzip data ends before its end mark.",
    });
    const changed = archive.slice();
    changed[80]! ^= 0x10;
    await expect(openWeb(file("changed.npz", changed))).rejects.toMatchObject({ code: "unreadable-data" });
    await expect(openWeb(new Blob([]))).rejects.toMatchObject({ message: "<blob> is empty." });
    await expect(openWeb([])).rejects.toMatchObject({ code: "invalid-option" });
    const twice = [file("a.png", "x"), file("a.png", "y")];
    await expect(openWeb(twice)).rejects.toThrow("Two of the 2 files are named a.png");
  });
});

describe("files of a folder", () => {
  it("are images with parts, labels by their folders, and masks", async () => {
    for (const k of [0, 1, 2]) await folder.image(`parts/train/good/${k}.png`);
    for (const k of [0, 1]) await folder.image(`parts/test/good/${k}.png`);
    await folder.image("parts/test/bent/10.png", { flipped: true });
    await folder.image("parts/test/bent/9.png", { flipped: true });
    await folder.put("parts/notes.txt", "x");
    for (const k of [9, 10]) {
      const mask = await sharp(
        Uint8Array.from({ length: 64 }, (_, at) => 255 * Number(at % k === 0)),
        {
          raw: { width: 8, height: 8, channels: 1 },
        },
      )
        .png()
        .toBuffer();
      await folder.put(`parts/ground_truth/bent/${k}_mask.png`, mask);
    }
    const files = await filesOf(folder.path, "parts");
    for (const options of [{}, { part: "test" }, { part: "train" }] as const) {
      const node = await contentOf(await open(join(folder.path, "parts"), options));
      expect(await contentOf(await openWeb(files, options))).toEqual(node);
    }
    const { split, names } = await openWeb(files);
    expect([...split!.train]).toEqual([0, 1, 2]);
    expect(names!.of(3)).toEqual(["test/bent/9.png"]);
  });

  it("need no folder", async () => {
    const [a, b] = [
      await readFile(await folder.image("x/a.png")),
      await readFile(await folder.image("x/b.png")),
    ];
    const samples = await openWeb([file("b.png", b), file("a.png", a)]);
    expect([samples.names!.of(0), samples.names!.of(1), samples.labels]).toEqual([
      ["a.png"],
      ["b.png"],
      undefined,
    ]);
    await expect(openWeb([file("b.csv", "a\n1\n"), file("a.csv", "a\n1\n")])).rejects.toThrow(
      "<2 files> holds no images (its files: 2 .csv).",
    );
  });

  it("are the training and test parts of IDX files and their classes, train first", async () => {
    const image = (value: number, count: number) => idx([count, 2, 2], new Uint8Array(4 * count).fill(value));
    const content = {
      "t10k-images-idx3-ubyte": image(2, 2),
      "t10k-labels-idx1-ubyte": idx([2], Uint8Array.of(4, 5)),
      "train-images-idx3-ubyte.gz": gzipSync(image(1, 3)),
      "train-labels-idx1-ubyte.gz": gzipSync(idx([3], Uint8Array.of(4, 4, 5))),
    };
    for (const [name, data] of Object.entries(content)) await folder.put(`fashion/${name}`, data);
    const options = { normalClass: 4 };
    const node = await open(join(folder.path, "fashion"), options);
    expect([...node.labels!]).toEqual([0, 0, 1, 0, 1]);
    expect([[...node.split!.train], [...node.split!.test]]).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    const files = Object.entries(content).map(([name, data]) => file(name, data));
    expect(await contentOf(await openWeb(files, options))).toEqual(await contentOf(node));
    const test = await open(join(folder.path, "fashion"), { ...options, part: "test" });
    expect([...test.labels!]).toEqual([0, 1]);
    const half = files.filter(({ name }) => name.startsWith("train"));
    expect([...(await openWeb(half, options)).labels!]).toEqual([0, 0, 1]);
    await expect(openWeb(half, { part: "test" })).rejects.toMatchObject({ code: "unfit-data" });
  });

  it("are the two .ts files of an archive, but one of them is only itself", async () => {
    const [train, test] = [ts(3, 1), ts(2, 4)];
    const trainPath = await folder.put("pair/P_TRAIN.ts", train);
    const testPath = await folder.put("pair/P_TEST.ts", test);
    const both = await open(join(folder.path, "pair"), { normalLabel: 1 });
    expect([[...both.split!.train], [...both.split!.test]]).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    const alone = [await open(trainPath, { normalLabel: 1 }), await open(testPath, { normalLabel: 1 })];
    expect([...both.labels!]).toEqual(alone.flatMap(({ labels }) => [...labels!]));
    const values = ({ data }: Samples) =>
      data.kind === "series"
        ? data.steps.columns.flatMap((column) => (column.kind === "numeric" ? [...column.values] : []))
        : [];
    expect(values(both)).toEqual(alone.flatMap(values));
    expect(alone.map(({ split, rowCount }) => [split, rowCount])).toEqual([
      [undefined, 3],
      [undefined, 2],
    ]);

    const files = [file("P_TEST.ts", test), file("P_TRAIN.ts", train)];
    const content = await contentOf(both);
    expect(await contentOf(await openWeb(files, { normalLabel: 1 }))).toEqual(content);
    expect(await contentOf(await open([testPath, trainPath], { normalLabel: 1 }))).toEqual(content);
    const part = await openWeb(files, { normalLabel: 1, part: "test" });
    expect(await contentOf(part)).toEqual(await contentOf(alone[1]!));

    const longer = file("P_TEST.ts", ts(2, 4).replaceAll(",3:", ",3,4:"));
    await expect(openWeb([files[1]!, longer])).rejects.toThrow(
      "the windows for training have 4 steps of 1 channel, those for testing 5 steps of 1 channel",
    );
    await mkdir(join(folder.path, "bare"), { recursive: true });
    await expect(open(join(folder.path, "bare"))).rejects.toThrow("holds no images; it is empty");
  });
});
