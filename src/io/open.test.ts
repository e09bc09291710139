/** What is at a path, as samples: each kind of data and of file, from opening to scores. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytes, csv, DataFolder, idx, npyFloats, npz, texts } from "../../test/data-files.js";
import { defaultMissingTokens, samplesOf } from "../data/index.js";
import { DeepSad } from "../detectors/centre/deep-sad/deep-sad.js";
import { Knn } from "../detectors/neighbours/knn.js";
import { createRandom } from "../math/random.js";
import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import { open } from "./open.js";

provideBackend(nodeBackend({ cores: 1 }));

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.make();
});
afterAll(() => folder.remove());

const stream = createRandom(5).stream("values");
const noise = (count: number): number[] => Array.from({ length: count }, () => stream.normal());
const names = (rows: ArrayLike<number>, of: (row: number) => readonly unknown[]): unknown[] =>
  Array.from(rows, of).flat();

describe("rows of a table", () => {
  const verdicts = ["normal", "normal", "normal", "anomaly", ""];
  const rows = Array.from({ length: 100 }, (_, k) => [
    `r${k}`,
    ...noise(2),
    ["p", "q"][k % 2],
    verdicts[k % 5],
  ]);
  const columns = ["id", "a", "b", "machine", "verdict"];

  it("come with labels and names, which are no features", async () => {
    const path = await folder.put("plant.csv", csv(columns, rows));
    const samples = await open(path, { labelColumn: "verdict", idColumn: "id" });
    expect(samples).toMatchObject({
      kind: "samples",
      rows: "observations",
      rowCount: 100,
      labelColumn: "verdict",
    });
    expect(samples.data.kind === "table" && samples.data.columns.map(({ name }) => name)).toEqual([
      "a",
      "b",
      "machine",
    ]);
    expect([...samples.labels!.subarray(0, 5)]).toEqual([0, 0, 0, 1, -1]);
    expect(samples.names!.columns).toEqual(["id"]);
    expect(names([0, 99], samples.names!.of)).toEqual(["r0", "r99"]);
    expect([samples.split, samples.mask, samples.warnings]).toEqual([undefined, undefined, []]);

    const model = await new Knn().fit(samples);
    expect(model.card.data.rows).toBe(60);
    const again = await open(path, { model, labelColumn: "verdict", idColumn: "id" });
    expect([...again.labels!]).toEqual([...samples.labels!]);
    expect((await model.score(again)).scores).toEqual((await model.score(samples)).scores);
  });

  it("keep the columns that are asked for", async () => {
    const path = await folder.put("chosen.csv", csv(columns, rows));
    const of = async (options: Parameters<typeof open>[1]): Promise<string[]> => {
      const { data } = await open(path, options);
      return data.kind === "table" ? data.columns.map(({ name }) => name) : [];
    };
    expect(await of({})).toEqual(columns);
    expect(await of({ columns: ["b", "a", "verdict"], labelColumn: "verdict" })).toEqual(["b", "a"]);
    expect(await of({ exclude: ["machine", "id"], labelColumn: "verdict" })).toEqual(["a", "b"]);
  });

  it("are read for a model with its texts as texts", async () => {
    const machines = (name: (k: number) => string) =>
      csv(
        ["a", "machine"],
        noise(60).map((value, k) => [value, name(k)]),
      );
    const model = await new Knn().fit(
      await open(
        await folder.put(
          "m.csv",
          machines((k) => ["m1", "007"][k % 2]!),
        ),
      ),
    );
    // All of them look like numbers here.
    const today = await folder.put(
      "m-today.csv",
      machines(() => "007"),
    );
    const samples = await open(today, { model });
    expect(samples.data.kind === "table" && samples.data.columns[1]).toMatchObject({
      kind: "categorical",
      levels: ["007"],
    });
    expect((await model.score(samples)).notes.unseen).toEqual({});
  });

  it("are read for a model as its training data were told to be read", async () => {
    const code = (k: number): string => ["1", "2", "?"][k % 3]!;
    const values = noise(60);
    const lines = values.map((value, k) => [k % 7 === 0 ? "n/e" : value.toFixed(3), code(k)]);
    const train = await folder.put("codes.csv", csv(["a", "code"], lines, ";"));
    const today = await folder.put("codes-today.csv", csv(["a", "code"], lines.slice(0, 20), ";"));
    const told = { columnTypes: { code: "categorical" }, missing: ["n/e", "?"] } as const;
    const model = await new Knn().fit(await open(train, told));
    expect(model.card.reading).toMatchObject(told);

    const scores = async (options: Parameters<typeof open>[1]): Promise<Float32Array> =>
      (await model.score(await open(today, options))).scores;
    expect(await scores({ model })).toEqual(await scores(told));
    expect(await scores({ model })).toEqual((await model.score(await open(train, told))).scores.slice(0, 20));
    // What the caller says counts.
    await expect(scores({ model, missing: ["?"] })).rejects.toMatchObject({ code: "schema-mismatch" });
    const other = await open(today, { model, columnTypes: { code: "numeric" } });
    expect(other.data.kind === "table" && other.data.columns[1]!.kind).toBe("numeric");
  });

  it("without a line of names are read so for a model", async () => {
    const lines = Array.from({ length: 60 }, () => noise(2));
    const text = lines.map((line) => line.join(",")).join("\n");
    const path = await folder.put("bare.csv", text);
    const model = await new Knn().fit(await open(path, { header: false }));
    expect(model.card.reading).toMatchObject({ header: false, missing: defaultMissingTokens });
    const samples = await open(path, { model });
    expect(samples.rowCount).toBe(60);
    expect((await model.score(samples)).scores).toEqual(
      (await model.score(await open(path, { header: false }))).scores,
    );
    // The same rows with names are another file.
    const named = await folder.put("named.csv", csv(["a", "b"], lines));
    await expect(
      open(named, { model, header: true }).then((given) => model.score(given)),
    ).rejects.toMatchObject({
      code: "schema-mismatch",
    });
  });

  it("come with the split that a column states, and each part is taken by whom it is for", async () => {
    const lines = noise(80).map((value, k) => [value, k < 60 ? "train" : "test", k >= 60 && k % 2]);
    const path = await folder.put("split.csv", csv(["a", "part", "bad"], lines));
    const options = { splitColumn: "part", labelColumn: "bad" };
    const samples = await open(path, options);
    expect([samples.split!.train.length, [...samples.split!.test].slice(0, 2)]).toEqual([60, [60, 61]]);
    expect(samples.data.kind === "table" && samples.data.columns.map(({ name }) => name)).toEqual(["a"]);
    const model = await new Knn().fit(samples);
    expect(model.card.data.rows).toBe(60);

    const test = await open(path, { ...options, model });
    expect([test.rowCount, test.split]).toEqual([20, undefined]);
    expect([...test.labels!.subarray(0, 4)]).toEqual([0, 1, 0, 1]);
    // Rows have their numbers in the file, from 1.
    expect([test.names!.columns, names([0, 19], test.names!.of)]).toEqual([["row"], [61, 80]]);
    const part = await open(path, { ...options, part: "train" });
    expect([part.rowCount, part.split, names([59], part.names!.of)]).toEqual([60, undefined, [60]]);
  });

  it("of an NPZ archive come with y, split and names", async () => {
    const X = npyFloats([40, 2], noise(80));
    const y = npyFloats(
      [40],
      Array.from({ length: 40 }, (_, k) => Number(k > 35)),
    );
    const split = texts(Array.from({ length: 40 }, (_, k) => (k < 35 ? "train" : "test")));
    const path = await folder.put("odd.npz", npz({ X, y, split, names: texts(["flow", "heat"]) }));
    const samples = await open(path);
    expect(samples.data.kind === "table" && samples.data.columns.map(({ name }) => name)).toEqual([
      "flow",
      "heat",
    ]);
    expect([...samples.labels!].filter((label) => label === 1)).toHaveLength(4);
    expect([samples.labelColumn, samples.split!.train.length, samples.split!.test.length]).toEqual([
      "y",
      35,
      5,
    ]);
    const model = await new Knn().fit(samples);
    expect(model.card.data.rows).toBe(35);
    const test = await open(path, { model });
    expect([...test.labels!]).toEqual([0, 1, 1, 1, 1]);
    expect((await model.score(test)).scores).toHaveLength(5);
    expect((await open(path, { labelled: false })).labels).toBeUndefined();
  });

  it("of JSON lines and NPY are opened alike", async () => {
    const values = noise(40);
    const lines = values.map((a, k) => JSON.stringify({ a, ok: k % 8 !== 0 })).join("\n");
    const json = await open(await folder.put("rows.jsonl", lines), {
      labelColumn: "ok",
      normalLabel: "true",
    });
    expect([...json.labels!].filter((label) => label === 1)).toHaveLength(5);
    const array = await open(await folder.put("rows.npy", npyFloats([40, 1], values)));
    expect([array.rowCount, array.labels]).toEqual([40, undefined]);
  });

  it("take labels given beside them, as booleans too", async () => {
    const path = await folder.put(
      "beside.csv",
      csv(
        ["a", "b"],
        Array.from({ length: 80 }, () => noise(2)),
      ),
    );
    const options = { members: 1, epochs: 1, pretrainEpochs: 1, hiddenDims: [4], latentDim: 4 };
    const labels = Array.from({ length: 80 }, (_, row) => row < 10);
    const model = await new DeepSad(options).fit(await open(path), { labels });
    expect(model.card.data.labels).toMatchObject({ anomalies: 10, normals: 70 });
    const same = await new DeepSad(options).fit(samplesOf(await open(path), { labels: labels.map(Number) }));
    expect(same.toBytes()).toEqual(model.toBytes());
  });
});

describe("windows of a series", () => {
  const steps = 120;
  const lines = Array.from({ length: steps }, (_, k) => [
    new Date(Date.UTC(2026, 0, 1, 0, k)).toISOString(),
    ...noise(2),
    k === 50 ? 1 : 0,
  ]);
  const columns = ["time", "x", "y", "bad"];

  it("cut from a table have the table's rows for rows", async () => {
    const path = await folder.put("pump.csv", csv(columns, lines));
    const options = { window: 5, timeColumn: "time", labelColumn: "bad" };
    const samples = await open(path, options);
    expect(samples).toMatchObject({ rows: "time-steps", rowCount: steps, labelColumn: "bad" });
    expect(samples.data.rowCount).toBe(steps - 4);
    expect(samples.data.kind === "series" && samples.data.steps.columns.map(({ name }) => name)).toEqual([
      "x",
      "y",
    ]);
    expect(names([0, 119], samples.names!.of)).toEqual([lines[0]![0], lines[119]![0]]);

    const model = await new Knn().fit(samples);
    // Five windows hold the bad step.
    expect(model.card.data.rows).toBe(steps - 4 - 5);
    const today = await open(path, { model, labelColumn: "bad" });
    const { scores, pValues } = await model.score(today);
    expect([scores.length, today.rowCount]).toEqual([steps, steps]);
    expect(scores.every(Number.isFinite) && pValues.every((p) => p > 0 && p <= 1)).toBe(true);
    expect(today.names!.columns).toEqual(["time"]);
    expect(today.data.kind === "series" && today.data.layout).toMatchObject({ window: 5, stride: 1 });
    const coarse = await open(path, { model, stride: 5 });
    expect(coarse.data.rowCount).toBe(24);
    expect((await model.score(coarse)).scores).toHaveLength(steps);
  });

  it("of several series are cut apart, and named by entity and time", async () => {
    const fleet = ["07", "8"].flatMap((machine) => lines.slice(0, 60).map((line) => [machine, ...line]));
    const path = await folder.put("fleet.csv", csv(["machine", ...columns], fleet));
    const options = { window: 10, timeColumn: "time", entityColumn: "machine", exclude: ["bad"] };
    const samples = await open(path, options);
    expect(samples.data.rowCount).toBe(2 * 51);
    expect(samples.names!.columns).toEqual(["machine", "time"]);
    expect(names([60], samples.names!.of)).toEqual(["8", lines[0]![0]]);
    const model = await new Knn().fit(samples);
    const again = await open(path, { model });
    expect(names([0], again.names!.of)).toEqual(["07", lines[0]![0]]);
    expect((await model.score(again)).scores).toHaveLength(120);
    const without = await folder.put("single.csv", csv(columns, lines));
    await expect(open(without, { model })).rejects.toMatchObject({
      code: "schema-mismatch",
      message: expect.stringContaining('lacks the column "machine"'),
    });
  });

  it("with a split of their own are scored in the test part, step by step", async () => {
    const parted = lines.map((line, k) => [...line, k < 80 ? "train" : "test"]);
    const path = await folder.put("parted.csv", csv([...columns, "part"], parted));
    const options = { window: 5, splitColumn: "part", labelColumn: "bad", exclude: ["time"] };
    const model = await new Knn().fit(await open(path, options));
    // Windows with steps of the test part belong to neither.
    expect(model.card.data.rows).toBe(80 - 4 - 5);
    const test = await open(path, { model, splitColumn: "part", labelColumn: "bad" });
    expect([test.rowCount, names([0], test.names!.of)]).toEqual([40, [81]]);
    expect((await model.score(test)).scores).toHaveLength(40);

    const mixed = lines.map((line, k) => [...line, k % 2 === 0 ? "train" : "test"]);
    const holes = await folder.put("holes.csv", csv([...columns, "part"], mixed));
    await expect(open(holes, { model, splitColumn: "part" })).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining("2 is followed by 4"),
    });
  });

  it("are as long as normal rows say, where no length is given", async () => {
    // A fault that swings three times as fast, for more than half of the file.
    const swing = Array.from({ length: 1500 }, (_, k) => {
      const bad = k >= 500 ? 1 : 0;
      return [Math.sin((2 * Math.PI * k) / (bad ? 32 : 110)) + 0.05 * noise(1)[0]!, bad];
    });
    const path = await folder.put("swing.csv", csv(["x", "bad"], swing));
    const found = async (options: object) => {
      const { data } = await open(path, { series: true, ...options });
      return data.kind === "series" ? data.layout.found?.period : undefined;
    };
    expect(Math.abs((await found({ labelColumn: "bad" }))! - 110)).toBeLessThan(4);
    const ofAll = await found({ exclude: ["bad"] });
    expect(Math.abs(ofAll! - 110)).toBeGreaterThan(10);
  });

  it("are warned of where steps are missing", async () => {
    const gap = lines.filter((_, k) => k < 40 || (k > 80 && k !== 81 + 2));
    const path = await folder.put("gap.csv", csv(columns, gap));
    const { warnings } = await open(path, { window: 30, timeColumn: "time", exclude: ["bad"] });
    expect(warnings).not.toEqual([]);
  });

  it("that were cut already come with their classes", async () => {
    const cases = Array.from(
      { length: 50 },
      (_, k) => `${noise(6).join(",")}:${k % 10 === 0 ? "down" : "up"}`,
    );
    const text = `@problemName Two\n@timeStamps false\n@classLabel true up down\n@data\n${cases.join("\n")}\n`;
    const path = await folder.put("two.ts", text);
    const samples = await open(path, { normalLabel: "up" });
    expect(samples).toMatchObject({ rows: "observations", rowCount: 50, labelColumn: "class" });
    expect([...samples.labels!].filter((label) => label === 1)).toHaveLength(5);
    const model = await new Knn().fit(samples);
    expect(model.card.data.rows).toBe(45);
    const again = await open(path, { model, normalLabel: "up" });
    expect((await model.score(again)).scores).toHaveLength(50);
    expect((await open(path, { labelled: false })).labels).toBeUndefined();
  });

  it("of an array need to be said to be a series, but not for a model", async () => {
    const X = npyFloats([40, 6, 2], noise(480));
    const y = npyFloats(
      [40],
      Array.from({ length: 40 }, (_, k) => Number(k === 7)),
    );
    const path = await folder.put("windows.npz", npz({ X, y }));
    const samples = await open(path, { series: true });
    expect([samples.data.kind, samples.rowCount, samples.labels![7]]).toEqual(["series", 40, 1]);
    const model = await new Knn().fit(samples);
    expect(model.card.data.rows).toBe(39);
    const again = await open(path, { model });
    expect([again.rowCount, again.labels![7]]).toEqual([40, 1]);
    expect((await model.score(again)).scores).toHaveLength(40);
  });
});

describe("images", () => {
  beforeAll(async () => {
    for (let k = 0; k < 40; k++) await folder.image(`parts/train/good/${k}.png`);
    for (let k = 0; k < 3; k++) await folder.image(`parts/test/good/${k}.png`);
    for (let k = 0; k < 2; k++) {
      await folder.image(`parts/test/scratch/${k}.png`, { flipped: true });
      await folder.image(`parts/ground_truth/scratch/${k}_mask.png`);
    }
  });

  it("of a folder with train/ and test/ come as one, with their split, labels, names and masks", async () => {
    const samples = await open(`${folder.path}/parts`);
    expect(samples).toMatchObject({ rows: "observations", rowCount: 45, labelColumn: "folder" });
    expect([samples.split!.train.length, [...samples.split!.test]]).toEqual([40, [40, 41, 42, 43, 44]]);
    expect([...samples.labels!.subarray(38)]).toEqual([0, 0, 0, 0, 0, 1, 1]);
    expect(names([0, 44], samples.names!.of)).toEqual(["train/good/0.png", "test/scratch/1.png"]);
    expect([...(await samples.mask!(0))]).toEqual(Array(64).fill(0));
    expect([...(await samples.mask!(44))]).toEqual(Array(64).fill(1));
  });

  it("are learned from in one part and scored in the other", async () => {
    const path = `${folder.path}/parts`;
    const model = await new Knn().fit(await open(path));
    expect(model.card.data.rows).toBe(40);
    const alone = await new Knn().fit(await open(path, { part: "train" }));
    expect((await model.score(await open(path, { model }))).scores).toEqual(
      (await alone.score(await open(path, { part: "test" }))).scores,
    );
    const test = await open(path, { model });
    expect([test.rowCount, test.split, [...test.labels!]]).toEqual([5, undefined, [0, 0, 0, 1, 1]]);
    expect(names([4], test.names!.of)).toEqual(["scratch/1.png"]);
    const { scores } = await model.score(test);
    expect(Math.min(scores[3]!, scores[4]!)).toBeGreaterThan(Math.max(...scores.subarray(0, 3)));
    expect((await open(`${path}/train/good`)).labels).toBeUndefined();
  });

  it("in colour are read as a grey model wants them", async () => {
    const model = await new Knn().fit(await open(`${folder.path}/parts/train`));
    const path = await folder.image("photo.png", { colour: true });
    const samples = await open(path, { model });
    expect(samples.data).toMatchObject({ kind: "images", channels: 1, rowCount: 1 });
    expect((await model.score(samples)).scores).toHaveLength(1);
    expect((await open(path)).data).toMatchObject({ channels: 3 });
  });

  it("that cannot be decoded stop the reading, or are left out with a warning", async () => {
    for (let k = 0; k < 3; k++) await folder.image(`torn/${k}.png`);
    await folder.put("torn/9.png", "not an image");
    const path = `${folder.path}/torn`;
    await expect(open(path)).rejects.toMatchObject({ code: "unreadable-data" });
    const samples = await open(path, { onCorrupt: "skip" });
    expect([samples.rowCount, samples.warnings.length]).toEqual([3, 1]);
    expect(samples.leftOut).toEqual([
      { name: "9.png", reason: "it is no image, or damaged at its beginning" },
    ]);
  });

  it("of an IDX file have classes, one of which is normal", async () => {
    const pixels = Uint8Array.from({ length: 60 * 16 }, (_, k) => (k * 7) % 251);
    const path = await folder.put("some-idx3-ubyte", idx([60, 4, 4], pixels));
    const labels = await folder.put(
      "some-idx1-ubyte",
      idx(
        [60],
        Uint8Array.from({ length: 60 }, (_, k) => (k < 50 ? 3 : 8)),
      ),
    );
    const samples = await open(path, { labels, normalClass: 3 });
    expect([samples.labelColumn, [...samples.labels!].filter((label) => label === 1).length]).toEqual([
      "class",
      10,
    ]);
    expect((await new Knn().fit(samples)).card.data.rows).toBe(50);
    await expect(open(path, { normalClass: 3 })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("normalClass"),
    });
  });

  it("of CIFAR-10's folder and of an NPZ archive with two parts come with their split", async () => {
    const record = (label: number): number[] => [label, ...Array(3072).fill(20 * label)];
    const batch = (labels: readonly number[]): Uint8Array => Uint8Array.from(labels.flatMap(record));
    await folder.put("cifar/data_batch_1.bin", batch([1, 2]));
    await folder.put("cifar/data_batch_2.bin", batch([1]));
    await folder.put("cifar/test_batch.bin", batch([2, 1]));
    const cifar = await open(`${folder.path}/cifar`, { normalClass: 1 });
    expect([...cifar.labels!]).toEqual([0, 1, 0, 1, 0]);
    expect([[...cifar.split!.train], [...cifar.split!.test]]).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect((await open(`${folder.path}/cifar`, { part: "test" })).rowCount).toBe(2);

    const shades = Array.from({ length: 5 }, (_, k) => Array<number>(16).fill(10 * k)).flat();
    const path = await folder.put(
      "shades.npz",
      npz({
        x_train: bytes([3, 4, 4], shades.slice(0, 48)),
        y_train: bytes([3], [0, 0, 1]),
        x_test: bytes([2, 4, 4], shades.slice(48)),
        y_test: bytes([2], [1, 0]),
      }),
    );
    const samples = await open(path, { normalClass: 0 });
    expect([...samples.labels!]).toEqual([0, 0, 1, 1, 0]);
    if (samples.data.kind !== "images") throw new Error("no images");
    expect((await samples.data.read(3)).data[0]).toBe(30);
    expect((await open(path, { normalClass: 0, part: "test" })).rowCount).toBe(2);
  });
});
