import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, launch } from "../browser/chromium.js";
import { HEIGHT, type PartOptions, partImage, plainModel, WIDTH } from "../map-models.js";
import { build, ended, start, Workspace } from "./cli.js";

const work = new Workspace();
const DEFECT = { left: 20, top: 20, width: 14, height: 10 };
/** A name that is markup, and one that turns the direction of text. */
const ODD = "<img src=x onerror=alert(1)>&amp;'\"";
const TURNED = "a\u202egpj";

async function put(path: string, options: PartOptions = {}): Promise<void> {
  const { height, width, data } = partImage(path, options);
  const picture = sharp(data, { raw: { height, width, channels: 3 } });
  await picture.png().toFile(work.path(path));
}

beforeAll(async () => {
  build();
  for (const folder of ["today/good", "today/bad"]) mkdirSync(work.path(folder), { recursive: true });
  for (let k = 0; k < 8; k++) await put(`today/good/${k}.png`);
  await put(`today/good/${TURNED}.png`);
  await put("today/bad/small.png", { defect: { ...DEFECT, width: 8 } });
  await put(`today/bad/${ODD}.png`, { defect: DEFECT });
  await put("today/bad/large.png", {
    ...{ height: 2 * HEIGHT, width: 2 * WIDTH },
    defect: { left: 40, top: 40, width: 40, height: 30 },
  });
  work.write("m.onnx", (await plainModel()).toBytes());
});

describe("score --maps", () => {
  test("writes pictures, and tells regions beside the scores", async () => {
    const { stdout } = await work.ok(["score", "m.onnx", "today", "--maps", "maps", "--out", "s.csv"]);
    expect(stdout).toMatch(/of 12 images in today .* above the threshold/);
    expect(stdout).toContain("Wrote maps to maps.");
    const [header, ...lines] = work.text("s.csv").trimEnd().split("\n");
    expect(header).toBe(
      "image,score,p_value,threshold,is_anomaly,regions,region_left,region_top,region_width,region_height",
    );
    const list = JSON.parse(work.text("maps/regions.json"));
    expect(lines).toHaveLength(12);
    for (const [row, line] of lines.entries()) {
      // Names are last for reading from behind: they may hold anything.
      const [isAnomaly, regions, ...box] = line
        .split(",")
        .slice(-6)
        .map((cell) => (cell === "" ? undefined : Number(cell)));
      const entry = list.images[row];
      expect(entry.flagged).toBe(isAnomaly === 1);
      expect(entry.regions).toHaveLength(regions!);
      const areas = entry.regions.map(({ area }: { area: number }) => area);
      const largest = entry.regions[areas.indexOf(Math.max(...areas))];
      expect(box).toEqual(largest?.box ?? [undefined, undefined, undefined, undefined]);
      expect(statSync(work.path(join("maps", entry.overlay))).size).toBeGreaterThan(100);
    }
    expect(
      list.images
        .filter(({ flagged }: { flagged: boolean }) => flagged)
        .map(({ image }: { image: string }) => image),
    ).toEqual(expect.arrayContaining(["bad/large.png"]));
    const rows = await work.ok(["score", "m.onnx", "today", "--maps", "maps", "--force", "--jsonl"]);
    expect(JSON.parse(rows.stdout.split("\n")[0]!)).toMatchObject({ image: list.images[0].image });
  });

  test("decides by the rule that is given", async () => {
    await work.ok(["score", "m.onnx", "today", "--maps", "none", "--threshold", "1e6", "--out", "n.csv"]);
    const list = JSON.parse(work.text("none/regions.json"));
    expect(list.threshold).toBe(1e6);
    expect(
      list.images.every(
        ({ flagged, regions }: { flagged: boolean; regions: unknown[] }) => !flagged && regions.length === 0,
      ),
    ).toBe(true);
  });

  test.each([
    [["--maps", "today/maps"], 2, /lies among the data \(today\)/],
    [["--maps", "today", "--force"], 2, /among the data/],
    [["--maps", ""], 2, /--maps is "", expected the name of a folder/],
    [["--maps", "m.onnx"], 5, /it is a file, where a folder was expected/],
    [["--maps", "nowhere/maps"], 5, /nowhere/],
    [["--maps", "x", "--fdr", "0.1"], 2, /--maps excludes --fdr/],
    [["--maps", "x", "--id-column", "regions"], 2, /is the name of a column of scores/],
  ] as const)("refuses %j", async (flags, code, message) => {
    await work.fails(["score", "m.onnx", "today", ...flags], code, message);
  });

  test("refuses a folder that holds something, and a model that makes no maps", async () => {
    mkdirSync(work.path("full"));
    work.write("full/mine.txt", "mine");
    await work.fails(
      ["score", "m.onnx", "today", "--maps", "full"],
      5,
      /full exists already, and is not empty[\s\S]*--force/,
    );
    work.write("t.csv", `a,b\n${Array.from({ length: 60 }, (_, k) => `${k % 7},${k % 5}`).join("\n")}\n`);
    await work.ok(["train", "t.csv", "--detector", "pca", "--out", "t.onnx"]);
    await work.fails(["score", "t.onnx", "t.csv", "--maps", "x"], 2, /of pca, makes no maps/);
    await work.fails(["gallery", "t.onnx", "t.csv", "--out", "x.html"], 2, /of pca, makes no maps/);
  });

  test("leaves nothing behind where an image cannot be read", async () => {
    mkdirSync(work.path("torn"));
    for (let k = 0; k < 3; k++) await put(`torn/${k}.png`);
    work.write("torn/1.png", work.read("torn/1.png").subarray(0, 200));
    await work.fails(["score", "m.onnx", "torn", "--maps", "x"], 3, /1 of 3 images cannot be decoded/);
  });

  // Windows has no signals that a process could answer.
  test.skipIf(process.platform === "win32")("leaves nothing behind after Ctrl-C", async () => {
    mkdirSync(work.path("many"));
    for (let k = 0; k < 120; k++) await put(`many/${k}.png`, { height: 4 * HEIGHT, width: 4 * WIDTH });
    const before = work.files();
    const child = start(
      ["score", "m.onnx", "many", "--maps", "stopped", "--out", "stopped.csv"],
      work.folder,
    );
    const result = ended(child);
    // In the middle of it: some files are there, under the folder's temporary name.
    const staging = (): string | undefined =>
      work.files().find((name) => name.startsWith(".stopped.") && name.endsWith(".tmp"));
    const begun = (): boolean => {
      const folder = staging();
      return folder !== undefined && readdirSync(work.path(folder)).length > 6;
    };
    while (!begun()) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGINT");
    expect((await result).code).toBe(130);
    expect(work.files()).toEqual(before);
  });
});

