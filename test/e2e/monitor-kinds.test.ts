import { mkdirSync } from "node:fs";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/math/random.js";
import { build, Workspace } from "./cli.js";

const work = new Workspace();
const random = createRandom(23);

/** Upright stripes with noise; tilted, they lie across; dim, all is darker. */
async function images(folder: string, count: number, { tilted = false, dim = 0 } = {}): Promise<void> {
  mkdirSync(work.path(folder), { recursive: true });
  const stream = random.stream(folder);
  for (let k = 0; k < count; k++) {
    const pixels = Buffer.from(
      Array.from({ length: 144 }, (_, pixel) => {
        const place = tilted ? Math.floor(pixel / 12) : pixel % 12;
        return (place % 4 < 2 ? 80 : 180) - dim + Math.floor(60 * stream.uniform());
      }),
    );
    const name = `${String(k).padStart(3, "0")}.png`;
    await sharp(pixels, { raw: { width: 12, height: 12, channels: 1 } })
      .toColourspace("b-w")
      .png()
      .toFile(work.path(`${folder}/${name}`));
  }
}

/** Noise of a flow and a valve, a row per minute; from `leak` on the flow is higher. */
function flow(seed: number, minutes: number, leak = Number.POSITIVE_INFINITY): string {
  const stream = random.stream("flow", seed);
  const lines = Array.from({ length: minutes }, (_, minute) => {
    const time = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
    const level = stream.normal() + (minute >= leak ? 3 : 0);
    return `${time},${level.toFixed(4)},${stream.uniform() < 0.5 ? "open" : "shut"}`;
  });
  return `time,flow,valve\n${lines.join("\n")}\n`;
}

interface Report {
  drift: boolean;
  rows: number;
  observed: number;
  overlapping: number;
  martingale: { row: number | null; before: number; pushed: number };
  features: { name: string; stability: unknown; missingInTraining: number | null }[];
  shifted: string[];
}

async function report(args: readonly string[], code: number): Promise<Report> {
  const result = await work.run(["monitor", ...args, "--json"]);
  expect(result.code, result.stderr).toBe(code);
  return JSON.parse(result.stdout) as Report;
}

beforeAll(async () => {
  build();
});

describe("monitor on images", () => {
  beforeAll(async () => {
    await images("parts", 150);
    await images("today", 60);
    await images("tilted", 60, { tilted: true });
    await images("dim", 60, { dim: 40 });
    await work.ok(["train", "parts", "--detector", "knn", "--out", "parts.onnx"]);
  });

  test("exits 0 without drift, and 8 with it", async () => {
    const { stdout, stderr } = await work.ok(["monitor", "parts.onnx", "--input", "today/"]);
    expect(stdout).toMatch(/^No drift noticed in 60 images of today\/\./);
    expect(stdout).toMatch(/Measures of the images by population stability index\n.*measure .*PSI/);
    expect(stdout).toMatch(/^ +brightness +[\d.]+ /m);
    expect(stderr).not.toContain("warning");
    const drifted = await work.run(["monitor", "parts.onnx", "--input", "tilted"]);
    expect(drifted.code).toBe(8);
    expect(drifted.stdout).toMatch(
      /^DRIFT: tilted is not what the model was trained on; noticed at image \d+ /,
    );
  });

  test("--strict also minds images that are only darker", async () => {
    const { drift, shifted } = await report(["parts.onnx", "--input", "dim", "--strict"], 8);
    expect({ drift, shifted }).toEqual({ drift: false, shifted: ["brightness"] });
  });

  test("a stream goes on from folder to folder", async () => {
    await report(["parts.onnx", "--input", "today", "--state", "s.json"], 0);
    const { martingale } = await report(["parts.onnx", "--input", "tilted", "--state", "s.json"], 8);
    expect(martingale).toMatchObject({ before: 60, pushed: 120 });
  });

  test("a table is refused", async () => {
    work.write("table.csv", flow(1, 50));
    await work.fails(["monitor", "parts.onnx", "--input", "table.csv"], 3, /holds no images/);
  });
});

describe("monitor on a series", () => {
  beforeAll(async () => {
    work.write("history.csv", flow(1, 3000));
    work.write("today.csv", flow(2, 800));
    work.write("leak.csv", flow(3, 800, 400));
    const windows = ["--time-column", "time", "--window", "10", "--stride", "2"];
    await work.ok(["train", "history.csv", "--detector", "knn", ...windows, "--out", "flow.onnx"]);
  });

  test("exits 0 without drift, by windows that share no time step", async () => {
    const { stdout } = await work.ok(["monitor", "flow.onnx", "--input", "today.csv"]);
    expect(stdout).toMatch(/^No drift noticed in 80 windows of today\.csv\./);
    expect(stdout).toMatch(/windows +80; 316 that share time steps with these left out/);
    expect(stdout).toMatch(/Columns by population stability index/);
    expect(await report(["flow.onnx", "--input", "today.csv"], 0)).toMatchObject({
      ...{ rows: 800, observed: 80, overlapping: 316, shifted: [] },
    });
  });

  test("exits 8 with it, and names the row of the file", async () => {
    const found = await report(["flow.onnx", "--input", "leak.csv"], 8);
    expect(found.martingale.row).toBeGreaterThan(400);
    expect(found.martingale.row! % 10).toBe(0);
    expect(found.shifted).toEqual(["flow"]);
    const { stdout } = await work.run(["monitor", "flow.onnx", "--input", "leak.csv"]);
    expect(stdout).toContain(`noticed at row ${found.martingale.row} `);
  });
});
