/** The playground as its command builds and serves it, in a headless Chromium. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel, open } from "../../src/index.js";
import { createRandom } from "../../src/math/random.js";
import { chromiumPath, launch } from "./chromium.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const command = join(root, "scripts/playground.js");
const built = join(root, "node_modules/.cache/hypersphere-playground/assets");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * Our own code that a page fetches to read a table and to learn from it, gzipped: the page, its worker and what they use of
 * the library. The aim is 150 kB; it is 146 kB.
 */
const MOST_CODE = 147_000;
/** Packages of others, in files of their own. */
const THEIRS = /^(preact|onnxruntime-web|zod|hyparquet|hyparquet-compressors|fzstd|pure-rand)-/;

/** Two columns that go together, one that numbers the rows, one that never varies; the last rows break the first relation. */
function plantCsv(rows: number, faults: number): string {
  const random = createRandom(3).stream("plant", rows);
  const lines = Array.from({ length: rows }, (_, row) => {
    const flow = 40 + 5 * random.uniform();
    const pressure = (row >= rows - faults ? 85 - flow : flow) / 10 + 0.02 * random.uniform();
    return `${row + 1},${flow.toFixed(4)},${pressure.toFixed(5)},${random.uniform() < 0.5 ? "A" : "B"},north`;
  });
  return `number,flow,pressure,line,site\n${lines.join("\n")}\n`;
}

/** Two sensors that repeat themselves every 20 minutes; in `fault` the flow stays where it was. */
function seriesCsv(steps: number, fault?: { from: number; to: number }): string {
  const random = createRandom(5).stream("series", steps);
  let flow = 0;
  const lines = Array.from({ length: steps }, (_, step) => {
    const hangs = fault !== undefined && step >= fault.from && step < fault.to;
    if (!hangs) flow = 10 + 3 * Math.sin((step * Math.PI) / 10) + 0.2 * random.uniform();
    const heat = 40 + 2 * Math.cos((step * Math.PI) / 10) + 0.2 * random.uniform();
    return `${new Date(1.7e12 + 60_000 * step).toISOString()},${flow.toFixed(3)},${heat.toFixed(3)}`;
  });
  return `time,flow,heat\n${lines.join("\n")}\n`;
}

/** Photographs of 128 x 128 pixels with fine noise; those of `marked` have a white square. */
async function photographs(folder: string, count: number, marked: readonly number[]): Promise<void> {
  mkdirSync(folder);
  const random = createRandom(6).stream("photographs", folder.length);
  for (let k = 0; k < count; k++) {
    const data = Uint8Array.from({ length: 128 * 128 }, (_, at) => 110 + (at % 128) / 4 + random.int(12));
    if (marked.includes(k)) for (let y = 40; y < 56; y++) data.fill(250, y * 128 + 60, y * 128 + 76);
    await sharp(data, { raw: { width: 128, height: 128, channels: 1 } })
      .png({ compressionLevel: 1 })
      .toFile(join(folder, `${String(k).padStart(3, "0")}.png`));
  }
}

