// Compiles the library's src/ and then that of each package in packages/ to their dist/ with tsc, and a package's page/ to
// dist/page with vite, skipping the work where nothing has changed since the last build. The old build stays in place until the new one is complete, and stays for good if there
// are errors.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { TSC } from "./lib/compiler.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = ".source-hash";
// The library first: packages are compiled against its declarations.
const packages = readdirSync(join(root, "packages")).map((name) => join("packages", name));
// The playground is a page alone, which scripts/playground.js builds.
const folders = ["."].concat(packages.filter((name) => existsSync(join(root, name, "tsconfig.build.json"))));
for (const folder of folders) if (process.exitCode === undefined) build(join(root, folder));

function build(folder) {
  const dist = join(folder, "dist");
  const digest = sourceDigest(folder);
  if (existsSync(join(dist, stamp)) && readFileSync(join(dist, stamp), "utf8") === digest) return;
  // In node_modules/, which every tool ignores.
  mkdirSync(join(root, "node_modules/.cache"), { recursive: true });
  const scratch = mkdtempSync(join(root, "node_modules/.cache/hypersphere-build-"));
  try {
    const tsc = join(root, "node_modules", TSC);
    const fresh = join(scratch, "dist");
    const done = spawnSync(
      process.execPath,
      [tsc, "-p", join(folder, "tsconfig.build.json"), "--outDir", fresh],
      {
        stdio: ["ignore", 2, 2],
      },
    );
    if (done.status !== 0) process.exitCode = done.status ?? 1;
    else if (hasPage(folder) && !buildPage(join(folder, "page"), join(fresh, "page"))) process.exitCode = 1;
    else {
      writeFileSync(join(fresh, stamp), digest);
      if (existsSync(dist)) renameSync(dist, join(scratch, "old"));
      renameSync(fresh, dist);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function hasPage(folder) {
  return existsSync(join(folder, "page/vite.config.js"));
}

function buildPage(page, dist) {
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const flags = ["--outDir", dist, "--emptyOutDir", "--logLevel", "warn"];
  return (
    spawnSync(process.execPath, [vite, "build", page, ...flags], { stdio: ["ignore", 2, 2] }).status === 0
  );
}

function sourceDigest(folder) {
  const hash = createHash("sha256");
  const sources = readdirSync(join(folder, "src"), { recursive: true }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  for (const file of sources.sort()) hash.update(file).update(readFileSync(join(folder, "src", file)));
  if (hasPage(folder)) {
    const files = readdirSync(join(folder, "page"), { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
    for (const path of paths.sort()) hash.update(relative(folder, path)).update(readFileSync(path));
  }
  for (const file of ["tsconfig.json", "package-lock.json"]) hash.update(readFileSync(join(root, file)));
  return hash.update(readFileSync(join(folder, "tsconfig.build.json"))).digest("hex");
}
