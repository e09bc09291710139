import { mkdirSync, rmSync } from "node:fs";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/math/random.js";
import { build, Workspace } from "./cli.js";

const work = new Workspace();
const stream = createRandom(12).stream("images");

/** Stripes with noise, upright or lying. */
async function image(path: string, lying: boolean, side = 16): Promise<void> {
  const pixels = Buffer.alloc(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      pixels[y * side + x] = ((lying ? y : x) % 4 < 2 ? 60 : 180) + Math.floor(60 * stream.uniform());
    }
  }
  await sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toFile(work.path(path));
}

beforeAll(async () => {
  build();
  for (const folder of ["train/good", "test/good", "test/lying"]) {
    mkdirSync(work.path(`parts/${folder}`), { recursive: true });
  }
  for (let k = 0; k < 60; k++) await image(`parts/train/good/${k}.png`, false);
  for (let k = 0; k < 10; k++) {
    await image(`parts/test/good/${k}.png`, false);
    await image(`parts/test/lying/${k}.png`, true);
  }
  await work.ok(["train", "parts", "--detector", "knn", "--out", "m.onnx"]);
});

describe("a folder of images", () => {
  test("is trained from its part for training, and scored by name", async () => {
    const { stdout } = await work.ok(["score", "m.onnx", "parts/test"]);
    const [header, ...rows] = stdout.trimEnd().split("\n");
    expect(header).toBe("image,score,p_value,threshold,is_anomaly");
    expect(rows.map((row) => row.split(",")[0])).toEqual(
      ["good", "lying"].flatMap((kind) => Array.from({ length: 10 }, (_, k) => `${kind}/${k}.png`)),
    );
  });

  test("is evaluated by the names of its folders", async () => {
    const { stdout } = await work.ok(["evaluate", "m.onnx", "parts", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      labels: { normals: 10, anomalies: 10, unlabelled: 0 },
      ranking: { auroc: 1 },
    });
  });

  test("can be learned by a network that is named, and images of another size are refused", async () => {
    const { stdout } = await work.ok([
      ...["train", "parts/train/good", "--encoder", "cnn", "--latent-dim", "16", "--members", "1"],
      ...["--steps", "10", "--pretrain-steps", "10", "--out", "c.onnx", "--json"],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      detector: "deep-svdd",
      input: { kind: "images", shape: [1, 16, 16] },
    });
    mkdirSync(work.path("large"));
    await image("large/one.png", false, 20);
    await work.fails(
      ["score", "c.onnx", "large"],
      3,
      /1 of 1 images are not of 16 x 16 pixels.*"one\.png" \(20 x 20 pixels/,
    );
  });

  test("teaches what is out of place by images cut and pasted, where asked to", async () => {
    const { stdout } = await work.ok([
      ...["train", "parts", "--detector", "hsc", "--synthesis", "cut-paste", "--encoder", "cnn"],
      ...["--latent-dim", "16", "--steps", "10", "--out", "h.onnx", "--json"],
    ]);
    const { data, training } = JSON.parse(stdout);
    expect(training.synthesis).toEqual({ synthesis: "cut-paste", outliers: data.train });
  });

  test("with a damaged one stops, or leaves it out when told so", async () => {
    mkdirSync(work.path("torn"));
    for (let k = 0; k < 40; k++) await image(`torn/${k}.png`, false);
    work.write("torn/7.png", work.read("torn/7.png").subarray(0, 60));
    const train = ["train", "torn", "--detector", "knn", "--out", "t.onnx"];
    await work.fails(train, 3, /1 of 40 images cannot be decoded: "7\.png"/);
    const { stdout, stderr } = await work.ok([...train, "--skip-corrupt", "--json"]);
    expect(JSON.parse(stdout).data.rows).toBe(39);
    expect(stderr).toContain("7.png");
  });

  test("that the model does not take for their size are named before anything is scored, or left out: exit code 9", async () => {
    mkdirSync(work.path("line/a"), { recursive: true });
    mkdirSync(work.path("line/b"));
    for (const name of ["a/1", "b/2"]) await image(`line/${name}.png`, false);
    await sharp(work.path("line/a/1.png")).resize(31, 17).toFile(work.path("line/b/odd.png"));
    const score = ["score", "t.onnx", "line"];
    const { stderr } = await work.fails(
      [...score, "--out", "l.csv"],
      3,
      /1 of 3 images are not of .*"b\/odd\.png" \(17 x 31 pixels, not/,
    );
    expect(stderr).toMatch(/hint: .*--skip-corrupt/);
    const part = await work.run([...score, "--skip-corrupt", "--out", "l.csv", "--json"]);
    expect(part.code, part.stderr).toBe(9);
    expect(JSON.parse(part.stdout)).toMatchObject({
      rows: 2,
      leftOut: [{ name: "b/odd.png", reason: expect.stringContaining("17 x 31") }],
    });
    expect(part.stderr).toMatch(/left out 1 of 3 images: "b\/odd\.png"/);
    // Nobody asks which of them are good.
    expect(part.stderr).not.toContain("named good");
    expect(work.text("l.csv").trimEnd().split("\n")).toHaveLength(3);
  });

  test("has no columns", async () => {
    await work.fails(["train", "parts", "--exclude", "a", "--out", "x.onnx"], 2, /which have no columns/);
  });
});

describe("images with masks of their defects", () => {
  const side = 32;
  beforeAll(async () => {
    const write = (path: string, data: Buffer) =>
      sharp(data, { raw: { width: side, height: side, channels: 1 } })
        .toColourspace("b-w")
        .png()
        .toFile(work.path(path));
    const spot = (place: number, at: number) =>
      Math.abs((place % side) - at) < 4 && Math.abs(Math.floor(place / side) - at) < 4;
    const part = (at: number) =>
      Buffer.from(
        Array.from({ length: side * side }, (_, k) => 100 + 40 * stream.uniform() + (spot(k, at) ? 70 : 0)),
      );
    for (const folder of ["train/good", "test/good", "test/spot", "ground_truth/spot"]) {
      mkdirSync(work.path(`masked/${folder}`), { recursive: true });
    }
    for (let k = 0; k < 60; k++) await write(`masked/train/good/${k}.png`, part(-9));
    for (let k = 0; k < 6; k++) {
      await write(`masked/test/good/${k}.png`, part(-9));
      await write(`masked/test/spot/${k}.png`, part(8 + 2 * k));
      const mask = Buffer.from(
        Array.from({ length: side * side }, (_, place) => (spot(place, 8 + 2 * k) ? 255 : 0)),
      );
      await write(`masked/ground_truth/spot/${k}_mask.png`, mask);
    }
    await work.ok(["train", "masked", "--detector", "patch-gaussian", "--out", "maps.onnx"]);
  });

  test("are evaluated by their pixels too", async () => {
    const { stdout } = await work.ok(["evaluate", "maps.onnx", "masked"]);
    expect(stdout).toMatch(/Pixels, in maps of 32 x 32 \(height x width\)\n +AUROC +0\.9\d+/);
    expect(stdout).toMatch(/AUPRO +0\.\d+ {2}\(to 30 % false positives; 0\.15 by chance\)/);
    expect(stdout).toMatch(/defects found +6 of 6 have a pixel above the threshold/);
    const { pixels } = (await work.json(["evaluate", "maps.onnx", "masked", "--json"])) as { pixels: object };
    expect(pixels).toMatchObject({ pixels: 12 * side * side, regions: 6, untrained: null, exact: true });
  });

  test("are doubted where nearly all are more normal than what was held out", async () => {
    mkdirSync(work.path("blurred"));
    for (let k = 0; k < 6; k++) {
      await sharp(work.path(`masked/test/good/${k}.png`))
        .blur(3)
        .toFile(work.path(`blurred/${k}.png`));
    }
    const { stderr } = await work.ok(["score", "maps.onnx", "blurred", "--out", "blurred.csv"]);
    expect(stderr).toMatch(
      /6 of 6 images in blurred \(100.0 %\) score below every one of the \d+ good images that were held out/,
    );
    const { stderr: sharpOnes } = await work.ok(["score", "maps.onnx", "masked/test", "--out", "masked.csv"]);
    expect(sharpOnes).not.toContain("held out");
  });

  test("of which one is missing are evaluated without pixels, and that is said", async () => {
    rmSync(work.path("masked/ground_truth/spot/3_mask.png"));
    const { stdout } = await work.ok(["evaluate", "maps.onnx", "masked/test"]);
    expect(stdout).not.toMatch(/Pixels/);
    expect(stdout).toMatch(
      /note: There are no figures of pixels: .*ground_truth has no masks for 1 of 12 images: "?spot\/3\.png/,
    );
    expect(stdout).toMatch(/AUROC/);
  });
});
