import { mkdirSync } from "node:fs";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/math/random.js";
import { build, madeUpCsv, Workspace } from "./cli.js";
import { npyFloats, npz } from "./npy.js";

const work = new Workspace();
const random = createRandom(17);

/** Stripes with noise, upright or lying. */
async function image(path: string, lying: boolean): Promise<void> {
  const stream = random.stream(path);
  const pixels = Buffer.from(
    Array.from({ length: 144 }, (_, pixel) => {
      const place = lying ? Math.floor(pixel / 12) : pixel % 12;
      return (place % 4 < 2 ? 60 : 180) + Math.floor(60 * stream.uniform());
    }),
  );
  await sharp(pixels, { raw: { width: 12, height: 12, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toFile(work.path(path));
}

/** A pump whose level swings; in the last tenth of every 500 minutes it swings twice as fast. */
function pump(): string {
  const stream = random.stream("pump");
  let phase = 0;
  const lines = Array.from({ length: 2000 }, (_, minute) => {
    const fault = minute % 500 >= 450;
    phase += fault ? 0.8 : 0.4;
    const time = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
    const part = minute < 1000 ? "train" : "test";
    return `${time},${(Math.sin(phase) + 0.1 * stream.normal()).toFixed(4)},${Number(fault)},${part}`;
  });
  return `time,level,fault,part\n${lines.join("\n")}\n`;
}

interface Row {
  readonly detector: string;
  readonly trainRows: number;
  readonly testRows: number;
  readonly prevalence: number;
  readonly auroc: number;
  readonly error?: string;
}
const rowsIn = (name: string): readonly Row[] => (JSON.parse(work.text(name)) as { rows: Row[] }).rows;

beforeAll(async () => {
  build();
  for (const folder of ["train/good", "test/good", "test/lying"])
    mkdirSync(work.path(`parts/${folder}`), { recursive: true });
  for (let k = 0; k < 56; k++) await image(`parts/train/good/${k}.png`, false);
  for (let k = 0; k < 12; k++) {
    await image(`parts/test/good/${k}.png`, false);
    await image(`parts/test/lying/${k}.png`, true);
  }
  work.write("pump.csv", pump());
});

describe("compare on images", () => {
  const args = ["compare", "parts/", "--jobs", "2"];

  test("pools the images of a folder, whose folders are the labels", async () => {
    const config = { "deep-svdd": { members: 1, steps: 5, pretrainSteps: 5, encoder: "mlp" } };
    work.write("quick.json", JSON.stringify(config));
    const flags = ["--detectors", "knn,deep-svdd", "--config", "quick.json"];
    await work.ok([...args, ...flags, "--json", "parts.json", "--out", "parts.html"]);
    const rows = rowsIn("parts.json");
    expect(rows.map(({ error }) => error)).toEqual([undefined, undefined]);
    // Half of the 68 normal images, and the other half with the 12 anomalies.
    for (const row of rows) expect(row).toMatchObject({ trainRows: 34, testRows: 46 });
    expect(rows.find(({ detector }) => detector === "knn")!.auroc).toBe(1);
    expect(work.text("parts.html")).toContain("34 trained, 46 tested");
  });

  test("goes by the folders train and test with --protocol given", async () => {
    await work.ok([...args, "--detectors", "knn", "--protocol", "given", "--json", "given.json"]);
    expect(rowsIn("given.json")).toMatchObject([{ trainRows: 56, testRows: 24, prevalence: 0.5, auroc: 1 }]);
  });

  test("a changed image is noticed when going on", async () => {
    const run = [...args, "--detectors", "pca", "--protocol", "given", "--json", "again.json", "--resume"];
    await work.ok(run);
    expect((await work.ok(run)).stderr).toContain("1 run done before.");
    await image("parts/test/lying/0.png", true);
    work.write("parts/test/good/0.png", work.read("parts/test/good/1.png"));
    expect((await work.ok(run)).stderr).not.toContain("done before");
  });

  test("without anomalies, labels or a split says so", async () => {
    const failure = async (path: string, flags: readonly string[]): Promise<string> => {
      const { code, stderr } = await work.run(["compare", path, "--detectors", "knn", ...flags]);
      expect(code).toBe(3);
      return stderr;
    };
    expect(await failure("parts/train", [])).toMatch(/There are no anomalies to test on/);
    expect(await failure("parts/train/good", [])).toMatch(/good has no labels to compare detectors by/);
    expect(await failure("parts/test", ["--protocol", "given"])).toMatch(/test has no split of its own/);
  });
});

describe("compare on a series", () => {
  const args = ["compare", "pump.csv", "--time-column", "time", "--window", "20", "--label-column", "fault"];

  test("measures windows, none of which shares a step with a training window", async () => {
    const flags = ["--stride", "2", "--exclude", "part", "--detectors", "knn,pca", "--json", "pump.json"];
    await work.ok([...args, ...flags]);
    const rows = rowsIn("pump.json");
    expect(rows).toHaveLength(2);
    for (const { trainRows, testRows } of rows) {
      expect(trainRows).toBeGreaterThan(200);
      expect(testRows).toBeGreaterThan(400);
      // Windows at the rims of blocks are in no part.
      expect(trainRows + testRows).toBeLessThan(991);
    }
    expect(Math.max(...rows.map(({ auroc }) => auroc))).toBeGreaterThan(0.9);
    await work.fails(
      [...args, "--window", "30", ...flags.slice(2), "--resume"],
      2,
      /made with other settings: windows/,
    );
  });

  test("goes by a split column, of which windows belong to one part", async () => {
    const flags = ["--protocol", "given", "--split-column", "part", "--detectors", "knn"];
    await work.ok([...args, ...flags, "--json", "column.json"]);
    // 981 windows begin and end in either half; in each, 2 faults of 50 steps touch 69 windows, or 50 at the end.
    const [row] = rowsIn("column.json");
    expect(row).toMatchObject({ trainRows: 981 - 69 - 50, testRows: 981 });
    expect(row!.prevalence).toBeCloseTo(119 / 981, 12);
  });

  test("needs a time column that is there", async () => {
    const lost = ["compare", "pump.csv", "--label-column", "fault", "--detectors", "knn"];
    const { code, stderr } = await work.run([...lost, "--time-column", "tome"]);
    expect(stderr).toMatch(/"tome"/);
    expect(code).toBe(3);
  });
});

describe("compare on tables with a split of their own", () => {
  const cells = madeUpCsv({ rows: 240, anomalies: 30, seed: 7 })
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  // The first 30 rows are the anomalies: they test, and so do the last ones.
  const split = cells.map((_, row) => Number(row < 30 || row >= 150));
  const x = cells.flatMap((row) => [1, 2, 3].map((column) => Number(row[column])));
  const y = cells.map((row) => Number(row[6]));
  const arrays = { X: npyFloats([240, 3], x), y: npyFloats([240], y) };

  test("an NPZ archive has it as an array", async () => {
    work.write("odd.npz", npz({ ...arrays, split: npyFloats([240], split) }));
    const args = ["compare", "odd.npz", "--protocol", "given", "--detectors", "auto,knn"];
    await work.ok([...args, "--json", "odd.json"]);
    for (const row of rowsIn("odd.json"))
      expect(row).toMatchObject({ trainRows: 120, testRows: 120, prevalence: 0.25 });
  });

  test("without one, or with other words in it, nothing is measured", async () => {
    work.write("none.npz", npz(arrays));
    const args = ["--protocol", "given", "--detectors", "knn"];
    expect((await work.run(["compare", "none.npz", ...args])).stderr).toMatch(
      /none\.npz has no split of its own/,
    );
    work.write(
      "twos.npz",
      npz({
        ...arrays,
        split: npyFloats(
          [240],
          split.map((part) => 2 * part),
        ),
      }),
    );
    expect((await work.run(["compare", "twos.npz", ...args])).stderr).toMatch(
      /split.* has "2" in data row 31|"2" in data row 1, where train or test/,
    );
  });
});
