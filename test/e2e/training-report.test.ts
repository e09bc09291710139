import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/math/random.js";
import { chromiumPath, launch } from "../browser/chromium.js";
import { build, Workspace } from "./cli.js";

const work = new Workspace();
const random = createRandom(77);
/** A name that is markup. */
const ODD = "</style><img src=x onerror=alert(1)>";
const FAST = ["--steps", "60", "--hidden-dims", "16", "--latent-dim", "4", "--members", "1"];

/** Rows of two sensors that go together; every tenth is labelled a fault, in which they do not. */
function plant(rows: number): string {
  const stream = random.stream("plant");
  const lines = [`"${ODD}",b,c,fault`];
  for (let row = 0; row < rows; row++) {
    const fault = row % 10 === 9;
    const load = stream.normal();
    const other = fault ? -4 * load : load;
    lines.push(
      [load, other + 0.1 * stream.normal(), stream.normal()].map((value) => value.toFixed(4)).join(",") +
        (fault ? ",1" : ",0"),
    );
  }
  return `${lines.join("\n")}\n`;
}

beforeAll(async () => {
  build();
  work.write("plant.csv", plant(400));
  await work.ok([
    ...["train", "plant.csv", "--label-column", "fault", "--normal-label", "0", "--detector", "deep-svdd"],
    ...["--pretrain-steps", "60", ...FAST, "--report", "training.html", "--out", "m.onnx"],
  ]);
});

