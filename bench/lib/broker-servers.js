/** Brokers with a server of their own, for programs that start workers over them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const brokers = createRequire(new URL("../../packages/brokers/package.json", import.meta.url));
const load = async (name) => await import(pathToFileURL(brokers.resolve(name)).href);

/**
 * Of each: `folder`; `flags(k, workers)` of the k-th worker; `send(texts)`, of [key, text]; `answers()`, how many there are; `lines()`, all
 * of them as texts; `end()`.
 */
export const brokerServers = { redis: redisServer, nats: natsServer };

async function redisServer() {
  const folder = mkdtempSync(join(tmpdir(), "hypersphere-redis-"));
  const socket = join(folder, "redis.sock");
  const { Redis } = await load("ioredis");
  const server = spawn("redis-server", ["--port", "0", "--unixsocket", socket, "--save", ""], {
    stdio: "ignore",
  });
  const redis = new Redis({ path: socket, retryStrategy: () => 100 });
  redis.on("error", () => {});
  await redis.ping();
  const url = (stream) => `redis://localhost/${stream}?socket=${socket}`;
  return {
    folder,
    flags: () => ["--from", url("readings"), "--to", url("scores"), "--entity-field", "pump"],
    async send(messages) {
      const pipeline = redis.pipeline();
      for (const [, text] of messages) pipeline.xadd("readings", "*", "data", text);
      await pipeline.exec();
    },
    answers: () => redis.xlen("scores"),
    lines: async () => (await redis.xrange("scores", "-", "+")).map(([, fields]) => fields[1]),
    async end() {
      redis.disconnect();
      await killed(server, folder);
    },
  };
}

async function natsServer() {
  const folder = mkdtempSync(join(tmpdir(), "hypersphere-nats-"));
  const { connect } = await load("nats");
  const port = await freePort();
  const flags = ["--jetstream", "--addr", "127.0.0.1", "--port", String(port), "--store_dir", folder];
  const env = { ...process.env, PATH: [process.env.PATH, "/usr/sbin"].join(delimiter) };
  const server = spawn("nats-server", flags, { stdio: "ignore", env });
  const begin = async () => {
    const connection = await connect({ port, reconnect: false });
    return { connection, manager: await connection.jetstreamManager() };
  };
  let begun;
  for (let tries = 0; begun === undefined; tries++) {
    begun = await begin().catch((error) => (tries > 50 ? Promise.reject(error) : sleep(50)));
  }
  const { connection, manager } = begun;
  const client = connection.jetstream();
  await manager.streams.add({ name: "READINGS", subjects: ["readings.*"] });
  const url = (subject) => `nats://127.0.0.1:${port}/${subject}`;
  // The first worker makes it.
  const answers = async () =>
    (await manager.streams.info("scores").catch(() => undefined))?.state.messages ?? 0;
  return {
    folder,
    flags: () => ["--from", url("readings.*"), "--to", url("scores"), "--entity-field", "pump"],
    async send(messages) {
      await Promise.all(messages.map(([key, text]) => client.publish(`readings.${key}`, text)));
    },
    answers,
    async lines() {
      const consumer = await client.consumers.get("scores");
      const lines = [];
      for await (const message of await consumer.fetch({ max_messages: await answers(), expires: 60_000 }))
        lines.push(message.string());
      return lines;
    },
    async end() {
      await connection.close();
      await killed(server, folder);
    },
  };
}

async function killed(server, folder) {
  server.kill("SIGKILL");
  if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
  rmSync(folder, { recursive: true, force: true });
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
