/** The browser's door in a browser: what docs/browser.md shows, bundled as users do it, in a headless Chromium. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Model, open, PatchGaussian, type Samples, tableFromRows } from "../../src/index.js";
import { auroc } from "../../src/metrics/index.js";
import { partImage, partImages } from "../map-models.js";
import { chromiumPath, launch, type Site, serve } from "./chromium.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manual = readFileSync(join(root, "docs/browser.md"), "utf8");

/** A file that the page of the manual shows; its first line names it. */
function shown(name: string): string {
  const block = [...manual.matchAll(/^```js\n([\s\S]*?)^```$/gm)].find(([, text]) =>
    text!.startsWith(`// ${name}\n`),
  );
  if (block === undefined) throw new Error(`docs/browser.md shows no ${name}.`);
  return block[1]!;
}

type Row = Record<string, number | string | null>;

/** Two columns that go together, one that is sometimes missing, and a category; anomalies break the first relation. */
function madeUpRows(count: number, seed: number, anomalies = 0): Row[] {
  let state = seed;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, (_, row) => {
    const flow = 40 + 5 * uniform();
    const pressure = (row < anomalies ? 85 - flow : flow) / 10 + 0.05 * uniform();
    return {
      flow,
      pressure,
      temperature: uniform() < 0.1 ? null : 20 + 3 * uniform(),
      line: uniform() < 0.5 ? "A" : "B",
    };
  });
}

/** What the test's own page offers beside the manual's `train`, `score` and `stop`. */
interface Offered {
  train(rows: Row[], options: object, onProgress?: (progress: object) => void): Promise<Uint8Array>;
  score(model: Uint8Array, rows: Row[]): Promise<{ scores: Float32Array; isAnomaly: Uint8Array }>;
  stop(): void;
  scoreInPage(model: Uint8Array, rows: Row[]): Promise<{ scores: number[]; isAnomaly: number[] }>;
  /** Opens files, by path and bytes in base64, as if they had been chosen together. */
  openFiles(files: readonly NamedFile[], options: object): Promise<Opened>;
  /** Scores images, opened likewise, and keeps their maps. */
  mapsInPage(
    model: readonly number[],
    files: readonly NamedFile[],
  ): Promise<{ scores: number[]; maps: number[][] }>;
}

type NamedFile = readonly [path: string, base64: string];

/** What samples hold, in plain numbers and texts. */
interface Opened {
  readonly labels: number[] | undefined;
  readonly train: number[] | undefined;
  readonly columns: unknown[] | undefined;
  readonly images: { height: number; width: number; data: number[] }[] | undefined;
}
declare global {
  // Of the page, in functions that run there.
  var offered: Offered;
}

const main = `
  import { Model, open, tableFromRows, useWebRuntime } from "hypersphere/web";
  import { plain } from "./plain.js";
  import { score, stop, train } from "./page.js";
  const scoreInPage = async (bytes, rows) => {
    await useWebRuntime();
    const { scores, isAnomaly } = await (await Model.fromBytes(bytes)).score(tableFromRows(rows));
    return { scores: Array.from(scores), isAnomaly: Array.from(isAnomaly) };
  };
  const chosen = (files) =>
    files.map(([path, base64]) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const file = new File([bytes], path.split("/").at(-1));
      return Object.defineProperty(file, "webkitRelativePath", { value: path.includes("/") ? path : "" });
    });
  const openFiles = async (files, options) => plain(await open(chosen(files), options));
  const mapsInPage = async (bytes, files) => {
    await useWebRuntime();
    const model = await Model.fromBytes(Uint8Array.from(bytes));
    const maps = [];
    const { scores } = await model.score(await open(chosen(files)), {
      onMap: (map, row) => {
        maps[row] = Array.from(map.data);
      },
    });
    return { scores: Array.from(scores), maps };
  };
  globalThis.offered = { mapsInPage, openFiles, score, stop, train, scoreInPage };
`;

/** Of samples what can be compared across a page's border. Its text runs in the page, too. */
async function plain({ data, labels, split }: Samples): Promise<Opened> {
  const images: { height: number; width: number; data: number[] }[] = [];
  if (data.kind === "images") {
    for (let row = 0; row < data.rowCount; row++) {
      const image = await data.read(row);
      images.push({ height: image.height, width: image.width, data: Array.from(image.data) });
    }
  }
  return {
    labels: labels && Array.from(labels),
    train: split && Array.from(split.train),
    columns:
      data.kind === "table"
        ? data.columns.map((column) => ({
            ...column,
            ...("values" in column
              ? { values: Array.from(column.values) }
              : { codes: Array.from(column.codes) }),
          }))
        : undefined,
    images: data.kind === "images" ? images : undefined,
  };
}

