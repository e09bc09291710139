/**
 * Brokers with a server of their own and a stream of messages, for measuring consumers. Of each: `flags` of a worker, `peer` (a script and its
 * first arguments, of the same consumer in Python) and what that imports; `fresh()`, nothing read or answered; `owners()`, of all partitions;
 * `send(texts)`; `sendAtOnce(texts, children)`; `answers()`, how many there are; `waits()`, of all answers in their order the milliseconds from
 * message to answer, by the clock of the broker; `end()`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startedNats, startedRedis } from "./broker-starts.js";

export const brokerLoads = { redis: redisLoad, nats: natsLoad };

/** Puts all messages of a list into the stream in one step. */
const RELEASE = `
for k, body in ipairs(redis.call('LRANGE', 'more', 0, -1)) do redis.call('XADD', 'readings', '*', 'data', body) end`;

async function redisLoad() {
  const { folder, socket, redis, url, end } = await startedRedis();
  return {
    folder,
    flags: ["--from", url("readings"), "--to", url("scores")],
    peer: ["broker_peer.py", socket],
    imports: "redis",
    fresh: () => redis.flushall(),
    owners: () => redis.hvals("hypersphere:readings:hypersphere:owners"),
    async send(texts) {
      const pipeline = redis.pipeline();
      for (const text of texts) pipeline.xadd("readings", "*", "data", text);
      await pipeline.exec();
    },
    async sendAtOnce(texts) {
      for (let k = 0; k < texts.length; k += 1000) await redis.rpush("more", ...texts.slice(k, k + 1000));
      await redis.eval(RELEASE, 0);
    },
    answers: () => redis.xlen("scores"),
    waits: async () =>
      (await redis.xrange("scores", "-", "+")).map(
        ([id, fields]) => Number.parseInt(id, 10) - Number.parseInt(JSON.parse(fields[1]).message, 10),
      ),
    end,
  };
}

async function natsLoad() {
  const { folder, port, connection, manager, client, url, end } = await startedNats();
  const names = async () => (await manager.streams.names().next()).sort();
  const messagesOf = async (stream) =>
    (await manager.streams.info(stream).catch(() => undefined))?.state.messages ?? 0;
  const send = async (texts) => {
    const before = await messagesOf("READINGS");
    for (const text of texts) connection.publish("readings", text);
    await connection.flush();
    while ((await messagesOf("READINGS")) < before + texts.length) await sleep(2);
  };
  /** What `take` makes of each message of a stream. */
  const each = async (stream, take) => {
    const found = [];
    const count = await messagesOf(stream);
    const consumer = await client.consumers.get(stream);
    for await (const message of await consumer.consume({ max_messages: 5000 })) {
      found.push(take(message));
      if (found.length === count) break;
    }
    return found;
  };
  const millis = ({ info }) => Number(BigInt(info.timestampNanos) / 1000n) / 1000;
  return {
    folder,
    flags: ["--from", url("readings"), "--to", url("scores")],
    peer: ["nats_peer.py", String(port)],
    imports: "nats",
    async fresh() {
      for (const name of await names()) await manager.streams.delete(name);
      await manager.streams.add({ name: "READINGS", subjects: ["readings"] });
      await manager.streams.add({ name: "scores", subjects: ["scores.*"] });
    },
    async owners() {
      const bucket = (await names()).find((name) => name.startsWith("KV_hypersphere_"));
      if (bucket === undefined) return [];
      const leases = await manager.streams
        .getMessage(bucket, { last_by_subj: `$KV.${bucket.slice(3)}.leases` })
        .catch(() => undefined);
      return leases?.json().owners.filter((owner) => owner !== null) ?? [];
    },
    send,
    /** Nobody reads before all are there: consumers are stopped for less time than a lease lasts. */
    async sendAtOnce(texts, children) {
      for (const child of children) child.kill("SIGSTOP");
      await send(texts);
      for (const child of children) child.kill("SIGCONT");
    },
    answers: () => messagesOf("scores"),
    async waits() {
      const sent = await each("READINGS", millis);
      return each("scores", (message) => millis(message) - sent[Number(message.json().message) - 1]);
    },
    end,
  };
}
