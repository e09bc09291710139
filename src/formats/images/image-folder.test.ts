import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readMask } from "../../cli/flags/mask-flag.js";
import { looksLikeImages, readImageFolder, readImages } from "../../io/readers.js";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "hypersphere-images-"));
});
afterAll(() => rm(root, { recursive: true }));

/** An image of one colour, or grey. */
async function paint(path: string, colour: readonly number[], height = 2, width = 3): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  const data = Uint8Array.from(
    { length: height * width * colour.length },
    (_, k) => colour[k % colour.length]!,
  );
  const image = sharp(data, { raw: { height, width, channels: colour.length === 1 ? 1 : 3 } });
  const grey = colour.length === 1;
  await image
    .toColourspace(grey ? "b-w" : "srgb")
    .png()
    .toFile(join(root, path));
}

async function put(path: string, text = "x"): Promise<string> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
  return join(root, path);
}

describe("plain folders", () => {
  it("are read in natural order, nested and linked ones too, without other files", async () => {
    for (const [k, name] of ["img1.png", "img2.png", "img10.png", "sub/a.PNG"].entries()) {
      await paint(`plain/${name}`, [k]);
    }
    await put("plain/notes.txt");
    await put("plain/.DS_Store");
    await put("plain/._img1.png");
    await paint("elsewhere/z.png", [9]);
    await symlink(join(root, "elsewhere"), join(root, "plain/zlink"));
    await symlink(join(root, "plain"), join(root, "elsewhere/loop"));
    const { images, ignored, labels, warnings, skipped } = await readImageFolder(join(root, "plain"));
    expect(images.names).toEqual(["img1.png", "img2.png", "img10.png", "sub/a.PNG", "zlink/z.png"]);
    expect(await Promise.all([0, 1, 2, 3, 4].map(async (row) => (await images.read(row)).data[0]))).toEqual([
      0, 1, 2, 3, 9,
    ]);
    expect([ignored, labels, skipped, images.channels]).toEqual([1, undefined, [], 1]);
    expect(warnings).toEqual([expect.stringContaining("none of which is named good")]);
    // Nothing is missing where nobody asks for labels.
    expect((await readImageFolder(join(root, "plain"), { labelled: false })).warnings).toEqual([]);
  });

  it("are refused where links between them make millions of ways", async () => {
    await paint("knot/a.png", [1]);
    const names = Array.from({ length: 10 }, (_, k) => `f${k}`);
    for (const name of names) await mkdir(join(root, "knot", name));
    for (const from of names)
      for (const to of names) await symlink(join(root, "knot", to), join(root, "knot", from, to));
    await expect(readImageFolder(join(root, "knot"))).rejects.toMatchObject({
      code: "unreadable-data",
      message: expect.stringContaining("links lead to the same folders more than 1000 times"),
    });
  });

  it("say which files hold several pages or frames, of which the first is read", async () => {
    await paint("pages/a.png", [1]);
    const raw = { width: 3, height: 6, channels: 3, pageHeight: 2 } as const;
    for (const name of ["b.gif", "c.webp", "d.tif", "e.gif"])
      await sharp(
        Uint8Array.from({ length: 54 }, (_, k) => k * 4),
        { raw },
      ).toFile(join(root, "pages", name));
    const path = join(root, "pages");
    const { images, warnings } = await readImageFolder(path, { labelled: false });
    expect([images.rowCount, warnings]).toEqual([
      5,
      [
        `${path}: 4 files hold several pages or frames, of which only the first of each is read: "b.gif" (3), "c.webp" (3), "d.tif" (3) and 1 more. Split them into a file for each where all of them count.`,
      ],
    ]);
    const single = await readImages(join(path, "d.tif"));
    expect(single.warnings).toEqual([expect.stringMatching(/1 file holds .*: "d\.tif" \(3\)\. Split it/)]);
  });

  it("are grey when all images are, and what was asked for otherwise", async () => {
    await paint("mixed/a.png", [40]);
    await paint("mixed/b.png", [255, 0, 0], 5, 4);
    const path = join(root, "mixed");
    const { images } = await readImageFolder(path);
    expect(images.channels).toBe(3);
    expect([...(await images.read(0)).data.subarray(0, 3)]).toEqual([40, 40, 40]);
    expect(await images.read(1)).toMatchObject({ height: 5, width: 4 });
    const grey = (await readImageFolder(path, { channels: 1 })).images;
    expect([(await grey.read(0)).data[0], (await grey.read(1)).data[0]]).toEqual([40, 76]);
  });

  it("are decoded again when memory does not hold them, with the same result", async () => {
    const path = join(root, "mixed");
    for (const channels of [1, 3] as const) {
      const kept = (await readImageFolder(path, { channels })).images;
      const again = (await readImageFolder(path, { channels, memoryLimit: 0 })).images;
      for (const row of [0, 1]) expect(await again.read(row)).toEqual(await kept.read(row));
    }
    await paint("fleeting/a.png", [1]);
    const { images } = await readImageFolder(join(root, "fleeting"), { memoryLimit: 0 });
    await put("fleeting/a.png", "no longer");
    await expect(images.read(0)).rejects.toMatchObject({
      code: "unreadable-data",
      message: expect.stringContaining(join("fleeting", "a.png")),
    });
    await rm(join(root, "fleeting/a.png"));
    await expect(images.read(0)).rejects.toMatchObject({ code: "io" });
  });

  it("tell their progress and stop when told", async () => {
    const seen: number[] = [];
    const controller = new AbortController();
    await readImageFolder(join(root, "mixed"), {
      onProgress: ({ fraction, done, total }) => seen.push(fraction!, done! / total!),
    });
    expect(seen).toEqual([0.5, 0.5, 1, 1]);
    controller.abort();
    await expect(readImageFolder(join(root, "mixed"), { signal: controller.signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });

  it("without images, or not there, are errors that help", async () => {
    await put("tables/a.csv");
    await put("tables/b.csv");
    await expect(readImageFolder(join(root, "tables"))).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining("2 .csv"),
    });
    await expect(readImageFolder(join(root, "plian"))).rejects.toMatchObject({
      code: "io",
      hint: expect.stringContaining("plain"),
    });
    await expect(readImageFolder(join(root, "mixed"), { memoryLimit: -1 })).rejects.toMatchObject({
      code: "invalid-option",
    });
  });
});

describe("images that cannot be decoded", () => {
  beforeAll(async () => {
    for (let k = 0; k < 6; k++) await paint(`worn/p${k}.png`, [k * 10]);
    for (const k of [1, 2, 4]) await truncate(join(root, `worn/p${k}.png`), 60);
    await put("worn/p5.png", "");
  });

  it("stop the run, named and counted", async () => {
    await expect(readImageFolder(join(root, "worn"))).rejects.toMatchObject({
      code: "unreadable-data",
      message: expect.stringMatching(
        /4 of 6 images .*"p1\.png" \(.+\), "p2\.png" .*"p4\.png" .* and 1 more\.$/,
      ),
      hint: expect.stringContaining("onCorrupt"),
    });
  });

  it("are left out when asked for, and told", async () => {
    const { images, skipped, warnings } = await readImageFolder(join(root, "worn"), { onCorrupt: "skip" });
    expect(images.names).toEqual(["p0.png", "p3.png"]);
    expect((await images.read(1)).data[0]).toBe(30);
    expect(skipped.map(({ name }) => name)).toEqual(["p1.png", "p2.png", "p4.png", "p5.png"]);
    expect(skipped[3]!.reason).toBe("the file is empty");
    expect(warnings).toEqual([expect.stringContaining("left out 4 of 6 images")]);
  });

  it("of another size than is taken count like them, told apart", async () => {
    for (const [name, height] of [["a", 4], ["b", 5], ["c", 4], ["d", 6]] as const) // biome-ignore format: short
      await paint(`sizes/${name}.png`, [7], height, 8);
    const path = join(root, "sizes");
    await expect(readImageFolder(path, { size: [4, 8] })).rejects.toMatchObject({
      code: "schema-mismatch",
      message: `${path}: 2 of 4 images are not of 4 x 8 pixels (height x width), as the model was trained on: "b.png" (5 x 8 pixels, not 4 x 8), "d.png" (6 x 8 pixels, not 4 x 8).`,
      hint: expect.stringContaining("onCorrupt: skip"),
    });
    const { images, skipped } = await readImageFolder(path, { size: [4, 8], onCorrupt: "skip" });
    expect([images.names, skipped.map(({ name }) => name)]).toEqual([
      ["a.png", "c.png"],
      ["b.png", "d.png"],
    ]);
    await put("sizes/e.png", "");
    const both = readImageFolder(path, { size: [4, 8] });
    await expect(both).rejects.toMatchObject({
      code: "unreadable-data",
      message: expect.stringMatching(
        /3 of 5 images cannot be decoded, or \(2\) are of another size: .*"e\.png" \(the file is empty\)/,
      ),
    });
  });

  it("are pipes too, which nobody may ever write to", async () => {
    await paint("piped/a.png", [1]);
    execFileSync("mkfifo", [join(root, "piped/b.png")]);
    const path = join(root, "piped");
    await expect(readImageFolder(path)).rejects.toMatchObject({
      code: "io",
      message: expect.stringMatching(/b\.png: it is a pipe/),
    });
    const { images, skipped } = await readImageFolder(path, { onCorrupt: "skip" });
    expect([images.names, skipped.map(({ name }) => name)]).toEqual([["a.png"], ["b.png"]]);
  });

  it("are an error when there are no others", async () => {
    await put("ruined/a.jpg", "not found");
    await expect(readImageFolder(join(root, "ruined"), { onCorrupt: "skip" })).rejects.toMatchObject({
      code: "unreadable-data",
    });
    await expect(
      readImageFolder(join(root, "worn"), { onCorrupt: "ignore" as "skip" }),
    ).rejects.toMatchObject({ code: "invalid-option" });
  });
});

describe("the layout of MVTec AD", () => {
  beforeAll(async () => {
    for (const name of ["000", "001"]) await paint(`parts/train/good/${name}.png`, [1, 2, 3]);
    await paint("parts/test/good/000.png", [1, 2, 3]);
    for (const name of ["000", "001", "002"]) await paint(`parts/test/scratch/${name}.png`, [9, 2, 3]);
    await paint("parts/test/bent/000.png", [1, 9, 3]);
    await paint("parts/ground_truth/scratch/000_mask.png", [255]);
    await paint("parts/ground_truth/scratch/002_mask.png", [255], 2, 2);
    await paint("parts/ground_truth/bent/000.png", [1]);
  });
  const part = (name: string) => join(root, "parts", name);

  it("gives kinds and labels", async () => {
    for (const read of [readImageFolder(part("test")), readImageFolder(part(""), { part: "test" })]) {
      const { images, labels, kinds, warnings } = await read;
      expect(images.names!.slice(0, 3)).toEqual(["bent/000.png", "good/000.png", "scratch/000.png"]);
      expect([...labels!]).toEqual([1, 0, 1, 1, 1]);
      expect(kinds).toEqual(["bent", "good", "scratch", "scratch", "scratch"]);
      expect(warnings).toEqual([]);
    }
    const train = await readImageFolder(part(""), { part: "train" });
    expect([train.images.rowCount, [...train.labels!]]).toEqual([2, [0, 0]]);
    const good = await readImageFolder(part("train/good"), { part: "train" });
    expect([good.images.rowCount, good.labels]).toEqual([2, undefined]);
  });

  it("asks which part is meant", async () => {
    await expect(readImageFolder(part(""))).rejects.toMatchObject({
      code: "invalid-option",
      hint: expect.stringContaining(part("train")),
    });
    await paint("half/train/good/0.png", [1]);
    expect((await readImageFolder(join(root, "half"))).images.rowCount).toBe(1);
    await expect(readImageFolder(join(root, "half"), { part: "test" })).rejects.toThrow("no test/");
  });

  it("knows the normal kind by the usual names, or by the one it is told", async () => {
    for (const name of ["NORMAL/a.png", "PNEUMONIA/b.png"]) await paint(`lungs/${name}`, [1]);
    expect([...(await readImageFolder(join(root, "lungs"))).labels!]).toEqual([0, 1]);
    for (const name of ["cat/a.png", "dog/b.png", "stray.png"]) await paint(`pets/${name}`, [1]);
    const pets = join(root, "pets");
    const { images, labels, warnings } = await readImageFolder(pets, { normalKind: "dog" });
    expect(images.names).toEqual(["cat/a.png", "dog/b.png", "stray.png"]);
    expect([...labels!]).toEqual([1, 0, -1]);
    expect(warnings).toEqual([expect.stringContaining("1 of 3 images")]);
    await expect(readImageFolder(pets, { normalKind: "dgo" })).rejects.toMatchObject({
      code: "unfit-data",
      hint: expect.stringContaining('"dog"'),
    });
  });

  it("finds masks by name, and says which are missing or do not fit", async () => {
    const { images, mask } = await readImageFolder(part("test"));
    const of = (name: string) => mask!(images.names!.indexOf(name));
    expect([...(await of("scratch/000.png"))]).toEqual([1, 1, 1, 1, 1, 1]);
    expect([...(await of("bent/000.png"))]).toEqual([1, 1, 1, 1, 1, 1]);
    expect([...(await of("good/000.png"))]).toEqual([0, 0, 0, 0, 0, 0]);
    await expect(of("scratch/001.png")).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining('no masks for 1 of 5 images: "scratch/001.png"'),
      hint: expect.stringContaining("scratch/001_mask.png"),
    });
    await expect(of("scratch/002.png")).rejects.toThrow("is 2 x 2 pixels, but its image");
    await expect(mask!(5)).rejects.toMatchObject({ code: "invalid-option" });
    const scratch = await readImageFolder(part("test/scratch"));
    expect([...(await scratch.mask!(0))]).toEqual([1, 1, 1, 1, 1, 1]);
    expect((await readImageFolder(join(root, "mixed"))).mask).toBeUndefined();
  });
});

