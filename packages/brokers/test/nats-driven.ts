import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type JetStreamManager, type NatsConnection } from "nats";
import type { Driven } from "./driven.js";

/** Debian's is where the shells of most users do not look. */
const BINARY = ["nats-server", "/usr/sbin/nats-server"].find(
  (path) => spawnSync(path, ["--version"]).status === 0,
);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** A NATS server of its own, with JetStream. */
export function drivenNats(): Driven & { manager(): JetStreamManager; connection(): NatsConnection } {
  const folder = mkdtempSync(join(tmpdir(), "hypersphere-nats-"));
  let port = 0;
  let server: ChildProcess;
  let connection: NatsConnection;
  let manager: JetStreamManager;
  const stop = async (): Promise<void> => {
    await connection.close();
    server.kill("SIGKILL");
    await once(server, "exit");
  };
  const began = async (): Promise<boolean> => {
    try {
      connection = await connect({ port, reconnect: false });
      manager = await connection.jetstreamManager();
      return true;
    } catch {
      await connection?.close();
      return false;
    }
  };
  return {
    name: "NATS",
    isHere: BINARY !== undefined,
    manager: () => manager,
    connection: () => connection,
    async start() {
      port ||= await freePort();
      const flags = ["--addr", "127.0.0.1", "--port", String(port), "--store_dir", folder];
      server = spawn(BINARY!, ["--jetstream", ...flags], { stdio: "ignore" });
      for (const end = Date.now() + 10_000; !(await began()); await sleep(50))
        if (Date.now() > end) throw new Error("nats-server does not answer");
    },
    stop,
    async end() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
    url: (stream) => `nats://127.0.0.1:${port}/${stream}`,
    async clear() {
      for (const name of await manager.streams.names().next()) await manager.streams.delete(name);
      await manager.streams.add({ name: "READINGS", subjects: ["readings", "sensors.>"] });
    },
    async send(bodies) {
      const client = connection.jetstream();
      // Of one connection: they arrive in this order.
      await Promise.all(bodies.map((body) => client.publish("readings", body)));
    },
    async lines(of) {
      const stream = of === "scores" ? "scores" : "scores_dead";
      const info = await manager.streams.info(stream).catch(() => undefined);
      if (info === undefined || info.state.messages === 0) return [];
      const consumer = await connection.jetstream().consumers.get(stream);
      const lines: string[] = [];
      for await (const message of await consumer.fetch({ max_messages: info.state.messages, expires: 2000 }))
        lines.push(message.string());
      return lines;
    },
    place: String,
  };
}
