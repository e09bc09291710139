import { defineConfig } from "vite";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  // The service's policy allows no data: addresses, and nothing in the page itself.
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: "es2022" },
});
