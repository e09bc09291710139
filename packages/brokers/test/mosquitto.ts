import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectSocket, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connectAsync, type MqttClient } from "mqtt";
import { type Packet, parser } from "mqtt-packet";

/** Debian's is where only root looks. */
const binary = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"]
  .map((folder) => join(folder, "mosquitto"))
  .find((path) => existsSync(path) && spawnSync(path, ["-h"]).error === undefined);
export const hasMosquitto = binary !== undefined;

/** A Mosquitto of its own that keeps what it knows, and clients of the package mqtt that publish and collect. */
export class Mosquitto {
  readonly #folder = mkdtempSync(join(tmpdir(), "hypersphere-mosquitto-"));
  #server: ChildProcess | undefined;
  #publisher: MqttClient | undefined;
  #collector: MqttClient | undefined;
  #port = 0;
  /** Texts by topic, as they came. */
  readonly lines = new Map<string, string[]>();

  get port(): number {
    return this.#port;
  }

  url(topic: string, port = this.#port): string {
    return `mqtt://127.0.0.1:${port}/${topic}`;
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  /** @param topics that are collected */
  async start(topics: readonly string[]): Promise<void> {
    this.#port ||= await freePort();
    writeFileSync(
      this.path("mosquitto.conf"),
      `listener ${this.#port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location ${this.#folder}/
max_queued_messages 0\nuser root\n`,
    );
    await this.serve();
    const options = { protocolVersion: 5, clean: false, reconnectPeriod: 100 } as const;
    const kept = { properties: { sessionExpiryInterval: 3600 } };
    this.#publisher = await connectAsync(this.url(""), { ...options, ...kept, clientId: "publisher" });
    this.#collector = await connectAsync(this.url(""), { ...options, ...kept, clientId: "collector" });
    this.#collector.on("message", (topic, text) => {
      this.lines.set(topic, [...(this.lines.get(topic) ?? []), String(text)]);
    });
    await this.#collector.subscribeAsync([...topics], { qos: 2 });
  }

  async serve(): Promise<void> {
    this.#server = spawn(binary!, ["-c", this.path("mosquitto.conf")], { stdio: "ignore" });
    for (let tries = 0; tries < 200; tries++) {
      const socket = connectSocket(this.#port, "127.0.0.1");
      try {
        await once(socket, "connect");
        return;
      } catch {
        await sleep(20);
      } finally {
        socket.destroy();
      }
    }
    throw new Error("Mosquitto does not listen.");
  }

  /** Has it write down what it knows, and end. */
  async rest(): Promise<void> {
    this.#server!.kill("SIGTERM");
    await once(this.#server!, "exit");
  }

  async send(topic: string, text: string | Buffer, qos: 0 | 1 | 2): Promise<void> {
    await this.#publisher!.publishAsync(topic, text, { qos });
  }

  async end(): Promise<void> {
    await this.#publisher?.endAsync(true);
    await this.#collector?.endAsync(true);
    this.#server?.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Passes packets on to a broker, and ends a connection behind so many of them; those of pings do not count. */
export class CuttingProxy {
  readonly #server = createServer((socket) => this.#pass(socket));
  readonly #to: number;
  #left = Number.POSITIVE_INFINITY;

  constructor(to: number) {
    this.#to = to;
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as { port: number }).port;
  }

  /** Of both directions together, from here on. */
  cutAfter(packets: number): void {
    this.#left = packets;
  }

  close(): void {
    this.#server.close();
  }

  #pass(worker: Socket): void {
    const broker = connectSocket(this.#to, "127.0.0.1");
    const cut = (): void => {
      worker.destroy();
      broker.destroy();
    };
    for (const socket of [worker, broker]) socket.on("error", cut).on("close", cut);
    this.#copy(worker, broker, cut);
    this.#copy(broker, worker, cut);
  }

  #copy(from: Socket, to: Socket, cut: () => void): void {
    const reader = parser({ protocolVersion: 5 });
    let lengths: number[] = [];
    let held = Buffer.alloc(0);
    reader.on("packet", ({ length }: Packet) => lengths.push(wholeLength(length!)));
    from.on("data", (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      lengths = [];
      reader.parse(bytes);
      for (const length of lengths) {
        if (this.#left-- <= 0) return cut();
        to.write(held.subarray(0, length));
        held = held.subarray(length);
      }
    });
  }
}

/** A packet has a byte, its length in 7 bits a byte, and so many more. */
const wholeLength = (rest: number): number =>
  1 + (rest < 128 ? 1 : rest < 16_384 ? 2 : rest < 2_097_152 ? 3 : 4) + rest;
