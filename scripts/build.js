// Compiles src/ to dist/ with tsc, skipping the work when nothing under src/ has changed since the last build.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = join(root, "dist/.source-hash");

const hash = createHash("sha256");
const sources = readdirSync(join(root, "src"), { recursive: true }).filter(
  (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
);
for (const file of sources.sort()) hash.update(file).update(readFileSync(join(root, "src", file)));
for (const file of ["tsconfig.json", "tsconfig.build.json", "package.json"]) {
  hash.update(readFileSync(join(root, file)));
}
const digest = hash.digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== digest) {
  // Built beside the old one and swapped in when complete: programs that run meanwhile find one or the other.
  const fresh = join(root, `dist.${process.pid}`);
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const options = ["-p", join(root, "tsconfig.build.json"), "--outDir", fresh];
  const done = spawnSync(process.execPath, [tsc, ...options], { stdio: ["ignore", 2, 2] });
  if (done.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    process.exit(done.status ?? 1);
  }
  writeFileSync(join(fresh, ".source-hash"), digest);
  rmSync(join(root, "dist"), { recursive: true, force: true });
  renameSync(fresh, join(root, "dist"));
}