const options = { members: 2, steps: 40, pretrainSteps: 20, latentDim: 8 };

describe.skipIf(chromiumPath === undefined)("in Chromium", () => {
  let folder: string;
  let browser: Browser;
  let site: Site;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    // Beside the dependencies, where every tool ignores it.
    mkdirSync(join(root, "node_modules/.cache"), { recursive: true });
    folder = mkdtempSync(join(root, "node_modules/.cache/hypersphere-browser-"));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules/hypersphere"), "junction");
    writeFileSync(join(folder, "worker.js"), shown("worker.js"));
    writeFileSync(join(folder, "page.js"), shown("page.js"));
    writeFileSync(join(folder, "main.js"), main);
    writeFileSync(join(folder, "plain.js"), `export ${plain}`);
    writeFileSync(
      join(folder, "index.html"),
      '<!doctype html><script type="module" src="./main.js"></script>',
    );
    await build({ root: folder, configFile: false, logLevel: "error", worker: { format: "es" } });
    site = await serve(
      { "/": join(folder, "dist"), "/ort/": join(root, "node_modules/onnxruntime-web/dist") },
      { "content-security-policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" },
    );
    browser = await launch();
    page = await browser.newPage();
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(site.url);
    await page.waitForFunction(() => globalThis.offered !== undefined);
  });

  afterAll(async () => {
    await browser?.close();
    site?.server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("a worker trains, the page scores, and Node scores the same", async () => {
    const training = madeUpRows(300, 1);
    const rows = madeUpRows(200, 2, 20);
    const inPage = await page.evaluate(
      async ([training, rows, options]) => {
        const stages: object[] = [];
        const model = await globalThis.offered.train(training, options, (progress) => stages.push(progress));
        const { scores, isAnomaly } = await globalThis.offered.score(model, rows);
        return {
          model: Array.from(model),
          stages: stages.length,
          inPage: await globalThis.offered.scoreInPage(model, rows),
          inWorker: { scores: Array.from(scores), isAnomaly: Array.from(isAnomaly) },
        };
      },
      [training, rows, options] as const,
    );
    expect(inPage.stages).toBeGreaterThan(1);
    const model = await Model.fromBytes(Uint8Array.from(inPage.model));
    expect(model.card.versions.runtime).toBe("wasm");
    const { scores, isAnomaly } = await model.score(tableFromRows(rows));
    for (const there of [inPage.inPage, inPage.inWorker]) {
      expect(there.isAnomaly).toEqual(Array.from(isAnomaly));
      expect(there.scores).toEqual(Array.from(scores));
    }
    // A training that did nothing would not tell the rows apart.
    expect(
      auroc(
        rows.map((_, row) => (row < 20 ? 1 : 0)),
        scores,
      ),
    ).toBeGreaterThan(0.8);
    expect(complaints).toEqual([]);
  });

  test("a gzipped table is opened as in Node", async () => {
    const rows = madeUpRows(3000, 5).map(
      (row, k) => `${Object.values(row).join(",")},"say ""${k % 3}""",${k % 2}`,
    );
    const content = gzipSync(`flow,pressure,temperature,line,note,bad\n${rows.join("\n")}\n`);
    const reading = { labelColumn: "bad" };
    const there = await page.evaluate(([files, reading]) => globalThis.offered.openFiles(files, reading), [
      [["plant.csv.gz", content.toString("base64")]],
      reading,
    ] as const);
    const path = join(folder, "plant.csv.gz");
    writeFileSync(path, content);
    expect(there).toEqual(await plain(await open(path, reading)));
    const cut = content.subarray(0, 1000).toString("base64");
    const error = await page.evaluate(
      ([files]) =>
        globalThis.offered.openFiles(files, {}).then(
          () => undefined,
          ({ code, message }) => ({ code, message }),
        ),
      [[["plant.csv.gz", cut]]] as const,
    );
    expect(error).toEqual({
      code: "unreadable-data",
      message: "plant.csv.gz: the gzip data ends before its end mark.",
    });
  });

  test("a folder of images is opened as in Node", async () => {
    const paint = (seed: number, channels: 1 | 3) =>
      sharp(
        Uint8Array.from({ length: 12 * 9 * channels }, (_, k) => (k * seed) % 256),
        { raw: { height: 12, width: 9, channels } },
      ).toColourspace(channels === 1 ? "b-w" : "srgb");
    const painted = {
      "parts/train/good/1.png": paint(3, 3).png(),
      "parts/train/good/2.png": paint(5, 1).png(),
      "parts/test/good/1.webp": paint(7, 3).webp({ lossless: true }),
      "parts/test/bent/1.jpg": paint(2, 3).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }),
      "parts/test/bent/2.jpg": paint(1, 1).jpeg({ quality: 95 }),
    };
    const files: [string, string][] = [];
    for (const [path, image] of Object.entries(painted)) {
      const content = await image.toBuffer();
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), content);
      files.push([path, content.toString("base64")]);
    }
    const there = await page.evaluate(([files]) => globalThis.offered.openFiles(files, {}), [files] as const);
    const here = await plain(await open(join(folder, "parts")));
    expect([there.labels, there.train]).toEqual([
      [0, 0, 1, 1, 0],
      [0, 1],
    ]);
    expect([here.labels, here.train]).toEqual([there.labels, there.train]);
    here.images!.forEach(({ height, width, data }, row) => {
      const image = there.images![row]!;
      expect([image.height, image.width, image.data.length]).toEqual([height, width, data.length]);
      // Decoders of JPEG may round differently; the others have no choice.
      const apart = Math.max(...data.map((value, k) => Math.abs(value - image.data[k]!)));
      expect(apart).toBeLessThanOrEqual([2, 3].includes(row) ? 2 : 0);
    });
    const grey = await page.evaluate(([files]) => globalThis.offered.openFiles(files, {}), [
      files.slice(1, 2),
    ] as const);
    expect(grey.images![0]!.data).toHaveLength(12 * 9);
  });

  test("images have the maps that they have in Node", async () => {
    const model = await new PatchGaussian({ seed: 0, imageSize: 64 }).fit(partImages(40));
    const files: NamedFile[] = [];
    for (let k = 0; k < 3; k++) {
      const defect = { left: 20, top: 10, width: 6, height: 5 };
      const { data, ...size } = partImage(`shown ${k}`, k === 0 ? {} : { defect });
      const png = await sharp(data, { raw: { ...size, channels: 3 } })
        .png()
        .toBuffer();
      mkdirSync(join(folder, "shown"), { recursive: true });
      writeFileSync(join(folder, `shown/${k}.png`), png);
      files.push([`shown/${k}.png`, png.toString("base64")]);
    }
    const there = await page.evaluate(([model, files]) => globalThis.offered.mapsInPage(model, files), [
      Array.from(model.toBytes()),
      files,
    ] as const);
    const maps: Float32Array[] = [];
    const { scores } = await model.score(await open(join(folder, "shown")), {
      onMap: (map, row) => {
        maps[row] = map.data;
      },
    });
    expect(there.scores).toEqual(Array.from(scores));
    expect(scores[1]! / scores[0]!).toBeGreaterThan(2);
    expect(there.maps.map((map) => map.length)).toEqual(maps.map((map) => map.length));
    for (const [row, map] of maps.entries()) {
      const apart = Math.max(...map.map((value, k) => Math.abs(value - there.maps[row]![k]!)));
      expect(apart).toBeLessThan(1e-5 * Math.max(...map));
    }
  });

  test("a training stops when it is asked to", async () => {
    const error = await page.evaluate(
      ([rows]) =>
        globalThis.offered
          .train(rows, { members: 4, steps: 100_000 }, () => globalThis.offered.stop())
          .then(
            () => undefined,
            (error) => error,
          ),
      [madeUpRows(300, 3)] as const,
    );
    expect(error).toMatchObject({ code: "aborted" });
  });

  test("errors arrive with code and hint", async () => {
    const error = await page.evaluate(
      ([rows]) =>
        globalThis.offered.train(rows, { latentDims: 8 }).then(
          () => undefined,
          (error) => error,
        ),
      [madeUpRows(50, 4)] as const,
    );
    expect(error).toMatchObject({ code: "invalid-option", hint: expect.stringContaining("latentDim") });
  });

  test("WebAssembly comes from where the manual says, or from the bundle", () => {
    const wasm = site.asked.filter((path) => path.endsWith(".wasm"));
    expect(site.asked).toContain("/ort/ort-wasm-simd-threaded.wasm");
    expect(wasm.some((path) => path.startsWith("/assets/"))).toBe(true);
  });
});
