// Servers of brokers for `broker-kills.js`: `readings` go in, `scores` come out.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const brokers = createRequire(new URL("../packages/brokers/package.json", import.meta.url));
const ofBrokers = (name) => import(pathToFileURL(brokers.resolve(name)).href);

export async function startRedis(folder) {
  const { Redis } = await ofBrokers("ioredis");
  const socket = join(folder, "redis.sock");
  const server = spawn("redis-server", ["--port", "0", "--unixsocket", socket, "--save", ""], {
    stdio: "ignore",
  });
  const redis = new Redis({ path: socket, retryStrategy: () => 100 });
  redis.on("error", () => {});
  return {
    url: (stream) => `redis://localhost/${stream}?socket=${socket}`,
    async send(bodies) {
      const pipeline = redis.pipeline();
      for (const body of bodies) pipeline.xadd("readings", "*", "data", body);
      await pipeline.exec();
    },
    answered: () => redis.xlen("scores"),
    answers: async () => (await redis.xrange("scores", "-", "+")).map(([, fields]) => fields[1]),
    /** Ids of messages, in their order. */
    sent: async () => (await redis.xrange("readings", "-", "+")).map(([id]) => id),
    async stop() {
      redis.disconnect();
      server.kill("SIGKILL");
      await once(server, "exit");
    },
  };
}

export async function startNats(folder) {
  const { connect } = await ofBrokers("nats");
  const port = await freePort();
  const binary = ["nats-server", "/usr/sbin/nats-server"].find(
    (path) => spawnSync(path, ["--version"]).status === 0,
  );
  const flags = ["--jetstream", "--addr", "127.0.0.1", "--port", String(port), "--store_dir", folder];
  const server = spawn(binary ?? "nats-server", flags, { stdio: "ignore" });
  const begin = async () => {
    const connection = await connect({ port, reconnect: false });
    return { connection, manager: await connection.jetstreamManager() };
  };
  let begun;
  for (let k = 0; k < 50 && begun === undefined; k++) begun = await begin().catch(() => sleep(100));
  if (begun === undefined) throw new Error("nats-server does not answer");
  const { connection, manager } = begun;
  const client = connection.jetstream();
  await manager.streams.add({ name: "READINGS", subjects: ["readings"] });
  const count = async (stream) => {
    const info = await manager.streams.info(stream).catch(() => undefined);
    return info?.state.messages ?? 0;
  };
  const all = async (stream) => {
    const consumer = await client.consumers.get(stream);
    const found = [];
    for await (const message of await consumer.fetch({ max_messages: await count(stream), expires: 60_000 }))
      found.push(message);
    return found;
  };
  return {
    url: (subject) => `nats://127.0.0.1:${port}/${subject}`,
    send: (bodies) => Promise.all(bodies.map((body) => client.publish("readings", body))),
    answered: () => count("scores"),
    answers: async () => (await all("scores")).map((message) => message.string()),
    sent: async () => (await all("READINGS")).map(({ seq }) => String(seq)),
    async stop() {
      await connection.close();
      server.kill("SIGKILL");
      await once(server, "exit");
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
