// Makes a fresh clone ready to run: installs the locked dependencies when they are missing or out of date, then
// builds. Both `npm run demo` and `npm test` begin here, so that either is the only command a newcomer types.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, lstatSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`hypersphere needs Node.js 20.19 or later; this is ${process.versions.node}.`);
  process.exit(1);
}

const lock = "package-lock.json";
const installed = "node_modules/.hypersphere-lock.json";
const upToDate = existsSync(installed) && readFileSync(lock, "utf8") === readFileSync(installed, "utf8");
if (!upToDate) {
  // npm ci empties what a link leads to, which is another checkout's.
  if (lstatSync("node_modules", { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error("node_modules is a link, and what it leads to is not what package-lock.json asks for.");
    console.error("Install where it leads to, or remove the link: rm node_modules");
    process.exit(1);
  }
  const done = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
  copyFileSync(lock, installed);
}
await import("./build.js");
