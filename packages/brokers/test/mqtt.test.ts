/** Workers over MQTT 5 on a Mosquitto of their own; without mosquitto these are skipped. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Model, Pca, seriesFromTable, tableFromRows } from "hypersphere";
import { generate, type Packet } from "mqtt-packet";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { BrokerAway } from "../src/broker.js";
import { MqttBroker } from "../src/mqtt.js";
import { CuttingProxy, hasMosquitto, Mosquitto } from "./mosquitto.js";

const WINDOW = 4;
/** Mosquitto takes so many messages of one client at a time. */
const IN_FLIGHT = 12;
/** More than it takes to answer three messages. */
const PACKETS = 30;
const bin = fileURLToPath(new URL("../../../bin/hypersphere.js", import.meta.url));
const cutting = { window: WINDOW, timeColumn: "time", entityColumn: "pump" };
const readings = (count: number, pumps: number, seed = 0) =>
  Array.from({ length: count }, (_, k) => ({
    id: k,
    pump: `p${k % pumps}`,
    time: new Date(Date.UTC(2026, 0, 5) + Math.floor(k / pumps) * 60_000).toISOString(),
    flow: Math.sin(k / pumps / 4) + 0.05 * Math.sin(13 * (k + seed)),
    load: Math.cos(k / pumps / 4) + 0.05 * Math.sin(17 * (k + seed)),
  }));

type Line = { id: number; message: string; pump: string; score?: number; error?: { message: string } };
type Worker = ChildProcess & { log: string };

