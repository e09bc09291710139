import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";
import { policy } from "./policy.js";

const runtime = fileURLToPath(new URL("../../node_modules/onnxruntime-web/", import.meta.url));
const wasm = `${runtime}dist/ort-wasm-simd-threaded.wasm`;
const { version } = JSON.parse(readFileSync(`${runtime}package.json`, "utf8"));

/** Other people's code in files of its own: one can see what is ours, and a new version of it leaves theirs in the cache. */
const output = {
  manualChunks: (id) =>
    id.includes("/node_modules/") ? /\/node_modules\/(?:@[^/]+\/)?([^/]+)/.exec(id)[1] : undefined,
  chunkFileNames: "assets/[name]-[hash].js",
};

export default defineConfig({
  // Works in any folder of any site.
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  // Sites whose headers one cannot set have it as well.
  plugins: [{ name: "policy", transformIndexHtml: (html) => html.replace("%POLICY%", policy) }],
  define: {
    RUNTIME: JSON.stringify({
      version,
      bytes: statSync(wasm).size,
      gzipped: gzipSync(readFileSync(wasm), { level: 6 }).length,
    }),
  },
  build: {
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { output },
    target: "es2022",
    chunkSizeWarningLimit: 1000,
  },
  worker: { format: "es", rollupOptions: { output } },
});
