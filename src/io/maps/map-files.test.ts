import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { partImage, plainModel } from "../../../test/map-models.js";
import { type ImageSet, imagesFrom } from "../../data/index.js";
import type { AnomalyMap, Model } from "../../index.js";
import { decodedMap } from "../../maps/map-codes.js";
import { MapFiles } from "./map-files.js";

let root: string;
let model: Model;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "hypersphere-maps-"));
  model = await plainModel();
});
afterAll(() => rm(root, { recursive: true }));

const DEFECT = { left: 20, top: 20, width: 14, height: 10 };

/** Three images: a good one, one with a defect, and a larger one with the defect at the same place of it. */
function images(): ImageSet {
  const larger = { left: 40, top: 40, width: 28, height: 20 };
  return imagesFrom(
    [
      partImage("a"),
      partImage("b", { defect: DEFECT }),
      partImage("c", { height: 96, width: 128, defect: larger }),
    ],
    { names: ["good/a.png", "bad/b.png", "bad/b.jpg"] },
  );
}

async function write(path: string, data: ImageSet, options: { force?: boolean } = {}): Promise<AnomalyMap[]> {
  const files = await MapFiles.open(path, model, data, options);
  const maps: AnomalyMap[] = [];
  try {
    await model.score(data, {
      onMap: async (map, row, outcome) => {
        maps.push(map);
        await files.add(map, row, outcome);
      },
    });
    await files.commit();
  } finally {
    await files.discard();
  }
  return maps;
}

const listed = async (path: string): Promise<string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();

describe("files of maps", () => {
  test("are an overlay and a map for each image, a list and a contact sheet, in the folders of the images", async () => {
    const path = join(root, "all");
    const data = images();
    const maps = await write(path, data);
    expect(await listed(path)).toEqual(
      [
        ...["bad/b.jpg_map.png", "bad/b.jpg_overlay.png", "bad/b.png_map.png", "bad/b.png_overlay.png"],
        ...["contact.png", "good/a_map.png", "good/a_overlay.png", "regions.json"],
      ].sort(),
    );
    const list = JSON.parse(await readFile(join(path, "regions.json"), "utf8"));
    const { scores, pValues, isAnomaly, threshold } = await model.score(data);
    expect(list.threshold).toBeCloseTo(threshold, 5);
    expect(list.images.map(({ image }: { image: string }) => image)).toEqual(data.names);
    for (const [row, entry] of list.images.entries()) {
      expect(entry.score).toBeCloseTo(scores[row]!, 5);
      expect(entry.pValue).toBeCloseTo(pValues[row]!, 6);
      expect(entry.flagged).toBe(isAnomaly[row] === 1);
      expect(entry.regions.length > 0).toBe(entry.flagged);
      const { height, width } = await data.read(row);
      expect([entry.height, entry.width]).toEqual([height, width]);
      expect(await sharp(join(path, entry.overlay)).metadata()).toMatchObject({ height, width, channels: 3 });

      // The values of the map come back from its file, by what the list and the file itself say.
      const { map } = entry;
      const png = sharp(join(path, map.file));
      expect(await png.metadata()).toMatchObject({
        height: map.height,
        width: map.width,
        depth: "ushort",
        channels: 1,
      });
      const raw = await png.toColourspace("grey16").raw({ depth: "ushort" }).toBuffer();
      const codes = new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2);
      const values = decodedMap({ ...map, codes }).data;
      const most = Math.max(...maps[row]!.data.map((value, k) => Math.abs(value - values[k]!)));
      expect(most).toBeLessThanOrEqual(map.step);
      const { comments } = await png.metadata();
      expect(comments).toEqual([
        { keyword: "hypersphere-map", text: JSON.stringify({ offset: map.offset, step: map.step }) },
      ]);
    }
    expect(list.images.map(({ flagged }: { flagged: boolean }) => flagged)).toEqual([false, true, true]);
    expect((await sharp(join(path, "contact.png")).metadata()).width).toBeGreaterThan(600);
  });

  test("show the defect in pixels of the original, whatever its size", async () => {
    const path = join(root, "boxes");
    await write(path, images());
    const list = JSON.parse(await readFile(join(path, "regions.json"), "utf8"));
    for (const [row, scale] of [
      [1, 1],
      [2, 2],
    ] as const) {
      const [{ box, at }] = list.images[row].regions;
      const expected = [DEFECT.left, DEFECT.top, DEFECT.width, DEFECT.height].map((length) => scale * length);
      // Smoothing widens it.
      box.forEach((length: number, k: number) =>
        expect(Math.abs(length - expected[k]!)).toBeLessThan(scale * 12),
      );
      expect(at[0]).toBeGreaterThan(expected[0]!);
      expect(at[0]).toBeLessThan(expected[0]! + expected[2]!);
    }
  });

  test("come with what the scores say of the image, at whatever threshold decides", async () => {
    const data = images();
    const own = await model.score(data);
    const between = (own.scores[1]! + own.scores[2]!) / 2;
    for (const threshold of [undefined, between, -1e3, 1e3]) {
      const outcomes: object[] = [];
      const { scores, pValues, isAnomaly, ...rest } = await model.score(data, {
        threshold,
        onMap: (_, row, outcome) => {
          outcomes[row] = outcome;
        },
      });
      expect(outcomes).toEqual(
        Array.from(scores, (score, row) => ({
          score,
          pValue: pValues[row],
          isAnomaly: isAnomaly[row] === 1,
          threshold: rest.threshold,
        })),
      );
    }
  });

  test("are not there at all after a failure", async () => {
    const path = join(root, "failed");
    const data = images();
    let reads = 0;
    const broken: ImageSet = {
      ...data,
      read: async (row) => {
        if (row === 2 && ++reads > 1) throw new Error("gone");
        return data.read(row);
      },
    };
    const before = await readdir(root);
    await expect(write(path, broken)).rejects.toThrow("gone");
    expect(await readdir(root)).toEqual(before);
  });

  test("replace those of another run when told to, and leave what is not theirs", async () => {
    const path = join(root, "twice");
    await write(path, images());
    await writeFile(join(path, "notes.txt"), "mine");
    const before = await readFile(join(path, "regions.json"), "utf8");
    await expect(write(path, images())).rejects.toMatchObject({ code: "file-exists" });
    await writeFile(join(path, "regions.json"), "old");
    await write(path, images(), { force: true });
    expect(await readFile(join(path, "regions.json"), "utf8")).toBe(before);
    expect(await readFile(join(path, "notes.txt"), "utf8")).toBe("mine");
  });

  test("may be written into an empty folder, and two at a time: one of them wins whole", async () => {
    const path = join(root, "race");
    await mkdir(path);
    const outcomes = await Promise.allSettled([write(path, images()), write(path, images())]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "file-exists" },
    });
    expect(await listed(path)).toHaveLength(8);
    expect((await readdir(root)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("clears away what a killed run left", async () => {
    const left = join(root, ".killed.00000000-1-0123456789ab.tmp");
    await mkdir(left);
    const own = (await import("../write-file.js")).temporaryMark().replace(/-\d+-/, "-999999999-");
    await mkdir(join(root, `.killed.${own}`));
    await write(join(root, "killed"), images());
    const names = await readdir(root);
    expect(names.filter((name) => name.includes(own))).toEqual([]);
    // Of another machine, and not a day old: it may be at work.
    expect(names).toContain(".killed.00000000-1-0123456789ab.tmp");
  });
});
