/** A Chromium of the system, if there is one, and pages that are served to it from this machine. */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Where Chromium may be; the environment's CHROMIUM goes first. */
const places = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser"];

export const chromiumPath = places.find((path) => path !== undefined && path !== "" && existsSync(path));

// Once for every file of tests that has some for a browser.
if (chromiumPath === undefined) {
  console.log(
    "Tests in a browser are skipped: no Chromium here (node scripts/browser.js installs Debian's, or set CHROMIUM).",
  );
}

/** What a Chromium without a display, and perhaps run by root, needs. */
export const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Playwright gives each browser a new, empty profile and removes it at the end. */
export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath!, headless: true, args: chromiumFlags });

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

export interface Site {
  readonly url: string;
  readonly server: Server;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
}

/**
 * Serves folders on loopback.
 * @param folders by the beginning of the path; the longest that fits is taken
 * @param headers sent with every answer
 */
export async function serve(
  folders: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): Promise<Site> {
  const asked: string[] = [];
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const server = createServer(({ url = "/" }, response) => {
    const path = normalize(new URL(url, "http://localhost").pathname).replaceAll("\\", "/");
    if (path === "/favicon.ico") {
      response.writeHead(204).end();
      return;
    }
    asked.push(path);
    const prefix = prefixes.find((start) => path.startsWith(start))!;
    const file = join(folders[prefix]!, path === "/" ? "index.html" : path.slice(prefix.length));
    try {
      const body = readFileSync(file);
      response.writeHead(200, {
        "content-type": types[extname(file)] ?? "application/octet-stream",
        ...headers,
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server, asked };
}
