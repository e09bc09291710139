import { HypersphereError } from "hypersphere";
import type { IPublishPacket, Packet } from "mqtt-packet";
import { BrokerAway } from "./broker.js";
import type { MqttConnection } from "./mqtt-connection.js";
import type { MqttFolder } from "./mqtt-folder.js";

/** Acknowledgements that are waited for. */
interface Expected {
  readonly kind: Packet["cmd"];
  readonly packets: Set<number>;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** Milliseconds that an answer of the broker is waited for. */
const TIMEOUT = 10_000;
/** Results in flight at most, also where the broker takes more. */
const IN_FLIGHT = 200;
/** Packet of SUBSCRIBE; results have those below. */
const SUBSCRIBE = 0xffff;
/** Refusals of a result that pass by themselves: the broker is at a limit, or does not say. */
const PASSING = new Set([0x80, 0x83, 0x97]);

/** What a worker says to a broker of MQTT over one connection, and the broker's answers to it. */
export class MqttExchange {
  readonly #connection: MqttConnection;
  readonly #folder: MqttFolder;
  readonly #inFlight: number;
  #expected: Expected | undefined;
  #ended: Error | undefined;

  /** @param quota results that the broker takes before it has acknowledged the first */
  constructor(connection: MqttConnection, folder: MqttFolder, quota: number) {
    this.#connection = connection;
    this.#folder = folder;
    this.#inFlight = Math.min(IN_FLIGHT, quota);
  }

  /** Old readings that the broker repeats to whoever subscribes are not asked for. */
  async subscribe(topic: string): Promise<void> {
    const done = this.#expect("suback", [SUBSCRIBE]);
    const subscriptions = [{ topic, qos: 2, nl: true, rap: false, rh: 2 } as const];
    this.#connection.send({ cmd: "subscribe", messageId: SUBSCRIBE, subscriptions });
    await done;
  }

  /**
   * Publishes what the folder has of results. "again": the broker may have received some of them, and tells by the numbers of their packets.
   * "anew": it has forgotten which.
   */
  async publish(how: "first" | "again" | "anew"): Promise<void> {
    const { outgoing, received } = this.#folder.unpublished;
    if (outgoing.length === 0) return;
    let from = how === "anew" ? 0 : received;
    if (how === "again") await this.release(Math.max(0, from - IN_FLIGHT), from);
    for (let to = from; from < outgoing.length; from = to) {
      to = Math.min(outgoing.length, from + this.#inFlight);
      const packets = outgoing.slice(from, to).map(([topic, payload], k): IPublishPacket => {
        const properties = { payloadFormatIndicator: true, contentType: "application/json" };
        return {
          ...{ cmd: "publish", qos: 2, dup: how === "again", retain: false, topic, payload, properties },
          messageId: from + k + 1,
        };
      });
      const done = this.#expect(
        "pubrec",
        packets.map(({ messageId }) => messageId!),
      );
      this.#connection.send(...packets);
      await done;
      // Before the broker hears that it may take these packets for others.
      this.#folder.received(to);
      await this.release(from, to);
    }
    this.#folder.published();
  }

  /** Has the broker pass on results that it has received. */
  async release(from: number, to: number): Promise<void> {
    if (from === to) return;
    const packets = Array.from({ length: to - from }, (_, k) => from + k + 1);
    const done = this.#expect("pubcomp", packets);
    this.#connection.send(...packets.map((messageId): Packet => ({ cmd: "pubrel", messageId })));
    await done;
  }

  /** @throws what the broker refuses, where it does */
  hear(packet: Packet): void {
    const expected = this.#expected;
    if (packet.cmd !== expected?.kind) return;
    const code = refusalCode(packet);
    if (code >= 0x80) throw refusal(packet.cmd, code);
    expected.packets.delete(packet.messageId!);
    if (expected.packets.size === 0) expected.resolve();
  }

  /** Whatever is waited for does not come any more. */
  end(reason: Error): void {
    this.#ended ??= reason;
    this.#expected?.reject(this.#ended);
  }

  #expect(kind: Packet["cmd"], packets: readonly number[]): Promise<void> {
    const waited = new Promise<void>((resolve, reject) => {
      this.#expected = { kind, packets: new Set(packets), resolve, reject };
      if (this.#ended !== undefined) reject(this.#ended);
    });
    const reason = new BrokerAway(`No ${kind} within ${TIMEOUT} ms.`);
    const timer = setTimeout(() => this.end(reason), TIMEOUT);
    return waited.finally(() => clearTimeout(timer));
  }
}

/** Of PUBCOMP none: that a packet is not known any more is as good. */
function refusalCode(packet: Packet): number {
  if (packet.cmd === "suback") return Number(packet.granted[0]);
  return packet.cmd === "pubrec" ? (packet.reasonCode ?? 0) : 0;
}

function refusal(kind: string, code: number): Error {
  const why = `reason 0x${code.toString(16)} of MQTT 5`;
  const what = kind === "suback" ? "the subscription to --from" : "a result";
  if (PASSING.has(code)) return new BrokerAway(`It refuses ${what} for now: ${why}.`);
  return new HypersphereError("io", `The broker refuses ${what}: ${why}.`, {
    hint: code === 0x87 ? "The worker's user may not do it." : "Its log says more.",
  });
}
