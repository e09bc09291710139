/** Over TLS with an authority of this test, with names and passwords, on the real servers; those that are not here are skipped. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import { inspect } from "node:util";
import { HypersphereError } from "hypersphere";
import { connect } from "nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Broker, BrokerAway } from "../src/broker.js";
import { brokerOf } from "../src/broker-of.js";
import { Certificates, hasOpenssl } from "./certificates.js";
import { freePort } from "./mosquitto.js";

const certificates = new Certificates();
const { file } = certificates;
/** Debian's servers are where only root looks. */
const env = { ...process.env, PATH: [process.env["PATH"], "/usr/sbin"].join(delimiter) };
const isHere = (command: string, flag: string): boolean =>
  spawnSync(command, [flag], { env }).error === undefined;
const SECRET = "p@ss/w%rd:x";
const who = (secret = SECRET): string => `worker:${encodeURIComponent(secret)}`;

interface Kind {
  readonly name: string;
  readonly command: string;
  readonly protocol: string;
  flags(port: number): string[];
  /** What a stream of messages needs before workers. */
  prepare?(port: number): Promise<void>;
}

const kinds: readonly Kind[] = [
  {
    ...{ name: "Redis", command: "redis-server", protocol: "rediss:" },
    flags: (port) => [
      ...["--port", "0", "--tls-port", String(port), "--tls-auth-clients", "no", "--save", ""],
      ...["--tls-cert-file", file("server.pem"), "--tls-key-file", file("server.key")],
      ...["--tls-ca-cert-file", file("ca.pem"), "--user", "worker", "on", `>${SECRET}`, "~*", "&*", "+@all"],
      ...["--user", "default", "off"],
    ],
  },
  {
    ...{ name: "NATS", command: "nats-server", protocol: "tls:" },
    flags: (port) => [
      ...["--jetstream", "--addr", "127.0.0.1", "--port", String(port), "--store_dir", file("nats")],
      ...["--tls", "--tlscert", file("server.pem"), "--tlskey", file("server.key")],
      ...["--user", "worker", "--pass", SECRET],
    ],
    async prepare(port) {
      const tls = { caFile: file("ca.pem") };
      const connection = await connect({ port, tls, user: "worker", pass: SECRET });
      const manager = await connection.jetstreamManager();
      await manager.streams.add({ name: "READINGS", subjects: ["readings"] });
      await connection.close();
    },
  },
  {
    ...{ name: "MQTT", command: "mosquitto", protocol: "mqtts:" },
    flags(port) {
      mkdirSync(file("mosquitto"), { recursive: true });
      spawnSync("mosquitto_passwd", ["-b", "-c", file("users"), "worker", SECRET], { env });
      const tls = `certfile ${file("server.pem")}\nkeyfile ${file("server.key")}\n`;
      const access = `allow_anonymous false\npassword_file ${file("users")}\nuser root\n`;
      writeFileSync(file("mosquitto.conf"), `listener ${port} 127.0.0.1\n${tls}${access}`);
      return ["-c", file("mosquitto.conf")];
    },
  },
];

if (hasOpenssl) certificates.make();
afterAll(() => certificates.remove());