describe.skipIf(chromiumPath === undefined)("the playground", () => {
  let scratch: string;
  let served: ChildProcess;
  let url: string;
  let browser: Browser;
  let page: Page;
  const asked: string[] = [];
  const complaints: string[] = [];
  /** What was asked for to read a table and to learn from it, without the other detectors and the reasons. */
  const forTables: string[] = [];

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), "hypersphere-playground-"));
    writeFileSync(join(scratch, "plant.csv"), plantCsv(300, 0));
    writeFileSync(join(scratch, "today.csv"), plantCsv(120, 6));
    served = spawn(process.execPath, [command], { stdio: ["ignore", "pipe", "inherit"] });
    url = await new Promise((resolve, reject) => {
      served.stdout!.on("data", (text) => {
        const address = /http:\S+/.exec(String(text))?.[0];
        if (address !== undefined) resolve(address);
      });
      served.on("exit", (code) => reject(new Error(`the command ended with ${code}`)));
    });
    browser = await launch();
    const context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
    context.on("request", (request) => asked.push(`${request.method()} ${request.url()}`));
    page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(url);
    await page.waitForSelector("h1");
  });

  afterAll(async () => {
    await browser?.close();
    served?.kill("SIGINT");
    rmSync(scratch, { recursive: true, force: true });
  });

  const choose = (title: string, file: string | { name: string; text: string }): Promise<void> =>
    page
      .locator(".drop", { hasText: title })
      .locator("[data-kind=file]")
      .setInputFiles(
        typeof file === "string"
          ? join(scratch, file)
          : { name: file.name, mimeType: "text/csv", buffer: Buffer.from(file.text) },
      );

  const press = (name: string): Promise<void> => page.getByRole("button", { name, exact: true }).click();

  /** Rules of accessibility that the page breaks, each with the first element that does. */
  async function broken(): Promise<string[]> {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(
      // biome-ignore lint/suspicious/noExplicitAny: what axe leaves in the page
      () => (globalThis as any).axe.run(document, { resultTypes: ["violations"] }),
    );
    return violations.map(
      ({ id, nodes }: { id: string; nodes: { html: string }[] }) => `${id}: ${nodes[0]!.html}`,
    );
  }

  test("a bad file has the library's own message, and the page goes on", async () => {
    expect(await broken()).toEqual([]);
    await choose("Drop normal data", { name: "bad.csv", text: "a,b\n1,2\n3\n" });
    await page.waitForSelector(".failure");
    expect(await page.textContent(".failure")).toContain(
      "bad.csv: line 3 has 1 field, but the header on line 1 has 2.",
    );
    expect(await page.locator("section").count()).toBe(1);
  });

  test("a table is shown with what is left out, and why", async () => {
    // Dropped, with what a browser makes of it.
    const transfer = await page.evaluateHandle(
      (text) => {
        const files = new DataTransfer();
        files.items.add(new File([text], "plant.csv"));
        return files;
      },
      plantCsv(300, 0),
    );
    await page.dispatchEvent(".drop", "drop", { dataTransfer: transfer });
    await page.waitForSelector("text=300 rows, 3 columns of 5");
    expect(await page.locator("tr", { hasText: "number" }).first().textContent()).toContain(
      "whole numbers that grow",
    );
    expect(await page.locator("tr", { hasText: "site" }).textContent()).toContain("constant (north)");
    expect(await page.locator(".failure").count()).toBe(0);
    await page.getByLabel("learn from line").click();
    await page.waitForSelector("text=2 columns of 5");
    await page.getByLabel("learn from line").click();
    await page.waitForSelector("text=3 columns of 5");
    forTables.push(...asked);
  });

  test("a training stops, and another one follows", async () => {
    await page.getByLabel("Detector").selectOption("deep-svdd");
    await press("Train");
    await page.waitForSelector("text=Training: ");
    await press("Stop");
    await page.waitForSelector(".failure");
    expect(await page.textContent(".failure")).toContain("Stopped.");
    await page.getByLabel("Detector").selectOption("auto");
    const before = asked.length;
    await press("Train");
    await page.waitForSelector("text=auto learned from 240 of 300 rows");
    forTables.push(...asked.slice(before).filter((line) => !line.includes("/reasons-")));
    expect(await page.locator(".failure").count()).toBe(0);
  });

  test("faults are flagged, with reasons; the threshold moves by keys and by mouse", async () => {
    await choose("Drop data to score", "today.csv");
    await page.waitForSelector("text=today.csv");
    await page.waitForSelector(".contributions");
    const flagged = (): Promise<number> =>
      page
        .locator(".figure", { hasText: /^Flagged/ })
        .locator("dd")
        .textContent()
        .then((text) => Number.parseInt(text!, 10));
    const names = await page.locator(".flagged .name").allTextContents();
    for (let row = 115; row <= 120; row++) expect(names).toContain(`row ${row}`);
    expect(await page.textContent(".contributions")).toMatch(/^(flow|pressure)/);
    const slider = page.getByRole("slider", { name: "Threshold" });
    const before = await flagged();
    await slider.focus();
    await page.keyboard.press("Home");
    expect(await flagged()).toBe(120);
    await page.keyboard.press("End");
    expect(await flagged()).toBe(0);
    const { x, y, width } = (await slider.boundingBox())!;
    await page.mouse.move(x + width - 2, y + 40);
    await page.mouse.down();
    await page.mouse.move(x + width / 2, y + 50);
    await page.mouse.up();
    const dragged = await flagged();
    expect(dragged).toBeGreaterThan(0);
    expect(dragged).toBeLessThan(120);
    await page.click("text=Back to the rule");
    expect(await flagged()).toBe(before);
    expect(await broken()).toEqual([]);
  });

  test("the model that is downloaded scores in Node as in the page", async () => {
    const slider = page.getByRole("slider", { name: "Threshold" });
    await slider.focus();
    await page.keyboard.press("PageUp");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.click("text=Download the model"),
    ]);
    expect(download.suggestedFilename()).toBe("plant.onnx");
    const path = join(scratch, "plant.onnx");
    await download.saveAs(path);
    const model = await loadModel(path);
    const { scores, isAnomaly } = await model.score(await open(join(scratch, "today.csv"), { model }));
    const shown = await page.evaluate(() => {
      const rows = [...document.querySelectorAll<HTMLElement>("[data-score]")];
      return rows.map(({ dataset }) => [Number(dataset["row"]), Number(dataset["score"])] as const);
    });
    expect(shown.length).toBeGreaterThanOrEqual(6);
    for (const [row, score] of shown)
      expect(Math.abs(score - scores[row]!)).toBeLessThanOrEqual(1e-5 * score);
    // The threshold that was set by hand is in the file.
    expect(shown.map(([row]) => row).sort((a, b) => a - b)).toEqual(
      Array.from(isAnomaly.keys()).filter((row) => isAnomaly[row] === 1),
    );
  });

  test("rows that are steps are seen in windows, and flagged as stretches of time", async () => {
    await choose("Drop other data", { name: "line.csv", text: seriesCsv(400) });
    await page.waitForSelector("text=400 rows");
    await page.getByLabel(/^Rows are/).selectOption("steps");
    await page.waitForSelector("text=seen in windows of 40 steps");
    expect(await page.getByLabel("Column of time").inputValue()).toBe("time");
    expect(await page.locator("tbody tr").count()).toBe(2);
    await page.getByLabel("Detector").selectOption("pca");
    await press("Train");
    await page.waitForSelector("text=pca learned from");
    await choose("Drop data to score", { name: "later.csv", text: seriesCsv(300, { from: 150, to: 162 }) });
    await page.waitForSelector("text=later.csv");
    await page.waitForSelector(".contributions");
    expect(await page.textContent("h3")).toBe("Flagged stretches, and why");
    // The hanging sensor stands at the top, with its name and a stretch that covers the fault.
    const title = await page.locator(".flagged .name").first().textContent();
    const [, from, to] = /^(\S+) to (\S+) \(\d+ steps\)$/.exec(title!)!;
    const stepOf = (time: string): number => (Date.parse(time) - 1.7e12) / 60_000;
    expect(stepOf(from!)).toBeLessThan(162);
    expect(stepOf(to!)).toBeGreaterThan(150);
    expect(await page.textContent(".contributions .name")).toMatch(/^flow, steps/);
    expect(
      await page
        .getByRole("img", { name: /^Scores in the order of time/ })
        .locator("rect")
        .count(),
    ).toBe(300);
    expect(await broken()).toEqual([]);
    await page.getByLabel(/^Rows are/).selectOption("rows");
    await page.waitForSelector("tbody tr >> nth=2");
  });

  test("a folder of images is learned from, and maps show where others are abnormal", async () => {
    await photographs(join(scratch, "good"), 32, []);
    await photographs(join(scratch, "today"), 6, [1, 4]);
    const folder = (title: string, name: string): Promise<void> =>
      page
        .locator(".drop", { hasText: title })
        .locator("[data-kind=folder]")
        .setInputFiles(join(scratch, name));
    await folder("Drop other data", "good");
    await page.waitForSelector("text=32 images");
    await page.getByLabel("Detector").selectOption("auto");
    await press("Train");
    await page.waitForSelector("text=patch-gaussian learned from");
    await folder("Drop data to score", "today");
    await page.waitForSelector("text=of 6 images");
    await page.waitForSelector(".cards canvas");
    const names = await page.locator(".cards .name").allTextContents();
    expect(names.slice(0, 2).map((name) => /00\d/.exec(name)?.[0])).toEqual(
      expect.arrayContaining(["001", "004"]),
    );
    expect(await broken()).toEqual([]);
  });

  test("a phone in the dark", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 380, height: 800 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(380);
    expect(await broken()).toEqual([]);
  });

  test("messages speak of what the page has, several tables are told from one, and times look like times", async () => {
    const context = await browser.newContext();
    const own = await context.newPage();
    await own.goto(url);
    const input = own.locator(".drop [data-kind=file]");
    const give = (name: string, text: string) =>
      input.setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
    await give("bad.jsonl", '{"a":1,"b":{}}\n');
    await own.waitForSelector("text=holds an object");
    expect(await own.textContent(".failure")).toMatch(
      /leave the column out with the tick beside its name\.$/,
    );
    await input.setInputFiles([join(scratch, "plant.csv"), join(scratch, "today.csv")]);
    await own.waitForSelector("text=These are 2 tables, expected one.");
    expect(await own.textContent(".failure")).not.toContain("option");
    const lines = Array.from({ length: 60 }, (_, k) => `${1767604800 + 60 * k},${Math.sin(k).toFixed(4)}`);
    await give("timed.csv", `time,flow\n${lines.join("\n")}\n`);
    const row = own.locator("tr", { hasText: "since 1970" });
    expect(await row.textContent()).toContain("2026-01-05T09:20:00Z to 2026-01-05T10:19:00Z, median");
    expect(await row.locator(".first").textContent()).toMatch(/^2026-01-05T09:20:00Z · 2026-01-05T09:21:00Z/);
    await context.close();
  });

  test("nothing was sent, nothing was asked of others, and the runtime was loaded once", () => {
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((line) => !line.startsWith(`GET ${url}`) && !line.startsWith("GET blob:"))).toEqual(
      [],
    );
    expect(asked.filter((line) => line.includes("?"))).toEqual([]);
    expect(asked.filter((line) => line.endsWith(".wasm"))).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  test("the policy refuses what would send something, in the page and in its worker", async () => {
    const refused = await page.evaluate(() =>
      fetch("http://127.0.0.1:9/", { method: "POST", body: "rows" }).then(
        () => "sent",
        () => "refused",
      ),
    );
    expect(refused).toBe("refused");
    expect(complaints.splice(0).join()).toContain("Content Security Policy");
    const worker = readdirSync(built).find((name) => name.startsWith("worker-"));
    const answer = await fetch(`${url}assets/${worker}`);
    expect(answer.headers.get("content-security-policy")).toContain("connect-src 'self'");
  });

  test(`our own code for tables is under ${MOST_CODE / 1000} kB`, () => {
    const loaded = forTables
      .map((line) => line.split("/").at(-1)!)
      .filter((name) => /\.(js|css)$/.test(name));
    const ours = [...new Set(loaded)].filter((name) => !THEIRS.test(name));
    const size = ours.reduce((sum, name) => sum + gzipSync(readFileSync(join(built, name))).length, 0);
    expect(size).toBeGreaterThan(50_000);
    expect(size).toBeLessThan(MOST_CODE);
  });

  test("a folder with other files is not built into, nor served at what is no port", () => {
    const done = spawnSync(process.execPath, [command, "--build", scratch], { encoding: "utf8" });
    expect(done.status).toBe(2);
    expect(done.stderr).toContain("holds other files");
    expect(readdirSync(scratch)).toContain("plant.csv");
    const odd = spawnSync(process.execPath, [command, "--port", "http"], { encoding: "utf8" });
    expect(odd.status).toBe(2);
    expect(odd.stderr).toContain("--port is http, expected a whole number");
  });
});
