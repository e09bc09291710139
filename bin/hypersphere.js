#!/usr/bin/env node
// The command line. Everything is in dist/cli; what stands here must run, and explain itself, without a build.
import { existsSync } from "node:fs";

const main = new URL("../dist/cli/main.js", import.meta.url);
const [major, minor] = process.versions.node.split(".").map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`error: hypersphere needs Node.js 20.19 or later; this is ${process.versions.node}.`);
  process.exitCode = 1;
} else if (!existsSync(main)) {
  console.error("error: hypersphere is not built yet; run `npm run setup` first.");
  process.exitCode = 1;
} else {
  const { runCli } = await import(main.href);
  await runCli(process.argv.slice(2));
}
