/** The service's page in a browser: tabs with a key, screens, and what is wrong with them. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A page of its own: another tab has no key. @param onComplaint hears of errors, and of refused scripts and styles */
export async function openTab(
  browser: Browser,
  onComplaint: (text: string) => void,
  url: string,
  key?: string,
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: "reduce",
  });
  const opened = await context.newPage();
  opened.setDefaultTimeout(60_000);
  opened.on("console", (message) => message.type() === "error" && onComplaint(message.text()));
  opened.on("pageerror", (error) => onComplaint(String(error)));
  await opened.goto(url);
  if (key !== undefined) await signIn(opened, key);
  return opened;
}

export async function signIn(on: Page, key: string): Promise<void> {
  await on.getByLabel("Key").fill(key);
  await on.getByRole("button", { name: "Sign in" }).click();
}

export async function goTo(on: Page, hash: string): Promise<void> {
  await on.evaluate((to) => {
    location.hash = to;
  }, `#/${hash}`);
  await on.getByText("Loading …").first().waitFor({ state: "detached" });
}

/** Rules of accessibility that the screen breaks, each with the first element that does. */
export async function broken(on: Page): Promise<string[]> {
  // Half a megabyte, which a tab keeps from screen to screen.
  if (!(await on.evaluate(() => "axe" in globalThis))) await on.evaluate(axe);
  const { violations } = await on.evaluate(
    // biome-ignore lint/suspicious/noExplicitAny: what axe leaves in the page
    () => (globalThis as any).axe.run(document, { resultTypes: ["violations"] }),
  );
  return violations.map(
    ({ id, nodes }: { id: string; nodes: { html: string }[] }) => `${id}: ${nodes[0]!.html}`,
  );
}

/** What does not fit on a phone: a page that is wider, tables that scroll sideways, buttons over what their row says. */
export async function misfits(on: Page): Promise<string[]> {
  const overhang = await on.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  const page = overhang > 0 ? [`the page is ${overhang} pixels wider`] : [];
  return [...page, ...(await sideways(on)), ...(await covering(on))];
}

/** Columns are rows that are compared: below each other they could not be. */
const COMPARED = "The row beside normal rows: table";

const sideways = (on: Page): Promise<string[]> =>
  on.evaluate(
    (compared) =>
      [...document.querySelectorAll("section.scroll")]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .filter(({ ariaLabel }) => ariaLabel !== compared)
        .map((section) => `${section.ariaLabel} scrolls sideways`),
    COMPARED,
  );

/** Cells of rows with buttons that lie over another cell of their row, by what is under them. */
const covering = (on: Page): Promise<string[]> =>
  on.evaluate(() =>
    [...document.querySelectorAll("td.controls:not(:empty)")].flatMap((cell) => {
      const box = cell.getBoundingClientRect();
      const others = [...cell.parentElement!.children].filter((other) => other !== cell);
      const under = others.filter((other) => {
        const { left, right, top, bottom } = other.getBoundingClientRect();
        const wide = Math.min(right, box.right) - Math.max(left, box.left);
        return wide > 1 && Math.min(bottom, box.bottom) - Math.max(top, box.top) > 1;
      });
      return under.map((other) => `a button covers ${other.textContent}`);
    }),
  );
