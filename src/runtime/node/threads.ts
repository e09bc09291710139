/** What threads and processes of ours are started with. */
import type { WorkerOptions } from "node:worker_threads";

/**
 * The compiled file that a thread or process begins with; where sources are under test, the one of the last build.
 * @param file relative to `here`, ending in .js
 * @param here the URL of the module that asks
 */
export function entryUrl(file: string, here: string): URL {
  return new URL(file, here.endsWith(".ts") ? here.replace(/\/src\/(?!.*\/src\/)/, "/dist/") : here);
}

/** Threads inherit Node's options. `node --input-type=module --eval ...` has one that a file's thread refuses. */
export function inheritedOptions(): WorkerOptions {
  return process.execArgv.some((option) => option.startsWith("--input-type")) ? { execArgv: [] } : {};
}
