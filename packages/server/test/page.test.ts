/** The page in a headless Chromium, on the real service: each screen with data and without, by mouse, by keyboard, for all. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { chromiumPath, launch } from "../../../test/browser/chromium.js";
import { type Service, startService } from "../src/index.js";
import { broken, goTo, misfits, openTab, signIn } from "./support/browser-page.js";
import { CSV, csvOf, ODD, plantRows, pumpRows } from "./support/models.js";
import { dataFolder, type Started, start } from "./support/start.js";

const MARKUP = '<img src=x onerror="document.title=1">';
const SCREENS = [
  ...(["overview", "scores", "threshold", "review", "drift"] as const),
  ...(["models", "jobs", "webhooks", "administration"] as const),
];

let service: Started & { key: string };
let empty: Service;
/** Takes what webhooks send, and refuses it at /busy while that is so. */
let receiver: Server;
let base: string;
let busy = true;
/** A job of too few rows. */
let failing: string;
let browser: Browser;
let page: Page;
/** What the browser complains about: errors, refused scripts and styles. */
let complaints: string[] = [];

const at = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

const open = (url: string, key?: string): Promise<Page> =>
  openTab(browser, (text) => complaints.push(text), url, key);

describe.skipIf(chromiumPath === undefined)("the page", () => {
  beforeAll(async () => {
    receiver = createServer((request, response) => {
      response.writeHead(request.url === "/busy" && busy ? 503 : 204).end();
    });
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
    base = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    service = await start({ settings: { webhooksToPrivate: true, webhookAttempts: 1 } });
    await service.call("POST", "/v1/webhooks", { url: `${base}/${MARKUP}` });
    await service.call("POST", "/v1/jobs/train?model=made&detector=pca", csvOf(plantRows(200)), CSV);
    failing = (await service.call("POST", "/v1/jobs/train?model=few&detector=knn", "a,b\n1,2\n", CSV)).body
      .id;
    const rows = [...plantRows(60), ODD, ODD, { ...ODD, load: -9 }];
    const score = "/v1/models/plant/score?entityColumn=unit&timeColumn=time&idColumn=id";
    const named = rows.map((row, k) => ({
      ...row,
      unit: k % 2 === 0 ? "north" : "south",
      time: at(700 - 10 * k),
      id: `r${k}`,
    }));
    await service.call("POST", score, named);
    await service.call("POST", score, [{ ...ODD, unit: MARKUP, time: at(1), id: MARKUP, [MARKUP]: MARKUP }]);
    await service.call("POST", "/v1/models/pump/score?keep=all", pumpRows(60));
    const later = pumpRows(40, 8).map((row) => ({
      ...row,
      time: row.time.replace("2026-01-05", "2026-01-06"),
    }));
    await service.call("POST", "/v1/models/pump/score?keep=all", later);
    empty = await startService({ data: await dataFolder(), log: pino({ level: "silent" }) });
    browser = await launch();
    page = await open(service.service.url, service.key);
    // Results count for drift once they are settled.
    const drift = async () => (await service.call("GET", "/v1/models/plant/drift")).body.observed;
    await vi.waitUntil(async () => (await drift()) > 0, { timeout: 30_000, interval: 200 });
  });
  beforeEach(() => {
    complaints = [];
  });
  afterAll(async () => {
    await browser?.close();
    await empty?.close();
    await service?.stop();
    receiver?.close();
  });

  test("comes with a strict policy, by hashed names that are kept", async () => {
    const answer = await fetch(service.service.url);
    expect(answer.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';.*frame-ancestors 'none'$/,
    );
    expect(answer.headers.get("cache-control")).toBe("no-cache");
    const html = await answer.text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=|https?:\/\//);
    const files = [...html.matchAll(/(?:src|href)="\.?(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
    expect(files.map((path) => path.replace(/.*\./, "")).sort()).toEqual(["css", "js", "svg"]);
    for (const path of files) {
      const file = await fetch(`${service.service.url}${path}`);
      expect([file.status, path]).toEqual([200, expect.stringMatching(/-[\w-]{8}\.\w+$/)]);
      expect(file.headers.get("cache-control")).toContain("immutable");
      expect(file.headers.get("x-content-type-options")).toBe("nosniff");
    }
    expect((await fetch(`${service.service.url}/assets/..%2findex.html`)).status).toBe(404);
  });

  test("refuses a wrong key, and keeps a right one in the tab alone", async () => {
    const tab = await open(service.service.url);
    expect(await broken(tab)).toEqual([]);
    await signIn(tab, "hs_wrong");
    await tab.getByRole("alert").getByText("The key is not known, or was revoked.").waitFor();
    expect(await tab.evaluate(() => sessionStorage.length)).toBe(0);
    // That the service answered 401 is said by the browser itself.
    expect(complaints.filter((text) => !text.includes("401"))).toEqual([]);
    await signIn(tab, service.key);
    await tab.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(tab.url()).not.toContain("hs_");
    expect(await tab.evaluate(() => [sessionStorage.length, localStorage.length, document.cookie])).toEqual([
      1,
      0,
      "",
    ]);
    await tab.reload();
    await tab.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await tab.getByRole("button", { name: "Sign out" }).click();
    await tab.getByLabel("Key").waitFor();
    expect(await tab.evaluate(() => sessionStorage.length)).toBe(0);
    await tab.context().close();
  });

  test("goes on at once, before its first picture", async () => {
    const tab = await open(service.service.url);
    // Told of a change before anything is painted, and before effects run.
    await tab.evaluate(() => {
      new MutationObserver((_, watch) => {
        if (document.querySelector("nav") === null) return;
        watch.disconnect();
        location.hash = "#/drift";
      }).observe(document.body, { childList: true, subtree: true });
    });
    await signIn(tab, service.key);
    await tab.getByRole("heading", { level: 1, name: "Drift" }).waitFor({ timeout: 10_000 });
    await tab.context().close();
    expect(complaints).toEqual([]);
  });

  const shows: Readonly<Record<(typeof SCREENS)[number], { full: string; empty: RegExp }>> = {
    overview: { full: "Alarms a day", empty: /Upload a model file on the screen/ },
    scores: { full: "Flagged rows", empty: /No model answers yet/ },
    threshold: { full: "Flag scores above", empty: /No model answers yet/ },
    review: { full: "Its worst row", empty: /Every incident has a verdict/ },
    drift: { full: "Evidence over time", empty: /No model answers yet/ },
    jobs: { full: "training, pca", empty: /Nothing was trained here yet/ },
    webhooks: { full: "Told when", empty: /Nobody is told of incidents yet/ },
    models: { full: "Detector", empty: /It answers once it is activated\.$/ },
    administration: { full: "create-key", empty: /Who changed what/ },
  };

  test.each(SCREENS)(
    "shows %s with data: to all, in the light and in the dark, on a phone",
    async (screen) => {
      await goTo(page, screen);
      await page.getByText(shows[screen].full).first().waitFor();
      expect(await broken(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: "dark" });
      await page.setViewportSize({ width: 375, height: 700 });
      expect(await broken(page)).toEqual([]);
      expect(await misfits(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: "light" });
      await page.setViewportSize({ width: 1280, height: 900 });
      expect(complaints).toEqual([]);
    },
  );

  test("says what to do where there is nothing, on each screen", async () => {
    const tab = await open(empty.url, empty.firstKey);
    for (const screen of SCREENS) {
      await goTo(tab, screen);
      await tab.getByText(shows[screen].empty).first().waitFor();
      expect(await broken(tab), screen).toEqual([]);
    }
    await tab.context().close();
    expect(complaints).toEqual([]);
  });

  test("says what failed, and tries again", async () => {
    const tab = await open(service.service.url, service.key);
    // Screens that nobody looks at do not renew themselves: what is well again is so by the button.
    await tab.evaluate(() => Object.defineProperty(document, "visibilityState", { value: "hidden" }));
    const problem = JSON.stringify({ detail: "The database is away.", hint: "Wait a little." });
    const paths = {
      scores: "**/entities*",
      threshold: "**/score-histogram*",
      review: "**/v1/incidents*",
      drift: "**/drift",
      models: "**/v1/models",
      jobs: "**/v1/jobs?*",
      webhooks: "**/v1/webhooks",
      administration: "**/v1/audit*",
      overview: "**/v1/overview*",
    };
    for (const [screen, path] of Object.entries(paths)) {
      await tab.route(path, (route) =>
        route.fulfill({ status: 503, contentType: "application/problem+json", body: problem }),
      );
      await goTo(tab, screen);
      const failure = tab.getByRole("alert").filter({ hasText: "The database is away." });
      await failure.waitFor();
      const again = failure.getByRole("button", { name: "Try again" });
      // A try that fails as well leaves what it says, and the button.
      const [tried] = await Promise.all([tab.waitForResponse(path), again.click()]);
      expect([screen, tried.status()]).toEqual([screen, 503]);
      await failure.waitFor();
      await tab.unroute(path);
      await again.click();
      await failure.waitFor({ state: "detached" });
    }
    await tab.context().close();
    expect(complaints.filter((text) => !text.includes("503"))).toEqual([]);
  });

  test("opens a row by keyboard, with its explanation, and takes a verdict", async () => {
    await goTo(page, "scores?model=plant");
    const lane = page.getByRole("group", { name: /^Scores of north/ });
    await lane.focus();
    await page.keyboard.press("Shift+ArrowLeft");
    await page.keyboard.press("Enter");
    const detail = page.getByRole("region", { name: /^Row \d+/ });
    await detail.getByRole("heading", { name: "Why it is abnormal" }).waitFor();
    expect(await detail.locator(".contributions li").first().textContent()).toMatch(/^load-9 normally/);
    expect(await detail.getByRole("columnheader", { name: "Normal 1" }).count()).toBe(1);
    await detail.getByLabel("Comment").fill(MARKUP);
    await detail.getByRole("button", { name: "Anomaly" }).click();
    await detail.getByText(/by first, /).waitFor();
    const { results } = (await service.call("GET", "/v1/results?model=plant&entity=north&flagged=true")).body;
    expect(results[0]).toMatchObject({ verdict: "anomaly" });
    expect(await broken(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("explains the window of a series that ends with a row, where its steps were kept", async () => {
    await goTo(page, "scores?model=pump");
    await page
      .getByRole("button", { name: /^Open / })
      .first()
      .click();
    await page.getByRole("heading", { name: "Why it is abnormal" }).waitFor();
    expect(await page.locator(".contributions .name").first().textContent()).toBe("flow");
    expect(complaints).toEqual([]);
  });

  test("zooms by dragging, and comes back", async () => {
    await goTo(page, "scores?model=plant");
    const plot = page.locator(".u-over").first();
    const box = (await plot.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.3, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 30, { steps: 4 });
    await page.mouse.up();
    await page.getByRole("button", { name: "Zoom out" }).waitFor();
    await page.getByText("None of these rows is flagged.").waitFor();
    await page.getByRole("button", { name: "All", exact: true }).click();
    await page
      .getByRole("button", { name: /^Open r/ })
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
  });

  test("moves the threshold by keyboard, tells what it does, and saves it in force", async () => {
    await goTo(page, "threshold?model=plant");
    const slider = page.getByRole("slider");
    const alarms = async () =>
      Number(
        (await page.locator(".figure", { hasText: "Alarms a day" }).locator("dd").textContent())!.match(
          /^[\d.]+/,
        )![0],
      );
    const before = await alarms();
    await slider.focus();
    await page.keyboard.press("Home");
    await page.getByText("tried out").waitFor();
    expect(await alarms()).toBeGreaterThan(before);
    await page.keyboard.press("End");
    expect(await alarms()).toBe(0);
    // The one verdict says that an anomaly would be missed.
    expect(await page.locator(".figure", { hasText: "Missed" }).locator("dd").textContent()).toMatch(
      /^1of 1/,
    );
    for (let k = 0; k < 3; k++) await page.keyboard.press("ArrowLeft");
    const shown = await alarms();
    await page.getByLabel("Save as operating point").fill("night");
    await page.getByRole("button", { name: "Save and put in force" }).click();
    await page.getByText("“night” is saved and in force.").waitFor();
    const { body } = await service.call("GET", "/v1/models/plant/operating-points");
    expect(body).toMatchObject({ inForce: "night", operatingPoints: [{ name: "night", version: 1 }] });
    const { results } = (await service.call("GET", "/v1/results?model=plant&limit=1000")).body;
    const { threshold } = body.operatingPoints[0];
    const above = results.filter(({ score }: { score: number }) => score > threshold).length;
    const days = new Set(results.map(({ at: time }: { at: string }) => time.slice(0, 10))).size;
    expect(above).toBeGreaterThan(0);
    expect(shown).toBeCloseTo(above / days, 2);
    expect(await broken(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("takes verdicts by one key each, and counts them", async () => {
    const waiting = (await service.call("GET", "/v1/incidents?model=plant&reviewed=false")).body.incidents;
    await goTo(page, "review?model=plant");
    const status = page.locator(".progress");
    await status.getByText(`0 of ${waiting.length} judged`).waitFor();
    const shown = async (place: number) =>
      page.getByRole("heading", { name: new RegExp(`^Incident ${waiting[place].id}: `) }).waitFor();
    await shown(0);
    await page.keyboard.press("n");
    await shown(1);
    await page.keyboard.press("s");
    await shown(2);
    await page.getByLabel("Comment").fill("an a and an n");
    await page.getByRole("heading", { level: 1 }).click();
    await page.keyboard.press("a");
    await status.getByText(`2 of ${waiting.length} judged`).waitFor();
    const of = async (place: number) =>
      (await service.call("GET", `/v1/incidents/${waiting[place].id}`)).body;
    expect((await of(0)).verdict).toBe("normal");
    expect((await of(1)).verdict).toBeNull();
    expect((await of(2)).verdicts).toMatchObject([{ verdict: "anomaly", comment: "an a and an n" }]);
    expect(complaints).toEqual([]);
  });

  test("takes what strangers write for text", async () => {
    await goTo(page, "scores?model=plant");
    await page.getByRole("heading", { name: MARKUP }).waitFor();
    await page.getByRole("button", { name: `Open ${MARKUP}` }).click();
    await page.getByRole("heading", { name: "Why it is abnormal" }).waitFor();
    expect(await page.getByText(MARKUP).count()).toBeGreaterThan(3);
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).toBe("Scores · hypersphere");
    const path = `/v1/incidents?model=plant&entity=${encodeURIComponent(MARKUP)}`;
    const [incident] = (await service.call("GET", path)).body.incidents;
    await goTo(page, `review?incident=${incident.id}`);
    await page.getByRole("heading", { name: `Incident ${incident.id}: ${MARKUP}` }).waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("uploads a version, runs it as a shadow, activates it, and goes back", async () => {
    const { fitPlant } = await import("./support/models.js");
    await goTo(page, "models");
    const file = {
      name: "plant.onnx",
      mimeType: "application/octet-stream",
      buffer: Buffer.from((await fitPlant(3)).toBytes()),
    };
    await page.getByLabel("Model file").setInputFiles(file);
    await page.getByRole("button", { name: "Upload" }).click();
    await page.getByText("Version 2 of plant is there.").waitFor();
    const plant = page.getByRole("region", { name: "plant", exact: true });
    await plant.getByRole("button", { name: "Run as shadow" }).click();
    await plant.getByRole("button", { name: "End the shadow" }).waitFor();
    await plant.getByRole("button", { name: "Activate 2" }).click();
    await plant.getByRole("button", { name: "Roll back to version 1" }).click();
    await plant.getByRole("button", { name: "Roll back to version 2" }).waitFor();
    expect((await service.call("GET", "/v1/models/plant")).body).toMatchObject({
      activeVersion: 1,
      previousVersion: 2,
    });
    await plant.getByText("Card, and two versions compared").click();
    await plant.getByRole("columnheader", { name: "Version 2" }).waitFor();
    await plant.getByText("differs:").first().waitFor();
    expect(await broken(page)).toEqual([]);
    // As if version 2 came from a refit: its figures are in sight on a phone.
    const figures = { falseAlarms: 0.1, found: 0.9, auroc: 0.95 };
    const comparison = { version: 1, normals: 12, anomalies: 11, note: "", before: figures, after: figures };
    await page.route("**/v1/models", async (route) => {
      const response = await route.fetch();
      const { models } = (await response.json()) as { models: { versions: { version: number }[] }[] };
      for (const { versions } of models)
        for (const one of versions) if (one.version === 2) Object.assign(one, { comparison });
      await route.fulfill({ response, json: { models } });
    });
    await page.setViewportSize({ width: 375, height: 700 });
    await goTo(page, "overview");
    await goTo(page, "models");
    await plant.getByText("Card, and two versions compared").click();
    await plant.getByText("On 12 normal rows and 11 anomalies.").waitFor();
    const compared = (await misfits(page)).filter((text) => text.startsWith("Both versions compared"));
    expect(compared).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.unroute("**/v1/models");
    expect(complaints).toEqual([]);
  });

  test("trains from a file: progress, log, report, and the version that answers", async () => {
    await goTo(page, "jobs");
    const data = (name: string) => ({
      name,
      mimeType: "text/csv",
      buffer: Buffer.from(csvOf(plantRows(300))),
    });
    await page.getByLabel("File of rows").setInputFiles(data("new plant.csv"));
    await page.getByText("3 columns: flow, load, mode").waitFor();
    expect(await page.getByLabel("Name of the model").inputValue()).toBe("new-plant");
    await page.getByLabel("Detector").selectOption("pca");
    await page.getByText("Options of pca").click();
    // None is asked for that only images have.
    expect(await page.getByLabel("contrast", { exact: true }).count()).toBe(0);
    await page.getByLabel("seed", { exact: true }).fill("x");
    await page.getByRole("button", { name: "Train" }).click();
    await page.getByRole("alert").getByText("“x” is no value of seed.").waitFor();
    await page.getByLabel("seed", { exact: true }).fill("5");
    await page.getByLabel("Columns to leave out").fill("mode");
    expect(await broken(page)).toEqual([]);
    await page.getByRole("button", { name: "Train" }).click();
    await page.getByRole("heading", { name: "Training of new-plant" }).waitFor();
    await page.getByText("It made version 1 of new-plant.").waitFor();
    await page.getByRole("heading", { name: "Scores and threshold" }).waitFor();
    const { jobs } = (await service.call("GET", "/v1/jobs?limit=1")).body;
    expect(jobs[0].request).toMatchObject({
      detector: "pca",
      options: { seed: 5 },
      reading: { exclude: ["mode"] },
    });
    expect(await broken(page)).toEqual([]);
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save the whole report" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("new-plant-1-training.html");
    const { text, headers } = await service.call("GET", `/v1/jobs/${jobs[0].id}/report.html`);
    expect([text.slice(0, 15).toLowerCase(), /<script/i.test(text)]).toEqual(["<!doctype html>", false]);
    expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*sandbox/);
    await page.getByRole("button", { name: "Activate version 1" }).click();
    await page.getByText("Version 1 answers.").waitFor();
    expect((await service.call("GET", "/v1/models/new-plant")).body.activeVersion).toBe(1);
    await page.getByLabel("File of rows").setInputFiles(data("x.txt"));
    await page.getByRole("button", { name: "Train" }).click();
    await page.getByRole("alert").getByText("“x.txt” ends in none of .csv").waitFor();
    expect(complaints).toEqual([]);
  });

  test("cancels a training, and says why one failed", async () => {
    const options = JSON.stringify({
      epochs: 5000,
      patience: 5000,
      members: 1,
      batchSize: 16,
      pretrain: false,
    });
    const asked = `/v1/jobs/train?model=long&detector=deep-svdd&options=${encodeURIComponent(options)}`;
    const begin = async () => (await service.call("POST", asked, csvOf(plantRows(300)), CSV)).body.id;
    const [id, later] = [await begin(), await begin()];
    await goTo(page, `jobs?job=${later}`);
    await page.getByText("It waits for the jobs before it.").waitFor();
    await service.call("POST", `/v1/jobs/${later}/cancel`);
    await goTo(page, `jobs?job=${id}`);
    await page
      .getByText(/epoch [\d,]+ of 5,000/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Cancel the job" }).click();
    await page.getByText("It was cancelled, and made nothing.").waitFor();
    expect((await service.call("GET", `/v1/jobs/${id}`)).body.status).toBe("cancelled");
    await goTo(page, `jobs?job=${failing}`);
    await page.getByText("It failed.").waitFor();
    expect(await page.locator(".failure").first().textContent()).toMatch(/the data.* row/);
    expect(await broken(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("shows the evidence of drift, which columns moved, and what cannot be watched", async () => {
    await goTo(page, "drift?model=plant");
    const { body } = await service.call("GET", "/v1/models/plant/drift");
    expect(body.history.at(-1)).toMatchObject({ observed: body.observed, logValue: body.logValue });
    await page
      .getByRole("img", { name: /^Evidence of drift: evidence from .*; alarm at 4.605\.$/ })
      .waitFor();
    await page.getByRole("row", { name: /^load (moved|no) / }).waitFor();
    await page.getByLabel("Model", { exact: true }).selectOption("pump");
    await page.getByText("which share windows").waitFor();
    expect(await broken(page)).toEqual([]);
    expect(complaints.filter((text) => !text.includes("409"))).toEqual([]);
  });

  test("adds a webhook, tries it out, and sends again what was not taken", async () => {
    await goTo(page, "webhooks");
    await page.getByLabel("Address").first().fill("ftp://example.com");
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByRole("alert").getByText("has to begin with https://").waitFor();
    expect(complaints.splice(0).filter((text) => !text.includes("400"))).toEqual([]);
    await page.getByLabel("Address").first().fill(`${base}/busy`);
    await page.getByLabel("when an incident closes").uncheck();
    await page.getByRole("button", { name: "Add" }).click();
    expect(await page.locator(".secret").textContent()).toMatch(/^whsec_/);
    const row = page.getByRole("row", { name: `${base}/busy an incident opens` });
    await row.getByRole("button", { name: /^Test/ }).click();
    await page.getByText(`A test is on its way to ${base}/busy`).waitFor();
    await row.getByText("1 dead").waitFor();
    await page.getByLabel("State").selectOption("dead");
    const dead = page.getByRole("row", { name: /test .*The receiver answered 503\./ });
    await dead.getByText("Show").click();
    await dead.getByText('"type": "test"').waitFor();
    expect(await broken(page)).toEqual([]);
    busy = false;
    await dead.getByRole("button", { name: /^Send again/ }).click();
    await row.getByText("all taken").waitFor();
    await page.getByText("No delivery is like that.").waitFor();
    await row.getByRole("button", { name: /^Delete/ }).click();
    await row.getByRole("button", { name: "Yes, delete it" }).click();
    await row.waitFor({ state: "detached" });
    expect(await page.locator("img").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("makes and revokes keys; a role sees what it may do", async () => {
    await goTo(page, "administration");
    await page.getByLabel("Name").fill("reader");
    await page.getByRole("button", { name: "Make the key" }).click();
    const key = (await page.locator(".secret").textContent())!;
    const tab = await open(service.service.url, key);
    await tab.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(await tab.getByRole("link", { name: "Administration" }).count()).toBe(0);
    await goTo(tab, "threshold");
    await tab.getByText("An administrator can save a threshold as an operating point.").waitFor();
    await goTo(tab, "models");
    await tab.getByRole("columnheader", { name: "Detector" }).first().waitFor();
    expect(await tab.getByRole("button", { name: /Activate|Upload|Roll back/ }).count()).toBe(0);
    await page
      .getByRole("row", { name: /^reader/ })
      .getByRole("button", { name: "Revoke" })
      .click();
    await page.getByRole("button", { name: "Yes, revoke reader" }).click();
    await page
      .getByRole("row", { name: /^reader/ })
      .getByText("revoked")
      .waitFor();
    await tab.reload();
    await tab.getByRole("alert").getByText("The key is not known, or was revoked.").waitFor();
    await tab.context().close();
    const { key: machine } = (await service.call("POST", "/v1/keys", { name: "machine", role: "score" }))
      .body;
    const other = await open(service.service.url, machine);
    await other.getByText("A key of the role “score” scores rows").waitFor();
    expect(await broken(other)).toEqual([]);
    await other.context().close();
    expect(complaints.filter((text) => !text.includes("401"))).toEqual([]);
  });
});
