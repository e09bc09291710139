// The same training in Chromium and in Node, in one run: how long each takes, how far the scores of one model differ between
// the two, and the longest frame of the page while its worker trains. Frames wait for the machine, too. So there are beside it the
// longest frame of an empty page in the same browser, whose worker does nothing but compute for as long, and the processor time of the
// longest task of the playground's own thread: what a frame would last if nothing else wanted the processor.
//
//   node scripts/build.js && node bench/browser.js [--rows 600]
//
// Chromium trains in WebAssembly, in one Web Worker; Node natively, with its defaults. Aims: at most 4 times as long, scores within
// 1e-5 (relative, of the rows that the page lists), no frame over 100 ms. Needs Debian's chromium, or CHROMIUM=/path.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { createRandom } from "../dist/doors/synthesis.js";
import { Auto, Autoencoder, DeepSvdd, IsolationForest, loadModel, open } from "../dist/index.js";

const { values } = parseArgs({ options: { rows: { type: "string", default: "600" } } });
const rows = Number(values.rows);
const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path && existsSync(path),
);
if (executablePath === undefined) {
  console.error("No Chromium here: node scripts/browser.js installs Debian's, or set CHROMIUM.");
  process.exit(2);
}

const detectors = {
  auto: Auto,
  "isolation-forest": IsolationForest,
  autoencoder: Autoencoder,
  "deep-svdd": DeepSvdd,
};
const scratch = mkdtempSync(join(tmpdir(), "hypersphere-bench-"));
const data = join(scratch, "plant.csv");
writeFileSync(data, plantCsv(rows));

const command = fileURLToPath(new URL("../scripts/playground.js", import.meta.url));
const served = spawn(process.execPath, [command], { stdio: ["ignore", "pipe", "inherit"] });
let browser;
try {
  const [line] = await once(served.stdout, "data");
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  const page = await browser.newPage();
  page.setDefaultTimeout(600_000);
  await page.goto(/http:\S+/.exec(String(line))[0]);
  await page.locator("[data-kind=file]").first().setInputFiles(data);
  await page.waitForSelector(`text=${rows.toLocaleString("en-GB")} rows,`);
  // The runtime is loaded, and both have run once, before anything is timed.
  await inPage(page, "auto");
  await inNode("auto");
  const control = await emptyPage(browser);
  console.log(
    "detector           Chromium    Node   ratio   scores differ by   longest frame   of an empty page   longest task",
  );
  for (const name of Object.keys(detectors)) {
    const there = await inPage(page, name);
    const empty = await control(1000 * there.seconds);
    const here = await inNode(name);
    const model = await loadModel(there.path);
    const { scores } = await model.score(await open(data, { model }));
    const apart = Math.max(
      ...there.shown.map(([row, score]) => Math.abs(score - scores[row]) / Math.abs(score)),
    );
    console.log(
      [
        name.padEnd(17),
        `${there.seconds.toFixed(2)} s`.padStart(9),
        `${here.toFixed(2)} s`.padStart(8),
        (there.seconds / here).toFixed(2).padStart(7),
        apart.toExponential(1).padStart(15),
        `${there.frame.toFixed(0)} ms`.padStart(15),
        `${empty.toFixed(0)} ms`.padStart(18),
        `${there.task.toFixed(0)} ms`.padStart(15),
      ].join(" "),
    );
  }
} finally {
  await browser?.close();
  served.kill("SIGINT");
  rmSync(scratch, { recursive: true, force: true });
}

/** Trains in the page: what its worker measured, the scores that it lists, its file, and the longest frame meanwhile. */
async function inPage(page, name) {
  await page.bringToFront();
  await page.getByLabel("Detector").selectOption(name);
  await watchFrames(page);
  await browser.startTracing(page, { categories: ["toplevel"] });
  await page.getByRole("button", { name: /^Train/ }).click();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  const frame = await longestFrame(page);
  const task = longestTask(JSON.parse(String(await browser.stopTracing())));
  const text = await page
    .getByText(/ in [\d.,]+ s;/)
    .first()
    .textContent();
  const shown = await page
    .locator("[data-score]")
    .evaluateAll((all) => all.map(({ dataset }) => [Number(dataset.row), Number(dataset.score)]));
  if (shown.length === 0) throw new Error(`${name}: the page lists no scores`);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: /^Download/ }).click(),
  ]);
  const path = join(scratch, `${name}.onnx`);
  await download.saveAs(path);
  return { seconds: Number(/ in ([\d.]+) s;/.exec(text)[1]), frame, task, shown, path };
}

function watchFrames(page) {
  return page.evaluate(() => {
    globalThis.longest = 0;
    globalThis.watching = true;
    let last = performance.now();
    const frame = (now) => {
      globalThis.longest = Math.max(globalThis.longest, now - last);
      last = now;
      if (globalThis.watching) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

function longestFrame(page) {
  return page.evaluate(() => {
    globalThis.watching = false;
    return globalThis.longest;
  });
}

/** Milliseconds of processor time. The playground's thread is the one of its process that draws. */
function longestTask({ traceEvents }) {
  const drawing = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  return traceEvents
    .filter(({ ph, name, pid, tid }) => ph === "X" && /RunTask$/.test(name) && drawing.has(`${pid} ${tid}`))
    .reduce((most, { tdur = 0 }) => Math.max(most, tdur / 1000), 0);
}

/** A page with nothing on it and a worker that is told for how many milliseconds to compute: its longest frame meanwhile. */
async function emptyPage(browser) {
  const page = await browser.newPage();
  await page.setContent("<p>an empty page</p>");
  return async (ms) => {
    await page.bringToFront();
    await watchFrames(page);
    await page.evaluate((length) => {
      const code =
        "onmessage = ({ data }) => { const end = performance.now() + data; while (performance.now() < end); postMessage(0); }";
      const worker = new Worker(URL.createObjectURL(new Blob([code])));
      worker.postMessage(length);
      return new Promise((resolve) => {
        worker.onmessage = resolve;
      }).then(() => worker.terminate());
    }, ms);
    return longestFrame(page);
  };
}

/** Seconds that the same training takes in Node, with the data read already. */
async function inNode(name) {
  const samples = await open(data);
  const from = performance.now();
  await new detectors[name]().fit(samples);
  return (performance.now() - from) / 1000;
}

function plantCsv(count) {
  const random = createRandom(1).stream("bench");
  const lines = Array.from({ length: count }, () => {
    const speed = 1450 + 120 * random.uniform();
    const flow = speed / 29 + 0.3 * random.normal();
    return [speed, flow, flow * 0.4 + 0.2 * random.normal(), 40 + random.normal()]
      .map((x) => x.toFixed(4))
      .join(",");
  });
  return `speed,flow,power,bearing\n${lines.join("\n")}\n`;
}
