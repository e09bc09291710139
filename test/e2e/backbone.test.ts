/** A user's own network becomes a part of a model, on the command line. */
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { createRandom } from "../../src/math/random.js";
import { build, Workspace } from "./cli.js";

const work = new Workspace();
const stream = createRandom(12).stream("images");
const SIDE = 32;
const flags = [
  "--detector",
  "patch-memory",
  "--backbone",
  "net.onnx",
  "--memory-size",
  "60",
  "--out",
  "m.onnx",
];

/** Noise, with a bright square where it is broken. */
async function image(path: string, broken: boolean): Promise<void> {
  const pixels = Buffer.from(
    Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, k) => {
      const [y, x] = [Math.floor(k / 3 / SIDE), Math.floor(k / 3) % SIDE];
      return (broken && y > 15 && y < 24 && x > 7 && x < 16 ? 160 : 40) + stream.int(30);
    }),
  );
  await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toFile(work.path(path));
}

beforeAll(async () => {
  build();
  for (const folder of ["train/good", "test/good", "test/broken"])
    mkdirSync(work.path(`parts/${folder}`), { recursive: true });
  for (let k = 0; k < 40; k++) await image(`parts/train/good/${k}.png`, false);
  for (let k = 0; k < 5; k++) await image(`parts/test/broken/${k}.png`, true);
  copyFileSync(new URL("../golden/backbones/residual-9.onnx", import.meta.url), work.path("net.onnx"));
});

test("trains, says which network it took, and needs its file no more", async () => {
  const { stdout } = await work.ok(["train", "parts", ...flags, "--backbone-license", "CC0-1.0"]);
  expect(stdout).toMatch(
    /backbone +net\.onnx, 24 kB, SHA-256 \w{16}\.\.\., CC0-1\.0; it sees 32 x 32 pixels, and is cut at/,
  );
  const inspected = await work.ok(["inspect", "m.onnx", "--json"]);
  expect(inspected.stdout).toContain('"backbone"');
  const scored = await work.ok(["score", "m.onnx", "parts/test/broken"]);
  const rows = scored.stdout.trimEnd().split("\n").slice(1);
  expect(rows).toHaveLength(5);
  expect(rows.every((row) => /,(1|true)$/.test(row))).toBe(true);
});

test("gives detectors of rows what a network says of whole images, and scores without it", async () => {
  const given = ["--detector", "knn", "--backbone", "net.onnx", "--out", "v.onnx"];
  const { stdout } = await work.ok(["train", "parts", ...given]);
  expect(stdout).toMatch(/backbone +net\.onnx, .*, of which 8 numbers are made/);
  const scored = await work.ok(["score", "v.onnx", "parts/test/broken"]);
  expect(scored.stdout.trimEnd().split("\n")).toHaveLength(6);
});

test("refuses before anything is written", async () => {
  const cases: [string[], RegExp][] = [
    [
      ["--detector", "isolation-forest", "--backbone", "net.onnx"],
      /isolation-forest cannot learn from a backbone/,
    ],
    [
      ["--detector", "knn", "--backbone", "net.onnx", "--contrast", "gcn"],
      /contrast is "gcn", but a backbone sees/,
    ],
    [
      ["--detector", "knn", "--backbone-channels", "bgr"],
      /--backbone-channels is given, but there is no backbone/,
    ],
    [["--detector", "patch-memory", "--backbone", "missing.onnx"], /missing\.onnx/],
    [
      ["--detector", "patch-memory", "--backbone", "net.onnx", "--backbone-tensors", "nowhere"],
      /"nowhere", which is no feature map/,
    ],
  ];
  for (const [given, message] of cases) {
    const { code, stderr } = await work.run(["train", "parts", ...given, "--out", "refused.onnx"]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(existsSync(work.path("refused.onnx"))).toBe(false);
  }
});
