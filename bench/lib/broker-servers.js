/** Brokers with a server of their own, for programs that start workers over them. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { env, freePort, killed, load, startedNats, startedRedis } from "./broker-starts.js";

/**
 * Of each: `folder`; `flags(k, workers)` of the k-th worker; `send(texts)`, of [key, text]; `answers()`, how many there are; `lines()`, all
 * of them as texts; `end()`.
 */
export const brokerServers = {
  redis: redisServer,
  nats: natsServer,
  mqtt: mosquittoServer,
  kafka: kafkaCluster,
};

async function redisServer() {
  const { folder, redis, url, end } = await startedRedis();
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
    end,
  };
}

async function natsServer() {
  const { folder, manager, client, replicas, url, end } = await startedNats();
  await manager.streams.add({ name: "READINGS", subjects: ["readings.*"], num_replicas: replicas });
  // The first worker makes it.
  const answers = async () =>
    (await manager.streams.info("scores").catch(() => undefined))?.state.messages ?? 0;
  return {
    folder,
    flags: () => ["--from", url("readings.*"), "--to", url("scores"), "--entity-field", "pump"],
    async send(messages) {
      // An id, by which a message that is sent once more is known.
      const send = ([key, text]) =>
        client.publish(`readings.${key}`, text, { msgID: JSON.parse(text).id.toString() });
      await Promise.all(messages.map((message) => patiently(() => send(message))));
    },
    answers,
    async lines() {
      const consumer = await client.consumers.get("scores");
      const lines = [];
      for await (const message of await consumer.fetch({ max_messages: await answers(), expires: 60_000 }))
        lines.push(message.string());
      return lines;
    },
    end,
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

/** One that runs already, at HYPERSPHERE_KAFKA. */
/** Sends again where nobody leads a partition or a stream for a moment. */
async function patiently(send) {
  for (const end = performance.now() + 60_000; ; await sleep(500)) {
    try {
      return await send();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

/** Of the topics of Kafka. */
const PARTITIONS = 4;

async function kafkaCluster() {
  const address = process.env.HYPERSPHERE_KAFKA;
  if (address === undefined)
    throw new Error("HYPERSPHERE_KAFKA is not set, expected host:port of a cluster, or several with commas.");
  const { Kafka, logLevel } = await load("kafkajs");
  // Brokers that are killed come back.
  const retry = { retries: 60, initialRetryTime: 100, maxRetryTime: 1000 };
  const kafka = new Kafka({ brokers: address.split(","), logLevel: logLevel.NOTHING, retry });
  const admin = kafka.admin();
  await admin.connect();
  const { brokers } = await admin.describeCluster();
  const replicationFactor = Math.min(3, brokers.length);
  const topics = ["readings", "scores"].map((topic) => ({
    topic,
    numPartitions: PARTITIONS,
    replicationFactor,
  }));
  // A mock cannot be asked to make them, and has them.
  await admin
    .createTopics({ topics })
    .catch((error) => console.warn(`Topics were not made: ${error.message}`));
  await admin.disconnect();
  const [producer, consumer] = [
    kafka.producer({ idempotent: true, maxInFlightRequests: 1 }),
    kafka.consumer({ groupId: `broker-kills-${process.pid}`, maxWaitTimeInMs: 100 }),
  ];
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topic: "scores", fromBeginning: true });
  const lines = [];
  await consumer.run({
    eachBatchAutoResolve: true,
    eachBatch: async ({ batch }) => {
      for (const { value } of batch.messages) lines.push(String(value));
    },
  });
  const url = (topic) => `kafka://${address}/${topic}`;
  const folder = mkdtempSync(join(tmpdir(), "hypersphere-kafka-"));
  return {
    folder,
    flags: () => ["--from", url("readings"), "--to", url("scores"), "--entity-field", "pump"],
    async send(messages) {
      // One partition at a time: kafkajs that sends to several leaders may keep messages twice.
      const parts = new Map();
      for (const [key, value] of messages) {
        const partition = Number(key.slice(1)) % PARTITIONS;
        parts.set(partition, [...(parts.get(partition) ?? []), { partition, key, value }]);
      }
      for (const some of parts.values())
        await patiently(() => producer.send({ topic: "readings", messages: some }));
    },
    answers: async () => lines.length,
    lines: async () => lines,
    async end() {
      await Promise.all([producer.disconnect(), consumer.disconnect()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
