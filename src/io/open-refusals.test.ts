/** What `open` refuses, and what it says then. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csv, DataFolder, npyFloats, npz } from "../../test/data-files.js";
import { samplesOf } from "../data/index.js";
import { Hsc } from "../detectors/centre/hsc/hsc.js";
import { Knn } from "../detectors/neighbours/knn.js";
import { createRandom } from "../math/random.js";
import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import { open } from "./open.js";

provideBackend(nodeBackend({ cores: 1 }));

const stream = createRandom(5).stream("values");
const noise = (count: number): number[] => Array.from({ length: count }, () => stream.normal());

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.make();
  for (let k = 0; k < 40; k++) await folder.image(`parts/train/${k}.png`);
  const X = npyFloats([40, 6, 2], noise(480));
  await folder.put("windows.npz", npz({ X }));
});
afterAll(() => folder.remove());

describe("what cannot be opened", () => {
  it("is said to be missing, whatever it was to be", async () => {
    const path = `${folder.path}/nothing`;
    for (const options of [{}, { window: 5 }, { normalClass: 1 }, { series: true }]) {
      await expect(open(path, options)).rejects.toMatchObject({
        code: "io",
        message: expect.stringContaining(path),
      });
    }
  });

  it("is not taken with options that do not exist", async () => {
    const path = await folder.put("plain.csv", csv(["flow"], [[1]]));
    const asked = async (options: object) => open(path, options).catch((error: unknown) => error);
    expect(await asked({ labelColunm: "flow" })).toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining('no option "labelColunm"'),
      hint: expect.stringContaining('Did you mean "labelColumn"?'),
    });
    for (const name of ["array", "labelArray"]) {
      expect(await asked({ [name]: "X" })).toMatchObject({
        code: "invalid-option",
        hint: expect.stringMatching(/"part".*readNpzImages/),
      });
    }
    await expect(open(path, { window: undefined, nothing: undefined } as object)).resolves.toBeDefined();
  });

  it("says which names come close", async () => {
    const path = await folder.put("close.csv", csv(["flow", "verdict", "time"], [[1, "ok", 0]]));
    await expect(open(path, { labelColumn: "Verdict" })).rejects.toMatchObject({
      code: "unfit-data",
      hint: expect.stringContaining('"verdict"'),
    });
    await expect(open(path, { splitColumn: "flows" })).rejects.toMatchObject({
      hint: expect.stringContaining('"flow"'),
    });
    await expect(open(path, { window: 3, timeColumn: "tim" })).rejects.toMatchObject({
      hint: expect.stringContaining('"time"'),
    });
    await expect(open(path, { columnTypes: { flwo: "numeric" } })).rejects.toMatchObject({
      code: "invalid-option",
      hint: expect.stringContaining('"flow"'),
    });
  });

  it("has labels and parts that are not understood", async () => {
    const path = await folder.put(
      "words.csv",
      csv(
        ["a", "state", "part"],
        [
          [1, "blue", "train"],
          [2, "red", "dev"],
        ],
      ),
    );
    await expect(open(path, { labelColumn: "state" })).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining('"blue", "red"'),
    });
    await expect(open(path, { labelColumn: "state", normalLabel: "green" })).rejects.toMatchObject({
      code: "unfit-data",
    });
    await expect(open(path, { normalLabel: "blue" })).rejects.toMatchObject({ code: "invalid-option" });
    await expect(open(path, { splitColumn: "part" })).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining('"dev" in data row 2'),
    });
  });

  it("is of another kind than the options, or the model, speak of", async () => {
    const table = await folder.put(
      "kind.csv",
      csv(
        ["a", "b"],
        Array.from({ length: 40 }, () => noise(2)),
      ),
    );
    await expect(open(table, { normalClass: 3 })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("holds no images"),
    });
    const images = `${folder.path}/parts/train`;
    await expect(open(images, { labelColumn: "a" })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("no columns"),
    });
    await expect(open(images, { series: true })).rejects.toMatchObject({ code: "invalid-option" });
    const ofTables = await new Knn().fit(await open(table));
    await expect(open(images, { model: ofTables })).rejects.toMatchObject({
      code: "schema-mismatch",
      message: expect.stringContaining("is a folder, but the model was trained on rows of a table"),
    });
    const ofImages = await new Knn().fit(await open(images));
    await expect(open(table, { model: ofImages })).rejects.toThrow("holds no images");
  });

  it("has options that would do nothing, for a model too", async () => {
    const lines = Array.from({ length: 60 }, () => noise(2));
    const table = await folder.put("idle.csv", csv(["a", "b"], lines));
    const images = `${folder.path}/parts/train`;
    const ofTables = await new Knn().fit(await open(table));
    const ofSeries = await new Knn().fit(await open(table, { window: 4 }));
    const ofImages = await new Knn().fit(await open(images));
    const idle: [string, Parameters<typeof open>[1], string][] = [
      [table, { maxGap: 3 }, "maxGap"],
      [table, { fill: "linear" }, "fill"],
      [images, { window: 5 }, "window"],
      [images, { normalLabel: "good" }, "normalLabel"],
      [images, { missing: ["x"] }, "missing"],
      [images, { header: false }, "header: false"],
      [table, { model: ofTables, window: 5 }, "window"],
      [table, { model: ofTables, channels: 1 }, "channels"],
      [table, { model: ofSeries, window: 5 }, "window"],
      [table, { model: ofSeries, timeColumn: "a" }, "timeColumn"],
      [images, { model: ofImages, labelColumn: "a" }, "labelColumn"],
    ];
    for (const [path, options, name] of idle) {
      await expect(open(path, options), name).rejects.toMatchObject({
        code: "invalid-option",
        message: expect.stringContaining(`"${name}"`),
      });
    }
    expect((await open(table, { model: ofSeries, window: 4, series: true })).rowCount).toBe(60);
    expect((await open(images, { series: false })).data.kind).toBe("images");
    for (const path of [undefined, 3, [table, 3]]) {
      await expect(open(path as never)).rejects.toMatchObject({
        code: "invalid-option",
        message: expect.stringMatching(/^The path is /),
      });
    }
    await expect(open(table, { model: "model.onnx" as never })).rejects.toMatchObject({
      code: "invalid-option",
      hint: expect.stringContaining("loadModel"),
    });
  });

  it("has labels, and none that a detector could learn from", async () => {
    const lines = noise(60).map((value) => [value, "normal"]);
    const samples = await open(await folder.put("calm.csv", csv(["a", "state"], lines)), {
      labelColumn: "state",
    });
    expect((await new Knn().fit(samples)).card.data.rows).toBe(60);
    await expect(new Hsc().fit(samples)).rejects.toThrow("hsc needs negatives");
    const wild = samplesOf(samples, { labels: new Int8Array(60).fill(1) });
    await expect(new Knn().fit(wild)).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining("no normal rows"),
    });
  });

  it("is left when the signal says so", async () => {
    const table = await folder.put(
      "stop.csv",
      csv(
        ["a"],
        noise(10).map((value) => [value]),
      ),
    );
    const signal = AbortSignal.abort();
    for (const [path, options] of [
      [table, {}],
      [table, { window: 3 }],
      [`${folder.path}/parts`, {}],
      [`${folder.path}/windows.npz`, { series: true }],
    ] as const) {
      await expect(open(path, { ...options, signal })).rejects.toMatchObject({ code: "aborted" });
    }
  });

  it("or can, tells how far it is", async () => {
    const path = await folder.put(
      "long.csv",
      csv(
        ["a"],
        noise(20_000).map((value) => [value]),
      ),
    );
    for (const source of [path, `${folder.path}/parts`]) {
      const seen: (number | undefined)[] = [];
      await open(source, { onProgress: ({ fraction }) => seen.push(fraction) });
      expect(seen.length).toBeGreaterThan(0);
      expect(seen.at(-1)).toBe(1);
      expect([...seen].sort((a, b) => a! - b!)).toEqual(seen);
    }
  });
});
