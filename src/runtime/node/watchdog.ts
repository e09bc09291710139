/** Entry of a thread that ends its process when that takes too much memory, or is left behind by its parent. */
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { MEMORY_EXCEEDED } from "./memory-exceeded.js";

const { memoryMiB, parent } = workerData as { memoryMiB: number | undefined; parent: number };
const EVERY_MS = 10;

setInterval(() => {
  const tooMuch = memoryMiB !== undefined && process.memoryUsage.rss() > memoryMiB * 2 ** 20;
  if (tooMuch) writeSync(2, `${MEMORY_EXCEEDED}\n`);
  if (tooMuch || process.ppid !== parent) process.kill(process.pid, "SIGKILL");
}, EVERY_MS);
