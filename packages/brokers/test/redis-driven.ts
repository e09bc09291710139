import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { Driven } from "./driven.js";

/** A Redis server of its own, on a socket. */
export function drivenRedis(): Driven {
  const folder = mkdtempSync(join(tmpdir(), "hypersphere-redis-"));
  const socket = join(folder, "redis.sock");
  let server: ChildProcess;
  let redis: Redis;
  const stop = async (): Promise<void> => {
    redis.disconnect();
    server.kill("SIGKILL");
    await once(server, "exit");
  };
  return {
    name: "Redis",
    isHere: spawnSync("redis-server", ["--version"]).status === 0,
    async start() {
      const files = ["--dir", folder, "--appendonly", "yes", "--appendfsync", "always", "--save", ""];
      server = spawn("redis-server", ["--port", "0", "--unixsocket", socket, ...files], { stdio: "ignore" });
      redis = new Redis({ path: socket, retryStrategy: () => 50 });
      redis.on("error", () => {});
      await redis.ping();
    },
    stop,
    async end() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
    url: (stream) => `redis://localhost/${stream}?socket=${socket}`,
    async clear() {
      await redis.flushall();
    },
    async send(bodies) {
      const pipeline = redis.pipeline();
      for (const body of bodies) pipeline.xadd("readings", "*", "data", body);
      await pipeline.exec();
    },
    async lines(of) {
      const stream = of === "scores" ? "scores" : "scores:dead";
      return (await redis.xrange(stream, "-", "+")).map(([, fields]) => fields[1]!);
    },
    place: (n) => `${n}-0`,
  };
}
