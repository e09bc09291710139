/** Brokers with a server of their own, for programs that start workers over them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const brokers = createRequire(new URL("../../packages/brokers/package.json", import.meta.url));
export const load = async (name) => await import(pathToFileURL(brokers.resolve(name)).href);

/**
 * Of each: `folder`; `flags(k, workers)` of the k-th worker; `send(texts)`, of [key, text]; `answers()`, how many there are; `lines()`, all
 * of them as texts; `end()`.
 */
export const brokerServers = { redis: redisServer, nats: natsServer, mqtt: mosquittoServer };

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

/** Mosquitto takes so many messages of one client at a time. */
const IN_FLIGHT = 16;

async function mosquittoServer() {
  const folder = mkdtempSync(join(tmpdir(), "hypersphere-mosquitto-"));
  const { connectAsync } = await load("mqtt");
  const port = await freePort();
  const settings = ["allow_anonymous true", "max_queued_messages 0", "persistence true", "user root"];
  const conf = [`listener ${port} 127.0.0.1`, ...settings, `persistence_location ${folder}/`].join("\n");
  writeFileSync(join(folder, "mosquitto.conf"), `${conf}\n`);
  const env = { ...process.env, PATH: [process.env.PATH, "/usr/sbin"].join(delimiter) };
  const server = spawn("mosquitto", ["-c", join(folder, "mosquitto.conf")], { stdio: "ignore", env });
  const url = (topic) => `mqtt://127.0.0.1:${port}/${topic}`;
  const options = { protocolVersion: 5, clean: false, properties: { sessionExpiryInterval: 3600 } };
  const connected = async (clientId) => {
    for (let tries = 0; ; tries++) {
      try {
        return await connectAsync(url(""), { ...options, clientId }, false);
      } catch (error) {
        if (tries > 50) throw error;
        await sleep(50);
      }
    }
  };
  const [publisher, collector] = [await connected("publisher"), await connected("collector")];
  const lines = [];
  collector.on("message", (_, text) => lines.push(String(text)));
  await collector.subscribeAsync("plant/alarms", { qos: 2 });
  return {
    folder,
    flags: (k, workers) => [
      ...["--from", url("plant/+/sensors"), "--to", url("plant/alarms"), "--entity-field", "topic:2"],
      ...["--share", `${k + 1}/${workers}`, "--state-folder", join(folder, `worker-${k}`)],
    ],
    async send(messages) {
      for (let k = 0; k < messages.length; k += IN_FLIGHT) {
        const some = messages.slice(k, k + IN_FLIGHT);
        // Of both qualities that lose nothing, each series by one of them.
        await Promise.all(
          some.map(([key, text]) =>
            publisher.publishAsync(`plant/${key}/sensors`, text, {
              qos: key.charCodeAt(key.length - 1) % 2 ? 1 : 2,
            }),
          ),
        );
      }
    },
    answers: async () => lines.length,
    lines: async () => lines,
    async end() {
      await Promise.all([publisher.endAsync(true), collector.endAsync(true)]);
      await killed(server, folder);
    },
  };
}

export async function killed(server, folder) {
  server.kill("SIGKILL");
  if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
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
