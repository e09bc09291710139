import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/math/random.js";
import { plotPage } from "../../src/report/plot/plot-page.js";
import { chromiumPath, launch } from "../browser/chromium.js";
import { build, Workspace } from "./cli.js";

const work = new Workspace();
const random = createRandom(31);
/** Names that are markup. */
const ODD = "</script><img src=x onerror=alert(1)>&amp;'";

/** Two machines by the minute, with an hour that is missing; faults lift the level of the first one. */
function plant(seed: number, faults: readonly number[] = []): string {
  const stream = random.stream("plant", seed);
  const lines = [`machine,time,level,"${ODD}"`];
  for (const machine of [ODD, "b"]) {
    for (let minute = 0; minute < 400; minute++) {
      if (minute >= 200 && minute < 260) continue;
      const fault = machine === ODD && faults.some((from) => minute >= from && minute < from + 12);
      const time = new Date(Date.UTC(2026, 2, 1, 0, minute)).toISOString();
      const level = Math.sin(0.3 * minute) + 0.1 * stream.normal() + (fault ? 4 : 0);
      lines.push(`"${machine}",${time},${level.toFixed(3)},${stream.normal().toFixed(3)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

beforeAll(async () => {
  build();
  work.write("history.csv", plant(1));
  work.write("today.csv", plant(2, [60, 186, 300]));
  await work.ok([
    ...["train", "history.csv", "--detector", "knn", "--time-column", "time", "--entity-column", "machine"],
    ...["--window", "12", "--stride", "3", "--out", "m.onnx"],
  ]);
  await work.ok(["plot", "m.onnx", "today.csv", "--out", "today.html"]);
  await work.ok(["incidents", "m.onnx", "today.csv", "--out", "incidents.csv"]);
});

const listed = (): string[][] =>
  work
    .text("incidents.csv")
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));

describe("plot", () => {
  test("is one page that loads nothing and holds no markup of the data", () => {
    const page = work.text("today.html");
    expect(page).not.toMatch(/<[^>]*\s(src|href)="/);
    expect(page).not.toContain("<img");
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).toContain("The MIT License");
    expect(page).toMatch(/Content-Security-Policy" content="default-src 'none'/);
  });

  test("counts bytes, not characters", async () => {
    work.write("Größe 湿度.csv", plant(2));
    const summary = await work.json(["plot", "m.onnx", "Größe 湿度.csv", "--out", "size.html", "--json"]);
    expect(summary).toMatchObject({ bytes: Buffer.byteLength(work.text("size.html")) });
    expect(work.text("size.html").length).toBeLessThan(Buffer.byteLength(work.text("size.html")));
  });

  test("refuses what it cannot plot", async () => {
    await work.fails(["plot", "m.onnx", "today.csv"], 2, /--out is missing/);
    await work.fails(["plot", "m.onnx", "today.csv", "--out", "today.html"], 5, /exists already/);
    const other = ["plot", "m.onnx", "today.csv", "--out", "x.html"];
    await work.fails([...other, "--sensors", "machine"], 2, /--sensors names "machine"/);
    // As long as a window of the model, which nobody can choose here.
    work.write("short.csv", plant(3).split("\n").slice(0, 9).join("\n"));
    const short = ["plot", "m.onnx", "short.csv", "--out", "x.html"];
    await work.fails(short, 3, /no window of 12 steps fits.*\n.*Give at least 12 rows without a gap/);
  });

  test("and other commands refuse names of files that are of another format", async () => {
    for (const [command, name, better] of [
      ["score", "s.parquet", "s.csv"],
      ["score", "s.onnx", "s.csv"],
      ["incidents", "i.json", "i.csv"],
      ["plot", "p.csv", "p.html"],
      ["adapt", "a.csv", "a.onnx"],
    ] as const) {
      const given = [command, "m.onnx", "today.csv", "--out", name];
      await work.fails(given, 2, new RegExp(`--out is ${name}, but .*\\n.*Name it ${better}`));
    }
  });
});

describe.skipIf(chromiumPath === undefined)("the plot in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  async function opened(file = "today.html"): Promise<{ page: Page; said: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1000, height: 800 } });
    const page = await context.newPage();
    const said: string[] = [];
    page.on("console", (message) => {
      // Of the pixels that the test reads.
      if (!message.text().startsWith("Canvas2D:")) said.push(message.text());
    });
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("request", (request) => {
      if (!/^(file|data|blob):/.test(request.url())) said.push(request.url());
    });
    await page.goto(pathToFileURL(work.path(file)).href);
    await page.waitForFunction("plots.length > 0 && plots.every((plot) => plot.scales.x.min !== null)");
    return { page, said };
  }

  const status = async (page: Page): Promise<number[]> => {
    const text = (await page.locator("#status").textContent())!;
    return [.../^([\d,]+) incidents?: ([\d,]+) of/.exec(text)!.slice(1)].map((n) =>
      Number(n.replace(",", "")),
    );
  };
  const span = (page: Page): Promise<number[]> =>
    page.evaluate("[plots[0].scales.x.min, plots[0].scales.x.max]");
  /** Share of the height of the chart of scores, where the highest one is, that has the shade of flagged stretches. */
  const shaded = (page: Page): Promise<number> =>
    page.evaluate(`(() => {
      const [u] = plots, { times, score } = series[0];
      const x = Math.round(u.valToPos(times[score.indexOf(Math.max(...score))], "x", true));
      const { data } = u.ctx.getImageData(x, u.bbox.top, 1, u.bbox.height);
      let found = 0;
      for (let at = 3; at < data.length; at += 4) if (data[at] > 38 && data[at] < 54) found++;
      return found / u.bbox.height;
    })()`);

  test("shows the incidents of the command, and others at other thresholds", async () => {
    const { page, said } = await opened();
    const incidents = listed();
    const flagged = incidents.reduce((sum, cells) => sum + Number(cells.at(-6)), 0);
    expect(await status(page)).toEqual([incidents.length, flagged]);
    expect(await page.locator("#charts .uplot").count()).toBe(3);
    const names = await page.locator(".u-legend .u-series:nth-child(2) .u-label").allTextContents();
    expect(names).toEqual(["score", "level", ODD]);
    expect(await page.locator("#entity option").allTextContents()).toEqual([ODD, "b"]);
    const rows = await page
      .locator("#incidents tr")
      .evaluateAll((all) => all.map((row) => Array.from(row.children, (cell) => cell.textContent!)));
    expect(new Set(rows.map((cells) => `${cells[1]}`))).toEqual(
      new Set(incidents.map((cells) => cells.at(-10)!.replace("T", " ").slice(0, 16))),
    );
    await expect.poll(() => shaded(page)).toBeGreaterThan(0.5);

    await page.getByLabel("Threshold", { exact: true }).focus();
    await page.keyboard.press("End");
    await expect.poll(() => status(page)).toEqual([0, 0]);
    await expect.poll(() => shaded(page)).toBeLessThan(0.1);
    await page.getByLabel("Threshold as a number").fill("-1");
    await expect.poll(async () => (await status(page))[1]).toBe(680);
    // Each machine has a gap.
    expect((await status(page))[0]).toBe(4);
    await page.getByRole("button", { name: "The model's threshold" }).click();
    await expect.poll(() => status(page)).toEqual([incidents.length, flagged]);
    expect(said).toEqual([]);
  });

  test("has a threshold that is dragged in the chart", async () => {
    const { page } = await opened();
    const [before] = [await status(page)];
    const over = (await page.locator("#charts .u-over").first().boundingBox())!;
    const y: number = await page.evaluate('plots[0].valToPos(threshold, "y")');
    await page.mouse.move(over.x + 300, over.y + y + 3);
    await page.mouse.down();
    await page.mouse.move(over.x + 320, over.y + 40, { steps: 4 });
    await page.mouse.up();
    await expect.poll(async () => (await status(page))[1]).toBeLessThan(before[1]!);
    const [low, high] = await span(page);
    const times: number[] = await page.evaluate("Array.from(series[0].times)");
    expect([low, high]).toEqual([times[0], times.at(-1)]);
  });

  test("zooms by dragging and by keys, in all charts at once", async () => {
    const { page, said } = await opened();
    const [low, high] = (await span(page)) as [number, number];
    const over = (await page.locator("#charts .u-over").nth(1).boundingBox())!;
    await page.mouse.move(over.x + 200, over.y + 50);
    await page.mouse.down();
    await page.mouse.move(over.x + 400, over.y + 50, { steps: 4 });
    await page.mouse.up();
    await expect.poll(async () => (await span(page))[0]).toBeGreaterThan(low);
    const all: number[][] = await page.evaluate(
      "plots.map((plot) => [plot.scales.x.min, plot.scales.x.max])",
    );
    expect(new Set(all.map(String)).size).toBe(1);
    await page.locator("#charts").focus();
    await page.keyboard.press("0");
    await expect.poll(() => span(page)).toEqual([low, high]);
    await page.keyboard.press("+");
    await expect
      .poll(async () => (await span(page))[1]! - (await span(page))[0]!)
      .toBeCloseTo((high - low) / 2, 3);
    await page.keyboard.press("ArrowRight");
    await expect.poll(async () => (await span(page))[1]).toBeGreaterThan(high - (high - low) / 4);
    await page.keyboard.press("n");
    const first: number[] = await page.evaluate(
      "[series[0].times[series[0].stretches[0].from], series[0].times[series[0].stretches[0].to]]",
    );
    await expect.poll(async () => (await span(page))[0]).toBeLessThan(first[0]!);
    expect((await span(page))[1]).toBeGreaterThan(first[1]!);
    await page.getByLabel("machine").selectOption("1");
    expect(await page.evaluate("shown")).toBe(1);
    expect(said).toEqual([]);
  });

  test("opens 100 000 steps of 8 sensors in a moment, and loses no spike", async () => {
    const steps = 100_000;
    const stream = random.stream("long");
    const noise = (): Float32Array => Float32Array.from({ length: steps }, () => stream.normal());
    const score = noise();
    score[70_001] = 50;
    const html = await plotPage({
      series: [
        {
          ...{ name: "", starts: [0, 40_000], score },
          times: Float64Array.from({ length: steps }, (_, k) => k),
          sensors: Array.from({ length: 8 }, noise),
        },
      ],
      sensors: Array.from({ length: 8 }, (_, k) => `s${k}`),
      ...{ dates: false, timeName: "row", entityName: undefined, source: "long.csv", detector: "knn" },
      ...{
        threshold: 20,
        mergeGap: 5,
        minLength: 1,
        calibration: new Float32Array([0, 1]),
        incidents: 1,
        flagged: 1,
      },
    });
    work.write("long.html", html);
    expect(html.length).toBeLessThan(8e6);
    const { page, said } = await opened("long.html");
    expect(await status(page)).toEqual([1, 1]);
    expect(await page.locator("#entity").isVisible()).toBe(false);
    // The spike is drawn from top to bottom, though a pixel shows more than a hundred steps.
    const dark: boolean = await page.evaluate(`(() => {
      const [u] = plots, x = Math.round(u.valToPos(70001, "x", true)), y = Math.round(u.valToPos(35, "y", true));
      const { data } = u.ctx.getImageData(x - 2, y, 5, 1);
      for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 100 && data[at] < 90) return true;
      return false;
    })()`);
    expect(dark).toBe(true);
    expect(said).toEqual([]);
  });
});