describe("masks", () => {
  it("without images are told from an empty folder, and are no images with masks themselves", async () => {
    await paint("alone/ground_truth/cut/0_mask.png", [255]);
    await paint("alone/ground_truth/cut/1_mask.png", [255]);
    await expect(readImageFolder(join(root, "alone"))).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining("holds no images, but 2 masks in ground_truth/"),
      hint: expect.stringContaining("scratch/007.png"),
    });
    for (const folder of ["ground_truth", "ground_truth/cut"]) {
      const { images, mask } = await readImageFolder(join(root, "alone", folder));
      expect([images.rowCount, mask]).toEqual([2, undefined]);
    }
    await mkdir(join(root, "alone/nothing"));
    await expect(readImageFolder(join(root, "alone/nothing"))).rejects.toThrow("it is empty");
  });

  const wide = async (path: string, values: readonly number[]): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await sharp(Uint16Array.from(values), { raw: { height: 2, width: 3, channels: 1 } })
      .toColourspace("grey16")
      .png()
      .toFile(join(root, path));
  };

  it("mark pixels above zero: small numbers of 16 bits, and dark colours, too", async () => {
    for (const name of ["0", "1", "2", "3"]) await paint(`marks/cut/${name}.png`, [9]);
    await wide("ground_truth/cut/0.png", [0, 1, 255, 0, 2, 0]);
    await wide("ground_truth/cut/1.png", [0, 1, 65535, 0, 512, 0]);
    await paint("ground_truth/cut/2.png", [0, 0, 1]);
    await mkdir(join(root, "ground_truth/cut"), { recursive: true });
    await sharp(new Uint8Array(36), {
      raw: { width: 3, height: 4, channels: 3, pageHeight: 2 } as never,
    }).toFile(join(root, "ground_truth/cut/3.tif"));
    const { mask, warnings } = await readImageFolder(join(root, "marks"));
    expect([...(await mask!(0))]).toEqual([0, 1, 1, 0, 1, 0]);
    expect([...(await mask!(1))]).toEqual([0, 1, 1, 0, 1, 0]);
    expect([...(await mask!(2))]).toEqual([1, 1, 1, 1, 1, 1]);
    await expect(mask!(3)).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringMatching(/3\.tif holds several pages or frames \(2\), and a mask is one image\./),
    });
    expect(warnings.filter((warning) => warning.includes("16 bits"))).toEqual([]);
  });

  it("of one image for all are refused where they would be read as black, or in part", async () => {
    await wide("look/dark.png", [0, 255, 255, 255, 255, 0]);
    await wide("look/white.png", [0, 65535, 65535, 65535, 65535, 0]);
    const pages = { width: 3, height: 4, channels: 3, pageHeight: 2 } as never;
    await sharp(new Uint8Array(36).fill(255), { raw: pages }).toFile(join(root, "look/pages.tif"));
    const look = (name: string) => readMask({ mask: join(root, "look", name) });
    expect(await look("white.png")).toEqual({
      ...{ height: 2, width: 3 },
      data: Uint8Array.of(0, 255, 255, 255, 255, 0),
    });
    await expect(look("dark.png")).rejects.toMatchObject({
      message: expect.stringContaining("no value above 255"),
      hint: expect.stringContaining("8 bits"),
    });
    await expect(look("pages.tif")).rejects.toThrow("holds several pages or frames (2)");
  });

  it("are not alone in it: images of 16 bits that are black in 8 are named", async () => {
    await wide("dim/a.png", [0, 1, 255, 0, 2, 0]);
    await wide("dim/b.png", [0, 1, 256, 0, 2, 0]);
    const { warnings } = await readImageFolder(join(root, "dim"), { labelled: false });
    expect(warnings).toEqual([
      `${join(root, "dim")}: 1 image of 16 bits holds no value above 255, and its upper 8 bits are black: "a.png". Save it with 8 bits.`,
    ]);
  });
});

describe("one door", () => {
  it("takes folders and single images, by name or by content", async () => {
    const single = join(root, "mixed/b.png");
    const { images } = await readImages(single);
    expect([images.rowCount, images.names, images.source]).toEqual([1, ["b.png"], single]);
    expect((await readImages(join(root, "mixed"))).images.rowCount).toBe(2);
    await paint("nameless.png", [7]);
    await sharp(join(root, "nameless.png")).toFormat("jpeg").toFile(join(root, "nameless"));
    expect((await (await readImages(join(root, "nameless"))).images.read(0)).width).toBe(3);
  });

  it("leaves tables to others", async () => {
    const table = await put("table.csv", "a,b\n1,2\n");
    const answers = [join(root, "mixed"), join(root, "nameless"), table, join(root, "none.csv"), "-"];
    expect(await Promise.all(answers.map(looksLikeImages))).toEqual([true, true, false, false, false]);
    await expect(readImages(table)).rejects.toMatchObject({ code: "unreadable-data" });
    await expect(readImages(join(root, "mixed"), { labels: table })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("labels concerns IDX files"),
    });
  });
});