describe.skipIf(!hasMosquitto)("MQTT", () => {
  const broker = new Mosquitto();
  const workers: Worker[] = [];
  let model: Model;

  function startWorker(topic: string, share: string, ...more: string[]): Worker {
    const flags = ["--from", broker.url(`${topic}/+/sensors`), "--to", broker.url(`${topic}/alarms`)];
    const folder = broker.path(`${topic}-${share.replace("/", "of")}`);
    const own = ["--state-folder", folder, "--share", share, "--entity-field", "topic:2", "--id-field", "id"];
    const args = [bin, "stream", broker.path("pump.onnx"), ...flags, ...own, ...more];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "pipe"] });
    const worker = Object.assign(child, { log: "" });
    child.stderr!.on("data", (text) => {
      worker.log += text;
    });
    workers.push(worker);
    return worker;
  }

  const kill = async (worker: Worker, signal: NodeJS.Signals): Promise<unknown> => {
    if (worker.exitCode !== null || worker.signalCode !== null) return worker.exitCode;
    worker.kill(signal);
    return (await once(worker, "exit"))[0];
  };

  async function until(what: () => boolean, seconds = 60): Promise<void> {
    for (const end = Date.now() + 1000 * seconds; !what(); await sleep(20))
      if (Date.now() > end)
        throw new Error(`Not within ${seconds} s: ${what}; ${workers.map(({ log }) => log)}`);
  }

  const lines = (topic: string): Line[] => (broker.lines.get(topic) ?? []).map((line) => JSON.parse(line));

  /** The entity is in the topic alone. */
  async function send(topic: string, rows: ReturnType<typeof readings>): Promise<void> {
    for (let from = 0; from < rows.length; from += IN_FLIGHT) {
      await Promise.all(
        rows.slice(from, from + IN_FLIGHT).map(({ pump, ...row }) =>
          // Some by each quality that does not lose any.
          broker.send(`${topic}/${pump}/sensors`, JSON.stringify(row), row.id % 12 < 6 ? 1 : 2),
        ),
      );
    }
  }

  /** Each message once, and with the scores of the batch to the last bit. */
  async function expectAsBatch(found: readonly Line[], rows: ReturnType<typeof readings>): Promise<void> {
    expect(found.map(({ id }) => id).sort((a, b) => a - b)).toEqual(rows.map(({ id }) => id));
    const series = seriesFromTable(tableFromRows(rows.map(({ id: _, ...row }) => row)), cutting);
    const { scores } = await model.score(series);
    const rowOfStep = new Map(Array.from(series.rowSteps, (step, row) => [step, row]));
    const expected = new Array<number | undefined>(rows.length).fill(undefined);
    series.starts.forEach((start, k) => {
      expected[rowOfStep.get(start + WINDOW - 1)!] = scores[k];
    });
    const byId = [...found].sort((a, b) => a.id - b.id);
    expect(byId.map(({ score }) => score && Math.fround(score))).toEqual(expected);
    expect(byId.map(({ pump }) => pump)).toEqual(rows.map(({ pump }) => pump));
  }

  beforeAll(async () => {
    await broker.start(["a/alarms", "b/alarms", "b/alarms/dead", "c/alarms", "cut/out"]);
    const training = readings(300, 3, 5).map(({ id: _, ...row }) => row);
    model = await new Pca({ seed: 1 }).fit(seriesFromTable(tableFromRows(training), cutting));
    await model.save(broker.path("pump.onnx"));
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) await kill(worker, "SIGKILL");
  });
  afterAll(() => broker.end());

  test("answer each message once, as the batch does, while one of two is killed again and again", async () => {
    const rows = readings(360, 12);
    const first = startWorker("a", "1/2");
    let second = startWorker("a", "2/2");
    // Before a session is there, a broker keeps nothing for it.
    await until(() => /ready/.test(first.log) && /ready/.test(second.log));
    for (let from = 0; from < rows.length; from += 180) {
      const sent = send("a", rows.slice(from, from + 180));
      await until(() => lines("a/alarms").length > from / 2 + 10);
      await kill(second, "SIGKILL");
      second = startWorker("a", "2/2");
      await sent;
    }
    await until(() => lines("a/alarms").length >= rows.length);
    expect(await kill(second, "SIGTERM")).toBe(0);
    await expectAsBatch(lines("a/alarms"), rows);
    expect(new Set(lines("a/alarms").map(({ message }) => message)).size).toBe(rows.length);
  });

  test("set aside what cannot be read, and go on after a rest of the broker with what it kept", async () => {
    const rows = readings(120, 12);
    const worker = startWorker("b", "1/1");
    await until(() => /ready/.test(worker.log));
    await broker.send("b/p0/sensors", "{broken", 1);
    await broker.send("b/p0/sensors", Buffer.from('{"flow":1,"note":"\u00fc"}', "latin1"), 1);
    await send("b", rows.slice(0, 60));
    await until(() => lines("b/alarms").length >= 60);
    await broker.rest();
    await until(() => worker.log.includes("waiting for it"));
    await broker.serve();
    await send("b", rows.slice(60));
    await until(() => lines("b/alarms").length >= rows.length);
    expect(worker.log).toContain("the broker is back");
    await expectAsBatch(lines("b/alarms"), rows);
    expect(lines("b/alarms/dead").map(({ error }) => error!.message)).toEqual([
      expect.stringContaining("{broken"),
      "A row is not valid UTF-8.",
    ]);
  });

  test("refuse the share and the folder of another worker", async () => {
    const first = startWorker("c", "1/1");
    await until(() => /ready/.test(first.log));
    const second = startWorker("c", "1/1");
    await once(second, "exit");
    expect([second.exitCode, second.log]).toEqual([
      5,
      expect.stringContaining("Another process has the folder"),
    ]);
    // Another folder, and the session of the first: Mosquitto ends the connection of whoever has it.
    const third = startWorker("c", "1/1", "--state-folder", broker.path("c-other"));
    await until(() => /another worker may have/.test(first.log + third.log));
  });

  /** Answers with what it was sent, as a worker does with scores, until so much came out or the connection ends. */
  async function echo(port: number, folder: string, isDone: () => boolean): Promise<void> {
    const own = new MqttBroker({
      ...{ from: broker.url("cut/in", port), to: broker.url("cut/out", port), group: "cut" },
      ...{ partitions: 2, leaseMs: 1000, stateFolder: folder },
    });
    try {
      await own.open();
      let [place] = (await own.lease()).values();
      while (!isDone()) {
        const messages = await own.read(place!, 2);
        const to = messages.at(-1)?.id;
        if (to === undefined) continue;
        const results = messages.map(({ body }) => String(body));
        const parts = [{ partition: 0, from: place!, to, results, deadLetters: [], states: new Map() }];
        await own.commit(parts);
        place = to;
      }
    } catch (error) {
      if (!(error instanceof BrokerAway)) throw error;
    } finally {
      await own.close();
    }
  }

  test.each([
    ["refuses the connection: reason 0x87", [{ cmd: "connack", reasonCode: 0x87, sessionPresent: false }]],
    [
      "no quality of service 2",
      [{ cmd: "connack", reasonCode: 0, sessionPresent: false, properties: { maximumQoS: 1 } }],
    ],
    [
      "Another worker of the same",
      [
        { cmd: "connack", reasonCode: 0, sessionPresent: false },
        { cmd: "disconnect", reasonCode: 0x8e },
      ],
    ],
    [
      "refuses the subscription to --from: reason 0x87",
      [
        { cmd: "connack", reasonCode: 0, sessionPresent: false },
        { cmd: "suback", messageId: 0xffff, granted: [0x87] },
      ],
    ],
  ] as const)("does not wait for a broker that says: %s", async (message, packets) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      // The subscription is answered when it was made.
      const [first, ...rest] = packets.map((packet) => generate(packet as Packet, { protocolVersion: 5 }));
      socket.once("data", () => {
        socket.write(first!);
        socket.once("data", () => socket.write(Buffer.concat(rest)));
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const own = new MqttBroker({
      ...{ from: broker.url("in", port), to: broker.url("out", port), group: "refused" },
      ...{ partitions: 2, leaseMs: 1000, stateFolder: broker.path(`refused-${port}`) },
    });
    await expect(own.open()).rejects.toThrow(message);
    await own.close();
    server.close();
  });

  test.each([1, 2] as const)(
    "whichever packet is the last, nothing of quality %d is lost or doubled",
    async (qos) => {
      const proxy = new CuttingProxy(broker.port);
      const port = await proxy.listen();
      const folder = broker.path(`cut-${qos}`);
      await echo(port, folder, () => true);
      const out = (): string[] => broker.lines.get("cut/out") ?? [];
      let sent = out().length;
      for (let packets = 0; packets < PACKETS; packets++) {
        const goal = sent + 3;
        await Promise.all(
          Array.from({ length: 3 }, (_, k) => broker.send("cut/in", `q${qos} ${packets} ${k}`, qos)),
        );
        sent = goal;
        proxy.cutAfter(packets);
        await echo(port, folder, () => out().length >= goal);
        proxy.cutAfter(Number.POSITIVE_INFINITY);
        await echo(port, folder, () => out().length >= goal);
      }
      proxy.close();
      const own = out().filter((text) => text.startsWith(`q${qos}`));
      const all = Array.from({ length: PACKETS }, (_, n) =>
        Array.from({ length: 3 }, (_, k) => `q${qos} ${n} ${k}`),
      );
      expect(own).toEqual(all.flat());
    },
  );
});
