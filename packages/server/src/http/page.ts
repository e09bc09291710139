import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Env } from "./services.js";

/**
 * Scripts and styles are files of the service itself; nothing comes from elsewhere, and nothing stands in the page. Pictures of
 * results are blobs: they take the key, which addresses do not carry.
 */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Beside the compiled service; its sources, which tests run, lie a folder deeper. */
const folders = [new URL("../page/", import.meta.url), new URL("../../dist/page/", import.meta.url)];

/** The page for people, as scripts/build.js makes it: few files, which are read once. */
export function pageRoutes(app: OpenAPIHono<Env>): void {
  const folder = folders.find((one) => existsSync(new URL("index.html", one)));
  if (folder === undefined) return;
  const page = readFileSync(new URL("index.html", folder), "utf8");
  app.get("/", (c) => c.html(page, 200, { "Cache-Control": "no-cache", "Content-Security-Policy": POLICY }));
  for (const name of readdirSync(new URL("assets/", folder))) {
    const content = new Uint8Array(readFileSync(new URL(`assets/${name}`, folder)));
    const type = TYPES[extname(name)] ?? "application/octet-stream";
    // The name has the hash of the content.
    app.get(`/assets/${name}`, (c) =>
      c.body(content, 200, { "Content-Type": type, "Cache-Control": "public, max-age=31536000, immutable" }),
    );
  }
}
