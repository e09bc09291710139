/** Servers of brokers of which a program has one for itself, and a client of each. */
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
export const load = async (name) => await import(pathToFileURL(brokers.resolve(name)).href);

/** Where Debian puts servers. */
export const env = { ...process.env, PATH: [process.env.PATH, "/usr/sbin"].join(delimiter) };

export async function startedRedis() {
  const folder = mkdtempSync(join(tmpdir(), "hypersphere-redis-"));
  const socket = join(folder, "redis.sock");
  const { Redis } = await load("ioredis");
  const server = spawn("redis-server", ["--port", "0", "--unixsocket", socket, "--save", ""], {
    stdio: "ignore",
  });
  const redis = new Redis({ path: socket, retryStrategy: () => 100 });
  redis.on("error", () => {});
  await redis.ping();
  return {
    folder,
    socket,
    redis,
    url: (stream) => `redis://localhost/${stream}?socket=${socket}`,
    async end() {
      redis.disconnect();
      await killed(server, folder);
    },
  };
}

/** With HYPERSPHERE_NATS=host:port,host:port a cluster that runs already, in place of a server of its own. */
export async function startedNats() {
  const folder = mkdtempSync(join(tmpdir(), "hypersphere-nats-"));
  const { connect } = await load("nats");
  const cluster = process.env.HYPERSPHERE_NATS;
  const port = cluster === undefined ? await freePort() : undefined;
  const flags = ["--jetstream", "--addr", "127.0.0.1", "--port", String(port), "--store_dir", folder];
  const server = cluster === undefined ? spawn("nats-server", flags, { stdio: "ignore", env }) : undefined;
  const hosts = cluster ?? `127.0.0.1:${port}`;
  const begin = async () => {
    const connection = await connect({ servers: hosts.split(","), reconnect: cluster !== undefined });
    return { connection, manager: await connection.jetstreamManager() };
  };
  let begun;
  for (let tries = 0; begun === undefined; tries++) {
    begun = await begin().catch((error) => (tries > 50 ? Promise.reject(error) : sleep(50)));
  }
  const { connection, manager } = begun;
  return {
    folder,
    port,
    connection,
    manager,
    client: connection.jetstream(),
    replicas: Math.min(3, hosts.split(",").length),
    url: (subject) => `nats://${hosts}/${subject}`,
    async end() {
      await connection.close();
      await killed(server, folder);
    },
  };
}

export async function killed(server, folder) {
  server?.kill("SIGKILL");
  if (server?.exitCode === null && server.signalCode === null) await once(server, "exit");
  rmSync(folder, { recursive: true, force: true });
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
