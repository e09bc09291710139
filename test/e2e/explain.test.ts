import { beforeAll, expect, test } from "vitest";
import { imagesFrom, Knn, seriesFromTable, tableFromColumns } from "../../src/index.js";
import { createRandom } from "../../src/math/random.js";
import { build, Workspace } from "./cli.js";

const work = new Workspace();
const random = createRandom(5);

/** Two columns in step; of the first row the second column is far off, and of the next one the text is new. */
function plant(rows: number, odd: boolean): string {
  const stream = random.stream("plant", rows);
  const lines = Array.from({ length: rows }, (_, row) => {
    const a = 20 + stream.normal();
    const b = odd && row === 0 ? 30 : a + 0.2 * stream.normal();
    const kind = odd && row === 1 ? "green" : stream.int(3) === 0 ? "red" : "blue";
    return `r${row},${a.toFixed(3)},${b.toFixed(3)},${kind}`;
  });
  return `name,a,b,kind\n${lines.join("\n")}\n`;
}

beforeAll(async () => {
  build();
  work.write("plant.csv", plant(300, false));
  work.write("today.csv", plant(40, true));
  await work.ok(["train", "plant.csv", "--detector", "knn", "--exclude", "name", "--out", "m.onnx"]);
});

test("writes a line per contribution and a page, worst rows first", async () => {
  const { stdout, stderr } = await work.ok([
    ...["explain", "m.onnx", "today.csv", "--id-column", "name", "--top", "2"],
    ...["--background", "plant.csv", "--out", "why.csv", "--report", "why.html"],
  ]);
  expect(stdout).toMatch(
    /40 rows of 40 in today.csv explained, \d+ of them above.*\nWrote why.csv.\nWrote why.html./,
  );
  expect(stderr).toMatch(/warning: .*of the background plant.csv are flagged by the model/);
  const [header, ...lines] = work.text("why.csv").trimEnd().split("\n");
  expect(header).toBe(
    "name,score,p_value,is_anomaly,feature,contribution,value,normal_range,nearest_normal,makes_normal",
  );
  expect(lines).toHaveLength(80);
  const of = (name: string) =>
    lines.filter((line) => line.startsWith(`${name},`)).map((line) => line.split(","));
  expect(of("r0")[0]).toMatchObject({ 3: "1", 4: "b", 6: "30" });
  expect(of("r0")[0]!.at(-1)).toMatch(/^b = \d/);
  expect(of("r1")[0]).toMatchObject({ 3: "1", 4: "kind", 6: "green" });
  const page = work.text("why.html");
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/<script|src=|href=/);
  expect(page.match(/<section>/g)).toHaveLength(40);
  expect(page).toMatch(/It would be normal with <b>b = /);
});

test("a document in a cell is not repeated in every line", async () => {
  work.write("document.csv", `name,a,b,kind\nr0,20,20,${"n".repeat(100_000)}\n`);
  await work.ok([
    ...["explain", "m.onnx", "document.csv", "--background", "plant.csv"],
    ...["--out", "long.csv", "--report", "long.html"],
  ]);
  expect(work.text("long.csv")).toMatch(/,"n{200}\.\.\. \(100,000 characters\)"?,/);
  expect(work.text("long.html")).toMatch(/n{200}\.\.\. \(100,000 characters\)/);
  expect(work.text("long.csv").length + work.text("long.html").length).toBeLessThan(20_000);
});

test("says a seed's values again, with standard errors, of flagged rows", async () => {
  const args = [
    "explain",
    "m.onnx",
    "today.csv",
    "--flagged",
    "--method",
    "shapley",
    "--seed",
    "4",
    "--jsonl",
  ];
  const first = await work.ok(args);
  expect(first.stderr).toMatch(/warning: No normal rows were given/);
  const rows = first.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(rows.every((row) => row.is_anomaly === 1 && row.standard_error >= 0)).toBe(true);
  expect((await work.ok(args)).stdout).toBe(first.stdout);
});

