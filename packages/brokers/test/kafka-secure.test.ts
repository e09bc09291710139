/** TLS and SASL of workers over Kafka, as far as a gate without a broker behind it can see them. */
import { inspect } from "node:util";
import { HypersphereError } from "hypersphere";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BrokerAway } from "../src/broker.js";
import { brokerOf } from "../src/broker-of.js";
import { connectionOf } from "../src/kafka-address.js";
import { Certificates, hasOpenssl } from "./certificates.js";
import { KafkaGate } from "./kafka-gate.js";

const SECRET = "p@ss/w%rd:x,=";
const certificates = new Certificates();
afterAll(() => certificates.remove());

async function failureAt(
  port: number,
  { scheme = "kafkas", secret = SECRET, user = "worker", query = "", ca = "ca" },
) {
  const who = user === "" ? "" : `${user}:${encodeURIComponent(secret)}@`;
  const url = (topic: string): string => `${scheme}://${who}localhost:${port}/${topic}${query}`;
  const tlsCa = scheme === "kafkas" && ca !== "" ? certificates.file(`${ca}.pem`) : undefined;
  const group = { group: "g", partitions: 32, leaseMs: 5000 };
  const broker = brokerOf({ from: url("readings"), to: url("scores"), tlsCa, ...group });
  const error: unknown = await broker.open().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  await broker.close(false);
  return { error, text: inspect(error, { depth: 20, showHidden: true }) };
}

describe.skipIf(!hasOpenssl)("Kafka over TLS", () => {
  let gate: KafkaGate;
  let port = 0;
  beforeAll(async () => {
    certificates.make();
    gate = new KafkaGate("worker", SECRET, certificates.pair("server"));
    port = await gate.start();
  });
  afterAll(() => gate.end());

  test.each([
    ["", "PLAIN"],
    ["?sasl=plain", "PLAIN"],
    ["?sasl=scram-sha-256", "SCRAM-SHA-256"],
    ["?sasl=scram-sha-512", "SCRAM-SHA-512"],
  ])("%s says the name of the server, and is let in by %s alone", async (query, mechanism) => {
    gate.visits.length = 0;
    const { error, text } = await failureAt(port, { query });
    // Behind the gate there is nobody.
    expect(error).toBeInstanceOf(BrokerAway);
    expect(gate.visits[0]).toEqual({ servername: "localhost", mechanism, user: "worker", isIn: true });
    expect(text).not.toContain(SECRET);

    gate.visits.length = 0;
    const wrong = await failureAt(port, { query, secret: "not-the-p@ssword" });
    expect(wrong.error).toBeInstanceOf(HypersphereError);
    expect(wrong.error).toMatchObject({ code: "io", hint: expect.stringContaining("name and the password") });
    expect(wrong.text).not.toContain("not-the-p@ssword");
    expect(gate.visits.some(({ isIn }) => isIn)).toBe(false);
  });

  test("asks for no name and password where the address has none", async () => {
    gate.visits.length = 0;
    expect((await failureAt(port, { user: "" })).error).toBeInstanceOf(BrokerAway);
    expect(gate.visits[0]).toMatchObject({ servername: "localhost", mechanism: undefined });
  });

  test("trusts neither another authority nor, without --tls-ca, one that Node does not know", async () => {
    gate.visits.length = 0;
    for (const ca of ["other", ""]) {
      const { error } = await failureAt(port, { ca });
      expect(error).toMatchObject({ code: "io", hint: expect.stringContaining("--tls-ca") });
    }
    expect(gate.visits.every(({ mechanism }) => mechanism === undefined)).toBe(true);
  });

  test("says of a certificate that is over to renew it", async () => {
    const over = new KafkaGate("worker", SECRET, certificates.pair("expired"));
    const { error } = await failureAt(await over.start(), {});
    expect(error).toMatchObject({ code: "io", hint: expect.stringMatching(/Renew/) });
    over.end();
  });
});

test("without TLS a name and a password are said as well", async () => {
  const gate = new KafkaGate("worker", SECRET);
  const { error } = await failureAt(await gate.start(), { scheme: "kafka" });
  expect(error).toBeInstanceOf(BrokerAway);
  expect(gate.visits[0]).toEqual({ servername: undefined, mechanism: "PLAIN", user: "worker", isIn: true });
  gate.end();
});

test("what kafkajs is given follows from the address", () => {
  expect(connectionOf("kafka://host", undefined)).toEqual({ brokers: ["host:9092"] });
  expect(connectionOf("kafkas://host:9093", undefined)).toEqual({ brokers: ["host:9093"], ssl: true });
  expect(connectionOf("kafkas://a%40b:c%2Fd@host?sasl=scram-sha-256", undefined)).toEqual({
    ...{ brokers: ["host:9092"], ssl: true },
    sasl: { mechanism: "scram-sha-256", username: "a@b", password: "c/d" },
  });
});
