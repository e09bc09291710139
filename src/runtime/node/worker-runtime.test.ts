import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { doubled, failure } from "../../../test/runtime/models.js";
import { WorkerRuntime } from "./worker-runtime.js";

describe("a worker that dies", () => {
  const entry = (code: string): URL => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const failing: [string, string, string][] = [
    ["at once, with an exception", 'throw new Error("out of luck")', "The worker thread failed: out of luck"],
    ["at once, without a word", "process.exit(0)", "The worker thread has ended."],
    [
      "at its first request",
      'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => process.exit(1));',
      "The worker thread has ended.",
    ],
    [
      "by a rejected promise",
      'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => Promise.reject(new Error("no")));',
      "The worker thread failed: no",
    ],
  ];
  it.each(failing)("%s", async (_, code, message) => {
    const runtime = new WorkerRuntime("native", "test", { entry: entry(code) });
    const requests = [1, 2, 3].map(() => failure(runtime.createSession(doubled)));
    for (const error of await Promise.all(requests)) expect(error.message).toBe(message);
    expect((await failure(runtime.createSession(doubled))).message).toBe(message);
    await runtime.close();
  });

  it("before anything was asked of it", async () => {
    const runtime = new WorkerRuntime("native", "test", { entry: entry("process.exit(0)") });
    for (let wait = 0; wait < 100 && !runtime.ended; wait++) await sleep(20);
    expect((await failure(runtime.createSession(doubled))).message).toBe("The worker thread has ended.");
  });
});