test("puts contributions into the file, and says at once of which detectors it can", async () => {
  const args = ["train", "plant.csv", "--exclude", "name", "--explain"];
  const kept = ["--keep-rows", "50"];
  await work.ok([...args, ...kept, "--detector", "pca", "--score", "mahalanobis", "--out", "exact.onnx"]);
  const { stdout } = await work.ok(["inspect", "exact.onnx"]);
  expect(stdout).toMatch(/contributions +what each column adds to the score above 0, exactly/);
  expect(stdout).toMatch(/kept +50 normal rows of these, for explanations/);
  expect(stdout).toMatch(/output +contribution +float32 \[rows, 3\]/);
  const why = await work.ok([
    ...["explain", "exact.onnx", "today.csv", "--id-column", "name", "--method", "exact"],
    ...["--background", "plant.csv", "--top", "3", "--jsonl"],
  ]);
  const lines = why.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const own = lines.filter(({ name }) => name === "r0");
  expect(own.map(({ feature }) => feature)).toEqual(["b", "a", "kind"]);
  const shares = own.reduce((sum, line) => sum + line.contribution, 0);
  expect(Math.abs(shares / own[0].score - 1)).toBeLessThan(1e-5);
  // One row, and nothing but the model.
  const one = work.text("today.csv").split("\n").slice(0, 2).join("\n");
  work.write("one.csv", `${one}\n`);
  const alone = await work.ok(["explain", "exact.onnx", "one.csv", "--top", "1", "--report", "alone.html"]);
  expect(alone.stderr).not.toMatch(/No normal rows were given/);
  expect(work.text("alone.html")).toContain("Compared with 50 rows of training that the model keeps");
  expect(work.text("alone.html")).toMatch(/Nearest normal: training row \d+ \(/);
  const few = [...args, "--detector", "pca", "--keep-rows", "5", "--out", "few.onnx"];
  await work.fails(few, 2, /5 normal rows were to be kept/);
  const compared = [
    "explain",
    "exact.onnx",
    "today.csv",
    "--background",
    "plant.csv",
    "--method",
    "gradients",
  ];
  const smooth = await work.ok([...compared, "--out", "smooth.csv"]);
  expect(smooth.stderr).toMatch(/added up to the scores but for 0\.0\d* % at most, .* at up to 9 points/);
  expect(work.text("smooth.csv")).toMatch(/\n1,[^\n]*,b,/);
  const summary = await work.ok([...compared, "--out", "smooth.csv", "--force", "--json"]);
  expect(JSON.parse(summary.stdout)).toMatchObject({ method: "gradients", missed: expect.any(Number) });
  await work.fails(
    [...args, "--detector", "isolation-forest", "--out", "forest.onnx"],
    2,
    /isolation-forest is not a sum over columns.*"knn", "pca", "autoencoder"/s,
  );
});

test("explains windows of a series by channel and steps", async () => {
  const stream = random.stream("pump");
  const level = Array.from({ length: 300 }, (_, step) => Math.sin(step / 3) + 0.05 * stream.normal());
  const table = (from: number) =>
    tableFromColumns({
      level,
      flow: level.map((value, step) => (step >= from && step < from + 6 ? 3 : value)),
    });
  const model = await new Knn({ seed: 1 }).fit(seriesFromTable(table(1000), { window: 16, stride: 2 }));
  work.write("pump.onnx", model.toBytes());
  const cells = table(200).columns.map(({ kind, ...column }) =>
    "values" in column ? [...column.values] : [],
  );
  work.write(
    "pump.csv",
    `level,flow\n${cells[0]!.map((value, k) => `${value},${cells[1]![k]}`).join("\n")}\n`,
  );
  const { stdout } = await work.ok(["explain", "pump.onnx", "pump.csv", "--top", "1"]);
  const [header, worst] = stdout.split("\n");
  expect(header).toBe(
    "row,score,p_value,is_anomaly,feature,first_step,last_step,contribution,value,normal_range,nearest_normal,makes_normal",
  );
  const [row, , , , feature, first, last] = worst!.split(",");
  const start = Number(row) - 16;
  expect(feature).toBe("flow");
  expect(start + Number(first)).toBeLessThanOrEqual(206);
  expect(start + Number(last)).toBeGreaterThan(200);
  await model.close();
});

test("writes where an image is abnormal, as a picture", async () => {
  const sharp = (await import("sharp")).default;
  const stream = random.stream("images");
  const pixels = (spot: boolean) =>
    Uint8Array.from({ length: 256 }, (_, at) =>
      spot && at % 16 >= 12 && at % 16 < 14 && at >> 4 >= 4 && at >> 4 < 6 ? 255 : 100 + stream.int(10),
    );
  const write = (path: string, data: Uint8Array) =>
    sharp(data, { raw: { height: 16, width: 16, channels: 1 } })
      .png()
      .toFile(work.path(path));
  const normal = Array.from({ length: 60 }, () => pixels(false));
  const model = await new Knn({ seed: 1 }).fit(
    imagesFrom(normal.map((data) => ({ height: 16, width: 16, data }))),
  );
  work.write("parts.onnx", model.toBytes());
  (await import("node:fs")).mkdirSync(work.path("parts"));
  for (const [k, data] of normal.slice(0, 12).entries()) await write(`parts/${k}.png`, data);
  await write("part.png", pixels(true));
  const told = await work.ok([
    ...[
      "explain",
      "parts.onnx",
      "part.png",
      "--background",
      "parts",
      "--neighbours",
      "2",
      "--out",
      "why.png",
    ],
  ]);
  const [first, second] = told.stdout.match(/(?<=from left to right: ).*(?=\.\n)/)![0].split(", ");
  const drawn = sharp(work.path("why.png"));
  const whole = await drawn.clone().raw().toBuffer({ resolveWithObject: true });
  expect([whole.info.height, whole.info.width, whole.info.channels]).toEqual([16, 3 * 16 + 2 * 8, 3]);
  const part = (left: number) => drawn.clone().extract({ left, top: 0, width: 16, height: 16 });
  for (const [name, left] of [
    [first, 24],
    [second, 48],
  ] as const) {
    const shown = await part(left).toColourspace("b-w").raw().toBuffer();
    expect(shown).toEqual(Buffer.from(normal[Number.parseInt(name!, 10)]!));
  }
  const data = await part(0).raw().toBuffer();
  // Grey stays grey where nothing is coloured: the most colour is at the spot, and far from it there is next to none.
  const colours = Array.from({ length: 256 }, (_, at) => Math.abs(data[3 * at]! - data[3 * at + 2]!));
  const most = colours.indexOf(Math.max(...colours));
  expect(Math.max(...colours)).toBeGreaterThan(30);
  expect(Math.abs((most >> 4) - 4.5)).toBeLessThan(2);
  expect(Math.abs((most % 16) - 12.5)).toBeLessThan(2);
  expect(Math.max(...colours.slice(160))).toBeLessThan(15);
  await work.fails(["explain", "parts.onnx", "parts", "--out", "x.png"], 2, /a picture of one image/);
  await model.close();
});

test("refuses what it cannot do, and leaves nothing behind", async () => {
  const explain = ["explain", "m.onnx", "today.csv"];
  await work.fails([...explain, "--out", "x.png"], 2, /the model takes no images/);
  await work.fails(
    [...explain, "--method", "lime"],
    2,
    /--method is "lime", expected exact, gradients, nearest or shapley/,
  );
  await work.fails([...explain, "--samples", "3"], 2, /--samples has no effect/);
  await work.fails(
    [...explain, "--reconstructions"],
    2,
    /model of knn cannot make normal rows .*no decoder/s,
  );
  await work.fails(
    [...explain, "--reconstructions", "--background", "plant.csv"],
    2,
    /--reconstructions and --background/,
  );
  await work.fails([...explain, "--json"], 2, /add --out or --report/);
  await work.fails([...explain, "--out", "m.onnx", "--force"], 2, /it would be lost/);
  work.write("few.csv", "a,b,kind\n20,20,red\n");
  await work.fails(["explain", "m.onnx", "few.csv"], 3, /hint: Give normal rows.*--background/s);
});
