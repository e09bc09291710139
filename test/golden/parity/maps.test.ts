/** The map of a model file is the same in plain Python, native and in WebAssembly. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ImageSet, type Model, open } from "../../../src/index.js";
import { nodeBackend } from "../../../src/runtime/node/backend.js";
import { DataFolder } from "../../data-files.js";
import { partImage, plainModel } from "../../map-models.js";

const python = process.env["HYPERSPHERE_PYTHON"];
const folder = fileURLToPath(new URL("../../../python/", import.meta.url));
const why = "HYPERSPHERE_PYTHON names no Python with numpy, onnxruntime and Pillow";

let data: DataFolder;
beforeAll(async () => {
  data = await DataFolder.make();
});
afterAll(() => data.remove());

const DEFECT = { left: 20, top: 20, width: 14, height: 10 };
/** Files of several sizes and formats: colour, grey, 16 bits, with alpha, turned by EXIF. */
async function writeImages(): Promise<string[]> {
  const made = async (name: string, change: (image: Sharp) => Sharp, height = 48, width = 64) => {
    const image = partImage(name, { height, width, defect: DEFECT });
    const pipeline = sharp(image.data, { raw: { height, width, channels: 3 } });
    return data.put(name, await change(pipeline).toBuffer());
  };
  return [
    await made("colour.png", (image) => image.png()),
    await made("large.png", (image) => image.png(), 120, 160),
    await made("grey.png", (image) => image.toColourspace("b-w").png()),
    await data.put("deep.png", await deep()),
    await made("alpha.png", (image) => image.ensureAlpha(0.5).png()),
    await made("turned.png", (image) => image.withMetadata({ orientation: 6 }).png(), 64, 48),
  ];
}

/** Grey of 16 bits. */
function deep(): Promise<Buffer> {
  const { height, width, data: bytes } = partImage("deep", { channels: 1, defect: DEFECT });
  const wide = Uint16Array.from(bytes, (value, k) => 256 * value + (k % 256));
  return sharp(wide, { raw: { height, width, channels: 1 } })
    .toColourspace("grey16")
    .png()
    .toBuffer();
}

async function mapsOf(model: Model, images: ImageSet, runtime?: "native" | "wasm"): Promise<Float32Array[]> {
  const maps: Float32Array[] = [];
  await model.score(images, {
    ...(runtime && { backend: nodeBackend({ runtime }) }),
    onMap: ({ data: values }, row) => {
      maps[row] = values;
    },
  });
  return maps;
}

/** The largest difference, in parts of the larger of 1 and the value. */
function difference(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, k) => Math.abs(value - b[k]!) / Math.max(1, Math.abs(value))));
}

const PROGRAM = `
import base64, json, sys
from hypersphere import ImageModel
model = ImageModel(sys.argv[1])
for path in sys.argv[2:]:
    image = model.read(path)
    score, p_value, is_anomaly = model.score(image)
    where = model.map(image)
    print(json.dumps({"score": score, "p": p_value, "flagged": is_anomaly, "shape": where.shape, "threshold": model.threshold,
        "map": base64.b64encode(where.astype("<f4").tobytes()).decode()}))
`;

describe("maps", () => {
  test.each([1, 3] as const)("are the same native and in WebAssembly, of %i channels", async (channels) => {
    const model = await plainModel(channels);
    const files = await writeImages();
    const { data: images } = await open(data.path, { model });
    const [native, wasm] = [
      await mapsOf(model, images as ImageSet, "native"),
      await mapsOf(model, images as ImageSet, "wasm"),
    ];
    expect(native).toHaveLength(files.length);
    for (const [k, map] of native.entries()) expect(difference(map, wasm[k]!)).toBeLessThan(1e-5);
  });

  test.for([1, 3] as const)(
    "are the same in Python, from the files, of %i channels",
    async (channels, { skip }) => {
      skip(python === undefined, why);
      const model = await plainModel(channels);
      const file = `${data.path}/model.onnx`;
      await model.save(file, { force: true });
      const files = await writeImages();
      const out = execFileSync(python!, ["-c", PROGRAM, file, ...files], {
        encoding: "utf8",
        env: { ...process.env, PYTHONPATH: folder },
      });
      const there = out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      for (const [k, path] of files.entries()) {
        const { data: images } = await open(path, { model });
        const [here] = await mapsOf(model, images as ImageSet);
        const { scores, pValues, isAnomaly, threshold } = await model.score(images);
        const bytes = Buffer.from(there[k].map, "base64");
        const map = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
        const name = path.slice(data.path.length);
        expect(there[k].shape, name).toEqual([model.card.map!.height, model.card.map!.width]);
        expect(difference(here!, map), name).toBeLessThan(1e-5);
        expect(there[k].score, name).toBeCloseTo(scores[0]!, 5);
        expect(there[k].p, name).toBeCloseTo(pValues[0]!, 6);
        expect(there[k].flagged, name).toBe(isAnomaly[0] === 1);
        expect(there[k].threshold, name).toBeCloseTo(threshold, 5);
      }
    },
  );

  test("are refused for images that are not as the model takes them, in Python", async ({ skip }) => {
    skip(python === undefined, why);
    const model = await plainModel();
    const file = `${data.path}/model.onnx`;
    await model.save(file, { force: true });
    const program = `
import sys, numpy
from hypersphere import ImageModel, Model
model = ImageModel(sys.argv[1])
for wrong in (numpy.zeros((9, 9, 3)), numpy.zeros((9, 9), "uint8"), numpy.zeros((9, 9, 4), "uint8")):
    try: model.map(wrong)
    except ValueError as error: print(error)
try: Model(sys.argv[1])
except ValueError as error: print(error)
`;
    const env = { ...process.env, PYTHONPATH: folder };
    const said = execFileSync(python!, ["-c", program, file], { encoding: "utf8", env }).trim().split("\n");
    expect(said).toEqual([
      expect.stringContaining("float64"),
      expect.stringContaining("(9, 9, 1), expected (height, width, 3)"),
      expect.stringContaining("(9, 9, 4)"),
      expect.stringContaining("use ImageModel"),
    ]);
  });
});