for (const kind of kinds) {
  describe.skipIf(!hasOpenssl || !isHere(kind.command, "--help"))(`${kind.name} over TLS`, () => {
    let port = 0;
    let server: ChildProcess;
    const brokerAt = (as: string, tlsCa: string | undefined, host = "localhost"): Broker => {
      const url = (stream: string): string => `${kind.protocol}//${as}@${host}:${port}/${stream}`;
      const mqtt = kind.name === "MQTT" ? { stateFolder: file("folder") } : {};
      const group = { group: "g", partitions: 2, leaseMs: 5000 };
      return brokerOf({ from: url("readings"), to: url("scores"), tlsCa, ...group, ...mqtt });
    };
    /** What a worker would say of it, whatever its parts. */
    const failure = async (broker: Broker): Promise<{ error: unknown; text: string }> => {
      const error = await broker.open().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      await broker.close(false);
      return { error, text: inspect(error, { depth: 20, showHidden: true }) };
    };

    beforeAll(async () => {
      port = await freePort();
      server = spawn(kind.command, kind.flags(port), { stdio: "ignore", env });
      for (const end = Date.now() + 15_000; ; await sleep(50)) {
        const { error } = await failure(brokerAt(who("wrong"), file("ca.pem")));
        if (!(error instanceof BrokerAway) || Date.now() > end) break;
      }
      await kind.prepare?.(port);
    });
    afterAll(async () => {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill("SIGKILL");
      await once(server, "exit");
    });

    test("keeps answers with a name and a password, by name and by number", async () => {
      for (const host of ["localhost", "127.0.0.1"]) {
        const broker = brokerAt(who(), file("ca.pem"), host);
        await broker.open();
        const [partition, from] = [...(await broker.lease())][0]!;
        const to =
          kind.name === "MQTT"
            ? from.replace(/\d+$/, (n) => String(Number(n) + 1))
            : `${Number.parseInt(from, 10) + 1}${kind.name === "Redis" ? "-0" : ""}`;
        const part = {
          partition,
          from,
          to,
          results: ['{"a":1}'],
          deadLetters: [],
          states: new Map([["saw", "{}"]]),
        };
        expect(await broker.commit([part])).toEqual([true]);
        expect(await broker.states(partition, ["saw"])).toEqual(["{}"]);
        await broker.close(true);
      }
    });

    test("trusts no certificate that nobody vouches for, and says what to do", async () => {
      for (const authority of [undefined, file("other.pem")]) {
        const { error, text } = await failure(brokerAt(who(), authority));
        expect(error).toBeInstanceOf(HypersphereError);
        expect(error).toMatchObject({ code: "io", hint: expect.stringContaining("--tls-ca") });
        expect(text).not.toContain(SECRET);
      }
    });

    test("ends with an error for a wrong password, and never tells it", async () => {
      const wrong = "not-the-p@ssword";
      const { error, text } = await failure(brokerAt(who(wrong), file("ca.pem")));
      expect(error).toBeInstanceOf(HypersphereError);
      expect(error).toMatchObject({ code: "io", hint: expect.stringMatching(/name and (the )?password/) });
      expect(text).not.toContain(wrong);
      expect(text).not.toContain(encodeURIComponent(wrong));
    });

    test("waits for a server that is away, without a word of the password", async () => {
      server.kill("SIGKILL");
      await once(server, "exit");
      const { error, text } = await failure(brokerAt(who(), file("ca.pem")));
      expect(error).toBeInstanceOf(BrokerAway);
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(encodeURIComponent(SECRET));
    });
  });
}

test.skipIf(!hasOpenssl).each(kinds)(
  "a certificate of $name that is over ends workers with an error",
  async ({ name, protocol }) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      // NATS speaks first, and TLS begins behind it.
      if (name === "NATS")
        socket.write(`INFO ${JSON.stringify({ server_id: "s", version: "2.9.0", tls_required: true })}\r\n`);
      new TLSSocket(socket, { isServer: true, ...certificates.pair("expired") })
        .on("error", () => {})
        .resume();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const url = (stream: string): string =>
      `${protocol}//localhost:${(server.address() as { port: number }).port}/${stream}`;
    const broker = brokerOf({
      ...{ from: url("readings"), to: url("scores"), tlsCa: file("ca.pem"), group: "g", partitions: 2 },
      ...{ leaseMs: 5000, ...(name === "MQTT" && { stateFolder: file("over") }) },
    });
    await expect(broker.open()).rejects.toMatchObject({ code: "io", hint: expect.stringMatching(/Renew/) });
    await broker.close(false);
    server.close();
  },
);

test("files and addresses that are of no use are refused before anything is connected to", () => {
  writeFileSync(file("none.pem"), "no certificate");
  const opened = (from: string, tlsCa?: string) => () =>
    brokerOf({
      ...{ from, to: from.replace("readings", "scores"), tlsCa },
      ...{
        group: "g",
        partitions: 2,
        leaseMs: 5000,
        ...(from.startsWith("mqtt") && { stateFolder: file("f") }),
      },
    });
  for (const [plain, tls] of [
    ["redis:", "rediss:"],
    ["nats:", "tls:"],
    ["mqtt:", "mqtts:"],
  ] as const) {
    expect(opened(`${plain}//host/readings`, file("none.pem"))).toThrow(/not one of TLS/);
    expect(opened(`${tls}//host/readings`, file("none.pem"))).toThrow(/holds no certificate/);
    expect(opened(`${tls}//host/readings`, file("absent.pem"))).toThrow(/cannot be read/);
    expect(opened(`${tls}//worker:50%@host/readings`)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("50%"), code: "invalid-option" }),
    );
  }
});
