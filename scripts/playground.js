// The playground, a static page that trains in the browser: builds it and serves it on this machine, on a free port, until
// Ctrl-C. With --build DIR the files are left there, to be put on any site, and nothing is served. --port N asks for a port.
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const called = process.cwd();
const { values } = parseOrStop();
const outDir = values.build === undefined ? undefined : resolve(called, values.build);
if (outDir !== undefined) refuseOtherFiles(outDir);

await import("./setup.js");
if (process.exitCode !== undefined) process.exit();
const { build, preview } = await import("vite");

const root = fileURLToPath(new URL("../packages/playground", import.meta.url));
const target =
  outDir ?? fileURLToPath(new URL("../node_modules/.cache/hypersphere-playground", import.meta.url));
await build({ root, logLevel: "warn", build: { outDir: target, emptyOutDir: true } });

if (outDir === undefined) {
  // What the page says of itself, said of its worker, too.
  const { policy } = await import("../packages/playground/policy.js");
  const { resolvedUrls } = await preview({
    root,
    logLevel: "warn",
    build: { outDir: target },
    preview: {
      host: "127.0.0.1",
      port: values.port === undefined ? 4173 : Number(values.port),
      headers: { "content-security-policy": policy, "x-content-type-options": "nosniff" },
    },
  });
  console.log(`The playground is at ${resolvedUrls.local[0]} (Ctrl-C stops it).`);
} else {
  console.log(`The playground is in ${values.build}: put the folder on any site, with the header`);
  console.log("of docs/playground.md where you can.");
}

function parseOrStop() {
  try {
    const parsed = parseArgs({ options: { build: { type: "string" }, port: { type: "string" } } });
    const { port = "4173" } = parsed.values;
    if (/^\d+$/.test(port) && Number(port) > 0 && Number(port) < 65_536) return parsed;
    throw new Error(`--port is ${port}, expected a whole number from 1 to 65535.`);
  } catch (error) {
    console.error(`${error.message}\nUsage: npm run playground [-- --build DIR] [-- --port N]`);
    process.exit(2);
  }
}

/** A folder is emptied before it is built into: only one that a build has left. */
function refuseOtherFiles(folder) {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  if (existsSync(join(folder, "index.html")) && existsSync(join(folder, "assets"))) return;
  console.error(`${folder} holds other files; expected an empty folder, a new one, or an earlier build.`);
  process.exit(2);
}