describe("train --report", () => {
  test("writes one page that loads nothing, holds no markup of the data and names rows as the file has them", () => {
    const page = work.text("training.html");
    expect(page).toMatch(/Content-Security-Policy" content="default-src 'none'/);
    expect(page).not.toMatch(/<script|<img|(src|href)="/);
    expect(page).not.toMatch(/NaN|undefined/);
    for (const title of [
      "What to know",
      "Scores and thresholds",
      "Was training worth it",
      "How the training went",
    ])
      expect(page).toContain(title);
    for (const title of [
      "The latent space",
      "What the model reproduces",
      "The middle of normal",
      "Least normal",
    ])
      expect(page).toContain(title);
    const rows = [...page.matchAll(/<td data-heading="Row">row (\d+)<\/td>/g)].map(([, row]) => Number(row));
    expect(rows).toHaveLength(15);
    // Rows are counted in the file, and those that are labelled faults are none of them.
    expect(rows.every((row) => row % 10 !== 0 && row <= 400)).toBe(true);
    expect(Math.max(...rows)).toBeGreaterThan(300);
  });

  test("is the same page for the same seed", async () => {
    await work.ok([
      ...["train", "plant.csv", "--label-column", "fault", "--normal-label", "0", "--detector", "deep-svdd"],
      ...["--pretrain-steps", "60", ...FAST, "--report", "again.html", "--out", "again.onnx"],
    ]);
    expect(work.text("again.html")).toBe(work.text("training.html"));
  });

  test("refuses to write over files, and leaves nothing behind where training fails", async () => {
    const args = ["train", "plant.csv", "--detector", "knn", "--exclude", "fault"];
    const there = await work.run([...args, "--report", "training.html", "--out", "new.onnx"]);
    expect(there.code).not.toBe(0);
    expect(there.stderr).toMatch(/training\.html/);
    const same = await work.run([...args, "--report", "new.onnx", "--out", "new.onnx"]);
    expect(same.stderr).toMatch(/name the same file/);
    const data = await work.run([...args, "--report", "plant.csv", "--out", "new.onnx", "--force"]);
    expect(data.stderr).toMatch(/same file as the data/);
    expect((await work.run([...args, "--report", "-", "--out", "new.onnx"])).stderr).toMatch(/needs a file/);
    work.write("few.csv", "a,b\n1,2\n");
    const few = await work.run(["train", "few.csv", "--report", "few.html", "--out", "few.onnx"]);
    expect(few.code).not.toBe(0);
    for (const name of ["new.onnx", "few.html", "few.onnx"]) expect(existsSync(work.path(name))).toBe(false);
  });

  test("names its page in the summary, and shows what a robust training left", async () => {
    const { stdout } = await work.ok([
      ...["train", "plant.csv", "--exclude", "fault", "--detector", "knn", "--robust", "--json"],
      ...["--report", "robust.html", "--out", "robust.onnx"],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ model: "robust.onnx", report: "robust.html" });
    const page = work.text("robust.html");
    expect(page).toContain("Not on this page");
    expect(page).toContain('<td data-heading="Used for">calibration</td>');
  });
});

describe("inspect --report", () => {
  test("shows what a model holds, and rows where data are given", async () => {
    const { stdout } = await work.ok(["inspect", "m.onnx", "--report", "alone.html"]);
    expect(stdout).toContain("Operating points");
    const alone = work.text("alone.html");
    expect(alone).toContain("How the training went");
    expect(alone).not.toContain("Least normal");
    expect(alone).toMatch(/A model holds no rows/);
    await work.ok(["inspect", "m.onnx", "--report", "data.html", "--data", "plant.csv"]);
    const page = work.text("data.html");
    expect(page).toContain("Least normal");
    // Nothing was used for anything here.
    expect(page).not.toContain("Used for");
    expect(page).toContain("The latent space");
    expect(page).toMatch(/only the page that train --report writes/);
  });

  test("refuses what has no meaning", async () => {
    const refused = async (args: readonly string[]): Promise<string> => {
      const { code, stderr } = await work.run(["inspect", ...args]);
      expect(code).not.toBe(0);
      return stderr;
    };
    expect(await refused(["m.onnx", "--data", "plant.csv"])).toMatch(/there is no --report/);
    expect(await refused(["plant.csv", "--report", "x.html"])).toMatch(/holds data/);
    expect(await refused(["m.onnx", "--report", "m.onnx", "--force"])).toMatch(/same file as the model/);
    expect(await refused(["m.onnx", "--report", "alone.html"])).toMatch(/alone\.html/);
    expect(await refused(["m.onnx", "--report", "x.html", "--delimiter", ";"])).toMatch(/is a model/);
    expect(existsSync(work.path("x.html"))).toBe(false);
  });
});

describe.skipIf(chromiumPath === undefined)("the page in a browser", () => {
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  beforeAll(async () => {
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1000, height: 800 }, colorScheme: "dark" });
    page.on("console", (message) => problems.push(message.text()));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) problems.push(request.url());
    });
    await page.goto(pathToFileURL(work.path("training.html")).href);
  });
  afterAll(() => browser?.close());

  test("draws everything inside of its frames, from the disk alone", async () => {
    expect(problems).toEqual([]);
    const outside = await page.evaluate(() => {
      const beyond: string[] = [];
      for (const svg of document.querySelectorAll("svg.chart")) {
        const frame = svg.getBoundingClientRect();
        for (const part of svg.querySelectorAll("path,line,circle,rect,text")) {
          const { left, right, top, bottom } = part.getBoundingClientRect();
          if (
            left < frame.left - 2 ||
            right > frame.right + 2 ||
            top < frame.top - 2 ||
            bottom > frame.bottom + 2
          )
            beyond.push(`${svg.getAttribute("aria-label")}: ${part.outerHTML}`);
        }
      }
      return {
        beyond,
        charts: document.querySelectorAll("svg.chart").length,
        wide: document.documentElement.scrollWidth > innerWidth,
      };
    });
    expect(outside.beyond).toEqual([]);
    expect(outside.wide).toBe(false);
    // Scores three times, ranks, two stages, the spread, and a latent space.
    expect(outside.charts).toBe(8);
  });

  test("is light on paper and dark where the reader wants it", async () => {
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const dark = await background();
    await page.emulateMedia({ colorScheme: "light", media: "print" });
    expect(await background()).not.toBe(dark);
  });
});