describe("gallery", () => {
  test("is one page that names all images and loads nothing", async () => {
    const { stdout } = await work.ok(["gallery", "m.onnx", "today", "--out", "g.html"]);
    expect(stdout).toMatch(/of 12 images in today .* above the threshold\.\nWrote g\.html/);
    const page = work.text("g.html");
    expect(page.match(/<li id="image-/g)).toHaveLength(12);
    expect(page).not.toMatch(/(src|href)="(?!data:image|#image)/);
    expect(page).not.toContain("<img src=x");
    expect(page).not.toContain("\u202e");
  });

  test("shows the worst where it is told how many", async () => {
    const { stdout } = await work.ok(["gallery", "m.onnx", "today", "--out", "few.html", "--limit", "3"]);
    expect(stdout).toContain("It shows the 3 worst");
    const page = work.text("few.html");
    expect(page).toContain("the 3 worst of 12 images");
    expect([...page.matchAll(/<span class="name">([^<]+)</g)].map(([, name]) => name)).toContain(
      "bad/large.png",
    );
    await work.fails(
      ["gallery", "m.onnx", "today", "--out", "x.html", "--limit", "2001"],
      2,
      /--limit.*from 1 to 2000/,
    );
    await work.fails(
      ["gallery", "m.onnx", "today", "--out", "x.html", "--limit", "0"],
      2,
      /--limit.*from 1 to 2000/,
    );
    await work.fails(["gallery", "m.onnx", "today"], 2, /--out is missing/);
    await work.fails(["gallery", "m.onnx", "today", "--out", "few.html"], 5, /few\.html exists already/);
  });
});

describe.skipIf(chromiumPath === undefined)("the gallery in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  async function opened(colorScheme: "light" | "dark" = "light"): Promise<{ page: Page; said: string[] }> {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1000, height: 800 } });
    const page = await context.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("request", (request) => {
      if (!/^(file|data|blob):/.test(request.url())) said.push(request.url());
    });
    await page.goto(pathToFileURL(work.path("g.html")).href);
    return { page, said };
  }

  const flagged = (page: Page): Promise<number> => page.locator("#images li.flagged").count();
  /** Share of the pixels of a canvas that are white and opaque: lines of contours. */
  const white = (page: Page, canvas: string): Promise<number> =>
    page.evaluate((selector) => {
      const element = document.querySelector(selector) as HTMLCanvasElement;
      const { data } = element.getContext("2d")!.getImageData(0, 0, element.width, element.height);
      let found = 0;
      for (let at = 0; at < data.length; at += 4) {
        if (data[at]! > 250 && data[at + 1]! > 250 && data[at + 2]! > 250 && data[at + 3]! > 250) found++;
      }
      return found / (data.length / 4);
    }, canvas);
  const drawn = (page: Page, canvas: string): Promise<unknown> =>
    page.waitForFunction((selector) => {
      const element = document.querySelector(selector) as HTMLCanvasElement;
      return element.width > 0 && (element.width !== 300 || element.height !== 150);
    }, canvas);

  test("shows images worst first, with contours of what is flagged, and decides anew at other thresholds", async () => {
    const { page, said } = await opened();
    const decided = JSON.parse(
      (await work.ok(["score", "m.onnx", "today", "--out", "d.csv", "--force", "--json"])).stdout,
    );
    expect(await flagged(page)).toBe(decided.anomalies);
    const facts = await page.locator("#images .facts").allTextContents();
    const scores = facts.map((text) => Number(/score ([^,]+),/.exec(text)![1]));
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    await drawn(page, "#image-1 canvas");
    expect(await white(page, "#image-1 canvas")).toBeGreaterThan(0.002);
    await drawn(page, "#image-12 canvas");
    expect(await white(page, "#image-12 canvas")).toBe(0);

    const threshold = page.getByLabel("Threshold", { exact: true });
    await threshold.focus();
    await page.keyboard.press("End");
    expect(await flagged(page)).toBe(0);
    expect(await page.locator("#status").textContent()).toMatch(
      /^0 of 12 images are flagged at .*; of \d+ normal images held out, 0 would be\.$/,
    );
    await page.getByLabel("Threshold as a number").fill(String((scores[0]! + scores[1]!) / 2));
    expect(await flagged(page)).toBe(1);
    await page.getByLabel("Flagged images alone").check();
    expect(await page.locator("#images li:visible").count()).toBe(1);
    await page.getByRole("button", { name: "The model's threshold" }).click();
    expect(await page.locator("#images li:visible").count()).toBe(decided.anomalies);
    expect(await page.locator("#images li:visible b").allTextContents()).toEqual(
      Array(decided.anomalies).fill("flagged"),
    );
    expect(said).toEqual([]);
  });

  test("fades the map, and keeps the contours", async () => {
    const { page } = await opened();
    await drawn(page, "#image-1 canvas");
    const alpha = (): Promise<number> =>
      page.evaluate(() => {
        const canvas = document.querySelector("#image-1 canvas") as HTMLCanvasElement;
        const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
        let sum = 0;
        for (let at = 3; at < data.length; at += 4) sum += data[at]! < 250 ? data[at]! : 0;
        return sum;
      });
    const before = await alpha();
    await page.getByLabel("Opacity of the map").fill("0");
    await page.waitForFunction(() => document.querySelector("#opacity-text")!.textContent === "0 %");
    await expect.poll(alpha).toBeLessThan(before / 2);
    expect(await white(page, "#image-1 canvas")).toBeGreaterThan(0.002);
  });

  test("keeps what it has drawn of those on the screen alone", async () => {
    const { page, said } = await opened();
    await page.setViewportSize({ width: 320, height: 300 });
    // Where the machine is busy, the page may be laid out for the old size for a while.
    await page.waitForFunction(() => innerWidth === 320 && document.body.clientWidth <= 320);
    await page.evaluate(() => scrollTo(0, 0));
    const size = (): Promise<number> =>
      page.evaluate(() => (document.querySelector("#image-1 canvas") as HTMLCanvasElement).width);
    const shown = await page.evaluate(() => document.querySelector("#image-1 img")!.clientWidth);
    await expect.poll(size).toBe(shown);
    // Images that come onto the screen get their real heights, which moves the end: scrolled to until it stays.
    await page.waitForFunction(() => {
      scrollTo(0, document.body.scrollHeight);
      const { width, height } = document.querySelector("#image-12 canvas") as HTMLCanvasElement;
      return width > 0 && (width !== 300 || height !== 150);
    });
    await expect.poll(size).toBe(0);
    await page.evaluate(() => scrollTo(0, 0));
    await expect.poll(size).toBe(shown);
    expect(await white(page, "#image-1 canvas")).toBeGreaterThan(0.002);
    expect(said).toEqual([]);
  });

  test("is used by keyboard alone", async () => {
    const { page, said } = await opened();
    const focused = (): Promise<string | undefined> =>
      page.evaluate(() => document.activeElement?.closest("li")?.id);
    await page.keyboard.press("ArrowRight");
    expect(await focused()).toBe("image-1");
    await page.keyboard.press("ArrowRight");
    expect(await focused()).toBe("image-2");
    await page.keyboard.press("ArrowDown");
    const below = Number((await focused())!.slice(6));
    expect(below).toBeGreaterThan(3);
    await page.keyboard.press("ArrowUp");
    expect(await focused()).toBe("image-2");
    await page.keyboard.press("End");
    expect(await focused()).toBe("image-12");
    await page.keyboard.press("Home");
    expect(await focused()).toBe("image-1");

    const visible = (): Promise<boolean> =>
      page.evaluate(
        () => getComputedStyle(document.querySelector("#image-1 canvas")!).visibility === "visible",
      );
    expect(await visible()).toBe(true);
    await page.keyboard.press("Space");
    expect(await visible()).toBe(false);
    await page.keyboard.press("Space");

    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    expect(await dialog.isVisible()).toBe(true);
    const first = await page.locator("#large-name").textContent();
    await drawn(page, "#large canvas");
    // The map lies on the picture, whose proportions stay.
    const [image, canvas] = await Promise.all(
      ["#large img", "#large canvas"].map((selector) => page.locator(selector).boundingBox()),
    );
    expect(canvas).toEqual(image);
    expect(image!.width / image!.height).toBeCloseTo(WIDTH / HEIGHT, 2);
    expect(image!.width).toBeGreaterThan(600);
    expect(await white(page, "#large canvas")).toBeGreaterThan(0.001);
    await page.keyboard.press("ArrowRight");
    expect(await page.locator("#large-name").textContent()).not.toBe(first);
    await page.keyboard.press("Escape");
    expect(await dialog.isVisible()).toBe(false);
    // The event that a dialog was closed comes a moment later.
    await expect.poll(focused).toBe("image-2");
    // Keys in a field are the field's.
    await page.getByLabel("Opacity of the map").focus();
    await page.keyboard.press("ArrowRight");
    expect(await page.locator("#opacity-text").textContent()).toBe("61 %");
    expect(said).toEqual([]);
  });

  test("has a name for every control, and enough contrast in light and in dark", async () => {
    for (const scheme of ["light", "dark"] as const) {
      const { page } = await opened(scheme);
      const unnamed = await page.evaluate(() =>
        [...document.querySelectorAll("input, button")]
          .filter((element) => {
            const control = element as HTMLInputElement;
            return (
              !control.labels?.length && !control.getAttribute("aria-label") && !control.textContent?.trim()
            );
          })
          .map(({ outerHTML }) => outerHTML),
      );
      expect(unnamed).toEqual([]);
      const contrast = await page.evaluate(() => {
        const light = (colour: string): number => {
          const [r, g, b] = colour
            .match(/[\d.]+/g)!
            .slice(0, 3)
            .map((value) => {
              const share = Number(value) / 255;
              return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
            });
          return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
        };
        const paper = light(getComputedStyle(document.documentElement).backgroundColor);
        return ["body", ".facts", ".keys", ".flagged .verdict"].map((selector) => {
          const ink = light(getComputedStyle(document.querySelector(selector)!).color);
          return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
        });
      });
      // WCAG 2.2, level AA.
      for (const ratio of contrast) expect(ratio).toBeGreaterThan(4.5);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      if (scheme === "light") {
        const artefacts = fileURLToPath(new URL("../artefacts/", import.meta.url));
        mkdirSync(artefacts, { recursive: true });
        await drawn(page, "#image-1 canvas");
        await page.screenshot({ path: `${artefacts}gallery.png` });
      }
    }
  });
});
